"""Zipline's data portal without the rounding of its history. This module imports Zipline."""

from __future__ import annotations

from typing import Any

from zipline.data.data_portal import DEFAULT_DAILY_HISTORY_PREFETCH, DataPortal
from zipline.data.history_loader import DailyHistoryLoader

__all__ = ["UnroundedPortal"]


class _UnroundedHistory(DailyHistoryLoader):
    """`DailyHistoryLoader` rounds the prices of equities to three decimals, whatever their data are."""

    def _decimal_places_for_asset(self, asset: Any, reference_date: Any) -> None:
        # None is "no rounding" to the windows (lib/_windowtemplate.pxi).
        return None


class UnroundedPortal(DataPortal):
    """A data portal of daily bars whose `data.history` gives prices as they are."""

    def __init__(self, *args: Any, adjustment_reader: Any = None, **options: Any) -> None:
        super().__init__(*args, adjustment_reader=adjustment_reader, **options)
        self._history_loader = _UnroundedHistory(
            self.trading_calendar,
            self._get_pricing_reader("daily"),
            adjustment_reader,
            self.asset_finder,
            self._roll_finders,
            prefetch_length=DEFAULT_DAILY_HISTORY_PREFETCH,
        )
