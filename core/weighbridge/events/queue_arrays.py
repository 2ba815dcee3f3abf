"""What the book of queued orders offers besides (`ArrayBook`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weighbridge.engine.contract_tables import cash_at_hand, planned_costs, unit_values
from weighbridge.engine.desk import OPEN, ORDERS
from weighbridge.engine.kernel import submit_orders
from weighbridge.engine.parameters import ContractCosts, CostParameters
from weighbridge.events.book import Terms

__all__ = ["QueueArrays"]


class QueueArrays:
    """Many orders of a `QueueBook` at a time; its methods do what the protocol says."""

    def __init__(self, book: Any) -> None:
        """Look at a `QueueBook`, whose module imports this one."""
        self._book = book

    @property
    def parameters(self) -> CostParameters | ContractCosts:
        """Costs as the compiled planner takes them."""
        return planned_costs(self._book.costs, self._book.table)

    @property
    def cash(self) -> float:
        """Return the cash at hand."""
        book = self._book
        return float(cash_at_hand(book.cash, book.desk.position, book.fill, book.table))

    def terms(self, price: Any) -> Terms:
        """Return those of the contracts, or of ordinary shares."""
        desk, table = self._book.desk, self._book.table
        if table is None:
            return Terms(price, desk.leverage, desk.margined)
        return Terms(unit_values(table, price).copy(), table.leverage, table.margined)

    def open_quantities(self, rows: Sequence[int]) -> list[float]:
        """Return the units of those that are in the queue."""
        self._book.settle()
        asked, ledger = np.array(rows, dtype=np.int64), self._book.ledger
        return np.where(ledger.order_state[asked] == OPEN, ledger.order_quantity[asked], 0.0).tolist()

    def submit_market(self, trades: Sequence[tuple[int, float]]) -> int:
        """Put orders at the end of the queue."""
        book = self._book
        book.settle()
        book.make_room()
        first = int(book.ledger.counts[ORDERS])
        columns = np.array([column for column, _ in trades], dtype=np.int64)
        quantities = np.array([quantity for _, quantity in trades])
        submit_orders(book.desk, book.ledger, book.bar, columns, quantities, book.price)
        return first
