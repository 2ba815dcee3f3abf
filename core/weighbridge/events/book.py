"""What the event-driven engine asks of the account behind a run: `Book`, one for each pass of engine/.

`Engine` tells a book the bar and has it settle; `EventBroker`, `EnginePort`, `OpenPosition` and the executor ask it.
None of them knows the arrays of a pass. Assets are columns here, orders are rows: numbers from 0 on in the sequence of
submission, which `Order.host` carries. `book_maker` (books.py) picks the book by the conventions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from weighbridge.data.bars import Bars
from weighbridge.events.tickets import Ticket
from weighbridge.rebalance.orders import OrderStatus, OrderType
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions

__all__ = ["ArrayBook", "Book", "FillsOfAsset", "OpenOrder", "Terms"]


class OpenOrder(NamedTuple):
    """An order that may still fill.

    Attributes:
        row: Its number.
        column: Its asset.
        quantity: Signed units that are left of it.
        protective: It is there in case something happens (a stop), and does not count as pending.
        bar: The bar at which it was submitted.
        limit_price: Of a limit order, else NaN.
    """

    row: int
    column: int
    quantity: float
    protective: bool
    bar: int
    limit_price: float = math.nan


class FillsOfAsset(NamedTuple):
    """The fills of one asset in the sequence in which they were made: the bar, and the position after each."""

    bar: Any
    position: Any


class Book(Protocol):
    """Orders, positions and cash of one run: a pass of engine/, gone on with bar by bar.

    A book settles late: it does nothing at a bar that nobody asks about, and catches up in one call of the compiled
    pass. So every method that answers or acts begins with `settle()`, except `refuse`. Memory grows with orders and
    fills, not with bars x assets. Decisions, orders and their fills follow the pass's own rules, called as plain
    Python or as kernels; none of them is written again in a book.

    Attributes:
        bar: The current bar, set by `Engine`; -1 before the first.
        opening: Whether decisions are made at the bar's open: of the bar nothing else is known then.
        bars: What the run is of.
        rules: Its conventions.
        config: How `rebalance` and `rebalance_one` turn targets into orders.
    """

    bar: int
    opening: bool
    bars: Bars
    rules: Conventions
    config: RebalanceConfig

    def events(self) -> Sequence[int]:
        """Return the bars at which the strategy is asked, ascending: where the framework would call it."""
        ...

    def settle(self, end: int | None = None) -> None:
        """Settle every bar before `end`; None: all that comes before a decision at the current bar.

        That is the current bar with its fills and an unfinished second phase, or, where decisions are made at the open,
        the bars before and the open. Called often: return at once where there is nothing to do.
        """
        ...

    @property
    def cash(self) -> float:
        """Cash now, account currency."""
        ...

    @property
    def value(self) -> float:
        """Portfolio value now, as the framework computes it at a decision."""
        ...

    @property
    def price(self) -> Any:
        """The prices that orders are sized with now, (n_assets,): the last ones known, NaN where there is none."""
        ...

    @property
    def position(self) -> Any:
        """Signed units held now, (n_assets,); not to be written to."""
        ...

    @property
    def average(self) -> Any:
        """Average price of what is held, as the framework's own positions say it, (n_assets,); 0.0 where nothing is."""
        ...

    def multiplier(self, column: int) -> float:
        """Return the portfolio value of one unit at a price of 1.0."""
        ...

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Predict what a trade would be charged (`HostCosts`)."""
        ...

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Predict the price at which a trade fills whose bar price is known (`HostCosts`)."""
        ...

    def rebalance(self, weights: Any) -> int:
        """Start a rebalance by `config` at the current bar, as `simulate` would at a decision there.

        A second phase goes on when later bars are settled; a new rebalance replaces an unfinished one.

        Args:
            weights: (n_assets,); NaN leaves an asset alone.

        Returns:
            How many orders went out now; where orders fill at once, how many were asked for.
        """
        ...

    def rebalance_one(self, column: int, weight: float) -> int | None:
        """Order one asset's target by `config`, in the manner of SNAPSHOT; return the order's row, None where none.

        Nothing is cancelled, and a rebalance under way goes on. The order is the rebalancer's, not the user's.
        """
        ...

    def check_type(self, type: OrderType) -> None:
        """Refuse what `submit` has no rule for.

        Raises:
            UnsupportedError: The conventions have no rule for orders of this type.
            BarsError: The rule needs a field that the bars do not have.
        """
        ...

    def submit(self, column: int, ticket: Ticket) -> int | None:
        """Submit an order of the user's, of a type that `check_type` let through, or a market order of the executor's.

        Where orders fill at once it is filled, or denied, on return. Returns its row; None where it is denied before
        it became an order (`no_price`: nothing to reckon it with), and the denial is written down.
        """
        ...

    def refuse(self, column: int, quantity: float, rule: DenialRule) -> None:
        """Write down the denial of something that never became an order."""
        ...

    def cancel(self, row: int) -> bool:
        """Cancel what is left of an order; return False, and do nothing, where it is done already."""
        ...

    def status(self, row: int) -> OrderStatus:
        """Return where an order stands now."""
        ...

    def ordered(self, row: int) -> float:
        """Return an order's signed units."""
        ...

    def open_quantity(self, row: int) -> float:
        """Return the signed units that may still fill of an order; 0.0 once it is done."""
        ...

    def open_orders(self) -> Sequence[OpenOrder]:
        """Return every open order in the sequence of submission, the user's and the rebalancer's."""
        ...

    @property
    def fill_count(self) -> int:
        """How many fills there were until now."""
        ...

    def fills_of(self, column: int, count: int) -> FillsOfAsset:
        """Return those of the first `count` fills that are of one asset."""
        ...

    def record(self, strategy: str, end: int) -> RunRecord:
        """Settle and return what was done in the bars before `end`: what `simulate` would return.

        `end` may lie before the last bar: then a strategy has raised, and the record holds bars[:end].
        """
        ...


class Terms(NamedTuple):
    """By column, as in `HoldingArrays`."""

    unit_value: Any
    leverage: Any
    margined: Any


class ArrayBook(Protocol):
    """What a book may offer besides, as its attribute `arrays`, so that the executor plans in compiled code."""

    @property
    def parameters(self) -> Any:
        """Costs as the compiled planner takes them."""
        ...

    @property
    def cash(self) -> float:
        """Cash at hand for increases: the book's, and what may be borrowed (semantics 9.6)."""
        ...

    def terms(self, price: Any) -> Terms:
        """Return what units bind at these prices, by column."""
        ...

    def open_quantities(self, rows: Sequence[int]) -> Sequence[float]:
        """Return `Book.open_quantity` of each order."""
        ...

    def submit_market(self, trades: Sequence[tuple[int, float]]) -> int:
        """Submit the executor's market orders, column and units each; return the row of the first.

        Every one has a price, and none is of quantity 0.
        """
        ...
