"""Random prices that are awkward on purpose: ties, tiny and huge prices, holes, late listings, delistings, volumes.

Only uniform numbers, sums, products and roundings are used, so that a seed gives the same bits on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Prices", "drawn_prices", "picked"]

Floats = NDArray[np.float64]
Prices = dict[str, Floats]

# Lowest and highest first price: shares, small shares, fractions of a cent, contracts worth a house.
LEVELS = ((5.0, 500.0), (0.5, 5.0), (0.001, 0.05), (2e4, 1e6))


def picked(random: np.random.Generator, *weighted: tuple[object, float]) -> object:
    """Return one of the values, each with its share; the shares need not add up to 1."""
    shares = np.array([share for _, share in weighted])
    return weighted[int(np.searchsorted(np.cumsum(shares), random.random() * shares.sum(), side="right"))][0]


def drawn_prices(random: np.random.Generator, n_bars: int, n_assets: int) -> Prices:
    """Draw open, high, low, close and volume, NaN where an asset does not trade; something trades at some bar."""
    shape = (n_bars, n_assets)
    level = int(picked(random, (0, 0.66), (1, 0.1), (2, 0.08), (3, 0.08), (-1, 0.08)))
    bounds = np.array(LEVELS)[random.integers(0, len(LEVELS), n_assets) if level < 0 else np.full(n_assets, level)]
    first = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) * np.square(random.random(n_assets))
    volatility = picked(random, (0.0, 0.06), (0.002, 0.1), (0.02, 0.6), (0.1, 0.18), (0.3, 0.06))
    steps = 1.0 + volatility * (2.0 * random.random(shape) - 1.0)
    if random.random() < 0.2:
        steps[random.random(shape) < 0.4] = 1.0
    close = np.cumprod(steps, axis=0) * first
    if random.random() < 0.08:
        close[:] = close[:, :1]
    gap = picked(random, (0.0, 0.2), (0.005, 0.45), (0.05, 0.25), (0.2, 0.1))
    opened = np.vstack([first, close[:-1]]) * (1.0 + gap * (2.0 * random.random(shape) - 1.0))
    reach = picked(random, (0.0, 0.2), (0.01, 0.6), (0.1, 0.2))
    high = np.maximum(opened, close) * (1.0 + reach * random.random(shape))
    low = np.minimum(opened, close) * (1.0 - reach * random.random(shape))
    tick = picked(random, (0.0, 0.3), (0.01, 0.5), (0.25, 0.1), (1.0, 0.1))
    prices = {"open": opened, "high": high, "low": low, "close": close}
    prices = {name: _rounded(values, tick) for name, values in prices.items()}
    prices["volume"] = _volumes(random, shape)
    hole = _holes(random, n_bars, n_assets)
    return {name: np.where(hole, np.nan, values) for name, values in prices.items()}


def _rounded(values: Floats, tick: float) -> Floats:
    """Round to the tick, with at least one tick left; without a tick to what floating point holds."""
    if tick == 0.0:
        return values
    return np.maximum(np.round(values, 2) if tick == 0.01 else np.round(values / tick) * tick, tick)


def _volumes(random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    scale = picked(random, (20.0, 0.12), (1e3, 0.2), (1e5, 0.4), (1e7, 0.28))
    volumes = np.floor(scale * (0.2 + 1.6 * random.random(shape)))
    volumes[random.random(shape) < picked(random, (0.0, 0.5), (0.1, 0.4), (0.5, 0.1))] = 0.0
    return volumes


def _holes(random: np.random.Generator, n_bars: int, n_assets: int) -> NDArray[np.bool_]:
    """Say where nothing trades: single bars, before a listing, after a delisting, whole bars, an asset for ever."""
    shape = (n_bars, n_assets)
    hole = random.random(shape) < picked(random, (0.0, 0.5), (0.05, 0.35), (0.3, 0.15))
    bar = np.arange(n_bars)[:, None]
    late = random.random(n_assets) < picked(random, (0.0, 0.6), (0.3, 0.3), (0.7, 0.1))
    hole |= late & (bar < random.integers(1, n_bars, n_assets))
    ended = random.random(n_assets) < picked(random, (0.0, 0.6), (0.3, 0.3), (0.7, 0.1))
    hole |= ended & (bar >= random.integers(1, n_bars, n_assets))
    if random.random() < 0.15:
        hole[random.random(n_bars) < 0.12] = True
    if random.random() < 0.03:
        hole[:, random.integers(0, n_assets)] = True
    if hole.all():
        hole[random.integers(0, n_bars), random.integers(0, n_assets)] = False
    return hole
