"""The book of conventions whose orders wait in a queue: the pass of engine/kernel.py, bar by bar.

Bars in which the strategy leaves the broker alone are settled together, in one call of the compiled pass. Orders
are written to the queue by the engine's own rules, run here as plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars, Field
from weighbridge.data.tables import read_only
from weighbridge.engine.contract_tables import contract_table
from weighbridge.engine.desk import ORDERS, QUEUED, submit
from weighbridge.engine.inputs import check_slippage, needed_fields
from weighbridge.engine.kernel import (
    decide_now,
    open_bar,
    simulate_bars,
)
from weighbridge.engine.parameters import TradeRules, cost_parameters, fill_rules
from weighbridge.engine.rules.costs import commission, slipped_price
from weighbridge.engine.rules.order_types import (
    LIMIT,
    MARKET,
    STOP,
    STOP_LIMIT,
    TRAIL_AMOUNT,
    TRAIL_PERCENT,
    trailed,
)
from weighbridge.engine.tables import desk_for, ledger_for, market_of
from weighbridge.events.book import OpenOrder
from weighbridge.events.ledger_book import FIRST_ORDERS, LedgerBook
from weighbridge.events.queue_arrays import QueueArrays
from weighbridge.events.storage import queue_place, take_out, with_room
from weighbridge.events.tickets import Ticket
from weighbridge.rebalance.orders import OrderStatus, OrderType
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts
from weighbridge.settings.conventions import Conventions, FillTiming
from weighbridge.settings.costs import Costs

__all__ = ["QueueBook"]

_KINDS = {
    OrderType.MARKET: MARKET,
    OrderType.LIMIT: LIMIT,
    OrderType.STOP: STOP,
    OrderType.STOP_LIMIT: STOP_LIMIT,
}


class QueueBook(LedgerBook):
    """The `Book` of the reference and of Backtrader; its methods do what the protocol says."""

    def __init__(
        self,
        bars: Bars,
        rules: Conventions,
        config: RebalanceConfig,
        costs: Costs,
        cash: float,
        contracts: Contracts,
    ) -> None:
        """Check the fields that are needed and allocate."""
        needed = needed_fields(rules, costs)
        bars.require(*needed)
        check_slippage(bars, rules, costs)
        super().__init__(bars, rules, config, costs, cash)
        self.contracts = contracts
        fields: tuple[Field, ...] = ("open", "high", "low")
        supplied: list[Field] = [name for name in fields if getattr(bars, name) is not None]
        # Nothing is dropped because its asset never trades again: a strategy sees its open orders.
        never = read_only(np.full(bars.n_assets, bars.n_bars, dtype=np.int64))
        self.market = market_of(bars, "close", *supplied)._replace(last_bar=never)
        self.fill = fill_rules(config, rules)
        self.costs = cost_parameters(costs)
        self.table = contract_table(contracts, bars.assets, rules, self.costs)
        self.opening = rules.fill is FillTiming.SAME_OPEN
        self._settled = 0
        capacity = max(FIRST_ORDERS, 2 * bars.n_assets)
        self.desk, self.ledger = desk_for(bars.n_assets, capacity, capacity), ledger_for(capacity)
        # A second desk of plans: one asset's target does not replace an unfinished rebalance.
        plans = {name: getattr(self.desk, name).copy() for name in self.desk._fields if name.startswith("plan_")}
        self._plans = plans
        self.arrays = QueueArrays(self)

    def events(self) -> Sequence[int]:
        """Return the bars in which an asset trades."""
        bars = self.bars
        return range(bars.n_bars) if bars.complete else np.flatnonzero(bars.has_bar.any(axis=1)).tolist()

    def settle(self, end: int | None = None) -> None:
        """Settle every bar up to the current one; where decisions are made at the open, up to the one before it."""
        if end is None:
            end = self.bar if self.opening else self.bar + 1
        if self._settled < end:
            self.make_room()
            simulate_bars(
                self.market, self.no_rows, self.no_weights, self.trade, self.fill, self.costs, self.table,
                self.desk, self.ledger, self.state, self.cash_of_bar, self.value_of_bar, self._settled, end,
            )  # fmt: skip
            self._settled = end
        if self.opening and self._settled == self.bar and self.state.phase[-1] != self.bar:
            open_bar(self.desk, self.market, self.bar, self.fill, self.trade, self.state)

    @property
    def price(self) -> Any:
        """The last prices known now, by column."""
        self.settle()
        return self.desk.last_open if self.opening else self.desk.last_close

    @property
    def position(self) -> Any:
        """Signed units held, by column."""
        self.settle()
        return self.desk.position

    @property
    def average(self) -> Any:
        """Average prices, by column."""
        self.settle()
        return self.desk.average

    def multiplier(self, column: int) -> float:
        """Return that of the asset's contract."""
        return 1.0 if self.table is None else float(self.table.multiplier[column])

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Return what the pass charges."""
        return commission(self.costs, quantity, price if self.table is None else price * self.table.costs.traded[asset])

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Apply the slippage; the bar's limits are not known."""
        return slipped_price(self.costs, quantity, price)

    def decide(self, weights: Any, trade: TradeRules, *, aside: bool) -> bool:
        """Plan and send by the pass; `aside` on a second desk of plans."""
        desk = self.desk._replace(**self._plans) if aside else self.desk
        return decide_now(
            self.market, self.bar, weights, trade, self.fill, self.costs, self.table, desk, self.ledger, self.state
        )  # fmt: skip

    def disown_reduction(self, row: int) -> None:
        """Take the mark from the last order of the queue."""
        self.desk.queue_reduction[self.ledger.counts[QUEUED] - 1] = False

    def check_type(self, type: OrderType) -> None:
        """Require the whole bar for all but market orders."""
        if type is not OrderType.MARKET:
            self.bars.require("open", "high", "low")

    def submit(self, column: int, ticket: Ticket) -> int | None:
        """Put an order at the end of the queue and return its row; None where it is denied."""
        price = float(self.price[column])
        if math.isnan(price):
            self.refuse(column, ticket.quantity, DenialRule.NO_PRICE)
            return None
        self.make_room()
        desk, place, row = self.desk, int(self.ledger.counts[QUEUED]), int(self.ledger.counts[ORDERS])
        if ticket.type is OrderType.TRAILING_STOP:
            kind = TRAIL_PERCENT if ticket.trail_percent is not None else TRAIL_AMOUNT
            distance = ticket.trail_percent if ticket.trail_percent is not None else ticket.trail_amount
            # Where decisions are made at the open this is a close that is not known yet: so it is in Backtrader.
            close = float(desk.last_close[column])
            stop = trailed(kind, ticket.quantity, math.copysign(math.inf, ticket.quantity), distance or 0.0, close)
            desk.queue_trail[place] = distance
        else:
            kind, stop = _KINDS[ticket.type], ticket.stop_price
        if kind > MARKET:
            desk.queue_limit[place] = math.nan if ticket.limit_price is None else ticket.limit_price
            desk.queue_stop[place] = math.nan if stop is None else stop
            # What an order may cost is reckoned with its own price, the stop before the limit.
            price = stop if stop is not None else float(desk.queue_limit[place])
        submit(desk, self.ledger, self.bar, column, ticket.quantity, price, False, kind)
        return row

    def cancel(self, row: int) -> bool:
        """Take an order out of the queue."""
        self.settle()
        place = queue_place(self.desk, self.ledger, row)
        if place is None:
            return False
        take_out(self.desk, self.ledger, place)
        return True

    def open_quantity(self, row: int) -> float:
        """Return the order's units while it is in the queue: what a fill leaves is denied, never open."""
        return self.ordered(row) if self.status(row) is OrderStatus.OPEN else 0.0

    def open_orders(self) -> Sequence[OpenOrder]:
        """Return the queue."""
        self.settle()
        desk, queued = self.desk, int(self.ledger.counts[QUEUED])
        limits = np.where(desk.queue_kind[:queued] == LIMIT, desk.queue_limit[:queued], np.nan)
        columns = (
            desk.queue_row,
            desk.queue_asset,
            desk.queue_quantity,
            desk.queue_kind >= STOP,
            desk.queue_bar,
            limits,
        )
        return [OpenOrder(*order) for order in zip(*(c[:queued].tolist() for c in columns), strict=True)]

    def make_room(self) -> None:
        """Double the memory before a rebalance, or the rest of one, could overflow it."""
        self.desk, self.ledger = with_room(self.desk, self.ledger, self.rows_needed)

    def record(self, strategy: str, end: int) -> RunRecord:
        """Return what was done, contracts included."""
        return self.write_record(strategy, end, contracts=self.contracts)
