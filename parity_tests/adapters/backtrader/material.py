"""Shared material: bars that are awkward on purpose, and weights for them."""

from __future__ import annotations

import numpy as np
import pandas as pd

import weighbridge as wb


def awkward_bars(
    n_bars: int = 160,
    n_assets: int = 5,
    *,
    seed: int = 0,
    missing: float = 0.05,
    late: int = 2,
    ended: int = 1,
) -> wb.Bars:
    """Random walks on a cent grid with gaps at the open; some assets start late, one stops, bars are missing."""
    random = np.random.default_rng(seed)
    close = np.round(50.0 * np.exp(np.cumsum(random.normal(0, 0.02, (n_bars, n_assets)), axis=0)), 2) + 0.01
    opens = np.round(close * np.exp(random.normal(0, 0.01, close.shape)), 2) + 0.01
    high = np.maximum(opens, close) + np.round(random.random(close.shape) * 0.2, 2)
    low = np.minimum(opens, close) * 0.995
    frames = {"open": opens, "high": high, "low": low, "close": close}
    hole = random.random(close.shape) < missing
    for asset in range(late):
        hole[: random.integers(5, n_bars // 2), asset] = True
    for asset in range(n_assets - ended, n_assets):
        hole[random.integers(n_bars // 2, n_bars) :, asset] = True
    index = pd.bdate_range("2015-01-05", periods=n_bars)
    names = [f"A{asset}" for asset in range(n_assets)]
    return wb.Bars.from_frames(
        **{name: pd.DataFrame(np.where(hole, np.nan, frame), index, names) for name, frame in frames.items()}
    )


COSTS: dict[str, wb.Costs] = {
    "free": wb.Costs(),
    "percent": wb.Costs(commission=wb.PercentCommission(0.001), slippage=wb.PercentSlippage(0.0005)),
    "fixed": wb.Costs(commission=wb.FixedCommission(4.95), slippage=wb.FixedSlippage(0.02)),
    "per_share": wb.Costs(commission=wb.PerShareCommission(0.005)),
    "per_share_minimum": wb.Costs(commission=wb.PerShareCommission(0.005, minimum=1.0)),
}
