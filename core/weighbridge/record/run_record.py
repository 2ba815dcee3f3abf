"""`RunRecord`: what one run did, and the only thing that engines, workers, comparison and report exchange.

Saved as a folder: `record.json` (assets, provenance) and one Parquet file for each table (files.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

from weighbridge.record.drawing import figure_of
from weighbridge.record.files import load_record, save_record
from weighbridge.record.measured import MeasuredRecord
from weighbridge.record.statistics import stats_of

__all__ = ["RunRecord"]


@dataclass(frozen=True, eq=False, repr=False)
class RunRecord(MeasuredRecord):
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

    def __repr__(self) -> str:
        """Say who ran how many bars of how many assets, from when to when, and how much was traded."""
        name = self.provenance.get("conventions", {}).get("name", "")
        who = ", ".join(str(part) for part in (self.provenance.get("subject", ""), name) if part) or "run"
        span = f"{self.index[0]} to {self.index[-1]}" if len(self.index) else "none"
        traded = f"{len(self.fill_table.bar)} fills, {len(self.denial_table.bar)} denials"
        return f"<RunRecord {who}: {len(self.index)} x {len(self.assets)}, {span}; {traded}>"

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
        return stats_of(self)

    def plot(self) -> Any:
        """Return a plotly figure; `show()` or `write_html()` it.

        Value and cash, drawdown, turnover; realised against target exposure and the gaps between them at each
        decision, where `weights` are known; and what was paid in costs until then, where anything was.

        Raises:
            MissingExtraError: plotly is not installed.
            RecordError: The portfolio was worth nothing or less at some bar.
        """
        return figure_of(self)

    def save(self, path: str | Path) -> Path:
        """Write the record into the folder `path`, all of it or nothing; an older record there is replaced.

        Raises:
            FileError: The folder cannot be written, or holds something that is not a record.
        """
        return save_record(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a record that `save` wrote.

        Raises:
            FileError: There is no such folder.
            RecordError: It is not a record, or was damaged.
        """
        return load_record(Path(path), cls)
