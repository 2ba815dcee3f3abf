"""`Bars` as Backtrader data feeds: one for each asset, without the bars in which it did not trade."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weighbridge.bars import Bars

__all__ = ["add_feeds"]


def add_feeds(cerebro: Any, bars: Bars) -> None:
    """Add a `PandasData` for each asset that ever trades, named after it, in column order.

    Frames that `bars` lacks are NaN in the feed, open the close. Time zones are dropped after conversion to UTC,
    since Backtrader counts days.
    """
    import backtrader as bt

    index = bars.index if bars.index.tz is None else bars.index.tz_convert("UTC").tz_localize(None)
    missing = np.full(bars.n_bars, np.nan)
    for column, asset in enumerate(bars.assets):
        there = bars.has_bar[:, column]
        if not there.any():
            continue
        frames = {
            name: (missing if frame is None else frame[:, column])[there]
            for name, frame in (("open", bars.open), ("high", bars.high), ("low", bars.low), ("volume", bars.volume))
        }
        frame = pd.DataFrame({**frames, "close": bars.close[there, column]}, index=index[there])
        cerebro.adddata(bt.feeds.PandasData(dataname=frame, openinterest=None), name=asset)
