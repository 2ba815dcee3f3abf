"""A host for the executor that is small enough to be read at a glance: every number in it is set by the test.

Orders fill whole at the next bar's price (or at the price of the decision, where the conventions know it), except
those for assets that have no price then, or that are `stuck`. Nothing in here is computed by Weighbridge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.host import Holding, Host, OpenOrder
from weighbridge.rebalance.orders import Order
from weighbridge.rules.fill import Fill
from weighbridge.settings.conventions import REFERENCE, Conventions

NAN = float("nan")
DEFERRED = REFERENCE
KNOWN = REFERENCE.replace(name="known", fill=Fill.DECISION_CLOSE)


@dataclass(eq=False)
class Ticket:
    """The host's own order."""

    asset: str
    left: float
    kind: str = "market"
    """"market", "limit" or "stop"; the test's own limits and stops never fill."""
    limit: float | None = None


@dataclass(frozen=True)
class Key:
    """The host's own key for an asset, such as a data feed."""

    name: str


@dataclass(eq=False)
class FakeHost:
    """Hold an account; `prices` and `positions` by asset, in the host's order."""

    prices: dict[str, float]
    held: dict[str, float] = field(default_factory=dict)
    money: float = 0.0
    conventions: Conventions = DEFERRED
    rate: float = 0.0
    """Commission, fraction of what is traded."""
    slip: float = 0.0
    """Fraction by which buys fill above and sells below a known price."""
    bars_seen: int = 10
    traded: dict[str, bool] = field(default_factory=dict)
    holding_fields: dict[str, Any] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    time: int = 0
    tickets: list[Ticket] = field(default_factory=list)
    log: list[Any] = field(default_factory=list)
    """Everything that changed the account's orders: ("submit", asset, quantity), ("cancel", asset, quantity)."""

    def __post_init__(self) -> None:
        self._resumes: list[Callable[[Host], bool]] = []

    @property
    def assets(self) -> Sequence[str]:
        return list(self.prices)

    @property
    def costs(self) -> FakeHost:
        return self

    def commission(self, asset: int, quantity: float, price: float) -> float:
        return abs(quantity) * price * self.rate

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        return price * (1 + self.slip) if quantity > 0 else price * (1 - self.slip)

    def asset_name(self, key: Any) -> str:
        name = key.name if isinstance(key, Key) else key
        if name not in self.prices:
            raise UnknownAssetError(f"{key!r} is not here", hint=f"there are {list(self.prices)}")
        return name

    def holdings(self) -> Sequence[Holding]:
        return [
            Holding(
                quantity=self.held.get(asset, 0.0),
                price=price,
                traded=self.traded.get(asset, price == price),
                bars_seen=self.bars_seen if price == price else 0,
                **self.holding_fields,
            )
            for asset, price in self.prices.items()
        ]

    def cash(self) -> float:
        return self.money

    def value(self) -> float:
        return self.money + sum(units * self.prices[asset] for asset, units in self.held.items() if units)

    def open_quantity(self, order: Order) -> float:
        return order.host.left

    def other_open_orders(self, own: Sequence[Order]) -> list[OpenOrder]:
        mine = [order.host for order in own]
        return [
            OpenOrder(ticket.asset, ticket.left, ticket.limit)
            for ticket in self.tickets
            if ticket.kind != "stop" and not any(ticket is known for known in mine)
        ]

    def submit(self, asset: str, quantity: float) -> Order | None:
        self.log.append(("submit", asset, quantity))
        if asset in self.refuses:
            return None
        ticket = Ticket(asset, quantity)
        self.tickets.append(ticket)
        return Order(asset=asset, quantity=quantity, time=self.time, host=ticket)

    def cancel(self, order: Order) -> None:
        self.log.append(("cancel", order.asset, order.host.left))
        order.host.left = 0.0
        self.tickets.remove(order.host)

    def on_next_bar(self, resume: Callable[[Host], bool]) -> None:
        self._resumes.append(resume)

    def next_bar(self, **prices: float) -> None:
        """Go to the next bar: prices, fills at them, then what was asked to be called."""
        self.time += 1
        self.prices.update(prices)
        for ticket in list(self.tickets):
            if ticket.kind == "market" and ticket.asset not in self.stuck:
                self.fill(ticket, ticket.left)
        resumes, self._resumes = self._resumes, []
        self._resumes += [resume for resume in resumes if resume(self)]

    def fill(self, ticket: Ticket, quantity: float) -> None:
        """Fill a part of an order at the price of now."""
        price = self.prices[ticket.asset]
        self.money -= quantity * price + abs(quantity) * price * self.rate
        self.held[ticket.asset] = self.held.get(ticket.asset, 0.0) + quantity
        ticket.left -= quantity
        if ticket.left == 0.0:
            self.tickets.remove(ticket)

    @property
    def waiting(self) -> int:
        """How many times the executor asked to be called at the next bar."""
        return len(self._resumes)

    def other_order(self, asset: str, quantity: float, kind: str, limit: float | None = None) -> Ticket:
        """Let the user's own code submit an order."""
        ticket = Ticket(asset, quantity, kind, limit)
        self.tickets.append(ticket)
        return ticket

    def snapshot(self) -> Any:
        """Everything that a preview must not change."""
        return (
            dict(self.prices),
            dict(self.held),
            self.money,
            self.time,
            [(ticket.asset, ticket.left) for ticket in self.tickets],
            list(self.log),
            self.waiting,
        )


def sent(host: FakeHost) -> list[tuple[str, float]]:
    """Return what was submitted since the last call, and forget it."""
    orders = [(asset, quantity) for action, asset, quantity in host.log if action == "submit"]
    host.log = [entry for entry in host.log if entry[0] != "submit"]
    return orders
