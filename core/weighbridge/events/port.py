"""The event-driven engine as a host: the `Host` protocol, answered from its book."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from weighbridge.data.tables import listed
from weighbridge.events.arrays import EngineArrays
from weighbridge.events.book import ArrayBook, Book
from weighbridge.events.tickets import Ticket
from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.array_host import ArrayHost
from weighbridge.rebalance.host import Holding, Host, HostCosts, OpenOrder
from weighbridge.rebalance.orders import Order, OrderType
from weighbridge.settings.contracts import Contract, Contracts
from weighbridge.settings.conventions import Conventions

__all__ = ["EnginePort"]

Resume = Callable[[Host], bool]


class EnginePort:
    """Answer `TargetWeightExecutor`; `EventBroker` adds what strategies use themselves."""

    def __init__(self, book: Book, contracts: Contracts) -> None:
        """Number the assets."""
        self._book = book
        self._assets = book.bars.assets
        self._columns = {name: column for column, name in enumerate(self._assets)}
        self._resumes: list[Resume] = []
        many: ArrayBook | None = getattr(book, "arrays", None)
        self._many = many
        self._arrays = None if many is None else EngineArrays(book, many, self._seen_now)
        units = [contracts.get(name, Contract()) for name in self._assets] if contracts else []
        self._units = [(unit.multiplier, unit.leverage, unit.margin) for unit in units]

    @property
    def conventions(self) -> Conventions:
        """The rules of the run."""
        return self._book.rules

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
        """What the book predicts of costs."""
        return self._book

    def asset_name(self, key: Any) -> str:
        """Return the name; there are no other keys."""
        if not isinstance(key, str) or key not in self._columns:
            raise UnknownAssetError(f"there is no asset {key!r}", hint=f"one of {listed(self._assets)}")
        return key

    def holdings(self) -> Sequence[Holding]:
        """Return position and price of each asset."""
        book = self._book
        prices = book.price
        bar = max(book.bar, 0)
        traded = ~np.isnan(book.bars.close[bar])
        columns = zip(
            book.position.tolist(), prices.tolist(), traded.tolist(), self._bars_seen[bar].tolist(), strict=True
        )
        if not self._units:
            return [Holding(*values) for values in columns]
        return [Holding(*values, *unit) for values, unit in zip(columns, self._units, strict=True)]

    @cached_property
    def _bars_seen(self) -> Any:
        bars = self._book.bars
        if bars.complete:
            return np.broadcast_to(np.arange(1, bars.n_bars + 1)[:, None], bars.close.shape)
        return np.cumsum(bars.has_bar, axis=0)

    def _seen_now(self) -> Any:
        return np.ascontiguousarray(self._bars_seen[max(self._book.bar, 0)])

    @property
    def arrays(self) -> ArrayHost | None:
        """The account as arrays, where the book has them (`weighbridge.rebalance.array_host`)."""
        return self._arrays

    def cash(self) -> float:
        """Return the cash, and what may be borrowed against what is held (semantics 9.6)."""
        return self._book.cash if self._many is None else self._many.cash

    def value(self) -> float:
        """Return the portfolio value: of the bar's closes, or of those before where decisions are at the open."""
        return self._book.value

    def open_quantity(self, order: Order) -> float:
        """Return what may still fill of an order."""
        return 0.0 if order.host is None else self._book.open_quantity(order.host)

    def other_open_orders(self, own: Sequence[Order]) -> list[OpenOrder]:
        """Return market and limit orders that are not in `own`; stops are protective."""
        mine = {order.host for order in own}
        return [
            OpenOrder(
                self._assets[order.column],
                order.quantity,
                None if math.isnan(order.limit_price) else order.limit_price,
            )
            for order in self._book.open_orders()
            if order.row not in mine and not order.protective
        ]

    def submit(self, asset: str, quantity: float) -> Order | None:
        """Buy or sell at market."""
        if math.isnan(quantity) or quantity == 0.0:
            return None
        row = self._book.submit(self._columns[asset], Ticket(OrderType.MARKET, quantity))
        return None if row is None else Order(asset=asset, quantity=quantity, time=self._book.bar, host=row)

    def cancel(self, order: Order) -> None:
        """Cancel an open order; one that is done stays done."""
        self._book.cancel(order.host)

    def on_next_bar(self, resume: Resume) -> None:
        """Have `resume` called at the next bar, before `on_data`."""
        if resume not in self._resumes:
            self._resumes.append(resume)

    @property
    def waiting(self) -> bool:
        """Say whether an executor's rebalance goes on at the next bar."""
        return bool(self._resumes)

    def resume(self) -> None:
        """Go on with what waits."""
        resumes, self._resumes = self._resumes, []
        for resume in resumes:
            if resume(self):
                self.on_next_bar(resume)
