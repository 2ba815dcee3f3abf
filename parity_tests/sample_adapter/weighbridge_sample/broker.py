"""A Halfcash broker as a host of `TargetWeightExecutor`: the members are those of `weighbridge.rebalance.host.Host`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.host import Holding, OpenOrder
from weighbridge.rebalance.orders import Order
from weighbridge.rebalance.resumes import Resume, Resumes
from weighbridge_sample.rules import HALFCASH


class Broker:
    """Answer the executor's questions from a `halfcash.Broker`, for these assets.

    Halfcash has no hook: a strategy calls `new_bar()` first in its `on_bar`, and what waits goes on.
    """

    conventions = HALFCASH

    def __init__(self, broker: Any, assets: Sequence[str]) -> None:
        self.halfcash, self.assets, self.costs = broker, assets, self
        self.value = broker.value
        self._resumes = Resumes(lambda: None)
        self.new_bar = self._resumes.go_on

    @property
    def time(self) -> int:
        return self.halfcash.bar

    def asset_name(self, key: Any) -> str:
        if key not in self.assets:
            raise UnknownAssetError(f"{key!r} is not an asset", hint=f"there are: {', '.join(self.assets)}")
        return key

    def holdings(self) -> list[Holding]:
        return [self._holding(asset, self.halfcash) for asset in self.assets]

    def _holding(self, asset: str, known: Any) -> Holding:
        price, seen = known.prices.get(asset, math.nan), known.bars_seen.get(asset, 0)
        return Holding(known.units.get(asset, 0.0), price, asset in known.traded, seen)

    def cash(self) -> float:
        return self.halfcash.cash

    def commission(self, asset: int, quantity: float, price: float) -> float:
        return abs(quantity) * self.halfcash.commission * price

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        return price

    def open_quantity(self, order: Order) -> float:
        return order.quantity if order.host.open else 0.0

    def other_open_orders(self, own: Sequence[Order]) -> list[OpenOrder]:
        ours = {id(order.host) for order in own}
        return [OpenOrder(o.asset, o.units) for o in self.halfcash.orders if o.open and id(o) not in ours]

    def submit(self, asset: str, quantity: float) -> Order:
        return Order(asset=asset, quantity=quantity, time=self.time, host=self.halfcash.order(asset, quantity))

    def cancel(self, order: Order) -> None:
        order.host.open = False

    def on_next_bar(self, resume: Resume) -> None:
        self._resumes.add(resume, self)
