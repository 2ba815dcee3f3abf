"""From Backtrader's notifications to the tables of a `RunRecord`."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.record.tables import DenialTable, FillTable, OrderTable
from weighbridge.rules.reasons import DenialRule

__all__ = ["Recording"]


class Recording:
    """Collect what a strategy sees; bars in which nothing traded have no call and are filled in afterwards.

    Args:
        bars: The bars that the feeds were made of.
        cash: Starting cash.
    """

    def __init__(self, bars: Bars, cash: float) -> None:
        """Start empty."""
        self.awake = np.flatnonzero(bars.has_bar.any(axis=1))
        self._columns = {asset: column for column, asset in enumerate(bars.assets)}
        self._held = [0.0] * bars.n_assets
        self._accepted: set[int] = set()
        self._orders: list[tuple[int, int, float]] = []
        self._fills: list[tuple[int, int, float, float, float, float]] = []
        self._denials: list[tuple[int, int, float, str]] = []
        self.cash = np.full(bars.n_bars, cash)
        self.value = np.full(bars.n_bars, cash)

    def column(self, feed: Any) -> int:
        """Return the column of a feed."""
        return self._columns[feed._name]

    def order(self, bar: int, order: Any) -> None:
        """Note an order that the strategy submitted."""
        self._orders.append((bar, self.column(order.data), float(order.size)))

    def notification(self, bar: int, order: Any) -> None:
        """Note the executions which a notification brings, or the refusal."""
        column = self.column(order.data)
        for bit in order.executed.iterpending():
            self._held[column] += bit.size
            charged = bit.closedcomm + bit.openedcomm
            self._fills.append((bar, column, float(bit.size), bit.price, charged, float(self._held[column])))
        if order.status == order.Accepted:
            self._accepted.add(order.ref)
        elif order.status == order.Margin:
            at_fill = order.ref in self._accepted
            rule = DenialRule.MARGIN_AT_FILL if at_fill else DenialRule.MARGIN_AT_SUBMISSION
            self._denials.append((bar, column, float(order.executed.remsize), rule.name.lower()))

    def close_of_bar(self, bar: int, cash: float, value: float) -> None:
        """Note cash and value; they stand until the next bar that has a call."""
        self.cash[bar:] = cash
        self.value[bar:] = value

    def tables(self) -> dict[str, Any]:
        """Return the record's tables and columns."""
        return {
            "order_table": OrderTable(*_columns(self._orders, (np.int64, np.int64, np.float64))),
            "fill_table": FillTable(*_columns(self._fills, (np.int64, np.int64, *[np.float64] * 4))),
            "denial_table": DenialTable(*_columns(self._denials, (np.int64, np.int64, np.float64, object))),
            "cash": self.cash,
            "value": self.value,
        }


def _columns(rows: list[Any], kinds: tuple[Any, ...]) -> list[Any]:
    columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
    return [np.array(list(column), dtype=kind) for column, kind in zip(columns, kinds, strict=True)]
