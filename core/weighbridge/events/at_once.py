"""What strategies and the executor ask where every order fills at once: a rebalance is one step, its preview too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from weighbridge.engine.rules.account import Account, PlanArrays
from weighbridge.events.broker import EventBroker
from weighbridge.events.data import BarData
from weighbridge.events.immediate_account import Dealt
from weighbridge.events.immediate_book import ImmediateBook
from weighbridge.rebalance.asked import asked_weights, own_prices
from weighbridge.rebalance.orders import Order, OrderStatus
from weighbridge.rebalance.plan import Plan
from weighbridge.record.inputs import Asked
from weighbridge.rules.reasons import DenialRule, Reason
from weighbridge.settings.config import RebalanceConfig, Unlisted

__all__ = ["AtOnceBroker"]

# What a plan says of an order that is cut or refused.
_REASONS = {
    DenialRule.CUT_TO_CASH: Reason.CUT_TO_CASH,
    DenialRule.NO_CASH_LONG: Reason.CUT_TO_CASH,
    DenialRule.NO_CASH_SHORT: Reason.CUT_TO_CASH,
    DenialRule.CANT_COVER_FEES: Reason.CUT_TO_CASH,
    DenialRule.PARTIAL_FILL: Reason.CUT_TO_CASH,
    DenialRule.MIN_SIZE_NOT_REACHED: Reason.ROUNDS_TO_ZERO,
}
_FILTERED = Reason.BELOW_MIN_TRADE_VALUE | Reason.BELOW_MIN_WEIGHT_CHANGE


class AtOnceBroker(EventBroker):
    """As `EventBroker`, with rebalances that are sized trade by trade as they fill (`RebalancesAtOnce`)."""

    def __init__(self, book: ImmediateBook) -> None:
        """Begin without orders."""
        super().__init__(book, {})
        self._at_once = book

    def preview_at_once(
        self, targets: Mapping[Any, float | None], config: RebalanceConfig, data: Mapping[Any, Any] | None
    ) -> Plan:
        """Return what a rebalance would do now; where it goes out at the next bar, what will then be sized."""
        row, shown = self._row(targets, config)
        prices = self._prices(data)
        if self._at_once.later or self.phase != "on_data":
            return self._plan_for_later(shown)
        return self._plan(self._at_once.deal(row, config, prices, trial=True), shown)

    def rebalance_at_once(
        self, targets: Mapping[Any, float | None], config: RebalanceConfig, data: Mapping[Any, Any] | None
    ) -> list[Order]:
        """Rebalance and return the orders, filled or denied; none where they go out at the next bar."""
        row, _ = self._row(targets, config)
        prices = self._prices(data)
        if not self._may_rebalance(row):
            return []
        book = self._at_once
        if book.later:
            book.rebalance_by(row, config)
            orders: list[tuple[int, float, OrderStatus]] = []
        else:
            orders = self._ordered(book.deal(row, config, prices, trial=False))
        self.asked.append(Asked(book.bar, slice(None), row))
        placed = [
            Order.at_market(self._assets[column], quantity, book.bar, book.keep(column, quantity, status))
            for column, quantity, status in orders
        ]
        self._orders.update({order.host: order for order in placed})
        return placed

    def _row(self, targets: Mapping[Any, float | None], config: RebalanceConfig) -> tuple[Any, Any]:
        """Return the weights by column, and those of them that a plan shows: not of what is neither held nor named."""
        weights = asked_weights(targets, self)
        row = np.full(len(self._assets), 0.0 if config.unlisted is Unlisted.CLOSE else math.nan)
        for asset, weight in weights.items():
            row[self._columns[asset]] = weight
        shown = np.where(self._book.position == 0.0, math.nan, row)
        for asset, weight in weights.items():
            shown[self._columns[asset]] = weight
        return row, shown

    def _prices(self, data: Mapping[Any, Any] | None) -> dict[int, float]:
        """Return prices of the strategy's own by column; those of the bar itself are not."""
        if data is None or (isinstance(data, BarData) and data.is_of(self._book.bars, self._book.bar)):
            return {}
        prices = own_prices(data, self)
        return {self._columns[asset]: price for asset, price in prices.items() if not math.isnan(price)}

    def _ordered(self, dealt: Dealt) -> list[tuple[int, float, OrderStatus]]:
        """Return column, units ordered and status of each order: first those that filled, in sequence."""
        account = self._at_once.account
        fills, denials = slice(*dealt.fills), slice(*dealt.denials)
        refused = zip(account.denials.asset[denials].tolist(), account.denials.quantity[denials].tolist(), strict=True)
        left: dict[int, float] = dict(refused)
        filled = zip(account.fills.asset[fills].tolist(), account.fills.quantity[fills].tolist(), strict=True)
        found = [(column, quantity + left.pop(column, 0.0), OrderStatus.FILLED) for column, quantity in filled]
        return found + [(column, quantity, OrderStatus.DENIED) for column, quantity in left.items()]

    def _plan(self, dealt: Dealt, shown: Any) -> Plan:
        book, rows = self._at_once.account, slice(*dealt.fills)
        sequence = book.fills.asset[rows].copy()
        quantity = np.zeros(len(self._assets))
        quantity[sequence] = book.fills.quantity[rows]
        reason = dealt.reason
        for row in range(*dealt.denials):
            column, rule = int(book.denials.asset[row]), DenialRule(int(book.denials.rule[row]))
            reason[column] |= int(_REASONS.get(rule, Reason.NONE))
        denied = set(book.denials.asset[slice(*dealt.denials)].tolist())
        for column in np.flatnonzero(~np.isnan(shown) & (quantity == 0.0)).tolist():
            if math.isnan(book.prices[self._book.bar, column]):
                reason[column] |= int(Reason.MISSING_PRICE)
            elif dealt.late[column]:
                reason[column] |= int(Reason.LATE_ASSET)
            elif column not in denied and not reason[column] & int(_FILTERED):
                reason[column] |= int(Reason.TARGET_REACHED)
        arrays = PlanArrays(dealt.weight, np.sign(quantity).astype(np.int64), quantity, reason, sequence)
        account = self._account(dealt.position, dealt.known)
        return Plan(self._assets, dealt.value, shown, account, arrays, len(sequence), False)

    def _plan_for_later(self, shown: Any) -> Plan:
        """Say what goes out at the next bar, where everything about it is still to come."""
        book, count = self._book, len(self._assets)
        waits = ~np.isnan(shown)
        nothing = np.zeros(count, dtype=np.int64)
        arrays = PlanArrays(shown, waits.astype(np.int64), np.zeros(count), nothing, nothing)
        account = self._account(book.position.copy(), book.price.copy())
        return Plan(self._assets, book.value, shown, account, arrays, 0, bool(waits.any()))

    def _account(self, position: Any, price: Any) -> Account:
        nothing, ones = np.zeros(len(position)), np.ones(len(position))
        seen = nothing.astype(np.int64)
        return Account(position, nothing, nothing, nothing, price, ones, seen, price, ones, nothing)
