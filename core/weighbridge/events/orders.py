"""Submitting orders and starting rebalances in an event-driven run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from weighbridge.engine.book import OPEN
from weighbridge.engine.orders import submit
from weighbridge.engine.steps import order_at_once, submit_many
from weighbridge.events.book import EventBook
from weighbridge.events.made_of import Setup
from weighbridge.events.order_rows import CODES, Mark, OrderRows, Placed
from weighbridge.events.tickets import Ticket
from weighbridge.exceptions import UnsupportedError
from weighbridge.rebalance.orders import OrderStatus, OrderType
from weighbridge.rebalance.terms import trade_terms
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.sizing import Sizing, snapped
from weighbridge.rules.triggers import (
    LIMIT,
    MARKET,
    STOP,
    STOP_LIMIT,
    TRAIL_AMOUNT,
    TRAIL_PERCENT,
    Triggers,
    price_in_cents,
    trailed,
)
from weighbridge.rules.waiting import Waiting
from weighbridge.settings.config import RebalanceConfig, RebalanceMode

__all__ = ["EventOrders"]

_KINDS = {
    OrderType.MARKET: MARKET,
    OrderType.LIMIT: LIMIT,
    OrderType.STOP: STOP,
    OrderType.STOP_LIMIT: STOP_LIMIT,
}


class EventOrders(OrderRows):
    """Submit orders, and start the rebalances that make them."""

    def __init__(self, book: EventBook) -> None:
        """Begin without orders."""
        super().__init__(book)
        conventions, config = book.of.conventions, book.of.config
        one = trade_terms(config.replace(mode=RebalanceMode.SNAPSHOT), conventions)._replace(cancel_open=False)
        self._one = book.setup._replace(trade=one)
        self._snaps = conventions.sizing is Sizing.QUANTITY_DIFFERENCE_SNAPPED
        self._needs_bar = conventions.waiting is Waiting.NEVER

    def rebalance(self, weights: Any, config: RebalanceConfig | None = None) -> int:
        """Start a rebalance at the current bar, as `simulate` would at a decision there.

        A second phase goes on when later bars are settled; a new rebalance replaces an unfinished one.

        Args:
            weights: (n_assets,); NaN leaves an asset alone.
            config: How; None: the run's.

        Returns:
            How many orders went out now; where orders fill at once, how many were asked for.
        """
        config = config or self.book.of.config
        mark = self._decide(weights, config, self.book.setup_for(config), aside=False)
        if mark is None:
            return 0
        if self.book.immediate:
            return len(self.placed_since(mark))
        return self.mark().orders - mark.orders

    def rebalance_one(self, column: int, weight: float) -> int | None:
        """Order one asset's target by the run's config, in the manner of SNAPSHOT; return the row, None if none.

        Nothing is cancelled, and a rebalance under way goes on. The order is the rebalancer's, not the user's.
        """
        weights = np.full(self.book.bars.n_assets, np.nan)
        weights[column] = weight
        mark = self._decide(weights, self.book.of.config, self._one, aside=True)
        if mark is None:
            return None
        if not self.book.immediate:
            return mark.orders if self.mark().orders > mark.orders else None
        placed = self.placed_since(mark)
        return self.keep(placed[0]) if placed else None

    def _decide(self, weights: Any, config: RebalanceConfig, setup: Setup, *, aside: bool) -> Mark | None:
        """Decide, and return where the tables ended before; None where it goes out at the next bar."""
        book = self.book
        book.settle()
        book.check(weights, config)
        if book.later:
            book.wait(partial(book.decide, weights.copy(), setup, aside=aside))
            return None
        mark = self.mark()
        book.decide(weights, setup, aside=aside)
        return mark

    def check_type(self, type: OrderType) -> None:
        """Refuse what `submit` has no rule for.

        Raises:
            UnsupportedError: The conventions have no rule for orders of this type.
            BarsError: The rule needs a field that the bars do not have.
        """
        conventions = self.book.of.conventions
        if type is OrderType.MARKET:
            return
        if conventions.triggers is Triggers.NONE and self.book.immediate:
            raise UnsupportedError(
                f"a {type.value} order waits for its price, and under {conventions.name!r} every order fills at once",
                hint="submit a market order when the price is there, or use 'reference' or 'backtrader'",
            )
        trails = type is OrderType.TRAILING_STOP
        if conventions.triggers is Triggers.NONE or (conventions.triggers is Triggers.CLOSES and trails):
            raise UnsupportedError(
                f"the conventions {conventions.name!r} have no rule for {type.value} orders",
                hint="cancel and submit a stop anew as the price moves, or choose 'reference' or 'backtrader'",
            )
        if conventions.triggers is Triggers.WHOLE_BARS:
            self.book.bars.require("open", "high", "low")

    def submit(self, column: int, ticket: Ticket) -> int | None:
        """Submit an order of the user's, of a type that `check_type` let through.

        Where orders fill at once one at market is filled, or denied, on return, or goes out at the next bar. Returns
        its row; None where it is denied before it became an order, and the denial is written down.
        """
        book, quantity = self.book, ticket.quantity
        book.settle()
        at_once = book.immediate and ticket.type is OrderType.MARKET
        if not (at_once and book.later) and self._has_no_price(column, book.bar, at_once=at_once):
            book.refuse(column, quantity, DenialRule.NO_PRICE)
            return None
        if self._snaps:
            quantity = snapped(quantity)
            if quantity == 0.0:
                book.refuse(column, ticket.quantity, DenialRule.MIN_SIZE_NOT_REACHED)
                return None
        book.check_quantity(column, quantity)
        if not at_once:
            return self._queue(column, ticket._replace(quantity=quantity))
        if book.later:
            row = self.keep(Placed(column, quantity, OrderStatus.OPEN, None))
            self.later.append(row)
            book.wait(partial(self._send_later, row))
            return row
        placed = self._execute(column, quantity, book.bar)
        return None if placed is None else self.keep(placed._replace(quantity=quantity))

    def _has_no_price(self, column: int, bar: int, *, at_once: bool) -> bool:
        if math.isnan(self.book.price[column]):
            return True
        return at_once and self._needs_bar and math.isnan(self.book.bars.close[bar, column])

    def _queue(self, column: int, ticket: Ticket) -> int:
        """Put an order into the queue."""
        book = self.book
        book.make_room(1)
        tables = book.tables
        kind, stop = _KINDS.get(ticket.type, MARKET), ticket.stop_price
        limit, trail = ticket.limit_price, ticket.trail_amount
        if ticket.type is OrderType.TRAILING_STOP:
            kind = TRAIL_AMOUNT if trail is not None else TRAIL_PERCENT
            trail = trail if trail is not None else ticket.trail_percent or 0.0
            # Where decisions are made at the open this is a close that is not known yet: so it is in Backtrader.
            close = float(tables.assets["close"][column])
            stop = trailed(kind, ticket.quantity, math.copysign(math.inf, ticket.quantity), trail, close)
        elif book.of.conventions.triggers is Triggers.CLOSES:
            buys = ticket.quantity > 0.0
            limit = None if limit is None else price_in_cents(limit, buys)
            stop = None if stop is None else price_in_cents(stop, not buys)
        slot = tables.slots[submit(book.setup.rules, tables, book.bar, column, ticket.quantity, False, kind)]
        if kind != MARKET:
            slot.limit, slot.stop, slot.trail = (math.nan if price is None else price for price in (limit, stop, trail))
            slot.waiting = True
            # What an order may cost is reckoned with its own price, the stop before the limit.
            slot.price = slot.limit if stop is None else stop
        return int(slot.row)

    def _execute(self, column: int, quantity: float, bar: int) -> Placed | None:
        book = self.book
        book.check_prices(bar)
        book.make_room(1)
        mark = self.mark()
        order_at_once(book.setup[:3], book.market, book.tables, bar, column, quantity)
        book.changed()
        placed = self.placed_since(mark)
        return placed[0] if placed else None

    def _send_later(self, row: int) -> None:
        """Execute an order that was submitted at the bar before, unless it was cancelled meanwhile."""
        book, (_, column, quantity, state, _) = self.book, self.book.tables.orders[row].item()
        self.later.remove(row)
        if state != OPEN:
            return
        placed = None
        if self._needs_bar and math.isnan(book.bars.close[book.reached, column]):
            book.refuse(column, quantity, DenialRule.NO_PRICE, book.reached)
        else:
            placed = self._execute(column, quantity, book.reached)
        tables = book.tables
        tables.orders["state"][row] = CODES[OrderStatus.DENIED if placed is None else placed.status]
        if placed is not None and placed.row is not None:
            # What waits in the queue is this order.
            slot = tables.orders["slot"][placed.row]
            tables.orders["slot"][row], tables.slots["row"][slot] = slot, row
            tables.run["orders"] = placed.row

    def submit_many(self, trades: Sequence[tuple[int, float]]) -> int:
        """Submit the executor's market orders, column and units each; return the row of the first.

        Every one has a price, and none is of quantity 0.
        """
        book = self.book
        for column, quantity in trades:
            book.check_quantity(column, quantity)
        book.settle()
        book.make_room(len(trades))
        first = self.mark().orders
        columns = np.array([column for column, _ in trades], dtype=np.int64)
        quantities = np.array([quantity for _, quantity in trades])
        submit_many(book.shared_rules, book.tables, book.bar, columns, quantities)
        return first
