"""The book of conventions whose orders fill at once.

A decision fills at the bar's own price, or is kept until the bar after it, as the conventions say; nothing waits longer
than that. The account is valued when somebody asks or acts, and cash and value are written down many bars at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.engine.immediate_steps import value_now
from weighbridge.engine.parameters import cost_parameters
from weighbridge.engine.rules.costs import commission, slipped_price
from weighbridge.events.book import FillsOfAsset, OpenOrder
from weighbridge.events.immediate_account import Dealt, ImmediateAccount
from weighbridge.events.records import event_record
from weighbridge.events.tickets import Ticket
from weighbridge.exceptions import UnsupportedError
from weighbridge.rebalance.orders import OrderStatus, OrderType
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import Conventions, FillTiming
from weighbridge.settings.costs import Costs

__all__ = ["ImmediateBook"]


class _Order(NamedTuple):
    column: int
    quantity: float
    status: OrderStatus


class _Waiting(NamedTuple):
    """What goes out at the next bar: an order's row, or weights with the config that they are traded by."""

    row: int | None
    weights: Any
    config: RebalanceConfig


class ImmediateBook:
    """The `Book` of VectorBT; its methods do what the protocol says.

    Attributes:
        account: Cash, holdings and ledger.
        later: Bars from a decision to its fills: 0 or 1.
    """

    def __init__(self, bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float) -> None:
        """Check the fields that are needed and allocate."""
        self.bars, self.rules, self.config, self.models = bars, rules, config, costs
        self.account = ImmediateAccount(bars, rules, config, costs, cash)
        self.costs = cost_parameters(costs)
        self.starting_cash = cash
        self.bar = -1
        self.opening = rules.fill is FillTiming.AT_OPEN
        self.later = 1 if rules.fill in (FillTiming.AT_NEXT_OPEN, FillTiming.AT_NEXT_CLOSE) else 0
        self._one_config = config.replace(mode=RebalanceMode.SNAPSHOT)
        self._orders: list[_Order] = []
        self._waiting: list[_Waiting] = []
        self._settled = 0
        self._cash, self._value = np.empty(bars.n_bars), np.empty(bars.n_bars)
        # The last closes, and the bar up to which they are known.
        self._close, self._closed = np.full(bars.n_assets, np.nan), -1

    def events(self) -> Sequence[int]:
        """Return the bars in which an asset trades."""
        bars = self.bars
        return range(bars.n_bars) if bars.complete else np.flatnonzero(bars.has_bar.any(axis=1)).tolist()

    def settle(self, end: int | None = None) -> None:
        """Settle every bar before `end`: before the current one, or with it where decisions fill a bar later."""
        if end is None:
            end = self.bar + self.later
        if self._settled >= end:
            return
        # What waits was decided at the last bar that is settled.
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._carry_out(one, self._settled)
        self.account.write_equity(self._settled, end, self._cash, self._value)
        self._settled = end

    @property
    def cash(self) -> float:
        """Cash now."""
        self.settle()
        return self.account.cash

    @property
    def value(self) -> float:
        """Portfolio value now: at the bar's order prices, or, once the bar is settled, at its closes."""
        self.settle()
        if self.bar < 0:
            return self.account.cash
        return float(self._value[self.bar]) if self._settled > self.bar else self.account.value_at(self.bar)

    @property
    def price(self) -> Any:
        """The last prices known now, by column: those that orders fill at, or the closes once the bar is settled."""
        self.settle()
        holdings = self.account.holdings
        if self.bar < 0:
            return holdings.known
        if self._settled <= self.bar:
            self.account.value_at(self.bar)
            return holdings.known
        value_now(self.bars.close, self.bar, self._closed, 0.0, holdings.position, self._close)
        self._closed = self.bar
        return self._close

    @property
    def position(self) -> Any:
        """Signed units held, by column."""
        self.settle()
        return self.account.holdings.position

    @property
    def average(self) -> Any:
        """Average prices at which positions were entered, by column."""
        self.settle()
        return self.account.average

    def multiplier(self, column: int) -> float:
        """Return 1.0: these conventions know no contracts."""
        return 1.0

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Return what the pass charges."""
        return commission(self.costs, quantity, price)

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Apply the slippage."""
        return slipped_price(self.costs, quantity, price)

    def rebalance(self, weights: Any) -> int:
        """Rebalance by the run's config, now or at the next bar; return the number of orders asked for now."""
        return self.rebalance_by(weights, self.config)

    def rebalance_by(self, weights: Any, config: RebalanceConfig) -> int:
        """Rebalance by any config."""
        self.settle()
        self.account.check(self.bar, weights, config)
        if self.later:
            self._waiting.append(_Waiting(None, weights.copy(), config))
            return 0
        return self.account.rebalance(self.bar, weights, config)

    def deal(self, weights: Any, config: RebalanceConfig, prices: Mapping[int, float], *, trial: bool) -> Dealt:
        """Rebalance now, or only see what would be done: `ImmediateAccount.deal`."""
        self.settle()
        self.account.check(self.bar, weights, config)
        return self.account.deal(self.bar, weights, config, prices, trial=trial)

    def rebalance_one(self, column: int, weight: float) -> int | None:
        """Order one asset's target; None where nothing was asked for, or where it goes out at the next bar."""
        weights = np.full(self.bars.n_assets, np.nan)
        weights[column] = weight
        self.settle()
        account = self.account
        fill, denial = account.fill_count, account.denial_count
        if self.rebalance_by(weights, self._one_config) == 0:
            return None
        filled, denied = account.fill_count > fill, account.denial_count > denial
        quantity = float(account.fills.quantity[fill]) if filled else 0.0
        quantity += float(account.denials.quantity[denial]) if denied else 0.0
        return self.keep(column, quantity, OrderStatus.FILLED if filled else OrderStatus.DENIED)

    def keep(self, column: int, quantity: float, status: OrderStatus) -> int:
        """Number an order that somebody may ask about; return its row."""
        self._orders.append(_Order(column, quantity, status))
        return len(self._orders) - 1

    def check_type(self, type: OrderType) -> None:
        """Refuse all but market orders."""
        if type is not OrderType.MARKET:
            raise UnsupportedError(
                f"a {type.value} order waits for its price, and under {self.rules.name!r} every order fills at once",
                hint="submit a market order when the price is there, or use 'reference' or 'backtrader'",
            )

    def submit(self, column: int, ticket: Ticket) -> int | None:
        """Fill a market order now, or keep it for the next bar; None where it is denied without a price or is nothing.

        What cash and limits leave of it is filled, the rest is denied.
        """
        self.settle()
        if self.later:
            row = self.keep(column, ticket.quantity, OrderStatus.OPEN)
            self._waiting.append(_Waiting(row, None, self.config))
            return row
        status = self.account.order(self.bar, column, ticket.quantity, self.config)
        return None if status is None else self.keep(column, ticket.quantity, status)

    def _carry_out(self, waiting: _Waiting, bar: int) -> None:
        if waiting.row is None:
            self.account.rebalance(bar, waiting.weights, waiting.config)
            return
        order = self._orders[waiting.row]
        if order.status is OrderStatus.OPEN:
            came = self.account.order(bar, order.column, order.quantity, waiting.config)
            self._orders[waiting.row] = order._replace(status=came or OrderStatus.DENIED)

    def refuse(self, column: int, quantity: float, rule: DenialRule) -> None:
        """Write down the denial of something that never became an order."""
        self.account.deny(max(self.bar, 0), column, quantity, rule)

    def cancel(self, row: int) -> bool:
        """Cancel an order that waits for the next bar."""
        self.settle()
        order = self._orders[row]
        if order.status is not OrderStatus.OPEN:
            return False
        self._orders[row] = order._replace(status=OrderStatus.CANCELLED)
        return True

    def status(self, row: int) -> OrderStatus:
        """Return where an order stands."""
        self.settle()
        return self._orders[row].status

    def ordered(self, row: int) -> float:
        """Return an order's signed units."""
        return self._orders[row].quantity

    def open_quantity(self, row: int) -> float:
        """Return the order's units while it waits for the next bar."""
        return self.ordered(row) if self.status(row) is OrderStatus.OPEN else 0.0

    def open_orders(self) -> Sequence[OpenOrder]:
        """Return the orders that wait for the next bar; a rebalance that waits has none yet."""
        self.settle()
        found = [(one.row, self._orders[one.row]) for one in self._waiting if one.row is not None]
        # What waits was submitted at this bar: nothing waits longer.
        return [
            OpenOrder(row, order.column, order.quantity, False, self.bar)
            for row, order in found
            if order.status is OrderStatus.OPEN
        ]

    @property
    def fill_count(self) -> int:
        """How many fills there were until now."""
        self.settle()
        return self.account.fill_count

    def fills_of(self, column: int, count: int) -> FillsOfAsset:
        """Return those of the first `count` fills that are of one asset."""
        fills = self.account.fills
        rows = np.flatnonzero(fills.asset[:count] == column)
        return FillsOfAsset(fills.bar[rows], fills.position[rows])

    def record(self, strategy: str, end: int) -> RunRecord:
        """Settle and return what was done in the bars up to, not including, `end`."""
        self.settle(end)
        return event_record(
            self.bars, self.rules, self.config, self.models, self.starting_cash, strategy, end,
            self._cash, self._value, **self.account.tables(),
        )  # fmt: skip
