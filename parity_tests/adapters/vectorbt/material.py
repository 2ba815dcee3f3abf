"""Awkward prices and decisions, from one seed to a whole grid of VectorBT's arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weighbridge import (
    Bars,
    Costs,
    FixedCommission,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    TargetWeights,
)
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights
from weighbridge.settings.conventions import PRESETS, Conventions
from weighbridge.settings.limits import Limits

PRICES = ("vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close")


def awkward(
    seed: int, n_bars: int, n_assets: int, direction: str = "both", *, rare: bool = False
) -> tuple[Bars, TargetWeights]:
    """Make prices with NaN at the start, in the middle and at the end, and weights with NaN, zeros and any sum."""
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.04, (n_bars, n_assets)), axis=0))
    close *= random.choice([0.01, 1.0, 50.0], n_assets)
    gaps = random.random(close.shape) < 0.08
    for asset in range(1, n_assets):
        if random.random() < 0.3:
            gaps[: random.integers(n_bars), asset] = True
        if random.random() < 0.3:
            gaps[random.integers(n_bars) :, asset] = True
    gaps[:, 0] = False  # Something trades at every bar, else a decision there is an error.
    close[gaps] = np.nan
    opens = close * np.exp(random.normal(0.0, 0.01, close.shape))
    weights = random.dirichlet(np.ones(n_assets), n_bars) * random.choice([0.6, 1.0, 1.0, 1.7], (n_bars, 1))
    if direction == "both":
        weights *= random.choice([-1.0, 1.0, 1.0], weights.shape)
    weights[random.random(weights.shape) < 0.15] = 0.0
    weights[random.random(weights.shape) < 0.15] = np.nan
    weights[random.random(n_bars) < (0.9 if rare else 0.2)] = np.nan
    if direction == "shortonly":
        weights = -weights
    index = pd.date_range("2020-01-01", periods=n_bars)
    names = [f"A{asset:03d}" for asset in range(n_assets)]
    frames = {"close": pd.DataFrame(close, index, names), "open": pd.DataFrame(opens, index, names)}
    return Bars.from_frames(**frames), TargetWeights(pd.DataFrame(weights, index, names))


def gapped_case() -> tuple[Bars, TargetWeights]:
    """Make late listings, missing bars, delistings, shorts, zeros, NaN, over-allocation, rows of no decision."""
    bars = synthetic_bars(12, 120, seed=3, late=0.3, missing=0.05, delisted=0.2)
    targets = synthetic_weights(bars, seed=5, every=2, long_short=True, gross=1.4, zero=0.15, nan=0.15, skip=0.2)
    awake = bars.has_bar.any(axis=1)[bars.index.get_indexer(targets.index)]
    return bars, TargetWeights(targets.frame[awake])


def random_costs(random: np.random.Generator) -> Costs:
    """Draw one commission and one slippage."""
    commission = (NoCommission(), PercentCommission(0.002), FixedCommission(3.0))[random.integers(3)]
    return Costs(commission=commission, slippage=(NoSlippage(), PercentSlippage(0.001))[random.integers(2)])


def random_conventions(random: np.random.Generator, direction: str, fraction: float = 0.1) -> Conventions:
    """Draw a price and limits; some sizes are in whole units or in steps of `fraction`."""
    fields: dict[str, Any] = {
        "direction": direction,
        "min_size": float(random.choice([1e-8, 1e-8, 0.0, 2.0])),
        "max_size": float(random.choice([np.inf, np.inf, 25.0])),
        "size_granularity": (None, None, 1.0, fraction)[random.integers(4)],
        "allow_partial": bool(random.random() < 0.8),
        "lock_cash": bool(random.random() < 0.35),
    }
    return PRESETS[PRICES[random.integers(4)]].replace(limits=Limits(**fields))
