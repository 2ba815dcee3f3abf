"""Splits and cash dividends, in Zipline's own adjustment tables, in memory. This module imports Zipline."""

from __future__ import annotations

import sqlite3

import pandas as pd
from zipline.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from zipline.data.session_bars import SessionBarReader

from weighbridge.data.actions import Actions

__all__ = ["adjustment_reader", "empty_adjustments"]


def adjustment_reader(actions: Actions, sessions: pd.DatetimeIndex, reader: SessionBarReader) -> SQLiteAdjustmentReader:
    """Write the actions into a database in memory and return its reader.

    Rows are written by date and then column, and Zipline books them in that order. A pay date that is no session is
    paid at the next one: Zipline itself would never pay it.
    """
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    writer = SQLiteAdjustmentWriter(connection, reader)
    splits = pd.DataFrame(
        {
            "sid": actions.splits.asset,
            "effective_date": actions.dates[actions.splits.bar],
            "ratio": actions.splits.ratio,
        }
    )
    dividends = _payouts(actions, sessions)
    writer.write(
        splits=None if splits.empty else splits,
        dividends=None if dividends.empty else dividends,
    )
    return SQLiteAdjustmentReader(connection)


def empty_adjustments(reader: SessionBarReader) -> SQLiteAdjustmentReader:
    """Return tables without any row."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    SQLiteAdjustmentWriter(connection, reader).write()
    return SQLiteAdjustmentReader(connection)


def _payouts(actions: Actions, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    dividends = actions.dividends
    ex = actions.dates[dividends.bar]
    # Beyond the last session nothing is booked any more, whatever the date.
    rows = zip(actions.pay_rows(sessions).tolist(), dividends.pay_date, strict=True)
    paid = [sessions[row] if row < len(sessions) else date for row, date in rows]
    return pd.DataFrame(
        {
            "sid": dividends.asset,
            "ex_date": ex,
            "declared_date": ex,
            "record_date": ex,
            "pay_date": pd.DatetimeIndex(paid),
            "amount": dividends.amount,
        }
    )
