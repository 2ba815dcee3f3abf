"""What a run has at any time - cash, positions, prices, open orders - and the rows that it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from parity_tests.oracle.exact import ZERO, Watch
from parity_tests.oracle.table import Case

__all__ = ["Account", "Order"]


@dataclass
class Order:
    """An order and what of it is still open: `quantity` is that rest."""

    bar: int
    asset: int
    quantity: Fraction
    price: Fraction
    """The price that it was sized with."""
    value: Fraction
    """The value that it was sized with."""
    reduction: bool = False
    admitted: bool = False
    filled: Fraction = ZERO
    paid: Fraction = ZERO


@dataclass
class Account:
    """The state of a run, and its rows: fills, denials, cash and value of every bar."""

    case: Case
    cash: Fraction
    watch: Watch = field(default_factory=Watch)
    bar: int = 0
    open: list[Order] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """The assets in the order of their first open order (queue asset_by_asset)."""
    opened: list[int] = field(default_factory=list)
    """What is held, in the order in which the positions were opened."""
    owed: Fraction = ZERO
    """Commissions that are taken after all fills."""
    last_value: Fraction = ZERO
    used: dict[int, Fraction] = field(default_factory=dict)
    """Volume that this bar's fills have taken, by asset."""
    fills: list[tuple[int, int, Fraction, Fraction, Fraction]] = field(default_factory=list)
    denials: list[tuple[int, int, Fraction, str]] = field(default_factory=list)
    cash_of_bar: list[Fraction] = field(default_factory=list)
    value_of_bar: list[Fraction] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with cash alone."""
        self.n_assets = len(self.case.market.closes[0])
        self.position = [ZERO] * self.n_assets
        self.seen = [0] * self.n_assets
        self.last_bar = [self.case.market.last_bar(asset) for asset in range(self.n_assets)]
        self.latest = [-1] * self.n_assets
        nothing: list[Fraction | None] = [None] * self.n_assets
        self.open_price, self.close_price, self.order_price = [*nothing], [*nothing], [*nothing]
        self.last_value = self.cash

    def learn(self, bar: int) -> None:
        """Take the prices of a bar; an asset that has none keeps its last ones."""
        market = self.case.market
        self.bar, self.used = bar, {}
        at_open = self.case.rules["fill"] in ("same_open", "at_open", "at_next_open")
        for asset in range(self.n_assets):
            if self.trades(asset):
                self.seen[asset] += 1
                self.latest[asset] = bar
                self.open_price[asset] = market.opens[bar][asset]
                self.close_price[asset] = market.closes[bar][asset]
                self.order_price[asset] = (market.opens if at_open else market.closes)[bar][asset]

    def trades(self, asset: int) -> bool:
        """Say whether the asset has a bar now."""
        return self.case.market.closes[self.bar][asset] is not None

    def ended(self, asset: int) -> bool:
        """Say whether the asset's last bar is over, where that matters: rule ending sold."""
        return self.case.rules["ending"] == "sold" and self.last_bar[asset] < self.bar

    def volume(self, asset: int) -> Fraction:
        """Return the volume of the asset's bar; 0 without one."""
        return self.case.market.volumes[self.bar][asset] or ZERO

    def price(self, asset: int) -> Fraction:
        """Return the price that trades are sized with: the last known one, an open where fills are at opens."""
        price = self.order_price[asset]
        assert price is not None
        return price

    def worth(self, prices: list[Fraction | None]) -> Fraction:
        """Return cash and positions at these prices. Every rule of `valuing` is this sum, in an order of its own."""
        return self.cash + sum(
            (held * price for held, price in zip(self.position, prices, strict=True) if held and price), ZERO
        )

    def decision_value(self) -> Fraction:
        """Return the value that targets are a fraction of."""
        if self.case.rules["fill"] == "same_open":
            return self.last_value
        # What has ended is on its way out at its last close.
        return self.worth(
            [self.close_price[asset] if self.ended(asset) else price for asset, price in enumerate(self.order_price)]
        )

    def move(self, asset: int, position: Fraction) -> None:
        """Change a position; one that is closed leaves its place, and one that is opened goes to the end."""
        self.position[asset] = position
        if position == 0:
            self.opened.remove(asset)
        elif asset not in self.opened:
            self.opened.append(asset)

    def submit(self, order: Order) -> None:
        """Put an order into the queue."""
        self.open.append(order)
        if order.asset not in self.places:
            self.places.append(order.asset)

    def queue(self) -> list[Order]:
        """Return the open orders in the order in which they meet a bar."""
        if self.case.rules["queue"] == "as_submitted":
            return [*self.open]
        return [order for asset in self.places for order in self.open if order.asset == asset]

    def tidy(self) -> None:
        """Forget the orders of which nothing is open."""
        self.open = [order for order in self.open if order.quantity]

    def give_up_places(self) -> None:
        """Let assets without an open order lose their place in the queue, which happens after a bar's fills alone."""
        holders = {order.asset for order in self.open}
        self.places = [asset for asset in self.places if asset in holders]

    def deny(self, order: Order, quantity: Fraction, rule: str) -> None:
        """Record that a part of an order comes to nothing."""
        self.denials.append((self.bar, order.asset, quantity, rule))
