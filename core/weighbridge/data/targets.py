"""`TargetWeights`: dated target weights, and `WeightProvider`: anything that can say them bar by bar."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.data.files import asset_column, index_by_time, read_frame
from weighbridge.data.long_frames import long_from_file, pivot
from weighbridge.data.tables import cell, day, first_true, listed, nanoseconds, read_only, table, zone
from weighbridge.exceptions import TargetsError

__all__ = ["TargetWeights", "WeightProvider"]

Floats = NDArray[np.float64]


@runtime_checkable
class WeightProvider(Protocol):
    """Something that decides target weights one bar at a time: an optimiser, a model, a table."""

    def weights_at(self, time: pd.Timestamp) -> Mapping[str, float] | None:
        """Return asset -> weight decided at the close of the bar at `time`, or None for no decision."""
        ...


@dataclass(frozen=True, init=False, eq=False)
class TargetWeights:
    """Hold target weights over time, decided at the close of the bar of each row.

    A weight is the fraction of portfolio value to hold in an asset: 0.6 is 60%, negative is short, 0.0 closes
    the position. NaN leaves the asset alone, and a row of nothing but NaN is no decision at all.

    Attributes:
        index: Times of the rows, unique and increasing, nanoseconds, named "time".
        assets: Names of the assets, in column order.
        weights: (n_rows, n_assets), fraction of portfolio value; C-contiguous, float64, read-only.
    """

    index: pd.DatetimeIndex
    assets: tuple[str, ...]
    weights: Floats

    def __init__(self, frame: pd.DataFrame) -> None:
        """Check a wide frame (index = time, one column per asset) and copy it.

        Raises:
            TargetsError: The index is unsorted, has duplicates or no times; the frame is empty; a column has
                no name or is there twice; a weight is infinite or not a number.
        """
        checked = table(frame, "the frame of target weights", TargetsError)
        infinite = np.isinf(checked.values)
        if infinite.any():
            row, column = divmod(first_true(infinite), infinite.shape[1])
            raise TargetsError(
                f"the weight is infinite {cell(checked.times, checked.assets, row, column)}",
                hint="a weight is a fraction of portfolio value; NaN leaves the asset alone, 0.0 closes it",
            )
        object.__setattr__(self, "index", checked.times)
        object.__setattr__(self, "assets", checked.assets)
        object.__setattr__(self, "weights", read_only(checked.values))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> TargetWeights:
        """Read a `.parquet` or `.csv` file.

        With a column `asset` the file is long: `time` (or `date`), `asset`, `weight`, and NaN where there is
        no row. Without one it is wide: times first, then one column per asset. Times in CSV are ISO 8601.

        Raises:
            FileError: The file is not there, cannot be read, or is not what its name says.
            TargetsError: What it holds is wrong, as in the constructor.
        """
        frame = read_frame(path)
        try:
            if asset_column([*frame.columns, *frame.index.names]) is not None:
                long = long_from_file(frame, path)
                return cls(pivot(long, "time", "asset", ("weight",), TargetsError)["weight"])
            return cls(index_by_time(frame, os.fspath(path)))
        except TargetsError as error:
            raise TargetsError(f"{os.fspath(path)}: {error.message}", hint=error.hint) from error

    def __repr__(self) -> str:
        """Say how many rows for how many assets, from when to when."""
        return f"<TargetWeights {len(self.index)} x {len(self.assets)}: {self.index[0]} to {self.index[-1]}>"

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore after pickling, which forgets that arrays were read-only."""
        read_only(state["weights"])
        self.__dict__.update(state)

    @property
    def frame(self) -> pd.DataFrame:
        """Return the weights as a new wide frame."""
        return pd.DataFrame(np.array(self.weights), index=self.index, columns=pd.Index(self.assets, name="asset"))

    def on(self, bars: Bars) -> tuple[NDArray[np.int64], Floats]:
        """Lay the rows over the bars.

        Returns:
            The row that is decided at each bar, (n_bars,), -1 where there is no decision; and the weights
            over `bars.assets`, (n_rows, bars.n_assets), NaN where the frame has no column.

        Raises:
            TargetsError: The bars lack an asset or a time of the frame, or are in another time zone.
        """
        columns = None if self.assets == bars.assets else self._columns_in(bars)
        if zone(self.index) != zone(bars.index):
            raise TargetsError(
                f"target weights are in time zone {zone(self.index)}, and the bars in {zone(bars.index)}",
                hint="tz_localize or tz_convert the index of one of them",
            )
        bar_of_row = bars.index.get_indexer(self.index)
        astray = bar_of_row < 0
        if astray.any():
            raise TargetsError(
                f"{int(astray.sum())} times of the target weights are no bar, "
                f"the first is {day(self.index[first_true(astray)])}",
                hint="drop these rows, or move each to the bar before it: "
                "bars.index[bars.index.searchsorted(time, side='right') - 1]",
            )
        row_of_bar = np.full(bars.n_bars, -1, dtype=np.int64)
        row_of_bar[bar_of_row[self._decisions]] = self._decisions
        if columns is None:
            return row_of_bar, self.weights
        weights = np.full((len(self.index), bars.n_assets), np.nan)
        weights[:, columns] = self.weights
        return row_of_bar, weights

    def _columns_in(self, bars: Bars) -> list[int]:
        """Return the column of each asset in `bars`."""
        place = {name: column for column, name in enumerate(bars.assets)}
        unknown = [name for name in self.assets if name not in place]
        if unknown:
            raise TargetsError(
                f"target weights name {len(unknown)} assets that the bars lack, the first is {unknown[0]!r}",
                hint=f"drop these columns, or add prices; the bars have {listed(bars.assets)}",
            )
        return [place[name] for name in self.assets]

    @cached_property
    def _decisions(self) -> NDArray[np.int64]:
        """Rows that are not all NaN."""
        return np.flatnonzero(~np.isnan(self.weights).all(axis=1))

    def fingerprint(self) -> str:
        """Return the SHA-256 of times, assets and weights: equal if and only if the contents are."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        head = {"zone": str(self.index.tz), "assets": self.assets, "rows": len(self.index)}
        digest = hashlib.sha256(json.dumps(head).encode())
        digest.update(nanoseconds(self.index).astype("<i8").tobytes())
        digest.update(np.where(np.isnan(self.weights), np.nan, self.weights).astype("<f8").tobytes())
        return digest.hexdigest()
