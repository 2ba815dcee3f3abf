"""A registered and ingested Zipline bundle as the data of a run. This module imports Zipline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from exchange_calendars import ExchangeCalendar
from zipline.assets import AssetFinder
from zipline.data import bundles
from zipline.data.adjustments import SQLiteAdjustmentReader
from zipline.data.data_portal import DataPortal
from zipline.data.session_bars import SessionBarReader
from zipline.utils.run_algo import load_extensions

from weighbridge.exceptions import ConfigError, FileError

__all__ = ["BundleFeed", "feed_from_bundle"]


@dataclass(frozen=True)
class BundleFeed:
    """The daily data of a bundle; see `feeds.Feed`. Its prices are rounded to thousandths."""

    sessions: pd.DatetimeIndex
    calendar: ExchangeCalendar
    reader: SessionBarReader
    finder: AssetFinder
    adjustments: SQLiteAdjustmentReader
    has_volume: bool = True

    def portal(self) -> DataPortal:
        """Return a new data portal."""
        return DataPortal(
            self.finder,
            trading_calendar=self.calendar,
            first_trading_day=self.reader.first_trading_day,
            equity_daily_reader=self.reader,
            adjustment_reader=self.adjustments,
        )

    def pipeline_adjustments(self) -> SQLiteAdjustmentReader:
        """Return the adjustments of a bundle."""
        return self.adjustments


def feed_from_bundle(
    name: str,
    start: pd.Timestamp | str | None = None,
    end: pd.Timestamp | str | None = None,
    environ: Mapping[str, str] | None = None,
) -> BundleFeed:
    """Load a bundle.

    A bundle that is not registered yet is looked for in the user's `extension.py`, as Zipline's command does.

    Args:
        name: Name of the bundle.
        start: First date of the run; that of the first asset by default.
        end: Last date of the run; that of the last asset by default.
        environ: Environment with ZIPLINE_ROOT.

    Raises:
        FileError: The bundle is not registered, or was never ingested.
        ConfigError: There are no sessions from `start` to `end`.
    """
    environment = os.environ if environ is None else environ
    if name not in bundles.bundles:
        load_extensions(default=True, extensions=(), strict=True, environ=environment)
    if name not in bundles.bundles:
        raise FileError(
            f"bundle={name!r} is not registered; there are {', '.join(sorted(bundles.bundles))}",
            hint="register it in extension.py with zipline.data.bundles.register, or pass bars instead",
        )
    try:
        data = bundles.load(name, environ=environment)
    except ValueError as error:
        raise FileError(f"bundle={name!r} has no data: {error}", hint=f"zipline ingest -b {name}") from error
    reader, finder = data.equity_daily_bar_reader, data.asset_finder
    # A bundle's reader goes on to the end of its calendar, years after its last bar.
    assets = finder.retrieve_all(finder.sids)
    first = _date(start, min(asset.start_date for asset in assets))
    last = _date(end, max(asset.end_date for asset in assets))
    sessions = reader.sessions[(reader.sessions >= first) & (reader.sessions <= last)]
    if not len(sessions):
        raise ConfigError(
            f"bundle={name!r} has no session from {first.date()} to {last.date()}",
            hint=f"its calendar {reader.trading_calendar.name!r} begins {reader.first_trading_day.date()}",
        )
    return BundleFeed(sessions, reader.trading_calendar, reader, finder, data.adjustment_reader)


def _date(value: pd.Timestamp | str | None, default: pd.Timestamp) -> pd.Timestamp:
    return pd.Timestamp(default if value is None else value).tz_localize(None).normalize()
