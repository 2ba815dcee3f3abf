"""The event-driven engine as a host of the executor: `Host`, and what it offers besides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from weighbridge.data.tables import listed
from weighbridge.engine.steps import cash_at_hand
from weighbridge.events.book import EventBook
from weighbridge.events.data import BarData
from weighbridge.events.orders import EventOrders
from weighbridge.events.tickets import Ticket
from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.host import Holding, HostCosts, OpenOrder
from weighbridge.rebalance.orders import Order, OrderType
from weighbridge.rebalance.resumes import Resume, Resumes
from weighbridge.rules.charging import predicted_commission
from weighbridge.rules.sequence import Room
from weighbridge.rules.slipping import predicted_price
from weighbridge.settings.conventions import Conventions

__all__ = ["EngineHost", "EngineTable"]


class EngineCosts:
    """What the pass charges (`HostCosts`)."""

    def __init__(self, book: EventBook) -> None:
        """Look at a book."""
        self._book = book

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Return what the pass charges."""
        setup = self._book.setup
        return predicted_commission(setup.rules, setup.terms, self._book.tables.assets[asset], asset, quantity, price)

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Apply the slippage; the bar's limits are not known."""
        return predicted_price(self._book.setup.rules, self._book.setup.terms, asset, quantity, price)


class EngineTable:
    """The account as a table (`HostTable`)."""

    def __init__(self, book: EventBook, orders: EventOrders) -> None:
        """Look at a book and its orders."""
        self._book, self._orders = book, orders

    @property
    def rules(self) -> Any:
        """The rules, as one compiled planner takes them for all conventions."""
        return self._book.shared_rules

    @property
    def terms(self) -> Any:
        """Costs and limits."""
        return self._book.setup.terms

    @property
    def room(self) -> Room:
        """The pass's own room: between two bars nothing is in it."""
        return self._book.tables.room

    def rows(self) -> Any:
        """Copy what goes on to change."""
        self._book.settle()
        return self._book.tables.assets.copy()

    def shows(self, data: Mapping[Any, Any]) -> bool:
        """Say whether `data` are what `on_data` was given at this bar."""
        return isinstance(data, BarData) and data.is_of(self._book.bars, self._book.bar)

    def open_quantities(self, orders: Sequence[Order]) -> Sequence[float]:
        """Ask for all of them together."""
        return self._orders.open_quantities([order.host for order in orders]) if orders else []

    def submit(self, trades: Sequence[tuple[int, float]]) -> list[Order]:
        """Submit them together."""
        if not trades:
            return []
        first, assets, bar = self._orders.submit_many(trades), self._book.bars.assets, self._book.bar
        return [
            Order.at_market(assets[column], quantity, bar, row) for row, (column, quantity) in enumerate(trades, first)
        ]


class EngineHost:
    """Answer `TargetWeightExecutor`; `EventBroker` adds what strategies use themselves.

    Attributes:
        resumes: Rebalances that go on at the next bar.
    """

    def __init__(self, book: EventBook) -> None:
        """Number the assets."""
        self._book, self._rows = book, EventOrders(book)
        self._assets = book.bars.assets
        self._columns = {name: column for column, name in enumerate(self._assets)}
        # `Engine` asks at every bar.
        self.resumes: Resumes = Resumes(lambda: None)
        self._table = EngineTable(book, self._rows)

    @property
    def conventions(self) -> Conventions:
        """The rules of the run."""
        return self._book.of.conventions

    @property
    def time(self) -> Any:
        """Number of the current bar."""
        return self._book.bar

    @property
    def assets(self) -> Sequence[str]:
        """Names of the assets, in column order."""
        return self._assets

    @property
    def costs(self) -> HostCosts:
        """What the pass charges."""
        return EngineCosts(self._book)

    def asset_name(self, key: Any) -> str:
        """Return the name; there are no other keys."""
        if not isinstance(key, str) or key not in self._columns:
            raise UnknownAssetError(f"there is no asset {key!r}", hint=f"one of {listed(self._assets)}")
        return key

    def holdings(self) -> Sequence[Holding]:
        """Return position and price of each asset."""
        price = self._book.price.tolist()
        assets = self._book.tables.assets
        names = ("position", "traded", "bars_seen", "multiplier", "leverage", "margined", "margin")
        columns = [assets[name].tolist() for name in names]
        return [
            Holding(held, paid, traded, seen, multiplier, leverage, margin if margined else None)
            for paid, held, traded, seen, multiplier, leverage, margined, margin in zip(price, *columns, strict=True)
        ]

    def cash(self) -> float:
        """Return the cash, and what may be borrowed against what is held (semantics 9.6)."""
        self._book.settle()
        return float(cash_at_hand(self._book.setup.rules, self._book.tables))

    def value(self) -> float:
        """Return the portfolio value: of the bar's closes, or of those before where decisions are at the open."""
        return self._book.value

    def open_quantity(self, order: Order) -> float:
        """Return what may still fill of an order."""
        return 0.0 if order.host is None else self._rows.open_quantities([order.host])[0]

    def other_open_orders(self, own: Sequence[Order]) -> list[OpenOrder]:
        """Return market and limit orders that are not in `own`; stops are protective."""
        mine = {order.host for order in own}
        return [
            OpenOrder(
                self._assets[order.column],
                order.quantity,
                None if math.isnan(order.limit_price) else order.limit_price,
            )
            for order in self._rows.open_rows()
            if order.row not in mine and not order.protective
        ]

    def submit(self, asset: str, quantity: float) -> Order | None:
        """Buy or sell at market."""
        row = self._rows.submit(self._columns[asset], Ticket(OrderType.MARKET, quantity))
        return None if row is None else Order.at_market(asset, quantity, self._book.bar, row)

    def cancel(self, order: Order) -> None:
        """Cancel an open order; one that is done stays done."""
        self._rows.cancel(order.host)

    def on_next_bar(self, resume: Resume) -> None:
        """Have `resume` called at the next bar, before `on_data`."""
        self.resumes.add(resume, self)
