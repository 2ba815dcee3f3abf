"""Bars as Zipline's data: a bar reader over float64 arrays, an asset database in memory, a data portal.

Nothing is written to disk, nothing is ingested, and prices are not rounded (a bundle stores them in
thousandths). This module imports Zipline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from exchange_calendars import ExchangeCalendar
from numpy.typing import NDArray
from zipline.assets import AssetFinder
from zipline.data.adjustments import SQLiteAdjustmentReader
from zipline.data.bar_reader import NoDataOnDate
from zipline.data.session_bars import SessionBarReader

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.exceptions import BarsError
from weighbridge_zipline.actions import adjustment_reader, empty_adjustments
from weighbridge_zipline.calendars import Calendar, MissingSessions, calendar_for, session_labels
from weighbridge_zipline.listings import asset_finder
from weighbridge_zipline.portal import UnroundedPortal

__all__ = ["Feed", "FrameBarReader", "feed_from"]


# Zipline's abstract classes are not typed, and their inferred types are those of `pass`.
# pyright: reportIncompatibleMethodOverride=none, reportIncompatibleVariableOverride=none
class FrameBarReader(SessionBarReader):
    """Read daily bars from arrays; an asset's `sid` is its column.

    Prices of a session without a bar are NaN and its volume is 0. Where the bars have no volume frame, the
    volume of a bar is NaN: cost models without a volume limit do not look at it, and others are refused.
    """

    def __init__(
        self, bars: Bars, rows: NDArray[np.int64], sessions: pd.DatetimeIndex, calendar: ExchangeCalendar
    ) -> None:
        self._sessions = sessions
        self._calendar = calendar
        self._row_of = {int(value): row for row, value in enumerate(sessions.to_numpy().astype(np.int64))}
        self._arrays: dict[str, NDArray[np.float64]] = {}
        for field in ("open", "high", "low", "close", "volume"):
            array = getattr(bars, field)
            if array is not None:
                self._arrays[field] = _on_sessions(array, rows, len(sessions))
        close = self._arrays["close"]
        volume = self._arrays.get("volume", np.where(np.isnan(close), np.nan, 1.0))
        self._traded = np.nan_to_num(volume, nan=0.0) > 0.0
        started = ~np.isnan(close)
        self.first_row = np.where(started.any(axis=0), started.argmax(axis=0), len(sessions))

    @property
    def has_volume(self) -> bool:
        """Return whether the bars have volumes."""
        return "volume" in self._arrays

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """Return the sessions that can be read."""
        return self._sessions

    @property
    def trading_calendar(self) -> ExchangeCalendar:
        """Return the calendar of the sessions."""
        return self._calendar

    @property
    def first_trading_day(self) -> pd.Timestamp:
        """Return the first session."""
        return self._sessions[0]

    @property
    def last_available_dt(self) -> pd.Timestamp:
        """Return the last session."""
        return self._sessions[-1]

    def load_raw_arrays(
        self,
        columns: Sequence[str],
        start_date: pd.Timestamp,
        end_date: pd.Timestamp,
        assets: Sequence[Any],
    ) -> list[NDArray[np.float64]]:
        """Return one (n_sessions, n_assets) array for each field, both dates included.

        Sessions of the calendar before the first bar are sessions without bars: windows of pipelines reach
        back beyond the start of a run.

        Raises:
            NoDataOnDate: A date is no session.
            BarsError: The bars lack the frame of a field.
        """
        before = 0
        if start_date < self._sessions[0]:
            before = len(self._calendar.sessions_in_range(start_date, self._sessions[0])) - 1
            start_date = self._sessions[0]
        window = slice(self._row(start_date), self._row(end_date) + 1)
        sids = np.array([int(asset) for asset in assets], dtype=np.int64)
        arrays: list[NDArray[np.float64]] = []
        for field in columns:
            none = 0.0 if field == "volume" else np.nan
            values = self._array(field)[window][:, sids]
            padded = np.pad(values, ((before, 0), (0, 0)), constant_values=none)
            arrays.append(np.nan_to_num(padded, nan=0.0) if field == "volume" else padded)
        return arrays

    def get_value(self, sid: Any, dt: pd.Timestamp, field: str) -> float:
        """Return one value as a Python float, which Zipline's arithmetic is exact with.

        Raises:
            NoDataOnDate: `dt` is no session, or the asset has not begun to trade.
            BarsError: The bars lack the frame of the field.
        """
        row, column = self._row(dt), int(sid)
        if row < self.first_row[column]:
            raise NoDataOnDate(dt)
        if field != "volume":
            return float(self._array(field)[row, column])
        if math.isnan(self._arrays["close"][row, column]):
            return 0.0
        return float(self._arrays["volume"][row, column]) if "volume" in self._arrays else math.nan

    def get_last_traded_dt(self, asset: Any, dt: pd.Timestamp) -> Any:
        """Return the latest session up to `dt` in which the asset traded, NaT if there is none."""
        rows = np.flatnonzero(self._traded[: self._row(dt) + 1, int(asset)])
        return self._sessions[rows[-1]] if len(rows) else pd.NaT

    def _row(self, dt: pd.Timestamp) -> int:
        try:
            return self._row_of[dt.value]
        except KeyError:
            raise NoDataOnDate(dt) from None

    def _array(self, field: str) -> NDArray[np.float64]:
        if field not in self._arrays:
            raise BarsError(
                f"the algorithm needs {field!r}, which the bars lack", hint=f"Bars.from_frames({field}=...)"
            )
        return self._arrays[field]


@dataclass(frozen=True)
class Feed:
    """Everything Zipline needs to know of the data.

    Attributes:
        sessions: Session labels of the run.
        calendar: Their calendar.
        reader: Prices.
        finder: The asset database, in memory.
        assets: Zipline's asset for each column of the bars; None for a column without any bar.
        adjustments: Splits and dividends, or None.
    """

    sessions: pd.DatetimeIndex
    calendar: ExchangeCalendar
    reader: FrameBarReader
    finder: AssetFinder
    assets: tuple[Any, ...]
    adjustments: SQLiteAdjustmentReader | None

    @property
    def has_volume(self) -> bool:
        """Return whether the bars have volumes."""
        return self.reader.has_volume

    def pipeline_adjustments(self) -> SQLiteAdjustmentReader:
        """Return the adjustments, an empty table where there are none: pipelines always ask for one."""
        return self.adjustments or empty_adjustments(self.reader)

    def portal(self) -> UnroundedPortal:
        """Return a new data portal; it caches, so each run gets its own."""
        return UnroundedPortal(
            self.finder,
            trading_calendar=self.calendar,
            first_trading_day=self.sessions[0],
            equity_daily_reader=self.reader,
            adjustment_reader=self.adjustments,
        )


def feed_from(
    bars: Bars,
    calendar: Calendar = None,
    missing_sessions: MissingSessions = "raise",
    actions: Actions | None = None,
) -> Feed:
    """Build the feed of a run.

    An asset starts at its first bar and ends at its last; positions in an asset that ends before the data
    does are liquidated at the end of the session after its last bar, at its last price (Zipline's
    auto-close).

    Raises:
        BarsError: Dates that are no sessions, sessions without bars, two names that are one symbol to
            Zipline.
        ConfigError: An unknown calendar.
        UnsupportedError: The bars are not daily.
    """
    dates = session_labels(bars)
    found, sessions = calendar_for(dates, calendar, missing_sessions)
    reader = FrameBarReader(bars, sessions.get_indexer(dates), sessions, found)
    finder = asset_finder(bars, dates, sessions, found)
    traded = np.flatnonzero(bars.last_bar >= 0)
    by_column = dict(zip(traded.tolist(), finder.retrieve_all(traded.tolist()), strict=True))
    feed = Feed(sessions, found, reader, finder, tuple(by_column.get(c) for c in range(bars.n_assets)), None)
    if actions is None:
        return feed
    return replace(feed, adjustments=adjustment_reader(actions, sessions, reader))


def _on_sessions(array: NDArray[np.float64], rows: NDArray[np.int64], n_sessions: int) -> NDArray[np.float64]:
    if n_sessions == len(array):
        return array
    full = np.full((n_sessions, array.shape[1]), np.nan)
    full[rows] = array
    return full
