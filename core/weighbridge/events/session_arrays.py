"""What the book of orders that fill in parts offers besides (`ArrayBook`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weighbridge.engine.desk import OPEN, ORDERS
from weighbridge.engine.rules.order_fills import PartCosts
from weighbridge.engine.rules.order_types import MARKET
from weighbridge.engine.session_run import MAX_UNITS, too_large
from weighbridge.engine.sessions import send_orders
from weighbridge.events.book import Terms

__all__ = ["SessionArrays"]


class SessionArrays:
    """Many orders of a `SessionBook` at a time; its methods do what the protocol says."""

    def __init__(self, book: Any) -> None:
        """Look at a `SessionBook`, whose module imports this one."""
        self._book = book

    @property
    def parameters(self) -> PartCosts:
        """Costs as the compiled planner takes them."""
        return self._book.costs

    @property
    def cash(self) -> float:
        """Return the cash: nothing is lent here."""
        return self._book.cash

    def terms(self, price: Any) -> Terms:
        """Return those of shares."""
        desk = self._book.desk
        return Terms(price, desk.leverage, desk.margined)

    def open_quantities(self, rows: Sequence[int]) -> list[float]:
        """Return what has not been filled of those that are open."""
        book = self._book
        book.settle()
        asked = np.array(rows, dtype=np.int64)
        left = book.queues.amount[asked] - book.queues.filled[asked]
        return np.where(book.ledger.order_state[asked] == OPEN, left, 0.0).tolist()

    def submit_market(self, trades: Sequence[tuple[int, float]]) -> int:
        """Put orders at the ends of their assets' queues; planned units are whole here."""
        book = self._book
        for column, quantity in trades:
            if quantity > MAX_UNITS:
                raise too_large(book.bars, book.bar, column, quantity)
        book.settle()
        book.make_room()
        desk, first = book.aside, int(book.ledger.counts[ORDERS])
        columns = [column for column, _ in trades]
        desk.plan_sequence[: len(columns)] = columns
        desk.plan_quantity[columns] = [quantity for _, quantity in trades]
        send_orders(desk, book.queues, book.ledger, book.bar, len(columns))
        rows = slice(first, first + len(columns))
        book.queues.kind[rows] = MARKET
        book.queues.waiting[rows] = False
        return first
