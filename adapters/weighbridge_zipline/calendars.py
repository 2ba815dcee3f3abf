"""The sessions of a run: an exchange's, or the data's own dates.

Zipline knows only sessions of a calendar. Two mismatches are possible and neither passes unseen: dates that
are no sessions, and sessions for which there are no bars. This module imports Zipline.
"""

from __future__ import annotations

from datetime import time
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from exchange_calendars import ExchangeCalendar
from exchange_calendars.errors import InvalidCalendarName
from zipline.utils.calendar_utils import get_calendar

from weighbridge.data.bars import Bars
from weighbridge.exceptions import BarsError, ConfigError, UnsupportedError

__all__ = ["Calendar", "DataCalendar", "MissingSessions", "calendar_for", "session_labels"]

Calendar = str | ExchangeCalendar | None
MissingSessions = Literal["raise", "empty"]

# Month and week rules of `schedule_function` look at whole months around the data.
_MARGIN = pd.Timedelta(days=62)


# Its parent declares as properties what every calendar sets as attributes.
# pyright: reportIncompatibleMethodOverride=none, reportAssignmentType=none
class DataCalendar(ExchangeCalendar):
    """A calendar whose sessions are exactly the dates given: weekends and gaps are as in the data.

    Each session is open from 14:30 to 21:00 UTC. The close is on the session's own date in UTC (a later one
    would move liquidations by a day) and after 08:45 New York, when Zipline calls `before_trading_start`.
    """

    name = "data"
    tz = ZoneInfo("UTC")
    open_times = ((None, time(14, 30)),)
    close_times = ((None, time(21, 0)),)
    weekmask = "1111111"

    def __init__(self, dates: pd.DatetimeIndex) -> None:
        # A calendar must span two days; the last day added is no session.
        days = pd.date_range(dates[0], dates[-1] + pd.Timedelta(days=1))
        self._closed = list(days.difference(dates))
        super().__init__(start=days[0], end=days[-1], side="right")
        self._session_of = dict(zip(dates.to_numpy().astype(np.int64).tolist(), dates, strict=True))
        self._session_of.update(zip(self.closes_nanos.tolist(), dates, strict=True))

    @property
    def adhoc_holidays(self) -> list[pd.Timestamp]:
        """Return every day that has no bar."""
        return self._closed

    def minute_to_session(self, minute: Any, direction: Any = "next", _parse: bool = True) -> pd.Timestamp:
        """Return the session of a minute.

        Zipline asks this for each price it reads, always with a session's label or its close; and the label
        of the first session comes before the calendar's first minute, which the parent class refuses.
        """
        session = self._session_of.get(minute.value) if isinstance(minute, pd.Timestamp) else None
        return super().minute_to_session(minute, direction, _parse) if session is None else session


def session_labels(bars: Bars) -> pd.DatetimeIndex:
    """Return the dates of the bars as Zipline labels sessions: midnight without a time zone.

    Raises:
        UnsupportedError: The times of the bars are not midnights: these are not daily bars.
    """
    index = bars.index.tz_localize(None).as_unit("ns")
    intraday = index != index.normalize()
    if intraday.any():
        raise UnsupportedError(
            f"the bars are not daily: {int(intraday.sum())} times are no midnight, "
            f"the first is {bars.index[intraday][0]}",
            hint="run_on_frames takes daily bars; resample them, or run a minute bundle with bundle=...",
        )
    return pd.DatetimeIndex(index, name=None)


def calendar_for(
    dates: pd.DatetimeIndex, calendar: Calendar, missing_sessions: MissingSessions
) -> tuple[ExchangeCalendar, pd.DatetimeIndex]:
    """Return the calendar of a run and its sessions from the first date to the last.

    Args:
        dates: Session labels of the bars.
        calendar: Name of an exchange calendar, a right-sided calendar, or None for the data's own dates.
        missing_sessions: "raise", or "empty": nothing trades in sessions without bars.

    Raises:
        BarsError: Dates that are no sessions, or sessions without bars.
        ConfigError: The calendar is not known, or does not reach the dates, or `missing_sessions` is not
            known.
        UnsupportedError: A calendar whose sessions close at midnight UTC, such as "24/7".
    """
    if missing_sessions not in ("raise", "empty"):
        raise ConfigError(f"missing_sessions={missing_sessions!r} is not known", hint="pass 'raise' or 'empty'")
    if calendar is None:
        return DataCalendar(dates), dates
    found = _spanning(calendar, dates)
    closed = dates.difference(found.sessions)
    if len(closed):
        raise BarsError(
            f"{len(closed)} of {len(dates)} dates are no sessions of {found.name!r}: {_some(closed)}",
            hint="drop these dates, name another calendar, or pass calendar=None for the data's own dates",
        )
    sessions = found.sessions_in_range(dates[0], dates[-1])
    if (found.closes.loc[sessions].dt.tz_localize(None) >= sessions + pd.Timedelta(days=1)).any():
        # Zipline maps a session's label, a midnight, to a session once more (`DataPortal.get_spot_value`).
        raise UnsupportedError(
            f"{found.name!r} closes sessions at midnight UTC, where Zipline reads prices of the day before",
            hint="pass calendar=None: the data's own dates, weekends included",
        )
    lacking = sessions.difference(dates)
    if len(lacking) and missing_sessions == "raise":
        raise BarsError(
            f"the bars lack {len(lacking)} of {len(sessions)} sessions of {found.name!r}: {_some(lacking)}",
            hint="pass missing_sessions='empty' to run them as sessions in which nothing trades, "
            "or calendar=None for the data's own dates",
        )
    return found, sessions


def _spanning(calendar: str | ExchangeCalendar, dates: pd.DatetimeIndex) -> ExchangeCalendar:
    if not isinstance(calendar, str):
        if calendar.side != "right":
            raise ConfigError(
                f"calendar {calendar.name!r} has side={calendar.side!r}",
                hint="Zipline needs side='right': exchange_calendars.get_calendar(name, side='right')",
            )
        return calendar
    try:
        found = get_calendar(calendar)
        bounds: dict[str, Any] = {}
        if found.first_session >= dates[0]:
            bounds["start"] = dates[0] - _MARGIN
        if found.last_session <= dates[-1]:
            bounds["end"] = dates[-1] + _MARGIN
        return get_calendar(calendar, **bounds) if bounds else found
    except InvalidCalendarName as error:
        raise ConfigError(
            f"calendar={calendar!r} is not known",
            hint="exchange_calendars.get_calendar_names() lists them; None takes the data's own dates",
        ) from error
    except ValueError as error:
        raise ConfigError(
            f"calendar {calendar!r} does not reach from {dates[0].date()} to {dates[-1].date()}: {error}",
            hint="pass calendar=None for the data's own dates",
        ) from error


def _some(dates: pd.DatetimeIndex) -> str:
    shown = ", ".join(str(date.date()) for date in dates[:5])
    return shown if len(dates) <= 5 else f"{shown}, ..."
