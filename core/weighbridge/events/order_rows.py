"""What became of the orders of an event-driven run, by row: numbers from 0 on, which `Order.host` carries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from weighbridge.engine.book import CANCELLED, DENIED, FILLED, OPEN
from weighbridge.engine.orders import close_slot
from weighbridge.events.book import EventBook
from weighbridge.rebalance.orders import OrderStatus
from weighbridge.rules.triggers import LIMIT, STOP

__all__ = ["CODES", "Mark", "OpenRow", "OrderRows", "Placed"]

# By what `ORDER.state` holds.
STATES = {
    OPEN: OrderStatus.OPEN,
    FILLED: OrderStatus.FILLED,
    DENIED: OrderStatus.DENIED,
    CANCELLED: OrderStatus.CANCELLED,
}
CODES = {status: code for code, status in STATES.items()}
# In place of a slot, of an order that is in no queue.
NOWHERE = -1


class OpenRow(NamedTuple):
    """An order that may still fill.

    Attributes:
        row: Its number.
        column: Its asset.
        quantity: Signed units that are left of it.
        protective: It is there in case something happens (a stop), and does not count as pending.
        bar: The bar at which it was submitted.
        limit_price: Of a limit order, else NaN.
    """

    row: int
    column: int
    quantity: float
    protective: bool
    bar: int
    limit_price: float = math.nan


class Mark(NamedTuple):
    """How many rows there were at a moment."""

    orders: int
    fills: int
    denials: int


class Placed(NamedTuple):
    """What a rebalance ordered where orders fill at once; `row` is None unless some of it waits in the queue."""

    column: int
    quantity: float
    status: OrderStatus
    row: int | None


class OrderRows:
    """Look up orders, cancel them, and tell what was ordered since a moment.

    Attributes:
        book: The run's account.
        later: Rows of orders that go out at the next bar.
    """

    def __init__(self, book: EventBook) -> None:
        """Begin without orders."""
        self.book: EventBook = book
        self.later: list[int] = []

    def mark(self) -> Mark:
        """Return how many rows there are."""
        now = self.book.now
        return Mark(now("orders"), now("fills"), now("denials"))

    def placed_since(self, mark: Mark) -> list[Placed]:
        """Return what was ordered where orders fill at once: first what filled, in sequence."""
        tables, now = self.book.tables, self.mark()
        fills, denials = tables.fills[mark.fills : now.fills], tables.denials[mark.denials : now.denials]
        orders = tables.orders[mark.orders : now.orders]
        waits = {column: row for row, column in enumerate(orders["asset"].tolist(), mark.orders)}
        left = dict(zip(denials["asset"].tolist(), denials["quantity"].tolist(), strict=True))
        found: list[Placed] = []
        for column, quantity in zip(fills["asset"].tolist(), fills["quantity"].tolist(), strict=True):
            if column not in waits:
                found.append(Placed(column, quantity + left.pop(column, 0.0), OrderStatus.FILLED, None))
        found += [Placed(column, quantity, OrderStatus.DENIED, None) for column, quantity in left.items()]
        return found + [Placed(column, self.ordered(row), OrderStatus.OPEN, row) for column, row in waits.items()]

    def keep(self, placed: Placed) -> int:
        """Return the row of an order; one that is in no queue is written down, since somebody may ask about it."""
        if placed.row is not None:
            return placed.row
        book = self.book
        book.make_room(1)
        row = self.mark().orders
        book.tables.orders[row] = (book.bar, placed.column, placed.quantity, CODES[placed.status], NOWHERE)
        book.tables.run["orders"] = row + 1
        return row

    def cancel(self, row: int) -> bool:
        """Cancel what is left of an order; return False, and do nothing, where it is done already."""
        if self.status(row) is not OrderStatus.OPEN:
            return False
        tables = self.book.tables
        slot = int(tables.orders["slot"][row])
        if slot == NOWHERE:
            tables.orders["state"][row] = CANCELLED
        else:
            close_slot(tables, slot, CANCELLED)
        return True

    def status(self, row: int) -> OrderStatus:
        """Return where an order stands now; one that is filled in part is open."""
        self.book.settle()
        return STATES[int(self.book.tables.orders["state"][row])]

    def ordered(self, row: int) -> float:
        """Return an order's signed units."""
        return float(self.book.tables.orders["quantity"][row])

    def open_quantities(self, rows: Sequence[int]) -> list[float]:
        """Return the signed units that may still fill of each order; 0.0 once it is done."""
        self.book.settle()
        tables: Any = self.book.tables
        asked = tables.orders[rows]
        left = asked["quantity"].copy()
        queued = asked["slot"] != NOWHERE
        slots = tables.slots[asked["slot"][queued]]
        left[queued] = slots["amount"] - slots["filled"]
        left[asked["state"] != OPEN] = 0.0
        return left.tolist()

    def open_rows(self) -> list[OpenRow]:
        """Return every open order in the sequence of submission, the user's and the rebalancer's."""
        book = self.book
        book.settle()
        found: list[OpenRow] = []
        for row in self.later:
            bar, column, quantity, state, _ = book.tables.orders[row].item()
            if state == OPEN:
                found.append(OpenRow(row, column, quantity, False, bar))
        slots: Any = book.tables.slots
        place = book.now("first")
        while place >= 0:
            slot: dict[str, Any] = dict(zip(slots.dtype.names, slots[place].item(), strict=True))
            if not slot["gone"]:
                kind, left = slot["kind"], slot["amount"] - slot["filled"]
                limit = slot["limit"] if kind == LIMIT else math.nan
                found.append(OpenRow(slot["row"], slot["asset"], left, kind >= STOP, slot["bar"], limit))
            place = slot["later"]
        return sorted(found)
