"""An account whose orders fill at once, dealt with bar by bar: engine/immediate_steps.py and the ledger of it."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.engine.immediate_checks import check_prices, check_signs
from weighbridge.engine.immediate_steps import average_entries, equity_until, rebalance_now, value_now
from weighbridge.engine.immediate_tables import (
    Terms,
    ledger_tables,
    order_prices,
    room_for_denials,
    room_for_fills,
    terms_of,
)
from weighbridge.engine.rules.immediate import FILLED, IGNORED, denied_part, fill_at_once
from weighbridge.engine.rules.immediate_bar import Denials, Fills, Holdings, holdings_for
from weighbridge.engine.rules.immediate_plan import last_known, scratch_for
from weighbridge.engine.rules.tolerance import ABSOLUTE
from weighbridge.events.storage import with_rows
from weighbridge.rebalance.orders import OrderStatus
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["Dealt", "ImmediateAccount"]

# Fills and denials that memory is taken for at first; it doubles as it fills up.
FIRST_ROWS = 4096


class Dealt(NamedTuple):
    """What a rebalance did: the rows of its fills and denials, and what it was made of, by column.

    Attributes:
        fills: First row and the one after the last.
        denials: Likewise.
        value: Portfolio value that the targets were a fraction of.
        weight: Prepared weights; NaN where an asset was left alone.
        reason: Why a weight was changed or a trade kept back (`Reason`).
        known: Prices that the holdings were valued with.
        position: Units held before.
        late: Whether an asset has had too few bars yet to be traded.
    """

    fills: tuple[int, int]
    denials: tuple[int, int]
    value: float
    weight: Any
    reason: Any
    known: Any
    position: Any
    late: Any


class ImmediateAccount:
    """Cash, holdings, and the ledger of what was done with them.

    Attributes:
        prices: What values and fills orders, (n_bars, n_assets).
        cash: Account currency.
        holdings: By column.
        fills: Rows of fills, with room for more.
        denials: Rows of denials, with room for more.
        fill_count: How many fills there are.
        denial_count: How many denials there are.
    """

    def __init__(self, bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float) -> None:
        """Check what can be checked and allocate; raises as `order_prices` and `terms_of` do."""
        self._bars, self._rules, self._models = bars, rules, costs
        self.prices = order_prices(bars, rules)
        # Asked once, so that not every decision has to look at its bar.
        self._tiny = bool((self.prices <= ABSOLUTE).any())
        self._terms: dict[RebalanceConfig, Terms] = {config: terms_of(rules, config, costs)}
        self.cash: float = cash
        self._free: float = cash
        self.holdings: Holdings = holdings_for(bars.n_assets)
        self._scratch = scratch_for(bars.n_assets)
        self.fills: Fills = room_for_fills(FIRST_ROWS)
        self.denials: Denials = room_for_denials(FIRST_ROWS)
        self.fill_count: int = 0
        self.denial_count: int = 0
        # The bars up to which prices are known and the assets' bars are counted.
        self._seen: int = -1
        self._counted: int = -1
        self._averaged: int = 0
        self._held, self._entered, self._average = (np.zeros(bars.n_assets) for _ in range(3))

    def value_at(self, bar: int) -> float:
        """Return the value at a bar's order prices; asked again at that bar, at those that its fills left."""
        value = value_now(self.prices, bar, self._seen, self.cash, self.holdings.position, self.holdings.known)
        self._seen = bar
        return value

    @property
    def average(self) -> Any:
        """Average prices at which positions were entered, (n_assets,); units that have left count all the same."""
        average_entries(self.fills, self._averaged, self.fill_count, self._held, self._entered, self._average)
        self._averaged = self.fill_count
        return self._average

    def write_equity(self, start: int, stop: int, cash_of_bar: Any, value_of_bar: Any) -> None:
        """Write cash and value, at the closes, of bars [start, stop), in which nothing more is done."""
        equity_until(
            start, stop, self.cash, self._bars.close, self.holdings, self._scratch, cash_of_bar, value_of_bar
        )  # fmt: skip

    def check(self, bar: int, weights: Any, config: RebalanceConfig) -> None:
        """Refuse weights (n_assets,) whose sign the direction forbids."""
        limits = self._terms_of(config).limits
        if limits.direction != "both":
            check_signs(self._bars, self._row_at(bar), weights[None], limits, config)

    def rebalance(self, bar: int, weights: Any, config: RebalanceConfig) -> int:
        """Rebalance at a bar; return how many orders were asked for."""
        self._check_prices(bar)
        self._make_room(self._bars.n_assets)
        terms, value = self._terms_of(config), self.value_at(bar)
        self.cash, self._free, self.fill_count, self.denial_count, orders = rebalance_now(
            self.prices, self._bars.close, bar, self._counted, value, weights, self.cash, self._free,
            terms.unprepared, terms.filtered, terms.trade, terms.orders, self.holdings, self._scratch,
            self.fills, self.denials, self.fill_count, self.denial_count,
        )  # fmt: skip
        self._counted = bar
        return orders

    def deal(
        self, bar: int, weights: Any, config: RebalanceConfig, prices: Mapping[int, float], *, trial: bool
    ) -> Dealt:
        """Rebalance at a bar and tell what was done.

        Args:
            bar: Its number.
            weights: (n_assets,); NaN leaves an asset alone.
            config: How to rebalance.
            prices: To value and size with in place of the bar's, by column; fills are at the bar's all the same.
            trial: Whether all is to be as it was before, but for the rows that were written beyond the last one.
        """
        self.value_at(bar)
        first = self.fill_count, self.denial_count
        with self._restored(trial):
            position, known = self.holdings.position.copy(), self.holdings.known
            quoted = known.copy()
            for column, price in prices.items():
                known[column] = price
            sized_with, value = known.copy(), self.value_at(bar)
            self.rebalance(bar, weights, config)
            live = config.mode is RebalanceMode.INCREMENTAL
            paid = set(self.fills.asset[first[0] : self.fill_count].tolist()) if live else set[int]()
            for column in prices.keys() - paid:
                known[column] = quoted[column]
            return Dealt(
                (first[0], self.fill_count),
                (first[1], self.denial_count),
                value,
                self._scratch.weight.copy(),
                self._scratch.reason.copy(),
                sized_with,
                position,
                self.holdings.bars_seen < self._terms_of(config).trade.min_bars,
            )

    @contextmanager
    def _restored(self, trial: bool) -> Generator[None]:
        """Put everything back afterwards, if it is a trial."""
        before = self.holdings, self.cash, self._free, self.fill_count, self.denial_count, self._counted
        if trial:
            self.holdings = Holdings(*(column.copy() for column in self.holdings))
        try:
            yield
        finally:
            if trial:
                self.holdings, self.cash, self._free, self.fill_count, self.denial_count, self._counted = before

    def order(self, bar: int, column: int, asked: float, config: RebalanceConfig) -> OrderStatus | None:
        """Execute an order for signed units (`from_orders(size_type="amount")`); None where it is for nothing.

        Without a price at this bar it is denied.
        """
        price = float(self.prices[bar, column])
        if math.isnan(price):
            self.deny(bar, column, asked, DenialRule.NO_PRICE)
            return None
        self._check_prices(bar)
        self.value_at(bar)
        holdings, orders = self.holdings, self._terms_of(config).orders
        held = float(holdings.position[column])
        # A fraction of a value of nothing is refused, but units are not a fraction of any.
        status, quantity, paid, fees, self.cash, after, debt, self._free = fill_at_once(
            asked, math.inf, price, self.cash, held, float(holdings.debt[column]), self._free, orders
        )
        why, left = denied_part(status, asked, quantity, orders)
        if why >= 0:
            self.deny(bar, column, left, DenialRule(why))
        if status != FILLED:
            return None if status == IGNORED else OrderStatus.DENIED
        if config.mode is RebalanceMode.INCREMENTAL:
            holdings.known[column] = paid
        if held == 0.0:
            holdings.shown[column] = last_known(self._bars.close, bar, -1, column, math.nan)
        holdings.position[column], holdings.debt[column] = after, debt
        self._make_room(1)
        signed = quantity if asked > 0.0 else -quantity
        for room, number in zip(self.fills, (bar, column, signed, paid, fees, after), strict=True):
            room[self.fill_count] = number
        self.fill_count += 1
        return OrderStatus.FILLED

    def deny(self, bar: int, column: int, quantity: float, rule: DenialRule) -> None:
        """Write a denial down."""
        self._make_room(1)
        for room, number in zip(self.denials, (bar, column, quantity, int(rule)), strict=True):
            room[self.denial_count] = number
        self.denial_count += 1

    def tables(self) -> dict[str, Any]:
        """Return the tables of a record."""
        return ledger_tables(self.fills, self.denials, self.fill_count, self.denial_count)

    def _terms_of(self, config: RebalanceConfig) -> Terms:
        found = self._terms.get(config)
        if found is None:
            found = self._terms[config] = terms_of(self._rules, config, self._models)
        return found

    def _check_prices(self, bar: int) -> None:
        if self._tiny:
            check_prices(self._bars, self.prices, self._row_at(bar))

    def _row_at(self, bar: int) -> Any:
        rows = np.full(self._bars.n_bars, -1, dtype=np.int64)
        rows[bar] = 0
        return rows

    def _make_room(self, rows: int) -> None:
        self.fills = with_rows(self.fills, self.fill_count + rows)
        self.denials = with_rows(self.denials, self.denial_count + rows)
