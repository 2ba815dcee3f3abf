"""The book of conventions whose orders fill in parts at the next close: the pass of engine/sessions.py, bar by bar.

A bar is settled up to its decision, and finished once the strategy has acted: what is held of assets that have ended is
sold after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.engine.desk import CANCELLED, ORDERS, QUEUED
from weighbridge.engine.inputs import needed_fields
from weighbridge.engine.kernel import OPENED
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.queues import queues_for, unlink
from weighbridge.engine.rules.order_fills import part_commission, part_costs
from weighbridge.engine.rules.order_triggers import price_in_cents
from weighbridge.engine.rules.order_types import LIMIT, MARKET, STOP, STOP_LIMIT
from weighbridge.engine.rules.sizing import snapped
from weighbridge.engine.session_actions import NO_ACTIONS
from weighbridge.engine.session_run import MAX_UNITS, check_units, too_large
from weighbridge.engine.session_tables import listing_of, session_desk, with_more_fills
from weighbridge.engine.sessions import decide_session, send, simulate_sessions
from weighbridge.engine.tables import ledger_for
from weighbridge.events.book import OpenOrder
from weighbridge.events.ledger_book import FIRST_ORDERS, LedgerBook
from weighbridge.events.session_arrays import SessionArrays
from weighbridge.events.storage import open_rows, with_more_orders
from weighbridge.events.tickets import Ticket
from weighbridge.exceptions import UnsupportedError
from weighbridge.rebalance.orders import OrderStatus, OrderType
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["SessionBook"]

_KINDS = {
    OrderType.MARKET: MARKET,
    OrderType.LIMIT: LIMIT,
    OrderType.STOP: STOP,
    OrderType.STOP_LIMIT: STOP_LIMIT,
}


class SessionBook(LedgerBook):
    """The `Book` of Zipline; its methods do what the protocol says."""

    def __init__(self, bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float) -> None:
        """Check the fields that are needed and allocate."""
        super().__init__(bars, rules, config, costs, cash)
        self.listing = listing_of(bars, *needed_fields(rules, costs))
        self.costs = part_costs(costs)
        self.opening = False
        self._settled = 0
        capacity = max(FIRST_ORDERS, 4 * bars.n_assets)
        self.desk = session_desk(bars.n_assets, averages=True)
        self.queues, self.ledger = queues_for(bars.n_assets, capacity, users=True), ledger_for(capacity)
        # A second desk of plans: one asset's order or target does not replace an unfinished rebalance.
        plans = {name: getattr(self.desk, name).copy() for name in self.desk._fields if name.startswith("plan_")}
        self.aside = self.desk._replace(**plans)
        self.arrays = SessionArrays(self)

    def events(self) -> Sequence[int]:
        """Return every bar: `handle_data` is called in sessions in which nothing trades too."""
        return range(self.bars.n_bars)

    def settle(self, end: int | None = None) -> None:
        """Run every bar before `end`; or those before the current one, and that one up to its decision."""
        halfway = end is None and self.bar >= 0
        stop = max(self.bar, 0) if end is None else end
        while self._settled < stop or (halfway and self._settled == stop and self.state.phase[OPENED] != stop):
            self.make_room()
            before, orders = self._settled, int(self.ledger.counts[ORDERS])
            self._settled = simulate_sessions(
                self.listing, NO_ACTIONS, self.no_rows, self.no_weights, self.trade, self.costs, self.desk,
                self.queues, self.ledger, self.state, self.cash_of_bar, self.value_of_bar, before, stop, halfway,
            )  # fmt: skip
            check_units(self.bars, self.ledger, orders)
            if self._settled < stop or (halfway and self.state.phase[OPENED] != stop):
                self.ledger = with_more_fills(self.ledger)

    @property
    def price(self) -> Any:
        """The last closes, by column; NaN before an asset's first bar and after its last."""
        self.settle()
        return np.where(self.bars.last_bar >= self.bar, self.desk.last_close, np.nan)

    @property
    def position(self) -> Any:
        """Signed units held, by column."""
        self.settle()
        return self.desk.position

    @property
    def average(self) -> Any:
        """Cost basis by column, commissions included, as Zipline's positions say it."""
        self.settle()
        return self.desk.average

    def multiplier(self, column: int) -> float:
        """Return 1.0: these conventions know shares only."""
        return 1.0

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Return what one fill of a new order is charged."""
        costs = self.costs
        return part_commission(
            costs.commission_kind, costs.commission_amount, costs.commission_minimum, quantity, price, 0.0, 0.0
        )

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Return the price as it is: the close at which an order will fill is not known."""
        return price

    def decide(self, weights: Any, trade: TradeRules, *, aside: bool) -> bool:
        """Plan and send by the pass; `aside` on a second desk of plans."""
        before = int(self.ledger.counts[ORDERS])
        desk = self.aside if aside else self.desk
        waits = decide_session(
            self.listing, self.bar, weights, trade, self.costs, desk, self.queues, self.ledger, self.state
        )  # fmt: skip
        check_units(self.bars, self.ledger, before)
        return waits

    def disown_reduction(self, row: int) -> None:
        """Take the mark from the order."""
        self.queues.reduction[row] = False

    def check_type(self, type: OrderType) -> None:
        """Refuse trailing stops: Zipline has none."""
        if type not in _KINDS:
            raise UnsupportedError(
                f"the conventions {self.rules.name!r} have no rule for {type.value} orders",
                hint="cancel and submit a stop anew as the price moves, or choose 'reference' or 'backtrader'",
            )

    def submit(self, column: int, ticket: Ticket) -> int | None:
        """Put an order at the end of its asset's queue, in whole units; return its row, None where it is denied."""
        if math.isnan(self.price[column]):
            self.refuse(column, ticket.quantity, DenialRule.NO_PRICE)
            return None
        quantity = snapped(ticket.quantity)
        if quantity == 0.0:
            self.refuse(column, ticket.quantity, DenialRule.MIN_SIZE_NOT_REACHED)
            return None
        if quantity > MAX_UNITS:
            raise too_large(self.bars, self.bar, column, quantity)
        self.make_room()
        aside, queues, row = self.aside, self.queues, int(self.ledger.counts[ORDERS])
        aside.plan_sequence[0] = column
        aside.plan_quantity[column] = quantity
        send(aside, queues, self.ledger, self.bar, 1, False)
        kind = queues.kind[row] = _KINDS[ticket.type]
        buys = quantity > 0.0
        if ticket.limit_price is not None:
            queues.limit[row] = price_in_cents(ticket.limit_price, buys)
        if ticket.stop_price is not None:
            queues.stop[row] = price_in_cents(ticket.stop_price, not buys)
        queues.waiting[row] = kind != MARKET
        return row

    def cancel(self, row: int) -> bool:
        """Take what is left of an order out of its asset's queue."""
        if self.status(row) is not OrderStatus.OPEN:
            return False
        queues, column = self.queues, int(self.ledger.order_asset[row])
        before, order = -1, int(queues.head[column])
        while order != row:
            before, order = order, int(queues.later[order])
        unlink(queues.head, queues.tail, queues.later, column, before, queues.later[row])
        self.ledger.order_state[row] = CANCELLED
        self.ledger.counts[QUEUED] -= 1
        return True

    def open_quantity(self, row: int) -> float:
        """Return what has not been filled of an order that is open."""
        return float(self.queues.amount[row] - self.queues.filled[row]) if self.status(row) is OrderStatus.OPEN else 0.0

    def open_orders(self) -> Sequence[OpenOrder]:
        """Return what is left of open orders, in the sequence of submission."""
        self.settle()
        queues, ledger = self.queues, self.ledger
        rows = np.array(open_rows(queues), dtype=np.int64)
        left, kinds = queues.amount[rows] - queues.filled[rows], queues.kind[rows]
        limits = np.where(kinds == LIMIT, queues.limit[rows], np.nan)
        columns = (rows, ledger.order_asset[rows], left, kinds >= STOP, ledger.order_bar[rows], limits)
        return [OpenOrder(*order) for order in zip(*(one.tolist() for one in columns), strict=True)]

    def make_room(self) -> None:
        """Double the memory before a rebalance, or the rest of one, could overflow it."""
        self.queues, self.ledger = with_more_orders(self.queues, self.ledger, self.rows_needed)

    def record(self, strategy: str, end: int) -> RunRecord:
        """Return what was done."""
        return self.write_record(strategy, end)
