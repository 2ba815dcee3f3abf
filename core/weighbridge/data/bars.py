"""`Bars`: checked prices of several assets over time, as arrays that engines read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.data.bar_checks import check_fields, checked_names, same_shape, signals
from weighbridge.data.files import asset_column, index_by_time, read_frame
from weighbridge.data.long_frames import long_from_file, pivot
from weighbridge.data.tables import listed, nanoseconds, read_only, table
from weighbridge.exceptions import BarsError, UnknownAssetError

__all__ = ["FIELDS", "Bars", "Field"]

Floats = NDArray[np.float64]
Field = Literal["open", "high", "low", "close", "volume"]

FIELDS: tuple[Field, ...] = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, eq=False)
class Bars:
    """Hold checked bars of `n_assets` assets at `n_bars` times.

    Build it with `from_frames`, `from_long` or `from_file`, which check what they are given; the constructor
    itself trusts its arguments.

    Attributes:
        index: Times of the bars, unique and increasing, nanoseconds, named "time".
        assets: Names of the assets, in column order.
        close: Closing prices (n_bars, n_assets), currency per unit, above zero; NaN where the asset did not
            trade. C-contiguous, float64 and read-only, like the four that follow.
        open, high, low: As `close`, with NaN in the same places; None if not supplied.
        volume: Units traded, zero or more, NaN where the asset did not trade; None if not supplied.
        fields: What else is known of each asset at each bar, by name and in the order of the names: (n_bars, n_assets),
            any unit, any sign; NaN where there is none, traded or not. No engine reads them; strategies do.
    """

    index: pd.DatetimeIndex
    assets: tuple[str, ...]
    close: Floats
    open: Floats | None = None
    high: Floats | None = None
    low: Floats | None = None
    volume: Floats | None = None
    fields: Mapping[str, Floats] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_frames(
        cls,
        *,
        close: pd.DataFrame,
        open: pd.DataFrame | None = None,
        high: pd.DataFrame | None = None,
        low: pd.DataFrame | None = None,
        volume: pd.DataFrame | None = None,
        fields: Mapping[str, pd.DataFrame] | None = None,
    ) -> Bars:
        """Check wide frames (index = time, one column per asset) and copy them.

        All frames have the index and the assets of `close`; the order of their columns may differ. NaN: the
        asset did not trade at that bar. A volume of 0 where there is no price counts as NaN. `fields` are signals by
        name: a row holds what is known once its bar is over, any finite number, and NaN where there is none.

        Raises:
            BarsError: An index is unsorted, has duplicates or no times; frames do not match; a cell is no
                number, infinite, zero or negative (volume: negative); a bar is there in part; high is below
                low.
        """
        first = table(close, "close", BarsError)
        prices: dict[str, Floats] = {"close": first.values}
        others: tuple[tuple[Field, pd.DataFrame | None], ...] = (
            ("open", open), ("high", high), ("low", low), ("volume", volume),
        )  # fmt: skip
        for name, frame in others:
            if frame is not None:
                prices[name] = same_shape(table(frame, name, BarsError), first, name)
        check_fields(first, prices)
        more = signals({} if fields is None else fields, first, reserved=FIELDS)
        return cls(first.times, first.assets, **{n: read_only(v) for n, v in prices.items()}, fields=_frozen(more))

    @classmethod
    def from_long(
        cls, frame: pd.DataFrame, time: str = "date", asset: str = "asset", fields: Sequence[str] = ()
    ) -> Bars:
        """Check a long frame: one row for each time and asset, with `close` and, if there, the other prices.

        Rows may come in any order; assets come out by name. The columns named by `fields` become signals, other columns
        are ignored. A row may have signals and no prices.

        Raises:
            BarsError: A column is missing or of the wrong kind, a row is there twice, or as in `from_frames`.
        """
        names = checked_names(fields, FIELDS)
        wide = pivot(frame, time, asset, ("close", *names), BarsError, optional=("open", "high", "low", "volume"))
        return cls.from_frames(fields={name: wide.pop(name) for name in names}, **wide)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], fields: Sequence[str] = ()) -> Bars:
        """Read a `.parquet` or `.csv` file.

        With a column `asset` the file is long: `time` (or `date`), `asset`, `close` and, if there, `open`,
        `high`, `low`, `volume` and the signals that `fields` names, in any case. Without one it is wide and holds
        closing prices: times first, then one column per asset. Times in a CSV file are ISO 8601.

        Raises:
            FileError: The file is not there, cannot be read, or is not what its name says.
            BarsError: What it holds is wrong, as in `from_frames`.
        """
        frame = read_frame(path)
        try:
            if asset_column([*frame.columns, *frame.index.names]) is not None:
                names = {name.lower(): name for name in checked_names(fields, FIELDS)}
                return cls.from_long(long_from_file(frame, path).rename(columns=names), time="time", fields=fields)
            if checked_names(fields, FIELDS):
                raise BarsError("a wide file holds closing prices alone", hint="write a long file, with a column asset")
            return cls.from_frames(close=index_by_time(frame, os.fspath(path)))
        except BarsError as error:
            raise BarsError(f"{os.fspath(path)}: {error.message}", hint=error.hint) from error

    def __repr__(self) -> str:
        """Say how many bars of how many assets, from when to when, and which fields."""
        fields = ", ".join(self._arrays())
        span = f"{self.index[0]} to {self.index[-1]}" if self.n_bars else "none"
        return f"<Bars {self.n_bars} x {self.n_assets}: {span}; {fields}>"

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle can hold: views of mappings it cannot."""
        return {**self.__dict__, "fields": dict(self.fields)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore after pickling, which forgets that arrays were read-only."""
        arrays: list[NDArray[Any]] = [value for value in state.values() if isinstance(value, np.ndarray)]
        for array in arrays:
            read_only(array)
        self.__dict__.update(state, fields=_frozen(state["fields"]))

    @property
    def n_bars(self) -> int:
        """Return the number of times."""
        return len(self.close)

    @property
    def n_assets(self) -> int:
        """Return the number of assets."""
        return len(self.assets)

    @cached_property
    def complete(self) -> bool:
        """Return whether every asset trades at every bar."""
        return not bool(np.isnan(np.min(self.close, initial=np.inf)))

    @cached_property
    def has_bar(self) -> NDArray[np.bool_]:
        """Return where an asset traded: (n_bars, n_assets)."""
        return read_only(np.ones(self.close.shape, dtype=np.bool_) if self.complete else ~np.isnan(self.close))

    @cached_property
    def first_bar(self) -> NDArray[np.int64]:
        """Return the first bar of each asset that has a price: (n_assets,), n_bars if there is none."""
        if self.complete:
            return read_only(np.zeros(self.n_assets, dtype=np.int64))
        first = np.argmax(self.has_bar, axis=0).astype(np.int64)
        return read_only(np.where(self.has_bar.any(axis=0), first, self.n_bars))

    @cached_property
    def last_bar(self) -> NDArray[np.int64]:
        """Return the last bar of each asset that has a price: (n_assets,), -1 if there is none."""
        if self.complete:
            return read_only(np.full(self.n_assets, self.n_bars - 1, dtype=np.int64))
        last = self.n_bars - 1 - np.argmax(self.has_bar[::-1], axis=0).astype(np.int64)
        return read_only(np.where(self.has_bar.any(axis=0), last, -1))

    def require(self, *fields: str) -> None:
        """Check that the named prices or signals were supplied.

        Raises:
            BarsError: Names those that are missing.
        """
        missing = [name for name in fields if name not in self._arrays()]
        if missing:
            given = f"{missing[0]}=..." if missing[0] in FIELDS else f"fields={{{missing[0]!r}: ...}}"
            raise BarsError(
                f"the bars have no {', '.join(missing)}, and it is needed here",
                hint=f"pass it when the bars are made: Bars.from_frames(close=..., {given})",
            )

    def values(self, field: str) -> Floats:
        """Return the array of a price or a signal, (n_bars, n_assets), read-only.

        Raises:
            BarsError: It was not supplied.
        """
        self.require(field)
        return self._arrays()[field]

    def frame(self, field: str) -> pd.DataFrame:
        """Return a price or a signal as a new wide frame: index = time, one column per asset.

        Raises:
            BarsError: It was not supplied.
        """
        return pd.DataFrame(np.array(self.values(field)), index=self.index, columns=pd.Index(self.assets, name="asset"))

    def slice(self, start: int | None = None, stop: int | None = None) -> Bars:
        """Return the bars from position `start` up to, not including, `stop`; they share memory with these.

        Raises:
            BarsError: No bar is left.
        """
        part = slice(start, stop)
        if len(range(*part.indices(self.n_bars))) == 0:
            raise BarsError(f"no bar is left in {start}:{stop} of {self.n_bars} bars", hint="widen the range")
        return self._cut(pd.DatetimeIndex(self.index[part]), self.assets, lambda values: values[part])

    def select(self, assets: Sequence[str]) -> Bars:
        """Return the bars of some assets, in the order asked for.

        Raises:
            UnknownAssetError: An asset is not among these bars.
            BarsError: No asset is asked for, or one is asked for twice.
        """
        wanted = (assets,) if isinstance(assets, str) else tuple(assets)
        place = {name: column for column, name in enumerate(self.assets)}
        for name in wanted:
            if name not in place:
                raise UnknownAssetError(f"the bars have no asset {name!r}", hint=f"one of {listed(self.assets)}")
        if not wanted or len(set(wanted)) < len(wanted):
            raise BarsError(f"cannot select {wanted!r}", hint="name at least one asset, and each of them once")
        columns = [place[name] for name in wanted]
        # Picking columns gives Fortran order, and engines are promised C order.
        return self._cut(self.index, wanted, lambda values: read_only(np.ascontiguousarray(values[:, columns])))

    def fingerprint(self) -> str:
        """Return the SHA-256 of times, assets and all fields: equal if and only if the contents are."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        fields = self._arrays()
        head = {
            "zone": str(self.index.tz),
            "assets": self.assets,
            "fields": list(fields),
            "bars": self.n_bars,
        }
        digest = hashlib.sha256(json.dumps(head).encode())
        digest.update(nanoseconds(self.index).astype("<i8").tobytes())
        for values in fields.values():
            # Any NaN is the same NaN, whatever its payload.
            digest.update(np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes())
        return digest.hexdigest()

    def _arrays(self) -> dict[str, Floats]:
        prices: dict[str, Floats] = {name: getattr(self, name) for name in FIELDS if getattr(self, name) is not None}
        return {**prices, **self.fields}

    def _cut(self, index: pd.DatetimeIndex, assets: tuple[str, ...], cut: Callable[[Floats], Floats]) -> Bars:
        prices = {name: cut(values) for name, values in self._arrays().items() if name in FIELDS}
        return Bars(index, assets, **prices, fields=_frozen({n: cut(values) for n, values in self.fields.items()}))


def _frozen(fields: Mapping[str, Floats]) -> Mapping[str, Floats]:
    return MappingProxyType({name: read_only(fields[name]) for name in sorted(fields)})
