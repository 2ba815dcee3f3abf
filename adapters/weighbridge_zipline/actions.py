"""Splits and cash dividends, in Zipline's own adjustment tables, in memory. This module imports Zipline."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np
import pandas as pd
from zipline.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from zipline.data.session_bars import SessionBarReader

from weighbridge.bars import Bars
from weighbridge.exceptions import ConfigError, UnknownAssetError

__all__ = ["Actions", "adjustment_reader", "empty_adjustments"]


@dataclass(frozen=True, kw_only=True)
class Actions:
    """Hold what happens to shares outside of trading; prices and volumes of the bars are raw.

    Attributes:
        splits: Columns date, asset, ratio: from that session on, a price is `ratio` times what it was and a
            position `1 / ratio` times (0.5 is two shares for one), as in Zipline's own table of splits.
        dividends: Columns date (the ex-date), asset, amount (account currency per share), and optionally
            pay_date, which is the ex-date by default. A pay date that is no session is paid at the next one:
            Zipline itself would never pay it.
    """

    splits: pd.DataFrame | None = None
    dividends: pd.DataFrame | None = None

    @classmethod
    def of(cls, splits: pd.DataFrame | None, dividends: pd.DataFrame | None) -> Actions | None:
        """Return the actions, or None if there are none."""
        return None if splits is None and dividends is None else cls(splits=splits, dividends=dividends)


def adjustment_reader(
    actions: Actions,
    bars: Bars,
    dates: pd.DatetimeIndex,
    sessions: pd.DatetimeIndex,
    reader: SessionBarReader,
) -> SQLiteAdjustmentReader:
    """Write the actions into a database in memory and return its reader.

    Rows are written by date and then column, and Zipline books them in that order.

    Raises:
        ConfigError: A column is missing, a date is no session or outside the asset's life, a ratio or an
            amount is not above 0, or an asset has two actions of a kind on one date.
        UnknownAssetError: An asset that the bars lack.
    """
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    writer = SQLiteAdjustmentWriter(connection, reader)
    splits = _checked("splits", actions.splits, "ratio", bars, dates)
    dividends = _checked("dividends", actions.dividends, "amount", bars, dates)
    writer.write(
        splits=None if splits is None else splits.rename(columns={"date": "effective_date"}),
        dividends=None if dividends is None else _payouts(dividends, sessions),
    )
    return SQLiteAdjustmentReader(connection)


def empty_adjustments(reader: SessionBarReader) -> SQLiteAdjustmentReader:
    """Return tables without any row."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    SQLiteAdjustmentWriter(connection, reader).write()
    return SQLiteAdjustmentReader(connection)


def _checked(
    name: str, frame: pd.DataFrame | None, number: str, bars: Bars, dates: pd.DatetimeIndex
) -> pd.DataFrame | None:
    if frame is None or frame.empty:
        return None
    lacking = [column for column in ("date", "asset", number) if column not in frame]
    if lacking:
        raise ConfigError(f"{name} lack the columns {lacking}", hint=f"{name} need date, asset and {number}")
    unknown = sorted(set(frame["asset"]) - set(bars.assets))
    if unknown:
        raise UnknownAssetError(f"{name} name {unknown[0]!r}, which the bars lack", hint="drop its rows")
    sid = pd.Index(bars.assets).get_indexer(pd.Index(frame["asset"]))
    date = _dates(frame["date"])
    row = dates.get_indexer(date)
    value = frame[number].to_numpy(dtype=np.float64)
    for wrong, why in (
        (row < 0, "is no date of the bars"),
        ((row < bars.first_bar[sid]) | (row > bars.last_bar[sid]), "is outside the asset's life"),
        (~(np.isfinite(value) & (value > 0.0)), f"has a {number} that is not a number above 0"),
        (pd.MultiIndex.from_arrays([row, sid]).duplicated(), "comes twice"),
    ):
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ConfigError(
                f"{name}: {frame['asset'].iloc[at]!r} at {date[at].date()} {why}",
                hint="correct or drop the row",
            )
    table = pd.DataFrame({"sid": sid, "date": date, number: value})
    if "pay_date" in frame:
        table["pay_date"] = _dates(frame["pay_date"]).to_numpy()
    return table.sort_values(["date", "sid"], kind="stable", ignore_index=True)


def _dates(values: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(values).tz_localize(None).as_unit("ns").normalize()


def _payouts(dividends: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    ex = dividends["date"]
    pay = dividends.get("pay_date", ex).fillna(ex)
    if (pay < ex).any():
        raise ConfigError("dividends: a pay_date is before its date", hint="a dividend is paid on or after its ex-date")
    at = sessions.searchsorted(pd.DatetimeIndex(pay))
    # Beyond the last session nothing is booked any more, whatever the date.
    paid = [sessions[row] if row < len(sessions) else date for row, date in zip(at.tolist(), pay, strict=True)]
    return pd.DataFrame(
        {
            "sid": dividends["sid"],
            "ex_date": ex,
            "declared_date": ex,
            "record_date": ex,
            "pay_date": pd.DatetimeIndex(paid),
            "amount": dividends["amount"],
        }
    )
