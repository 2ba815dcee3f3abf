"""A Backtrader strategy as a host of `TargetWeightExecutor`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from weighbridge.exceptions import ExecutionError, UnknownAssetError, UnsupportedError
from weighbridge.rebalance.host import Holding, OpenOrder
from weighbridge.rebalance.orders import Order
from weighbridge.rebalance.resumes import Resume, Resumes
from weighbridge.settings.conventions import BACKTRADER, BACKTRADER_COC, BACKTRADER_COO, Conventions

__all__ = ["Broker"]

_NOT_BEGUN = Holding(0.0, math.nan, False, 0)


class Broker:
    """Answer the executor's questions from a `bt.Strategy` and its broker.

    Create it in the strategy's `__init__` or later; one that is kept is cheaper. Assets are the names of the data
    feeds (`cerebro.adddata(feed, name=...)`, else "data0", "data1", ...); a feed itself is accepted as a key.

    Orders fill at the next bar's open; with `set_coc(True)` at the decision's close, and in `next_open` of
    `Cerebro(cheat_on_open=True)` at the open that the strategy sees: there the plan works its fills out in
    sequence and everything goes out in one bar. Feeds that have not begun are not looked up, since Backtrader
    could not value them; feeds that miss a bar have their last price.

    Args:
        strategy: The `bt.Strategy`; its commission info, slippage and cheat settings are the user's.

    Raises:
        ExecutionError: Two feeds have the same name.
        UnsupportedError: The broker is set to both cheats at once, or to `shortcash=False`.
    """

    def __init__(self, strategy: Any) -> None:
        """Name the feeds and look at the broker's settings."""
        self._strategy = strategy
        self._feeds: dict[str, Any] = {}
        for number, feed in enumerate(strategy.datas):
            name = getattr(feed, "_name", "") or f"data{number}"
            if name in self._feeds:
                raise ExecutionError(f"two data feeds are called {name!r}", hint="pass adddata(feed, name=...)")
            self._feeds[name] = feed
        self._names = {id(feed): name for name, feed in self._feeds.items()}
        self._assets = tuple(self._feeds)
        self._resumes = Resumes(self._hook)
        self._now = math.nan
        settings = strategy.broker.p
        if getattr(settings, "coc", False) and getattr(settings, "coo", False):
            raise UnsupportedError(
                "the broker is set to cheat-on-close and cheat-on-open at once",
                hint="keep one: together Backtrader fills at a close that is not known yet",
            )
        if not getattr(settings, "shortcash", True):
            raise UnsupportedError("the broker is set to shortcash=False", hint="leave it at True")

    @property
    def conventions(self) -> Conventions:
        """The rules at this moment: `next_open` and `next` of a cheat-on-open run differ."""
        if self._opening():
            return BACKTRADER_COO
        return BACKTRADER_COC if getattr(self._strategy.broker.p, "coc", False) else BACKTRADER

    @property
    def time(self) -> float:
        """Backtrader's number for the current bar's date and time; in `next_open` only the feeds know it."""
        if not getattr(self._strategy.broker.p, "coo", False):
            return self._strategy.datetime[0]
        return max((feed.datetime[0] for feed in self._feeds.values() if len(feed)), default=math.nan)

    @property
    def assets(self) -> Sequence[str]:
        """The feeds' names, in feed order."""
        return self._assets

    @property
    def costs(self) -> Broker:
        """This host predicts costs itself."""
        return self

    def _opening(self) -> bool:
        """Say whether this is `next_open`: the feeds have moved to a bar that the strategy has not yet counted."""
        strategy = self._strategy
        if not getattr(strategy.broker.p, "coo", False):
            return False
        return len(strategy) == 0 or self.time > strategy.datetime[0]

    def asset_name(self, key: Any) -> str:
        """Return the name of a feed, or of a name."""
        name = self._names.get(id(key), key)
        if not isinstance(name, str) or name not in self._feeds:
            raise UnknownAssetError(
                f"{key!r} is not a data feed of the strategy", hint=f"there are: {', '.join(self._assets)}"
            )
        return name

    def holdings(self) -> Sequence[Holding]:
        """Return position and price of each feed; one that has not begun is not looked up."""
        broker = self._strategy.broker
        opening = self._opening()
        self._now = now = self.time
        holdings: list[Holding] = []
        for feed in self._feeds.values():
            bars_seen = len(feed)
            if not bars_seen:
                holdings.append(_NOT_BEGUN)
                continue
            info = broker.getcommissioninfo(feed)
            price = (feed.open if opening else feed.close)[0]
            holdings.append(
                Holding(
                    quantity=broker.getposition(feed).size,
                    price=price,
                    traded=feed.datetime[0] == now,
                    bars_seen=bars_seen,
                    leverage=info.get_leverage(),
                    margin=None if info.stocklike else info.get_margin(price),
                )
            )
        return holdings

    def cash(self) -> float:
        """Return the broker's cash."""
        return self._strategy.broker.getcash()

    def value(self) -> float:
        """Return the broker's value, which is of the last closes it has processed."""
        return self._strategy.broker.getvalue()

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Ask the feed's commission info."""
        feed = self._feeds[self._assets[asset]]
        return self._strategy.broker.getcommissioninfo(feed).getcommission(quantity, price)

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Apply the broker's slippage as it applies to market orders at the open; the bar's limits are not known."""
        settings = self._strategy.broker.p
        if not settings.slip_open:
            return price
        if settings.slip_perc:
            return price * (1 + settings.slip_perc) if quantity > 0 else price * (1 - settings.slip_perc)
        return price + settings.slip_fixed if quantity > 0 else price - settings.slip_fixed

    def open_quantity(self, order: Order) -> float:
        """Return what is left of an order that is alive."""
        return order.host.executed.remsize if order.host.alive() else 0.0

    def other_open_orders(self, own: Sequence[Order]) -> list[OpenOrder]:
        """Return the user's own market and limit orders; bracket children and stops are protective."""
        import backtrader as bt

        counted = (bt.Order.Market, bt.Order.Close, bt.Order.Limit)
        mine = {order.host.ref for order in own}
        found: list[OpenOrder] = []
        broker = self._strategy.broker
        for order in [*broker.get_orders_open(), *broker.submitted]:
            if order.ref not in mine and order.exectype in counted and order.parent is None:
                name = self._names.get(id(order.data))
                if name is not None:
                    limit = order.created.price if order.exectype == bt.Order.Limit else None
                    found.append(OpenOrder(name, order.executed.remsize, limit))
        return found

    def submit(self, asset: str, quantity: float) -> Order | None:
        """Buy or sell at market."""
        whole = int(quantity)
        size = abs(whole if whole == quantity else quantity)
        side = self._strategy.buy if quantity > 0 else self._strategy.sell
        order = side(data=self._feeds[asset], size=size)
        return None if order is None else Order(asset=asset, quantity=quantity, time=self._now, host=order)

    def cancel(self, order: Order) -> None:
        """Cancel an order that the broker has accepted."""
        self._strategy.cancel(order.host)

    def on_next_bar(self, resume: Resume) -> None:
        """Have `resume` called from the strategy's own `notify_cashvalue`, which runs before `next` at every bar."""
        self._resumes.add(resume, self)

    def _hook(self) -> None:
        strategy = self._strategy
        users = strategy.notify_cashvalue

        def notify_cashvalue(cash: float, value: float) -> None:
            strategy.notify_cashvalue = users
            self._resumes.go_on()
            users(cash, value)

        strategy.notify_cashvalue = notify_cashvalue
