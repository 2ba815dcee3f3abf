"""The record of a run with what it is measured by: realised weights, slippage."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import pandas as pd

from weighbridge.record.frames import RecordFrames
from weighbridge.record.measures import measures_of
from weighbridge.record.tables import Measures

__all__ = ["MeasuredRecord"]


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredRecord(RecordFrames):
    """Work out what the run is measured by when it is asked for: what statistics, plots and files are made of."""

    @cached_property
    def measured(self) -> Measures:
        """Return what the run is measured by, worked out at the first call."""
        if isinstance(self.measures, Measures):
            return self.measures
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
