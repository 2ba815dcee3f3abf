"""Rebalances where every order fills at once: sized trade by trade as they fill, and their preview."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from weighbridge.events.book import EventBook
from weighbridge.events.data import BarData
from weighbridge.events.order_rows import Mark
from weighbridge.events.orders import EventOrders
from weighbridge.rebalance.asked import asked_weights, own_prices
from weighbridge.rebalance.host import Host
from weighbridge.rebalance.orders import Order
from weighbridge.rebalance.plan import Plan
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.record.inputs import Asked
from weighbridge.rules.reasons import DenialRule, Reason
from weighbridge.settings.config import RebalanceConfig, RebalanceMode, Unlisted

__all__ = ["RebalancesAtOnce"]

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

Targets = Mapping[Any, float | None]
Data = Mapping[Any, Any] | None


class Asking(Host, Protocol):
    """The account of a strategy that rebalances; see `EventBroker`."""

    phase: str
    asked: list[Asked]

    def may_rebalance(self, weights: NDArray[np.float64]) -> bool:
        """Say whether the run accepts a rebalance now."""
        ...

    def keep(self, order: Order) -> Order:
        """Remember an order and return it."""
        ...


class RebalancesAtOnce:
    """What the executor asks of the engine in place of single orders (`AtOnce`)."""

    def __init__(self, broker: Asking, book: EventBook, orders: EventOrders) -> None:
        """Look at a run."""
        self._broker, self._book, self._orders = broker, book, orders
        self._assets = book.bars.assets
        self._columns = {name: column for column, name in enumerate(self._assets)}

    def preview_at_once(self, targets: Targets, config: RebalanceConfig, data: Data) -> Plan:
        """Return what a rebalance would do now; where it goes out at the next bar, what will then be sized."""
        row, shown = self._row(targets, config)
        prices = self._prices(data)
        book = self._book
        if book.later or self._broker.phase != "on_data":
            return self._plan_for_later(shown)
        book.settle()
        book.check(row, config)
        with self._on_trial():
            mark = self._orders.mark()
            before = self._rebalanced(row, config, prices)
            return self._plan(mark, before, shown, book.setup_for(config).trade)

    def rebalance_at_once(self, targets: Targets, config: RebalanceConfig, data: Data) -> list[Order]:
        """Rebalance and return the orders, filled, denied or open; none where they go out at the next bar."""
        row, _ = self._row(targets, config)
        prices = self._prices(data)
        broker, book = self._broker, self._book
        if not broker.may_rebalance(row):
            return []
        placed = []
        if book.later:
            self._orders.rebalance(row, config)
        else:
            book.settle()
            book.check(row, config)
            mark = self._orders.mark()
            self._rebalanced(row, config, prices)
            placed = self._orders.placed_since(mark)
        broker.asked.append(Asked(book.bar, slice(None), row))
        return [
            broker.keep(Order.at_market(self._assets[one.column], one.quantity, book.bar, self._orders.keep(one)))
            for one in placed
        ]

    def _row(self, targets: Targets, config: RebalanceConfig) -> tuple[Any, Any]:
        """Return the weights by column, and those of them that a plan shows: not of what is neither held nor named."""
        weights = asked_weights(targets, self._broker)
        row = np.full(len(self._assets), 0.0 if config.unlisted is Unlisted.CLOSE else math.nan)
        for asset, weight in weights.items():
            row[self._columns[asset]] = weight
        shown = np.where(self._book.position == 0.0, math.nan, row)
        for asset, weight in weights.items():
            shown[self._columns[asset]] = weight
        return row, shown

    def _prices(self, data: Data) -> dict[int, float]:
        """Return prices of the strategy's own by column; those of the bar itself are not."""
        if data is None or (isinstance(data, BarData) and data.is_of(self._book.bars, self._book.bar)):
            return {}
        prices = own_prices(data, self._broker)
        return {self._columns[asset]: price for asset, price in prices.items() if not math.isnan(price)}

    def _rebalanced(self, row: Any, config: RebalanceConfig, prices: Mapping[int, float]) -> Any:
        """Rebalance, valuing and sizing with prices of the strategy's own; return the rows as they were before."""
        book = self._book
        assets, quoted = book.tables.assets, book.tables.assets["price"].copy()
        for column, price in prices.items():
            assets["price"][column] = price
        before, first = assets.copy(), self._orders.mark().fills
        book.decide(row, book.setup_for(config))
        # Fills of INCREMENTAL leave the prices at which they were made.
        live = config.mode is RebalanceMode.INCREMENTAL
        paid = set(book.tables.fills["asset"][first : self._orders.mark().fills].tolist()) if live else set[int]()
        for column in prices.keys() - paid:
            assets["price"][column] = quoted[column]
        return before

    @contextmanager
    def _on_trial(self) -> Generator[None]:
        """Put everything back afterwards; beyond what is written, rows of the ledger are nobody's."""
        book = self._book
        kept = book.tables
        book.tables = kept._replace(
            run=kept.run.copy(),
            assets=kept.assets.copy(),
            held=kept.held.copy(),
            slots=kept.slots.copy(),
            orders=kept.orders.copy(),
        )
        try:
            yield
        finally:
            book.tables = kept

    def _plan(self, mark: Mark, rows: Any, shown: Any, trade: TradeTerms) -> Plan:
        """Show what was done since: `rows` are the account before it, and take what became of each asset."""
        book, now = self._book, self._orders.mark()
        tables = book.tables
        fills, denials = tables.fills[mark.fills : now.fills], tables.denials[mark.denials : now.denials]
        going = fills["asset"].tolist()
        rows["weight"], rows["reason"] = tables.assets["weight"], tables.assets["reason"]
        rows["pending"] = 0.0
        rows["quantity"] = 0.0
        rows["quantity"][going] = fills["quantity"]
        rows["side"] = np.sign(rows["quantity"])
        for column, rule in zip(denials["asset"].tolist(), denials["rule"].tolist(), strict=True):
            rows["reason"][column] |= int(_REASONS.get(DenialRule(rule), Reason.NONE))
        explained = set(denials["asset"].tolist()) | set(tables.orders["asset"][mark.orders : now.orders].tolist())
        # Where any fraction can be ordered, nothing is rounded away: an order for nothing has reached its target.
        told = int(_FILTERED | Reason.ROUNDS_TO_ZERO) if trade.sizing_step else int(_FILTERED)
        few = rows["bars_seen"] < trade.min_bars
        for column in np.flatnonzero(~np.isnan(shown) & (rows["quantity"] == 0.0)).tolist():
            if math.isnan(book.bars.close[book.bar, column]):
                rows["reason"][column] |= int(Reason.MISSING_PRICE)
            elif few[column]:
                rows["reason"][column] |= int(Reason.LATE_ASSET)
            elif column not in explained and not rows["reason"][column] & told:
                rows["reason"][column] &= ~int(Reason.ROUNDS_TO_ZERO)
                rows["reason"][column] |= int(Reason.TARGET_REACHED)
        return Plan(self._assets, book.now("frozen_value"), shown, rows, going, False)

    def _plan_for_later(self, shown: Any) -> Plan:
        """Say what goes out at the next bar, where everything about it is still to come."""
        book = self._book
        price = book.price
        rows, waits = book.tables.assets.copy(), ~np.isnan(shown)
        rows["price"], rows["weight"], rows["side"] = price, shown, waits
        for field in ("pending", "quantity", "reason"):
            rows[field] = 0
        return Plan(self._assets, book.value, shown, rows, [], bool(waits.any()))
