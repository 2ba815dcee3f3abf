"""Bars that are awkward on purpose, weights for them, and the costs that Zipline and the engine share."""

from __future__ import annotations

import numpy as np
import pandas as pd

import weighbridge as wb


def awkward_bars(
    n_bars: int = 120,
    n_assets: int = 6,
    *,
    seed: int = 0,
    missing: float = 0.05,
    late: int = 2,
    ended: int = 2,
    zero_volume: float = 0.08,
    volume: float = 1e5,
) -> wb.Bars:
    """Random walks; some assets start late, some end, bars are missing, some volumes are zero and most are small."""
    random = np.random.default_rng(seed)
    shape = (n_bars, n_assets)
    close = 50.0 * np.exp(np.cumsum(random.normal(0, 0.02, shape), axis=0))
    volumes = np.floor(volume * np.exp(random.normal(0, 1.5, shape)))
    volumes[random.random(shape) < zero_volume] = 0.0
    hole = random.random(shape) < missing
    for asset in range(late):
        hole[: random.integers(5, n_bars // 2), asset] = True
    for asset in range(n_assets - ended, n_assets):
        hole[random.integers(n_bars // 2, n_bars - 3) :, asset] = True
    index = pd.bdate_range("2015-01-05", periods=n_bars)
    names = [f"A{asset}" for asset in range(n_assets)]
    frames = {"close": close, "volume": volumes}
    return wb.Bars.from_frames(
        **{name: pd.DataFrame(np.where(hole, np.nan, frame), index, names) for name, frame in frames.items()}
    )


COSTS: dict[str, wb.Costs] = {
    "free": wb.Costs(),
    "defaults": wb.Costs(
        commission=wb.PerShareCommission(0.001), slippage=wb.FixedBasisPointsSlippage(5.0, volume_limit=0.1)
    ),
    "volume_share": wb.Costs(
        commission=wb.PerShareCommission(0.01, minimum=2.5), slippage=wb.VolumeShareSlippage(0.025, price_impact=0.1)
    ),
    "percent": wb.Costs(commission=wb.PercentCommission(0.001), slippage=wb.PercentSlippage(0.0005)),
    "fixed": wb.Costs(commission=wb.FixedCommission(4.95), slippage=wb.FixedSlippage(0.02)),
    "limited_fixed": wb.Costs(
        commission=wb.FixedCommission(4.95), slippage=wb.FixedBasisPointsSlippage(3.3, volume_limit=0.01)
    ),
}

STREAMS = {
    "long_only": {"every": 4},
    "every_bar": {"every": 1},
    "long_short": {"every": 4, "short": True, "gross": 1.5},
    "over_allocated": {"every": 5, "gross": 2.5},
}
