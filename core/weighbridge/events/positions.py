"""Positions as a strategy sees them, worked out from the ledger and the bars when they are asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from weighbridge.rebalance.orders import Position
from weighbridge.rules.fill import Fill

if TYPE_CHECKING:
    from weighbridge.events.book import EventBook

__all__ = ["OpenPosition", "Positions", "open_position"]


# Filled at a bar's close: what the bar was before that is not the position's.
_AT_CLOSE = (Fill.NEXT_CLOSE, Fill.AT_CLOSE, Fill.AT_NEXT_CLOSE)


@dataclass(frozen=True, kw_only=True)
class _Held:
    """The bars since a position was opened, its asset's prices there: read when first asked for."""

    high: Any
    low: Any


@dataclass(frozen=True, kw_only=True)
class OpenPosition(Position):
    """A position at a bar; amounts in account currency, as of the last price known.

    Attributes:
        price: The last price known, NaN where there is none.
        multiplier: Account currency by which a unit gains when its price rises by 1.0.
    """

    price: float
    multiplier: float = 1.0
    _book: EventBook = field(repr=False, compare=False)
    _column: int = field(repr=False, compare=False)
    _fills: int = field(repr=False, compare=False)
    _until: int = field(repr=False, compare=False)

    @property
    def market_value(self) -> float:
        """Quantity x price x multiplier: negative for a short, 0.0 where nothing is held.

        With a margin it is what moves with the price; of the portfolio value the position is its margin.
        """
        return self.quantity * self.price * self.multiplier if self.quantity else 0.0

    @property
    def unrealised_profit(self) -> float:
        """Quantity x (price - average price) x multiplier, commissions left out.

        With a margin it is in the cash already, up to the last close.
        """
        return self._profit(self.price) if self.quantity else 0.0

    def _profit(self, price: float) -> float:
        return self.quantity * (price - self.average_price) * self.multiplier

    @property
    def bars_held(self) -> int:
        """The asset's bars since it was opened or turned round, that of the fill included; missing bars left out."""
        return len(self._held.high)

    @property
    def best_excursion(self) -> float:
        """Quantity x (best price since it was opened - average price) x multiplier; never below 0.0.

        The best price of a long position is the highest high, of a short one the lowest low, of the whole bars
        that were settled since then. The close stands for both where the bars have no high and low, and at a bar at
        whose close the position was opened.
        """
        held = self._held
        best = np.max(held.high, initial=-math.inf) if self.quantity > 0.0 else np.min(held.low, initial=math.inf)
        return max(self._profit(float(best)), 0.0) if len(held.high) else 0.0

    @property
    def worst_excursion(self) -> float:
        """As `best_excursion`, with the worst price; never above 0.0."""
        held = self._held
        worst = np.min(held.low, initial=math.inf) if self.quantity > 0.0 else np.max(held.high, initial=-math.inf)
        return min(self._profit(float(worst)), 0.0) if len(held.high) else 0.0

    @cached_property
    def _held(self) -> _Held:
        bars = self._book.bars
        if self.quantity == 0.0:
            return _Held(high=np.empty(0), low=np.empty(0))
        # Fills after the moment at which the position was asked for do not belong to it.
        bar, after = self._book.fills_of(self._column, self._fills)
        before = np.concatenate(([0.0], after[:-1]))
        opening = int(bar[np.flatnonzero((before * self.quantity <= 0.0) & (after * self.quantity > 0.0))[-1]])
        span = slice(opening, self._until)
        close = bars.close[span, self._column]
        high = np.array(close if bars.high is None else bars.high[span, self._column])
        low = np.array(close if bars.low is None else bars.low[span, self._column])
        if self._book.of.conventions.fill in _AT_CLOSE:
            high[:1] = low[:1] = close[:1]
        for split in self._book.splits_of(self._column, opening, self._until):
            # What was paid is told in the units of now, and so are the prices before.
            high[: split.bar - opening] *= split.ratio
            low[: split.bar - opening] *= split.ratio
        traded = ~np.isnan(close)
        return _Held(high=high[traded], low=low[traded])


def open_position(book: EventBook, column: int) -> OpenPosition:
    """Return what is held of one asset now."""
    price = float(book.price[column])
    return OpenPosition(
        asset=book.bars.assets[column],
        quantity=float(book.position[column]),
        average_price=float(book.average[column]),
        price=price,
        multiplier=float(book.tables.assets["multiplier"][column]),
        _book=book,
        _column=column,
        _fills=book.fill_count,
        _until=book.bar if book.opening else book.bar + 1,
    )


class Positions(Mapping[str, OpenPosition]):
    """What was held when it was asked for, by asset; a position is worked out when it is looked up."""

    def __init__(self, book: EventBook, columns: Mapping[str, int]) -> None:
        """Take note of what is held, of which asset, and what it is worth."""
        self._book, self._columns = book, columns
        self._now = (book.position.copy(), book.average.copy(), book.price.copy())
        self._fills, self._until = book.fill_count, book.bar if book.opening else book.bar + 1

    def __getitem__(self, asset: str) -> OpenPosition:
        """Return what is held of an asset; KeyError where nothing is."""
        column = self._columns[asset]
        quantity, average, price = (float(values[column]) for values in self._now)
        if quantity == 0.0:
            raise KeyError(asset)
        # The book may have gone on since.
        return replace(
            open_position(self._book, column),
            quantity=quantity,
            average_price=average,
            price=price,
            _fills=self._fills,
            _until=self._until,
        )

    def __iter__(self) -> Iterator[str]:
        """Go through the assets that are held, in column order."""
        assets = self._book.bars.assets
        return (assets[column] for column in np.flatnonzero(self._now[0]))

    def __len__(self) -> int:
        """Count the assets that are held."""
        return int(np.count_nonzero(self._now[0]))

    def __repr__(self) -> str:
        """Write it like a dictionary."""
        return repr(dict(self))
