"""Prices, weights and costs that are awkward on purpose: what adapters are tried with."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.parity.adapter import AWKWARD
from weighbridge.settings.costs import (
    Commission,
    Costs,
    FixedBasisPointsSlippage,
    FixedCommission,
    FixedSlippage,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
    Slippage,
    VolumeShareSlippage,
)

__all__ = ["COMMISSIONS", "SLIPPAGES", "STREAMS", "awkward_bars", "awkward_weights", "costs_among"]

STREAMS: dict[str, dict[str, Any]] = {
    "long_only": {"every": 4},
    "every_bar": {"every": 1},
    "long_short": {"every": 4, "short": True, "gross": 1.5},
    "over_allocated": {"every": 5, "gross": 2.5},
}
"""Decision streams: what `awkward_weights` is told of each."""

COMMISSIONS: tuple[Commission, ...] = (
    NoCommission(),
    PercentCommission(0.001),
    FixedCommission(4.95),
    PerShareCommission(0.005),
    PerShareCommission(0.01, minimum=2.5),
)
"""Every commission of core at least once."""

SLIPPAGES: tuple[Slippage, ...] = (
    NoSlippage(),
    PercentSlippage(0.0005),
    FixedSlippage(0.02),
    FixedBasisPointsSlippage(5.0, volume_limit=0.1),
    VolumeShareSlippage(0.025, price_impact=0.1),
    FixedBasisPointsSlippage(3.3, volume_limit=0.01),
)
"""Every slippage of core at least once."""


def costs_among(names: Iterable[str]) -> tuple[Costs, ...]:
    """Return costs in which every model of these names occurs, and no other."""
    known = frozenset(names)
    commissions = [model for model in COMMISSIONS if type(model).__name__ in known]
    slippages = [model for model in SLIPPAGES if type(model).__name__ in known]
    count = max(len(commissions), len(slippages))
    pairs = zip(cycle(commissions), cycle(slippages), strict=False)
    return tuple(Costs(commission=c, slippage=s) for (c, s), _ in zip(pairs, range(count), strict=False))


def awkward_bars(n_bars: int = 100, n_assets: int = 5, *, seed: int = 0, kinds: Iterable[str] = AWKWARD) -> Bars:
    """Return random walks on a cent grid with all five fields, awkward in these ways (`Capabilities.awkward`).

    Of five assets two begin late, one ends and one never trades. Volumes are small: now and then 100,000 in account
    currency are more than a tenth of a bar's.
    """
    random = np.random.default_rng(seed)
    shape, chosen = (n_bars, n_assets), frozenset(kinds)
    close = np.round(50.0 * np.exp(np.cumsum(random.normal(0.0, 0.02, shape), axis=0)), 2) + 0.01
    jump = np.exp(random.normal(0.0, 0.01 if "gaps" in chosen else 0.0, shape))
    opening = np.round(close * jump, 2) + 0.01
    high = np.maximum(opening, close) + np.round(random.random(shape) * 0.2, 2)
    low = np.minimum(opening, close) * 0.995
    volume = np.floor(3_000.0 * np.exp(random.normal(0.0, 1.5, shape))) + 1.0
    drawn, missing = random.random(shape) < 0.08, random.random(shape) < 0.05
    if "zero_volume" in chosen:
        volume[drawn] = 0.0
    hole = missing if "missing" in chosen else np.zeros(shape, dtype=np.bool_)
    for asset in range(1, n_assets):
        start, stop = random.integers(5, n_bars // 2), random.integers(n_bars // 2, n_bars - 3)
        if "late" in chosen and asset % 5 in (1, 2):
            hole[:start, asset] = True
        if "ended" in chosen and asset % 5 == 3:
            hole[stop:, asset] = True
        if "never" in chosen and asset % 5 == 4:
            hole[:, asset] = True
    index = pd.bdate_range("2015-01-05", periods=n_bars)
    names = [f"A{asset:0{len(str(n_assets - 1))}d}" for asset in range(n_assets)]
    fields = {"close": close, "open": opening, "high": high, "low": low, "volume": volume}
    frames: dict[str, Any] = {
        name: pd.DataFrame(np.where(hole, np.nan, field), index, names) for name, field in fields.items()
    }
    return Bars.from_frames(**frames)


def awkward_weights(
    bars: Bars, *, every: int = 5, seed: int = 0, gross: float = 1.0, short: bool = False
) -> TargetWeights:
    """Return random weights with exact zeros, with NaN (leave alone) and with rows that decide nothing."""
    random = np.random.default_rng(seed)
    rows = np.arange(0, bars.n_bars, every)
    awake: Any = bars.has_bar.any(axis=1)
    rows = rows[awake[rows]]
    weights = random.dirichlet(np.ones(bars.n_assets), len(rows)) * gross
    if short:
        weights *= np.where(random.random(weights.shape) < 0.5, -1.0, 1.0)
    weights[random.random(weights.shape) < 0.1] = 0.0
    weights[random.random(weights.shape) < 0.05] = np.nan
    weights[random.random(len(rows)) < 0.1] = np.nan
    return TargetWeights(pd.DataFrame(weights, bars.index[rows], list(bars.assets)))
