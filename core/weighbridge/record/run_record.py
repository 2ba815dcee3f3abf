"""`RunRecord`: what one run did, and the only thing that engines, workers, comparison and report exchange.

Saved as a folder: `record.json` (assets, provenance) and one Parquet file for each table (files.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.exceptions import RecordError
from weighbridge.record.tables import (
    NO_ADJUSTMENTS,
    AdjustmentTable,
    DenialTable,
    FillTable,
    Measures,
    OrderTable,
    WeightTable,
)

if TYPE_CHECKING:
    from weighbridge.record.measures import RunInputs

__all__ = [
    "NO_ADJUSTMENTS",
    "AdjustmentTable",
    "DenialTable",
    "FillTable",
    "Measures",
    "OrderTable",
    "RunRecord",
    "WeightTable",
]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class RunRecord:
    """Hold what one simulation did.

    Attributes:
        index: Times of the bars, length n_bars.
        assets: Names of the assets, in column order.
        fill_table: See `FillTable`; `fills` is the same as a DataFrame.
        denial_table: See `DenialTable`; `denials` is the same as a DataFrame.
        cash: Cash at the end of each bar, (n_bars,), account currency.
        value: Portfolio value at the end of each bar, (n_bars,), account currency, as the host computes it.
        provenance: Who made the run and with what: subject, conventions, config, costs, cash, versions, sizes
            and (of runs that are kept) digests of bars and targets. Plain values that JSON can hold.
        order_table: See `OrderTable`, or None where the host keeps no orders apart from fills.
        adjustment_table: See `AdjustmentTable`; empty where only fills change a position.
        measures: What `weights` and `slippage` are worked out of when they are asked for: bars and targets of the
            run, which it keeps alive. Of a record that was saved or pickled, what was worked out then.

    Raises:
        RecordError: The tables do not fit each other.
    """

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
        n_bars, n_assets = len(self.index), len(self.assets)
        if len(self.cash) != n_bars or len(self.value) != n_bars:
            raise RecordError(
                f"cash has {len(self.cash)} and value {len(self.value)} rows for {n_bars} bars",
                hint="a record needs one row for each bar",
            )
        for name, table in (
            ("fills", self.fill_table),
            ("denials", self.denial_table),
            ("orders", self.order_table),
            ("adjustments", self.adjustment_table),
            ("weights", self.measures.weight_table if isinstance(self.measures, Measures) else None),
        ):
            if table is None:
                continue
            if len({len(column) for column in table}) != 1:
                raise RecordError(f"the columns of {name} differ in length", hint="each row needs every column")
            for column, bound in ((table.bar, n_bars), (table.asset, n_assets)):
                # Seen as unsigned, a negative number is beyond every bound: one look at the column is enough.
                if len(column) and int(np.asarray(column, np.int64).view(np.uint64).max()) >= bound:
                    raise RecordError(f"{name} name a bar or asset that the record lacks", hint="check its tables")
        if isinstance(self.measures, Measures) and self.measures.slippage is not None:
            known, fills = len(self.measures.slippage), len(self.fill_table.bar)
            if known != fills:
                raise RecordError(f"slippage of {known} fills for {fills} fills", hint="each fill needs one")

    def __repr__(self) -> str:
        """Say who ran how many bars of how many assets, from when to when, and how much was traded."""
        name = self.provenance.get("conventions", {}).get("name", "")
        who = ", ".join(str(part) for part in (self.provenance.get("subject", ""), name) if part) or "run"
        span = f"{self.index[0]} to {self.index[-1]}" if len(self.index) else "none"
        traded = f"{len(self.fill_table.bar)} fills, {len(self.denial_table.bar)} denials"
        return f"<RunRecord {who}: {len(self.index)} x {len(self.assets)}, {span}; {traded}>"

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

    @cached_property
    def measured(self) -> Measures:
        """Return what the run is measured by, worked out at the first call."""
        if isinstance(self.measures, Measures):
            return self.measures
        from weighbridge.record.measures import measures_of

        return measures_of(self, self.measures)

    @cached_property
    def weights(self) -> pd.DataFrame | None:
        """Return what was asked for and what came of it: bar, time, asset, target, realised; None if not known.

        One row for each decision and each asset that it gives a weight, fractions of portfolio value; an asset with
        a target of 0.0 of which nothing is held has none. `bar` and `time` are the decision's, `target` is as the
        strategy asked for it, before caps and scaling. `realised` is quantity x close x multiplier / value (with a
        margin: quantity x margin / value) at the end of the bar of the last fill before the next decision takes effect,
        or of the decision's own bar where nothing filled (semantics 10.1). It is NaN where the portfolio was worth
        nothing or less, and for a decision at the last bar whose orders would fill later.
        """
        table = self.measured.weight_table
        return (
            None if table is None else self._frame(table.bar, table.asset, target=table.target, realised=table.realised)
        )

    @cached_property
    def slippage(self) -> pd.Series | None:
        """Return for each row of `fills` what slippage cost, account currency; None if prices are not known.

        Quantity x (price - the price that the conventions fill at without slippage) x multiplier (semantics 10.4); NaN
        for fills of an asset with orders at prices of their own (limits, stops; not under `zipline`).
        """
        slippage = self.measured.slippage
        return None if slippage is None else pd.Series(slippage, name="slippage")

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what the bars and targets amount to in place of themselves."""
        state = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**state, "measures": self.measured}

    def _frame(self, bar: Integers, asset: Integers, **columns: Any) -> pd.DataFrame:
        return pd.DataFrame(
            {"bar": bar, "time": self.index[bar], "asset": np.array(self.assets, dtype=object)[asset], **columns},
        )

    def stats(self) -> pd.Series:
        """Return the figures of the run, by name.

        Returns: bars and bars a year (by the calendar), total and annual return, annual volatility, Sharpe, Sortino and
        Calmar ratio, deepest drawdown (fractions; no risk-free rate).

        Trades and costs: annual turnover (traded value by value, both sides), fills, denials; traded value, commission,
        slippage and costs (both together) in account currency; commission and costs as fractions of the traded value;
        costs in basis points of the mean value a year. With slippage that is not known (`slippage`) costs are not.

        Realised against target weights: mean and largest absolute gap of a row of `weights`, and the mean of
        the decisions' misallocation, the fraction of the value that is not where it was asked to be (semantics 10.3).
        NaN where `weights` is None; a decision whose weights are NaN does not count.

        What needs two bars is NaN with one.

        Raises:
            MissingExtraError: empyrical-reloaded is not installed.
            RecordError: The portfolio was worth nothing or less at some bar.
        """
        from weighbridge.record.statistics import stats_of

        return stats_of(self)

    def plot(self) -> Any:
        """Return a plotly figure; `show()` or `write_html()` it.

        Value and cash, drawdown, turnover; realised against target exposure and the gaps between them at each
        decision, where `weights` are known; and what was paid in costs until then, where anything was.

        Raises:
            MissingExtraError: plotly is not installed.
            RecordError: The portfolio was worth nothing or less at some bar.
        """
        from weighbridge.record.drawing import figure_of

        return figure_of(self)

    def save(self, path: str | Path) -> Path:
        """Write the record into the folder `path`, all of it or nothing; an older record there is replaced.

        Raises:
            FileError: The folder cannot be written, or holds something that is not a record.
        """
        from weighbridge.record.files import save_record

        return save_record(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> RunRecord:
        """Read a record that `save` wrote.

        Raises:
            FileError: There is no such folder.
            RecordError: It is not a record, or was damaged.
        """
        from weighbridge.record.files import load_record

        return load_record(Path(path))
