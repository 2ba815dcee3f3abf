"""Made-up prices of any size, the same for a seed on every platform.

Only uniform random numbers, sums, products and roundings are used: these give the same bits everywhere, where
a logarithm or a normal deviate may differ in the last one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.exceptions import InputError
from weighbridge.parity.synthetic_weights import at_least, share, synthetic_weights

__all__ = ["synthetic_bars", "synthetic_weights"]

Floats = NDArray[np.float64]

# Calm, stormy, quiet: factor on every volatility, and drift of the market per bar.
REGIME_VOLATILITY = np.array([1.0, 2.5, 0.6])
REGIME_DRIFT = np.array([0.0006, -0.0008, 0.0004])
REGIME_CHANGE = 1 / 60  # A regime lasts some three months of daily bars.

SQRT_3 = 1.7320508075688772  # The sum of four uniforms has variance 1/3.


def synthetic_bars(
    n_assets: int,
    n_bars: int,
    *,
    seed: int,
    late: float = 0.0,
    missing: float = 0.0,
    delisted: float = 0.0,
    gaps: float = 0.0,
    zero_volume: float = 0.0,
    regimes: bool = True,
    tick: float = 0.01,
    start: str = "2010-01-04",
) -> Bars:
    """Make bars on business days, with all five fields; the first asset always trades at the first bar.

    Args:
        n_assets: How many assets; they are named A0, A1, ... with as many digits as it takes.
        n_bars: How many bars.
        seed: The same seed and arguments give the same bars.
        late: Fraction of the assets that start later than the first bar (never the first asset).
        missing: Fraction of the bars between an asset's first and last one that it misses.
        delisted: Fraction of the assets that stop trading before the end, but not at their first bar.
        gaps: Fraction of the bars that open up to 10% above or below the close before.
        zero_volume: Fraction of the bars with prices but a volume of 0.
        regimes: Whether volatility and drift of the market change now and then.
        tick: Prices are multiples of it, at least one tick.
        start: First day, or the business day after it.

    Raises:
        InputError: A count is below 1, a fraction is outside 0 to 1, the tick is not above zero, the seed is
            negative, or the start is no date or too late for so many days.
    """
    at_least("n_assets", n_assets, 1)
    at_least("n_bars", n_bars, 1)
    at_least("seed", seed, 0)
    fractions = {
        "late": late,
        "missing": missing,
        "delisted": delisted,
        "gaps": gaps,
        "zero_volume": zero_volume,
    }
    for name, value in fractions.items():
        share(name, value)
    if not 0.0 < tick < np.inf:
        raise InputError(f"tick={tick!r} is out of bounds", hint="pass a number > 0, e.g. 0.01")
    index = _business_days(start, n_bars)
    random = np.random.default_rng(seed)
    shape = (n_bars, n_assets)
    # Per bar: from a large company to a restless one.
    volatility = 0.006 + 0.014 * random.random(n_assets)
    market, drift = _market(random, n_bars, regimes=regimes)
    bar_volatility = market[:, None] * volatility

    # Compounding loses half the variance at each bar; without giving it back, long series fade to a tick.
    trend = drift[:, None] + 0.5 * np.square(bar_volatility)
    noise = 0.6 * _bell(random, (n_bars, 1)) + 0.8 * _bell(random, shape)
    intraday = trend + bar_volatility * noise
    overnight = 0.3 * bar_volatility * _bell(random, shape)
    overnight = overnight + np.where(random.random(shape) < gaps, 0.2 * random.random(shape) - 0.1, 0.0)
    first_price = 5.0 + 495.0 * np.square(random.random(n_assets))
    close = np.cumprod((1.0 + overnight) * (1.0 + intraday), axis=0) * first_price
    opening = close / (1.0 + intraday)
    high = np.maximum(opening, close) * (1.0 + 0.5 * bar_volatility * random.random(shape))
    low = np.minimum(opening, close) * (1.0 - 0.5 * bar_volatility * random.random(shape))
    volume = np.floor((20_000.0 + 5e6 * np.square(random.random(n_assets))) * (0.2 + 1.6 * random.random(shape)))
    volume[random.random(shape) < zero_volume] = 0.0

    absent = _absent(random, shape, late=late, missing=missing, delisted=delisted)
    prices = [_on_ticks(field, tick) for field in (close, opening, high, low)]
    names = [f"A{asset:0{len(str(n_assets - 1))}d}" for asset in range(n_assets)]
    frames = [pd.DataFrame(np.where(absent, np.nan, field), index=index, columns=names) for field in (*prices, volume)]
    return Bars.from_frames(close=frames[0], open=frames[1], high=frames[2], low=frames[3], volume=frames[4])


def _business_days(start: str, n_bars: int) -> pd.DatetimeIndex:
    try:
        return pd.bdate_range(pd.Timestamp(start), periods=n_bars, name="time").as_unit("ns")
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(
            f"start={start!r} gives no {n_bars} business days: {error}", hint="pass a date such as 2010-01-04"
        ) from error


def _bell(random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw numbers of mean 0 and variance 1, nearly normal and never beyond 3.47."""
    total = random.random(shape) + random.random(shape)
    total = total + random.random(shape)
    total = total + random.random(shape)
    return (total - 2.0) * SQRT_3


def _market(random: np.random.Generator, n_bars: int, *, regimes: bool) -> tuple[Floats, Floats]:
    if not regimes:
        return np.ones(n_bars), np.full(n_bars, 0.0002)  # 0.0002: some 5% a year.
    regime = np.cumsum(random.random(n_bars) < REGIME_CHANGE) % len(REGIME_DRIFT)
    return REGIME_VOLATILITY[regime], REGIME_DRIFT[regime]


def _on_ticks(prices: Floats, tick: float) -> Floats:
    per_unit = np.rint(1.0 / tick)
    ticks = np.maximum(np.rint(prices / tick), 1.0)
    # 12345 / 100 is the double nearest to 123.45, and 12345 * 0.01 is not.
    return ticks / per_unit if abs(per_unit * tick - 1.0) < 1e-9 else ticks * tick


def _absent(
    random: np.random.Generator, shape: tuple[int, int], *, late: float, missing: float, delisted: float
) -> NDArray[np.bool_]:
    """Draw where assets do not trade: before a late start, after a delisting, and here and there between."""
    n_bars, n_assets = shape
    bar = np.arange(n_bars)[:, None]
    starts_late = _chosen(random, n_assets, late, spare_first=True)
    first = np.where(starts_late, 1.0 + np.floor(random.random(n_assets) * 0.6 * n_bars), 0.0)
    first = np.minimum(first, n_bars - 1.0)
    stops = _chosen(random, n_assets, delisted, spare_first=False)
    stay = 1.0 + np.floor((0.3 + 0.7 * random.random(n_assets)) * (n_bars - 2.0 - first))
    last = np.where(stops & (first < n_bars - 2.0), first + stay, n_bars - 1.0)
    inside = (bar > first) & (bar < last)
    return (bar < first) | (bar > last) | (inside & (random.random(shape) < missing))


def _chosen(random: np.random.Generator, n_assets: int, fraction: float, *, spare_first: bool) -> NDArray[np.bool_]:
    draw = random.random(n_assets)
    if spare_first:
        draw[0] = 1.0
    count = min(int(np.floor(fraction * n_assets + 0.5)), n_assets - int(spare_first))
    chosen = np.zeros(n_assets, dtype=np.bool_)
    chosen[np.argsort(draw, kind="stable")[:count]] = True
    return chosen
