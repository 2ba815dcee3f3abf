"""What `Bars` and `TargetWeights` have in common: a wide frame becomes a time index, asset names and numbers.

Every check looks once over whole arrays. Only when it fails does a slower search find the cell to name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.exceptions import InputError

__all__ = [
    "Table",
    "cell",
    "day",
    "first_true",
    "floats",
    "listed",
    "nanoseconds",
    "read_only",
    "table",
    "time_index",
    "zone",
]

Floats = NDArray[np.float64]

NUMBERS: tuple[type, ...] = (int, float, np.integer, np.floating)
"""What counts as a number in a column of mixed objects; booleans are integers to Python and are refused."""


class Table(NamedTuple):
    """A checked wide frame: times (n_rows,), asset names, and float64 values (n_rows, n_assets), a copy."""

    times: pd.DatetimeIndex
    assets: tuple[str, ...]
    values: Floats


def table(frame: object, what: str, error: type[InputError]) -> Table:
    """Check a wide frame and copy its numbers.

    `what` is the frame's name in messages. Infinite values pass: what they mean is the caller's affair.

    Raises:
        InputError: of the kind `error`, naming what, where and what to do.
    """
    if not isinstance(frame, pd.DataFrame):
        raise error(
            f"{what} is a {type(frame).__name__}, not a pandas DataFrame",
            hint="pass a wide frame: index = time, one column per asset",
        )
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise error(
            f"{what} is empty: {frame.shape[0]} rows x {frame.shape[1]} columns",
            hint="pass at least one row and one asset",
        )
    index = time_index(frame.index, what, error)
    assets = _asset_names(frame.columns, what, error)
    return Table(index, assets, floats(frame, what, error))


def time_index(index: pd.Index, what: str, error: type[InputError]) -> pd.DatetimeIndex:
    """Return the index in nanoseconds, named "time" and without a frequency, or say what is wrong with it."""
    if not isinstance(index, pd.DatetimeIndex):
        raise error(
            f"the index of {what} is a {type(index).__name__}, not a DatetimeIndex",
            hint="frame.index = pd.to_datetime(frame.index), or set_index() on the column of times",
        )
    missing = np.asarray(index.isna())
    if missing.any():
        raise error(
            f"the index of {what} has no time (NaT) in row {first_true(missing)}",
            hint="drop the rows without a time: frame = frame[frame.index.notna()]",
        )
    # pandas 2 and 3 differ in the resolution they choose; one resolution makes times comparable everywhere.
    try:
        index = index.as_unit("ns")
    except pd.errors.OutOfBoundsDatetime as overflow:
        raise error(
            f"the index of {what} has times beyond what nanoseconds can hold",
            hint=f"keep times between {pd.Timestamp.min.year + 1} and {pd.Timestamp.max.year - 1}",
        ) from overflow
    if not index.is_monotonic_increasing:
        stamps = nanoseconds(index)
        row = first_true(stamps[1:] < stamps[:-1]) + 1
        raise error(
            f"the index of {what} is not sorted: {day(index[row])} (row {row}) comes after {day(index[row - 1])}",
            hint="frame = frame.sort_index()",
        )
    if not index.is_unique:
        row = first_true(index.duplicated())
        raise error(
            f"the index of {what} has duplicate times, the first is {day(index[row])} (row {row})",
            hint="keep one row for each time: frame = frame[~frame.index.duplicated()]",
        )
    # Built from the bare array: a frequency would be there or not depending on where the frame came from.
    plain = pd.DatetimeIndex(nanoseconds(index), name="time")
    return plain if index.tz is None else plain.tz_localize("UTC").tz_convert(index.tz)


def nanoseconds(index: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Return nanoseconds since 1970 in UTC, (n_rows,)."""
    return np.asarray(index.to_numpy(dtype="datetime64[ns]")).view(np.int64)


def _asset_names(columns: pd.Index, what: str, error: type[InputError]) -> tuple[str, ...]:
    names: list[Any] = columns.tolist()
    for position, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise error(
                f"column {position} of {what} is named {name!r}, and not by a text that is not blank",
                hint="frame.columns = [...] with one name per asset, e.g. frame.columns.astype(str)",
            )
    if not columns.is_unique:
        name = names[first_true(columns.duplicated())]
        raise error(f"{what} has the column {name!r} more than once", hint="keep one column for each asset")
    return tuple(str(name) for name in names)


def floats(frame: pd.DataFrame, what: str, error: type[InputError]) -> Floats:
    """Copy the cells to C-contiguous float64 (n_rows, n_columns); what is missing becomes NaN.

    Integers and floats of any width are numbers. Texts, booleans, dates and complex numbers are not.
    """
    kinds = frame.dtypes.unique()
    if all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in kinds):
        # A long double beyond float64 becomes infinite, and that is reported.
        with np.errstate(over="ignore"):
            return np.array(frame.to_numpy(dtype=np.float64), dtype=np.float64, order="C")
    values = np.empty(frame.shape)
    for column in range(frame.shape[1]):
        values[:, column] = _column(frame, column, what, error)
    return values


def _column(frame: pd.DataFrame, column: int, what: str, error: type[InputError]) -> Floats:
    series = frame.iloc[:, column]
    kind = series.dtype
    numeric = pd.api.types.is_numeric_dtype(kind)
    if numeric and not pd.api.types.is_bool_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        numbers: Floats = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers
    values = np.empty(len(series))
    for row, value in enumerate(series.tolist()):
        number = _number(value)
        if number is None:
            raise error(
                f"{what} is not a number {cell(frame.index, frame.columns, row, column)}: "
                f"{_short(value)} ({type(value).__name__})",
                hint="convert the column to numbers, e.g. with pd.to_numeric; NaN is for what is missing",
            )
        values[row] = number
    return values


def _number(value: Any) -> float | None:
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, NUMBERS):
        try:
            return float(cast("float", value))
        except OverflowError:  # An integer of more than 308 digits.
            return None
    return np.nan if value is None or value is pd.NA else None


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception as failure:  # noqa: BLE001 - a cell can hold any object, and its repr can do anything
        text = f"<no repr: {type(failure).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."  # 60: a message stays on a line or two.


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """Forbid writing through this array, and return it."""
    values.flags.writeable = False
    return values


def first_true(mask: NDArray[np.bool_]) -> int:
    """Return the flat position of the first true element; the mask must have one."""
    return int(np.argmax(mask))


def day(time: Any) -> str:
    """Write a timestamp as briefly as it is exact: without the clock at midnight."""
    at_midnight = time.hour == time.minute == time.second == time.microsecond == time.nanosecond == 0
    return str(time.date()) if at_midnight and time.tzinfo is None else str(time)


def listed(names: Iterable[object]) -> str:
    """Write the first names of a list, e.g. of columns: `'A', 'B', ...`."""
    head = list(itertools.islice(names, 9))  # 9: a message stays on a line or two.
    return ", ".join(repr(name) for name in head[:8]) + (", ..." if len(head) > 8 else "")


def zone(index: pd.DatetimeIndex) -> str:
    """Return the name of the index's time zone, or "none".

    A fixed offset goes by its amount: every library and file format has a name of its own for it.
    """
    if index.tz is None:
        return "none"
    offset = index.tz.utcoffset(None)
    return str(index.tz) if offset is None else f"UTC{offset.total_seconds() / 3600:+g}h" if offset else "UTC"


def cell(index: pd.Index, assets: Any, row: int, column: int) -> str:
    """Say where: `at 2004-08-19 for 'GOOG'`, and `in row 7 of 'close'` where rows have no time."""
    time = index[row]
    name = repr(assets[column])
    return f"at {day(time)} for {name}" if isinstance(time, pd.Timestamp) else f"in row {row} of {name}"
