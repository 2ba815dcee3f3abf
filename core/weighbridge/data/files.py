"""Reading frames from CSV and Parquet files, so that whatever is wrong with a file is said in our words."""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from weighbridge.data.tables import listed
from weighbridge.exceptions import FileError

__all__ = ["asset_column", "index_by_time", "parse_times", "read_frame", "time_column"]

TIME_NAMES = ("time", "date", "datetime", "timestamp")
"""Names, in any case, that mark the column of times in a file."""

ASSET_NAMES = ("asset",)
"""Names, in any case, that mark the column of assets in a long file."""

# The spellings of "missing" in columns of numbers. In the column of assets "NA" is a ticker.
MISSING = ("", "NaN", "nan", "NA", "N/A", "null", "NULL", "None", "<NA>")

READ_CSV: Callable[..., pd.DataFrame] = pd.read_csv  # pandas does not type all of its own.

# pandas 2 can be off in the last bit of a decimal text unless told not to be; pandas 3 is right, and warns.
PANDAS_2 = int(pd.__version__.split(".")[0]) < 3
ROUND_TRIP: dict[str, Any] = {"float_precision": "round_trip"} if PANDAS_2 else {}


def read_frame(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a `.csv` or `.parquet` file: times as texts from CSV, columns in the file's order.

    Raises:
        FileError: The file is not there, is a folder, cannot be read, or is not what its name says.
    """
    try:
        file = Path(path)
        is_file = file.is_file()
        exists = file.exists()
    except (TypeError, ValueError, OSError) as error:
        raise FileError(f"{path!r} is not the path of a file: {error}", hint="pass the path of a file") from error
    if not is_file:
        state = "is not a file" if exists else "is not there"
        raise FileError(f"{file} {state}", hint="check the path; relative paths start at the current folder")
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise FileError(f"{file} is neither .csv nor .parquet", hint="convert it to one of the two")
    return reader(file)


def _read_csv(file: Path) -> pd.DataFrame:
    try:
        raw = file.read_bytes()
        if b"\0" in raw:
            raise FileError(f"{file} is binary, not CSV", hint="save it as text, separated by commas, in UTF-8")
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}", hint="check its permissions") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{file} is not UTF-8 text: byte {error.start}", hint="save it as UTF-8") from error
    try:
        header = next(csv.reader(io.StringIO(text, newline="")), None)
    except csv.Error as error:
        raise FileError(f"{file} has no readable header: {error}", hint="check its first line") from error
    if not header:
        raise FileError(f"{file} is empty", hint="the first line must name the columns")
    if len(set(header)) < len(header):  # pandas would rename the second one in silence.
        twice = next(name for name in header if header.count(name) > 1)
        raise FileError(f"{file} has the column {twice!r} more than once", hint="keep one column for each name")
    assets = {name for name in header if name.lower() in ASSET_NAMES}
    texts = assets | {name for name in header if name == time_column(header)}
    try:
        with warnings.catch_warnings():
            # A row longer than the header is a ParserWarning, and the rest of the row would be lost.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return READ_CSV(
                io.StringIO(text),
                header=0,
                names=header,
                index_col=False,
                dtype=dict.fromkeys(texts, "str"),
                na_values={name: [""] if name in assets else list(MISSING) for name in header},
                keep_default_na=False,
                low_memory=False,
                **ROUND_TRIP,
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        raise FileError(
            f"{file} is not a CSV table: {error}", hint="every row needs as many fields as the header"
        ) from error


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file, engine="pyarrow")
    except Exception as error:  # A damaged file can end in any error of pyarrow, pandas or the system.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(
            f"{file} is not a Parquet table: {reason}", hint="write it again, e.g. frame.to_parquet()"
        ) from error


def time_column(names: Sequence[object]) -> str | None:
    """Return the name of the column of times, or None; a first column without a name counts as one."""
    for name in names:
        if isinstance(name, str) and name.lower() in TIME_NAMES:
            return name
    return "" if names and names[0] == "" else None


def asset_column(names: Sequence[object]) -> str | None:
    """Return the name of the column that holds assets, which makes a file a long one, or None."""
    return next((name for name in names if isinstance(name, str) and name.lower() in ASSET_NAMES), None)


def parse_times(times: pd.Series, file: object) -> pd.DatetimeIndex:
    """Return times from a file: timestamps, dates, or ISO 8601 texts.

    Raises:
        FileError: A time is missing or is something else, or zones are mixed.
    """
    if times.isna().any():
        row = int(times.isna().to_numpy().argmax())
        raise FileError(f"{file} has no time in row {row}", hint="give each row a time, or drop the row")
    if isinstance(times.dtype, pd.PeriodDtype) or pd.api.types.is_numeric_dtype(times.dtype):
        raise FileError(f"{file} holds times as {times.dtype}", hint="store timestamps or ISO 8601 texts")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # pandas 2 only warns about mixed offsets, and returns objects.
            # Day-first and month-first look alike, so nothing but ISO 8601 is read.
            format_ = None if pd.api.types.is_datetime64_any_dtype(times.dtype) else "ISO8601"
            return pd.DatetimeIndex(pd.to_datetime(times, format=format_), name="time")
    except (ValueError, TypeError, OverflowError, Warning) as error:
        raise FileError(
            f"{file} has times that cannot be read: {str(error).splitlines()[0]}",
            hint="write times like 2004-08-19 or 2004-08-19T15:30:00+00:00, all in one zone",
        ) from error


def index_by_time(frame: pd.DataFrame, file: object) -> pd.DataFrame:
    """Return a wide frame from a file with its times as index: a saved index, or the column that holds times.

    Raises:
        FileError: There is no such column, or its times cannot be read.
    """
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame
    name = time_column(list(frame.columns))
    if name is None:
        raise FileError(
            f"{file} has no column of times among {listed(frame.columns)}",
            hint=f"name it one of {', '.join(TIME_NAMES)}",
        )
    position = [*frame.columns].index(name)
    times = parse_times(frame.iloc[:, position], file)
    rest = [column for column in range(frame.shape[1]) if column != position]
    return frame.iloc[:, rest].set_axis(times, axis=0)
