"""Long frames (a row for each time and asset) become wide ones (a row for each time, a column per asset)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd

from weighbridge.data.files import asset_column, parse_times, time_column
from weighbridge.data.tables import day, first_true, floats, listed
from weighbridge.exceptions import FileError, InputError

__all__ = ["long_from_file", "pivot"]

WHAT = "the long frame"


def pivot(
    frame: object,
    time: str,
    asset: str,
    fields: Sequence[str],
    error: type[InputError],
    *,
    optional: Sequence[str] = (),
) -> dict[str, pd.DataFrame]:
    """Return a wide frame for each field: times ascending, assets by name, NaN where no row is.

    Rows may come in any order. The `optional` fields may be missing; other columns are ignored.

    Raises:
        InputError: of the kind `error`: a column is missing or holds the wrong kind, or a row is there twice.
    """
    checked = _check_columns(frame, (time, asset, *fields), error)
    present = [*fields, *(name for name in optional if name in checked.columns)]
    stamps = _times(checked, time, error)
    names = _assets(checked, asset, error)
    rows, times = pd.factorize(stamps, sort=True)
    columns, assets = pd.factorize(np.array(names, dtype=object), sort=True)
    cells = rows.astype(np.int64) * len(assets) + columns
    twice = pd.Series(cells).duplicated().to_numpy()
    if twice.any():
        row = first_true(twice)
        raise error(
            f"{WHAT} has {names[row]!r} more than once at {day(stamps[row])} (row {row})",
            hint=f"keep one row: frame.drop_duplicates([{time!r}, {asset!r}])",
        )
    numbers = floats(checked[present].reset_index(drop=True), WHAT, error)
    wide: dict[str, pd.DataFrame] = {}
    for position, name in enumerate(present):
        values = np.full(len(times) * len(assets), np.nan)
        values[cells] = numbers[:, position]
        wide[name] = pd.DataFrame(
            values.reshape(len(times), len(assets)), index=times, columns=pd.Index(assets, dtype=object)
        )
    return wide


def _check_columns(frame: object, needed: Sequence[str], error: type[InputError]) -> pd.DataFrame:
    if not isinstance(frame, pd.DataFrame):
        raise error(f"{WHAT} is a {type(frame).__name__}, not a pandas DataFrame", hint="pass a long frame")
    if frame.columns.nlevels > 1:
        raise error(f"{WHAT} has columns of {frame.columns.nlevels} levels", hint="give it plain column names")
    if not frame.columns.is_unique:
        name = frame.columns[first_true(frame.columns.duplicated())]
        raise error(f"{WHAT} has the column {name!r} more than once", hint="keep one column for each name")
    for column in needed:
        if column not in frame.columns:
            raise error(
                f"{WHAT} has no column {column!r}; it has {listed(frame.columns)}",
                hint="rename the column, or name it in the call",
            )
    if len(frame) == 0:
        raise error(f"{WHAT} is empty: 0 rows", hint="pass at least one row")
    return frame


def _times(frame: pd.DataFrame, time: str, error: type[InputError]) -> pd.DatetimeIndex:
    if not pd.api.types.is_datetime64_any_dtype(frame[time].dtype):
        raise error(
            f"the column {time!r} of {WHAT} is of {frame[time].dtype}, not of timestamps",
            hint=f"frame[{time!r}] = pd.to_datetime(frame[{time!r}])",
        )
    stamps = pd.DatetimeIndex(frame[time])
    missing = np.asarray(stamps.isna())
    if missing.any():
        raise error(f"{WHAT} has no {time} in row {first_true(missing)}", hint="fill it in, or drop the row")
    return stamps


def _assets(frame: pd.DataFrame, asset: str, error: type[InputError]) -> list[str]:
    names: list[object] = frame[asset].tolist()
    for row, name in enumerate(names):
        if isinstance(name, str):
            continue
        if name is None or name is pd.NA or (isinstance(name, float) and np.isnan(name)):
            raise error(f"{WHAT} has no {asset} in row {row}", hint="fill it in, or drop the row")
        raise error(
            f"{WHAT} names an asset in row {row} with a {type(name).__name__}, not a text",
            hint=f"frame[{asset!r}] = frame[{asset!r}].astype(str)",
        )
    return [str(name) for name in names]


def long_from_file(frame: pd.DataFrame, file: str | os.PathLike[str]) -> pd.DataFrame:
    """Return a long frame from a file with lower-case column names, "time" and "asset" among them.

    Raises:
        FileError: Two columns differ only in case, or there is no column of times.
    """
    if frame.index.names != [None]:
        try:
            frame = frame.reset_index()
        except ValueError as error:
            raise FileError(
                f"{os.fspath(file)} has an index and a column of one name: {listed(frame.index.names)}",
                hint="rename one of the two",
            ) from error
    time, asset = time_column(list(frame.columns)), asset_column(list(frame.columns))
    if time is None or asset is None:
        raise FileError(f"{os.fspath(file)} has no column of times", hint="name it time or date")
    lower = [{time: "time", asset: "asset"}.get(name, str(name).lower()) for name in frame.columns]
    if len(set(lower)) < len(lower):
        raise FileError(
            f"{os.fspath(file)} has columns that differ only in case: {listed(frame.columns)}",
            hint="keep one of them",
        )
    renamed = frame.set_axis(lower, axis=1)
    return renamed.assign(time=parse_times(renamed["time"], os.fspath(file)))
