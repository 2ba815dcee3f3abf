"""The assets of a run: when each begins, ends and is closed, in a database in memory.

This module imports Zipline.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy
from exchange_calendars import ExchangeCalendar
from sqlalchemy.pool import StaticPool
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.pipeline.domain import BUILT_IN_DOMAINS

from weighbridge.data.bars import Bars
from weighbridge.exceptions import BarsError
from weighbridge_zipline.notices import without_pandas_notices

__all__ = ["asset_finder"]


def asset_finder(
    bars: Bars, dates: pd.DatetimeIndex, sessions: pd.DatetimeIndex, calendar: ExchangeCalendar
) -> AssetFinder:
    """Return a database of the assets that have a bar; an asset's `sid` is its column.

    Raises:
        BarsError: Two names differ only in case, which Zipline does not tell apart.
    """
    symbols = pd.Index(bars.assets).str.upper()
    if symbols.has_duplicates:
        twice = symbols[symbols.duplicated()][0]
        names = ", ".join(repr(asset) for asset in bars.assets if asset.upper() == twice)
        raise BarsError(f"the assets {names} are one symbol to Zipline, {twice!r}", hint="rename one of them")
    traded = np.flatnonzero(bars.last_bar >= 0)
    last = dates[bars.last_bar[traded]]
    country = {domain.calendar_name: domain.country_code for domain in BUILT_IN_DOMAINS}.get(calendar.name, "US")
    equities = pd.DataFrame(
        {
            "symbol": symbols[traded],
            "asset_name": np.array(bars.assets, dtype=object)[traded],
            "start_date": dates[bars.first_bar[traded]],
            "end_date": last,
            "auto_close_date": pd.DatetimeIndex([_auto_close(date, sessions, calendar) for date in last]),
            "exchange": calendar.name,
        },
        index=pd.Index(traded, name="sid"),
    )
    exchanges = pd.DataFrame(
        {"exchange": [calendar.name], "canonical_name": [calendar.name], "country_code": [country]}
    )
    # One connection for all threads, since each further one would see an empty database.
    engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with without_pandas_notices():
        AssetDBWriter(engine).write(equities=equities, exchanges=exchanges)
    return AssetFinder(engine)


def _auto_close(last: pd.Timestamp, sessions: pd.DatetimeIndex, calendar: ExchangeCalendar) -> Any:
    """Return the date that makes Zipline liquidate at the end of the session after `last`, on every calendar.

    Zipline compares this date, a midnight, with the close of each session in UTC (`_cleanup_expired_assets`):
    where sessions close at midnight, the next session's own label would come a session too early.
    """
    following = int(sessions.searchsorted(last, side="right"))
    if following == len(sessions):
        return pd.NaT
    return calendar.session_close(sessions[following]).tz_localize(None).normalize()
