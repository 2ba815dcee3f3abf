"""`Bars` as Backtrader data feeds: one for each asset, without the bars in which it did not trade.

This module imports Backtrader.
"""

from __future__ import annotations

from typing import Any

import backtrader as bt
import numpy as np
from backtrader.utils import date2num

from weighbridge.data.bars import Bars

__all__ = ["ArrayFeed", "add_feeds"]


class ArrayFeed(bt.feed.DataBase):
    """Deliver rows of plain numbers: what `PandasData` does, without looking each cell up in a DataFrame."""

    params = (("rows", ()),)

    def start(self) -> None:
        """Begin at the first row, at every run."""
        super().start()
        self._rows = iter(self.p.rows)

    def _load(self) -> bool:
        row = next(self._rows, None)
        if row is None:
            return False
        lines = self.lines
        lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0], lines.volume[0] = row
        lines.openinterest[0] = 0.0
        return True


def add_feeds(cerebro: Any, bars: Bars) -> None:
    """Add a feed for each asset, named after it, in column order; one that never trades is an empty feed.

    Frames that `bars` lacks are NaN in the feed. Time zones are dropped after conversion to UTC, since Backtrader
    counts days.
    """
    index = bars.index if bars.index.tz is None else bars.index.tz_convert("UTC").tz_localize(None)
    dates = np.array([date2num(time) for time in index.to_pydatetime()])
    missing = np.full(bars.n_bars, np.nan)
    for column, asset in enumerate(bars.assets):
        there = bars.has_bar[:, column]
        frames = [
            (missing if frame is None else frame[:, column])[there].tolist()
            for frame in (bars.open, bars.high, bars.low, bars.close, bars.volume)
        ]
        cerebro.adddata(ArrayFeed(rows=list(zip(dates[there].tolist(), *frames, strict=True))), name=asset)
