"""The account of an event-driven run as arrays, for the executor (`weighbridge.rebalance.array_host`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from weighbridge.events.book import ArrayBook, Book
from weighbridge.events.data import BarData
from weighbridge.rebalance.array_host import HoldingArrays
from weighbridge.rebalance.orders import Order

__all__ = ["EngineArrays"]


class EngineArrays:
    """The `ArrayHost` of the event-driven engine."""

    def __init__(self, book: Book, arrays: ArrayBook, bars_seen: Callable[[], Any]) -> None:
        """Look at a book.

        Args:
            book: The book.
            arrays: What it offers besides.
            bars_seen: Returns how many bars each asset has had.
        """
        self._book, self._arrays, self._bars_seen = book, arrays, bars_seen

    @property
    def costs(self) -> Any:
        """The book's own parameters."""
        return self._arrays.parameters

    def holdings(self) -> HoldingArrays:
        """Copy what goes on to change: a plan is looked at later."""
        book = self._book
        price, position = book.price.copy(), book.position.copy()
        traded = ~np.isnan(book.bars.close[max(book.bar, 0)])
        return HoldingArrays(position, price, traded, self._bars_seen(), *self._arrays.terms(price))

    def shows(self, data: Mapping[Any, Any]) -> bool:
        """Say whether `data` are what `on_data` was given at this bar."""
        return isinstance(data, BarData) and data.is_of(self._book.bars, self._book.bar)

    def open_quantities(self, orders: Sequence[Order]) -> Sequence[float]:
        """Ask the book once."""
        return self._arrays.open_quantities([order.host for order in orders]) if orders else []

    def submit(self, trades: Sequence[tuple[int, float]]) -> list[Order]:
        """Submit them together."""
        if not trades:
            return []
        first, assets, bar = self._arrays.submit_market(trades), self._book.bars.assets, self._book.bar
        return [
            Order.at_market(assets[column], quantity, bar, row) for row, (column, quantity) in enumerate(trades, first)
        ]
