"""Splits and cash dividends of raw prices: checked against the bars, and looked up by bar and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.exceptions import ConfigError, UnknownAssetError, UnsupportedError

__all__ = ["Actions", "Dividends", "Splits"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Splits(NamedTuple):
    """Splits by bar, then column: the first bar without it, column of the asset, old shares for one new."""

    bar: Integers
    asset: Integers
    ratio: Floats


class Dividends(NamedTuple):
    """Cash dividends by bar, then column: ex-date, column of the asset, account currency per share, and the date of
    payment (midnight, no zone), which need not be a bar.
    """

    bar: Integers
    asset: Integers
    amount: Floats
    pay_date: pd.DatetimeIndex


@dataclass(frozen=True, kw_only=True, eq=False)
class Actions:
    """Hold what happens to shares outside of trading; prices and volumes of the bars are raw.

    Attributes:
        splits: See `Splits`.
        dividends: See `Dividends`.
        dates: The date of each bar, midnight without a zone.
    """

    splits: Splits
    dividends: Dividends
    dates: pd.DatetimeIndex

    @classmethod
    def on(cls, bars: Bars, splits: pd.DataFrame | None, dividends: pd.DataFrame | None) -> Actions | None:
        """Check the frames against the bars; None if there is nothing in them.

        Args:
            bars: Daily bars.
            splits: Columns date, asset, ratio: from that date on, a price is `ratio` times what it was and a
                position `1 / ratio` times (0.5 is two shares for one), as in Zipline's own table of splits.
            dividends: Columns date (the ex-date), asset, amount (account currency per share), and optionally
                pay_date, which is the ex-date by default.

        Raises:
            ConfigError: No frame; a column is missing, a date is no bar or outside the asset's life, a ratio or an
                amount is not above 0, a dividend is paid before its date, or an asset has two actions of a kind on
                one date.
            UnknownAssetError: An asset that the bars lack.
            UnsupportedError: The bars are not daily.
        """
        for name, frame in (("splits", splits), ("dividends", dividends)):
            if frame is not None and not isinstance(frame, pd.DataFrame):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConfigError(
                    f"{name} is a {type(frame).__name__}, not a pandas DataFrame", hint="pass a row for each event"
                )
        if (splits is None or splits.empty) and (dividends is None or dividends.empty):
            return None
        dates = _dates_of(bars)
        split_table, _ = _checked("splits", splits, "ratio", bars, dates)
        payouts, pay_date = _checked("dividends", dividends, "amount", bars, dates)
        return cls(splits=Splits(*split_table), dividends=Dividends(*payouts, pay_date), dates=dates)

    @classmethod
    def none(cls) -> Actions:
        """Return no actions at all."""
        none, dates = np.empty(0, dtype=np.int64), pd.DatetimeIndex([])
        return cls(
            splits=Splits(none, none, np.empty(0)),
            dividends=Dividends(none, none, np.empty(0), dates),
            dates=dates,
        )

    def as_dict(self) -> dict[str, int]:
        """Return how many there are, as plain values for a record's provenance."""
        return {"splits": len(self.splits.bar), "dividends": len(self.dividends.bar)}

    def pay_rows(self, dates: pd.DatetimeIndex) -> Integers:
        """Return for each dividend the first of `dates` on or after its payment, their number where there is none."""
        return dates.searchsorted(self.dividends.pay_date).astype(np.int64)


def _dates_of(bars: Bars) -> pd.DatetimeIndex:
    dates = pd.DatetimeIndex(bars.index.tz_localize(None).normalize(), name=None)
    if not dates.is_unique:
        raise UnsupportedError(
            f"the bars are not daily: {dates[dates.duplicated()][0].date()} has more than one",
            hint="splits and dividends are booked before the bar of their date; resample the bars",
        )
    return dates


def _checked(
    name: str, frame: pd.DataFrame | None, number: str, bars: Bars, dates: pd.DatetimeIndex
) -> tuple[tuple[Integers, Integers, Floats], pd.DatetimeIndex]:
    if frame is None or frame.empty:
        none = np.empty(0, dtype=np.int64)
        return (none, none, np.empty(0)), pd.DatetimeIndex([])
    lacking = [column for column in ("date", "asset", number) if column not in frame]
    if lacking:
        raise ConfigError(f"{name} lack the columns {lacking}", hint=f"{name} need date, asset and {number}")
    assets = frame["asset"].tolist()
    column = np.array(pd.Index(bars.assets).get_indexer(pd.Index(assets, dtype=object)), dtype=np.int64)
    if (column < 0).any():
        unknown = assets[int(np.argmax(column < 0))]
        raise UnknownAssetError(f"{name} name {unknown!r}, which the bars lack", hint="drop its rows")
    date = _dates(name, "date", frame["date"])
    bar = np.array(dates.get_indexer(date), dtype=np.int64)
    value = _numbers(name, number, frame[number])
    for wrong, why in (
        (bar < 0, "is no date of the bars"),
        ((bar < bars.first_bar[column]) | (bar > bars.last_bar[column]), "is outside the asset's life"),
        (~(np.isfinite(value) & (value > 0.0)), f"has a {number} that is not a number above 0"),
        (np.asarray(pd.MultiIndex.from_arrays([bar, column]).duplicated()), "comes twice"),
    ):
        if wrong.any():
            at = int(np.argmax(wrong))
            shown = date[at].date() if date[at] == date[at] else date[at]
            raise ConfigError(f"{name}: {assets[at]!r} at {shown} {why}", hint="correct or drop the row")
    sequence = np.lexsort((column, bar))
    return (bar[sequence], column[sequence], value[sequence]), _pay_dates(frame, date)[sequence]


def _pay_dates(frame: pd.DataFrame, date: pd.DatetimeIndex) -> pd.DatetimeIndex:
    if "pay_date" not in frame:
        return date
    pay = _dates("dividends", "pay_date", frame["pay_date"])
    pay = pay.where(pay.notna(), date)
    if (pay < date).any():
        raise ConfigError("dividends: a pay_date is before its date", hint="a dividend is paid on or after its ex-date")
    return pay


def _dates(name: str, column: str, values: Any) -> pd.DatetimeIndex:
    try:
        return pd.DatetimeIndex(values).tz_localize(None).as_unit("ns").normalize()
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name}: {column} holds no dates: {error}", hint="convert it with pd.to_datetime") from error


def _numbers(name: str, column: str, values: pd.Series) -> Floats:
    try:
        return values.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{name}: {column} holds no numbers: {error}", hint="convert it with pd.to_numeric"
        ) from error
