"""What was recorded of a run, checked, and the frames that people look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.exceptions import RecordError
from weighbridge.record.inputs import RunInputs
from weighbridge.record.tables import (
    NO_ADJUSTMENTS,
    AdjustmentTable,
    DenialTable,
    FillTable,
    Measures,
    OrderTable,
)

__all__ = ["RecordFrames"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class RecordFrames:
    """Hold the tables of a `RunRecord`, where its attributes are described, and show them as frames."""

    index: pd.DatetimeIndex
    assets: tuple[str, ...]
    fill_table: FillTable
    denial_table: DenialTable
    cash: Floats
    value: Floats
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])
    order_table: OrderTable | None = None
    adjustment_table: AdjustmentTable = NO_ADJUSTMENTS
    measures: RunInputs | Measures = field(default=Measures(), repr=False)

    def __post_init__(self) -> None:
        """Check that lengths agree and that bars and assets are within bounds."""
        n_bars = len(self.index)
        if len(self.cash) != n_bars or len(self.value) != n_bars:
            raise RecordError(
                f"cash has {len(self.cash)} and value {len(self.value)} rows for {n_bars} bars",
                hint="a record needs one row for each bar",
            )
        given = self.measures.weight_table if isinstance(self.measures, Measures) else None
        for name, table in (
            ("fills", self.fill_table),
            ("denials", self.denial_table),
            ("orders", self.order_table),
            ("adjustments", self.adjustment_table),
            ("weights", given),
        ):
            if table is not None:
                self._check_table(name, table)
        if isinstance(self.measures, Measures) and self.measures.slippage is not None:
            known, fills = len(self.measures.slippage), len(self.fill_table.bar)
            if known != fills:
                raise RecordError(f"slippage of {known} fills for {fills} fills", hint="each fill needs one")

    def _check_table(self, name: str, table: Any) -> None:
        if len({len(column) for column in table}) != 1:
            raise RecordError(f"the columns of {name} differ in length", hint="each row needs every column")
        if isinstance(self.measures, RunInputs):
            return  # The engine's own, or a host's: what it ran on is here by reference, and bounds every row.
        for column, bound in ((table.bar, len(self.index)), (table.asset, len(self.assets))):
            # Seen as unsigned, a negative number is beyond every bound: one look at the column is enough.
            if len(column) and int(np.asarray(column, np.int64).view(np.uint64).max()) >= bound:
                raise RecordError(f"{name} name a bar or asset that the record lacks", hint="check its tables")

    @cached_property
    def fills(self) -> pd.DataFrame:
        """Return fills in execution order: bar, time, asset, quantity (signed), price, commission."""
        table = self.fill_table
        return self._frame(
            table.bar, table.asset, quantity=table.quantity, price=table.price, commission=table.commission
        )

    @cached_property
    def denials(self) -> pd.DataFrame:
        """Return denials in the order they happened: bar, time, asset, quantity (signed), rule."""
        table = self.denial_table
        return self._frame(table.bar, table.asset, quantity=table.quantity, rule=table.rule)

    @cached_property
    def orders(self) -> pd.DataFrame | None:
        """Return orders in the sequence of submission: bar, time, asset, quantity (signed); None if not kept."""
        if self.order_table is None:
            return None
        return self._frame(self.order_table.bar, self.order_table.asset, quantity=self.order_table.quantity)

    @cached_property
    def adjustments(self) -> pd.DataFrame:
        """Return positions that a split changed: bar, time, asset, position (signed units held afterwards)."""
        table = self.adjustment_table
        return self._frame(table.bar, table.asset, position=table.position)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """Return cash and value at the end of each bar, account currency."""
        return pd.DataFrame({"cash": self.cash, "value": self.value}, index=self.index)

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Return signed units held at the end of each bar, (n_bars, n_assets)."""
        held = np.full((len(self.index), len(self.assets)), np.nan)
        # Assignment in sequence: the last event of a bar stands, and adjustments come before fills.
        for table in (self.adjustment_table, self.fill_table):
            held[table.bar, table.asset] = table.position
        frame = pd.DataFrame(held, index=self.index, columns=pd.Index(self.assets, name="asset"))
        return frame.ffill().fillna(0.0)

    def _frame(self, bar: Integers, asset: Integers, **columns: Any) -> pd.DataFrame:
        return pd.DataFrame(
            {"bar": bar, "time": self.index[bar], "asset": np.array(self.assets, dtype=object)[asset], **columns},
        )
