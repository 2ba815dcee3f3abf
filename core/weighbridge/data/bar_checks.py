"""What is checked about prices once their frames are numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.tables import Table, cell, day, first_true, listed, table, zone
from weighbridge.exceptions import BarsError

__all__ = ["check_fields", "checked_names", "same_shape", "signals"]

Floats = NDArray[np.float64]


def same_shape(other: Table, close: Table, name: str) -> Floats:
    """Return the values of `other` in the column order of `close`.

    Raises:
        BarsError: The two have different times or assets.
    """
    if zone(other.times) != zone(close.times):
        raise BarsError(
            f"{name} is in time zone {zone(other.times)}, and close in {zone(close.times)}",
            hint="tz_localize or tz_convert one of them",
        )
    if not other.times.equals(close.times):
        odd = other.times.symmetric_difference(close.times)
        owner = name if odd[0] in other.times else "close"
        raise BarsError(
            f"{name} and close have different times: {len(odd)} are in only one of them, "
            f"the first is {day(odd[0])}, only in {owner}",
            hint="reindex all frames to one index, with NaN where an asset did not trade",
        )
    if other.assets == close.assets:
        return other.values
    odd_assets = sorted(set(other.assets) ^ set(close.assets))
    if odd_assets:
        owner = name if odd_assets[0] in other.assets else "close"
        raise BarsError(
            f"{name} and close have different assets: {len(odd_assets)} are in only one of them, "
            f"the first is {odd_assets[0]!r}, only in {owner}",
            hint="give all frames the same columns",
        )
    place = {asset: column for column, asset in enumerate(other.assets)}
    return np.ascontiguousarray(other.values[:, [place[asset] for asset in close.assets]])


def check_fields(close: Table, fields: Mapping[str, Floats]) -> None:
    """Check every field against its bounds and against `close`; a volume of 0 without a price becomes NaN.

    Raises:
        BarsError: Names field, time and asset of the first cell that is wrong.
    """
    complete = True
    for name in sorted(fields, key=["close", "open", "high", "low", "volume"].index):
        values = fields[name]
        # Minimum and maximum carry NaN along: two fast passes tell if anything is missing or out of bounds.
        low, high = float(values.min()), float(values.max())
        if np.isnan(low) or not (low >= 0.0 if name == "volume" else low > 0.0) or high == np.inf:
            _bounds(close, name, values)
        if name == "close":
            complete = not np.isnan(low)
        elif not (complete and not np.isnan(low)):
            _same_bars(close, name, values)
    if "high" in fields and "low" in fields:
        below = fields["high"] < fields["low"]
        if below.any():
            where = _where(close, below)
            high_, low_ = fields["high"].flat[first_true(below)], fields["low"].flat[first_true(below)]
            raise BarsError(f"high {high_} is below low {low_} {where}", hint="correct the bar, or drop it (NaN)")


def signals(frames: Mapping[str, object], close: Table, reserved: Iterable[str]) -> dict[str, Floats]:
    """Check the frames of signals by name: any finite number, and NaN, whether the asset trades or not.

    Raises:
        BarsError: They are no mapping, a name is wrong, or a frame does not match `close` or holds an infinite number.
    """
    if not isinstance(frames, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise BarsError(f"fields is a {type(frames).__name__}, not a mapping", hint="pass {name: frame, ...}")
    checked: dict[str, Floats] = {}
    for name in checked_names(frames, reserved):
        values = same_shape(table(frames[name], name, BarsError), close, name)
        infinite = np.isinf(values)
        if infinite.any():
            raise BarsError(f"{name} is infinite {_where(close, infinite)}", hint="use NaN where there is no number")
        checked[name] = values
    return checked


def checked_names(names: Iterable[str], reserved: Iterable[str]) -> tuple[str, ...]:
    """Return the names of signals.

    Raises:
        BarsError: One is no text, blank, that of a price, or there twice.
    """
    if isinstance(names, str):
        raise BarsError(f"fields={names!r} is one text", hint=f"pass a sequence of names: [{names!r}]")
    found: list[str] = []
    for name in names:
        if not isinstance(name, str) or not name.strip() or name in reserved or name in found:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BarsError(
                f"a signal cannot be named {name!r}",
                hint=f"give each a text of its own, other than {listed(reserved)}",
            )
        found.append(name)
    return tuple(found)


def _bounds(close: Table, name: str, values: Floats) -> None:
    for wrong, kind, hint in (
        (np.isinf(values), "infinite", "use NaN where the asset did not trade"),
        (values < 0.0, "negative", "correct it; use NaN where the asset did not trade"),
        (values == 0.0, "zero", "use NaN where the asset did not trade: a price of zero cannot be traded at"),
    ):
        if wrong.any() and not (name == "volume" and kind == "zero"):
            raise BarsError(f"{name} is {kind} {_where(close, wrong)}: {values.flat[first_true(wrong)]}", hint=hint)


def _same_bars(close: Table, name: str, values: Floats) -> None:
    untraded = np.isnan(close.values)
    if name == "volume":
        values[untraded & (values == 0.0)] = np.nan
    missing = np.isnan(values)
    lacking, extra = missing & ~untraded, untraded & ~missing
    if lacking.any():
        raise BarsError(
            f"{name} is missing {_where(close, lacking)}, and close is there",
            hint=f"a bar is whole or not there: fill in {name}, or drop the bar (NaN in all frames)",
        )
    if extra.any():
        raise BarsError(
            f"close is missing {_where(close, extra)}, and {name} is there",
            hint=f"a bar is whole or not there: fill in close, or drop the bar (NaN in {name} too)",
        )


def _where(close: Table, mask: NDArray[np.bool_]) -> str:
    row, column = divmod(first_true(mask), mask.shape[1])
    return cell(close.times, close.assets, row, column)
