"""What a strategy sees of the prices, and where it keeps its own data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.data.tables import listed
from weighbridge.exceptions import UnknownAssetError

__all__ = ["Bar", "BarData", "Context"]


class Bar(NamedTuple):
    """One asset at one bar: currency per unit, volume in units; NaN where the bars have no such price.

    `fields` are the signals of `Bars.fields` by name. At a decision at the open, high, low, close and volume are not
    known yet: NaN; and the signals are those of the row before, since a row is known once its bar is over.
    """

    open: float
    high: float
    low: float
    close: float
    volume: float
    fields: Mapping[str, float]


class BarData(Mapping[str, Bar]):
    """The bar of each asset that trades now, read from the arrays when it is asked for.

    An asset that does not trade at this bar is not in the mapping: `"AAPL" in data` asks for it, `data.get("AAPL")`
    gives None; its last price is `broker.get_price("AAPL")`.
    """

    __slots__ = ("_bar", "_bars", "_columns", "_opening")

    def __init__(self, bars: Bars, bar: int, columns: Mapping[str, int], opening: bool) -> None:
        """Remember where to look."""
        self._bars = bars
        self._bar = bar
        self._columns = columns
        self._opening = opening

    def is_of(self, bars: Bars, bar: int) -> bool:
        """Say whether this is what a strategy is shown of these bars at that one."""
        return self._bars is bars and self._bar == bar

    def __getitem__(self, asset: str) -> Bar:
        """Return an asset's bar; KeyError where it does not trade, UnknownAssetError where there is no such asset."""
        column = self._columns.get(asset)
        if column is None:
            raise UnknownAssetError(f"there is no asset {asset!r}", hint=f"one of {listed(self._bars.assets)}")
        at = self._bar, column
        bars = self._bars
        close = float(bars.close[at])
        if math.isnan(close):
            raise KeyError(asset)
        opened = math.nan if bars.open is None else float(bars.open[at])
        if self._opening:
            return Bar(opened, math.nan, math.nan, math.nan, math.nan, self._signals(column))
        return Bar(
            opened,
            math.nan if bars.high is None else float(bars.high[at]),
            math.nan if bars.low is None else float(bars.low[at]),
            close,
            math.nan if bars.volume is None else float(bars.volume[at]),
            self._signals(column),
        )

    def _signals(self, column: int) -> Mapping[str, float]:
        row = self._bar - 1 if self._opening else self._bar
        fields = self._bars.fields.items()
        return {name: math.nan if row < 0 else float(values[row, column]) for name, values in fields}

    def __contains__(self, asset: object) -> bool:
        """Say whether an asset trades at this bar."""
        column = self._columns.get(asset) if isinstance(asset, str) else None
        return column is not None and not math.isnan(self._bars.close[self._bar, column])

    def __iter__(self) -> Iterator[str]:
        """Go through the assets that trade, in column order."""
        assets = self._bars.assets
        return (assets[column] for column in np.flatnonzero(~np.isnan(self._bars.close[self._bar])))

    def __len__(self) -> int:
        """Count the assets that trade."""
        return int(np.count_nonzero(~np.isnan(self._bars.close[self._bar])))

    def history(self, field: str = "close") -> NDArray[np.float64]:
        """Return a price or a signal in all bars that are over by now, (n_over, n_assets), read-only and not copied."""
        return self._bars.values(field)[: self._bar + (0 if self._opening else 1)]


class Context(SimpleNamespace):
    """The user's own data of one run: set any attribute.

    Attributes:
        bar: Number of the current bar; -1 in `on_start`.
        assets: Names of the assets, in column order.
    """

    bar: int
    assets: tuple[str, ...]
