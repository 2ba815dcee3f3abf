"""Halfcash, a small event-driven backtester, as somebody else has written it: it knows nothing of Weighbridge.

Orders fill at the next open of their asset. The broker refuses a buy that takes more than half of the cash.
"""

from __future__ import annotations


class Order:
    def __init__(self, asset: str, units: float) -> None:
        self.asset, self.units, self.open = asset, units, True


class Broker:
    """The account, its open orders, and a log: (what, bar, asset, units, price, commission, units held then)."""

    def __init__(self, cash: float, commission: float = 0.0) -> None:
        self.cash, self.commission = cash, commission
        self.bar, self.traded = -1, {}
        self.units, self.prices, self.bars_seen = {}, {}, {}
        self.orders, self.log = [], []

    def value(self) -> float:
        total = 0.0
        for asset, price in self.prices.items():
            total += self.units.get(asset, 0.0) * price
        return self.cash + total

    def order(self, asset: str, units: float) -> Order:
        self.orders.append(Order(asset, units))
        self.note("order", asset, units)
        return self.orders[-1]

    def order_target_percent(self, asset: str, weight: float) -> Order | None:
        """Order the whole units that lead to a fraction of the value."""
        units = int(weight * self.value() / self.prices[asset] - self.units.get(asset, 0.0))
        return self.order(asset, units) if units else None

    def fill(self, order: Order, price: float) -> None:
        order.open = False
        if order.units * price > self.cash / 2:
            self.note("refused", order.asset, order.units)
            return
        charge = abs(order.units) * self.commission * price
        self.cash = self.cash - order.units * price - charge
        self.units[order.asset] = self.units.get(order.asset, 0.0) + order.units
        self.note("fill", order.asset, order.units, price, charge)

    def note(self, what: str, asset: str, units: float, price: float = 0.0, charge: float = 0.0) -> None:
        self.log.append((what, self.bar, asset, units, price, charge, self.units.get(asset, 0.0)))


def run(strategy, broker: Broker, bars: list[dict[str, tuple[float, float]]]) -> None:
    """Call `strategy.on_bar(broker)` at each close; a bar is open and close of what trades there."""
    for broker.bar, broker.traded in enumerate(bars):
        for order in broker.orders:
            if order.open and order.asset in broker.traded:
                broker.fill(order, broker.traded[order.asset][0])
        broker.orders = [order for order in broker.orders if order.open]
        for asset, (_, close) in broker.traded.items():
            broker.prices[asset] = close
            broker.bars_seen[asset] = broker.bars_seen.get(asset, 0) + 1
        if broker.traded:
            strategy.on_bar(broker)
