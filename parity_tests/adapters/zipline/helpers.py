"""Bars and calls that the tests of the Zipline adapter share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.record.run_record import RunRecord

NAN = float("nan")


def bars_of(
    close: dict[str, list[float]],
    volume: dict[str, list[float]] | float | None = 1e6,
    *,
    start: str = "2015-01-05",
) -> Bars:
    """Return bars of consecutive business days; a volume that is one number is that of every bar."""
    frame = pd.DataFrame(close, dtype=float)
    frame.index = pd.bdate_range(start, periods=len(frame))
    if volume is None:
        return Bars.from_frames(close=frame)
    traded = frame.notna()
    volumes = (
        pd.DataFrame(volume, dtype=float).set_index(frame.index)
        if isinstance(volume, dict)
        else pd.DataFrame(volume, index=frame.index, columns=frame.columns)
    )
    return Bars.from_frames(close=frame, volume=volumes.where(traded))


def walk(n_bars: int, n_assets: int, index: pd.DatetimeIndex | None = None, seed: int = 1) -> Bars:
    """Return bars of a random walk with arbitrary floats, so that any rounding shows."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2015-01-05", periods=n_bars) if index is None else index[:n_bars]
    columns = [f"A{column}" for column in range(n_assets)]
    prices = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (n_bars, n_assets)), axis=0))
    close = pd.DataFrame(prices, index=index, columns=columns)
    volume = pd.DataFrame(1e6, index=index, columns=columns)
    return Bars.from_frames(close=close, open=close, high=close * 1.01, low=close * 0.99, volume=volume)


def decide(bars: Bars, rows: dict[int, dict[str, float]]) -> TargetWeights:
    """Return target weights at the bars with these numbers; NaN for assets that are not named."""
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(bars.assets), dtype=float)
    frame.index = bars.index[list(rows)]
    return TargetWeights(frame)


def native(bars: Bars, rows: dict[int, dict[str, float]], **options: Any) -> RunRecord:
    """Run decisions through `order_target_percent`."""
    import weighbridge_zipline

    return weighbridge_zipline.run(bars, decide(bars, rows), how="native", **options)


def fills(record: RunRecord) -> list[tuple[int, str, float, float, float]]:
    """Return (bar, asset, quantity, price, commission) of each fill, in sequence."""
    columns = ["bar", "asset", "quantity", "price", "commission"]
    return [tuple(row) for row in record.fills[columns].itertuples(index=False)]
