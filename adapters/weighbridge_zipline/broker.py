"""A Zipline algorithm as a host of `TargetWeightExecutor`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.host import Holding, OpenOrder
from weighbridge.rebalance.orders import Order
from weighbridge.rebalance.resumes import Resume
from weighbridge.settings.conventions import ZIPLINE, Conventions
from weighbridge_zipline.memory import memory_of

__all__ = ["Broker"]


class Broker:
    """Answer the executor's questions from what Zipline hands to `handle_data` and scheduled functions.

    Create it anew at each call, or keep it: what has to last is kept with the algorithm. Keys are Zipline's assets or
    their symbols. Assets go out by `sid`; there are those that were ever mentioned, are held or have open orders.
    Orders fill at the close of a later bar, in parts where the volume is short. An asset outside its life has no
    price and is not traded.

    Args:
        context: The algorithm, as it is passed to `handle_data`.
        data: The `BarData` that comes with it.
    """

    def __init__(self, context: Any, data: Any) -> None:
        """Look the algorithm's memory up."""
        self._algorithm = context
        self._data = data
        self._memory = memory_of(context)

    @property
    def conventions(self) -> Conventions:
        """Zipline's rules."""
        return ZIPLINE

    @property
    def time(self) -> Any:
        """The end of the current bar, UTC."""
        return self._algorithm.blotter.current_dt

    @property
    def assets(self) -> Sequence[str]:
        """Names by `sid`."""
        memory = self._memory
        for asset in self._algorithm.portfolio.positions:
            memory.name_of(asset)
        for asset, orders in self._algorithm.blotter.open_orders.items():
            if orders:
                memory.name_of(asset)
        return memory.names()

    @property
    def costs(self) -> Broker:
        """This host predicts costs itself."""
        return self

    def asset_name(self, key: Any) -> str:
        """Return the name of an asset, or of a symbol."""
        from zipline.assets import Asset
        from zipline.errors import SymbolNotFound

        if isinstance(key, Asset):
            return self._memory.name_of(key)
        if not isinstance(key, str):
            raise UnknownAssetError(
                f"{key!r} is neither a Zipline asset nor a symbol", hint="pass symbol('AAPL') or 'AAPL'"
            )
        if self._memory.knows(key):
            return key
        try:
            return self._memory.name_of(self._algorithm.symbol(key))
        except SymbolNotFound as error:
            raise UnknownAssetError(str(error), hint="pass a symbol of the data, or an asset") from error

    def holdings(self) -> Sequence[Holding]:
        """Return position and price of each asset."""
        data, memory = self._data, self._memory
        positions = self._algorithm.portfolio.positions
        session = data.current_session
        seen = memory.bars_seen(self._algorithm, session)
        holdings: list[Holding] = []
        for asset in memory.assets():
            held = float(positions[asset].amount) if asset in positions else 0.0
            price, traded = math.nan, False
            if asset is not None and asset.is_alive_for_session(session):
                price = data.current(asset, "close")
                traded = price == price
                if not traded:
                    price = data.current(asset, "price")
            holdings.append(
                Holding(
                    held,
                    float(price),
                    traded,
                    seen.get(asset, 0) + traded,
                    multiplier=getattr(asset, "price_multiplier", 1.0),
                )
            )
        return holdings

    def cash(self) -> float:
        """Return the cash, which Zipline lets fall below zero."""
        return float(self._algorithm.portfolio.cash)

    def value(self) -> float:
        """Return the portfolio's value at the last prices."""
        return float(self._algorithm.portfolio.portfolio_value)

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Ask the algorithm's own commission model what one fill of a new order would be charged."""
        from zipline.finance.order import Order as ZiplineOrder
        from zipline.finance.transaction import Transaction

        listed = self._memory.assets()[asset]
        amount, now = int(quantity), self.time
        order = ZiplineOrder(now, listed, amount, id="")
        model = self._algorithm.blotter.commission_models[type(listed)]
        return float(model.calculate(order, Transaction(listed, amount, now, price, "")))

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Return the price as it is: the close at which an order will fill is not known."""
        return price

    def open_quantity(self, order: Order) -> float:
        """Return what is left of an order that is open."""
        own = self._algorithm.blotter.orders.get(order.host)
        return float(own.open_amount) if own is not None and own.open else 0.0

    def other_open_orders(self, own: Sequence[Order]) -> list[OpenOrder]:
        """Return the algorithm's other market and limit orders; those with a stop price are protective."""
        mine = {order.host for order in own}
        return [
            OpenOrder(self._memory.name_of(asset), float(order.open_amount), order.limit)
            for asset, orders in self._algorithm.blotter.open_orders.items()
            for order in orders
            if order.id not in mine and order.stop is None
        ]

    def submit(self, asset: str, quantity: float) -> Order | None:
        """Order at market."""
        number = self._algorithm.order(self._memory.asset(asset), int(quantity))
        return None if number is None else Order(asset=asset, quantity=quantity, time=self.time, host=number)

    def cancel(self, order: Order) -> None:
        """Cancel an order; what has been filled of it stays."""
        self._algorithm.cancel_order(order.host)

    def on_next_bar(self, resume: Resume) -> None:
        """Have `resume` called at the next bar, after its fills and before any function of the algorithm."""
        self._memory.resumes(self._algorithm).add(resume, self)
