"""What books have in common whose pass keeps a ledger of orders: the questions that it answers alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.engine.desk import FILLS, ORDERS, deny
from weighbridge.engine.kernel import CASH, DECIDED, FROZEN_VALUE, VALUE, WAITED, WAITS
from weighbridge.engine.parameters import TradeRules, trade_rules
from weighbridge.engine.run import ledger_tables
from weighbridge.engine.tables import Ledger, state_for
from weighbridge.events.book import FillsOfAsset
from weighbridge.events.records import event_record
from weighbridge.rebalance.orders import OrderStatus
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["FIRST_ORDERS", "LedgerBook"]

# Orders that memory is taken for at first; it doubles as it fills up.
FIRST_ORDERS = 4096

# By what `Ledger.order_state` holds.
_STATES = (OrderStatus.OPEN, OrderStatus.FILLED, OrderStatus.DENIED, OrderStatus.CANCELLED)


class LedgerBook(ABC):
    """Half of a `Book`: cash, value and the fate of orders, decisions and the record; its methods do what that says.

    Attributes:
        ledger: Orders, fills and denials so far.
        trade: How a rebalance is planned.
        one_by_one: How one asset's target is.
    """

    ledger: Ledger

    def __init__(self, bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float) -> None:
        """Begin before the first bar."""
        self.bars, self.rules, self.config, self.models = bars, rules, config, costs
        self.trade = trade_rules(config, rules)
        self.one_by_one = trade_rules(config.replace(mode=RebalanceMode.SNAPSHOT), rules)._replace(cancel_open=False)
        self.state = state_for(cash)
        self.starting_cash = cash
        self.bar = -1
        self._refused = 0
        # The pass takes decisions by bar, and equity of every bar: here there are none, and it is for the record.
        self.no_rows = np.full(bars.n_bars, -1, dtype=np.int64)
        self.no_weights = np.empty((0, bars.n_assets))
        self.cash_of_bar, self.value_of_bar = np.empty(bars.n_bars), np.empty(bars.n_bars)

    @abstractmethod
    def settle(self, end: int | None = None) -> None:
        """Settle every bar before `end`, or all that comes before a decision at the current one."""

    @abstractmethod
    def make_room(self) -> None:
        """Double the memory before a rebalance, or the rest of one, could overflow it."""

    @abstractmethod
    def decide(self, weights: Any, trade: TradeRules, *, aside: bool) -> bool:
        """Send what a decision sends now; `aside` from any rebalance under way. Say whether its increases wait."""

    @abstractmethod
    def disown_reduction(self, row: int) -> None:
        """Have no rebalance wait for, or cancel, the order that was sent last."""

    @property
    def rows_needed(self) -> int:
        """Rows of the ledger that one more rebalance could fill."""
        # A denial is of an order in the ledger, or one of those that were refused outright.
        return int(self.ledger.counts[ORDERS]) + self._refused + self.bars.n_assets

    @property
    def cash(self) -> float:
        """Cash now."""
        self.settle()
        return float(self.state.money[CASH])

    @property
    def value(self) -> float:
        """Portfolio value now."""
        self.settle()
        return float(self.state.money[VALUE])

    def rebalance(self, weights: Any) -> int:
        """Start a rebalance by the run's config; return the number of orders that went out."""
        self.settle()
        self.make_room()
        before = int(self.ledger.counts[ORDERS])
        waits = self.decide(weights, self.trade, aside=False)
        phase, money = self.state.phase, self.state.money
        phase[DECIDED], phase[WAITS], phase[WAITED] = self.bar, int(waits), 0
        money[FROZEN_VALUE] = money[VALUE]
        return int(self.ledger.counts[ORDERS]) - before

    def rebalance_one(self, column: int, weight: float) -> int | None:
        """Order one asset's target, apart from any rebalance under way; return the order's row, None if none."""
        self.settle()
        self.make_room()
        weights = np.full(self.bars.n_assets, np.nan)
        weights[column] = weight
        before = int(self.ledger.counts[ORDERS])
        self.decide(weights, self.one_by_one, aside=True)
        if int(self.ledger.counts[ORDERS]) == before:
            return None
        self.disown_reduction(before)
        return before

    def refuse(self, column: int, quantity: float, rule: DenialRule) -> None:
        """Write down the denial of an order that never was in the queue."""
        self._refused += 1
        self.make_room()
        deny(self.ledger, max(self.bar, 0), column, quantity, int(rule))

    def status(self, row: int) -> OrderStatus:
        """Return where an order stands; one that is filled in part is open."""
        self.settle()
        return _STATES[int(self.ledger.order_state[row])]

    def ordered(self, row: int) -> float:
        """Return an order's signed units."""
        return float(self.ledger.order_quantity[row])

    @property
    def fill_count(self) -> int:
        """How many fills there were until now."""
        self.settle()
        return int(self.ledger.counts[FILLS])

    def fills_of(self, column: int, count: int) -> FillsOfAsset:
        """Return those of the first `count` fills that are of one asset."""
        ledger = self.ledger
        rows = np.flatnonzero(ledger.fill_asset[:count] == column)
        return FillsOfAsset(ledger.fill_bar[rows], ledger.fill_position[rows])

    def write_record(self, strategy: str, end: int, **more: Any) -> RunRecord:
        """Settle and return what was done in the bars up to, not including, `end`."""
        self.settle(end)
        return event_record(
            self.bars, self.rules, self.config, self.models, self.starting_cash, strategy, end,
            self.cash_of_bar, self.value_of_bar, **more, **ledger_tables(self.ledger),
        )  # fmt: skip
