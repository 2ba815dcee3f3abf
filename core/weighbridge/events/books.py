"""Which book stands behind an event-driven run: one for each pass of engine/, picked by the conventions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from weighbridge.data.bars import Bars
from weighbridge.engine.inputs import check_session_rules
from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts
from weighbridge.settings.conventions import Accounting, CashRule, Conventions, FillTiming, Sizing
from weighbridge.settings.costs import Costs

if TYPE_CHECKING:
    from weighbridge.events.book import Book

__all__ = ["book_maker"]

BookMaker: TypeAlias = "Callable[[Bars, Conventions, RebalanceConfig, Costs, float], Book]"

# The rules of the pass over queued orders (engine/kernel.py). With their types, since members of two enums may be
# equal as numbers.
_QUEUED = frozenset(
    (type(member), member)
    for member in (
        *(FillTiming.NEXT_OPEN, FillTiming.DECISION_CLOSE, FillTiming.SAME_OPEN),
        *(Sizing.VALUE_DIFFERENCE_FLOORED, Sizing.QUANTITY_DIFFERENCE_TRUNCATED),
        *(CashRule.REFUSED_TWICE, CashRule.CUT),
        *(Accounting.AVERAGE_COST, Accounting.PLAIN),
    )
)


def book_maker(rules: Conventions, contracts: Contracts | None = None) -> BookMaker:
    """Return what makes the book of a run by these conventions; books load with the first run that needs them.

    `contracts` are checked: where there are any, the conventions are of queued orders.

    Raises:
        UnsupportedError: No book has one of the rules.
    """
    if rules.fill is FillTiming.NEXT_CLOSE:
        check_session_rules(rules)
        return _session_book
    if rules.fill.immediate:
        from weighbridge.engine.immediate_checks import check_rules

        check_rules(rules)
        return _immediate_book
    for rule in (rules.fill, rules.sizing, rules.cash_rule, rules.accounting):
        if (type(rule), rule) not in _QUEUED:
            raise UnsupportedError(
                f"the event-driven engine has no step for {rule!r} of the conventions {rules.name!r}",
                hint="run the weights through simulate, or choose 'reference', 'backtrader' or 'zipline'",
            )
    return partial(_queue_book, contracts or {})


def _queue_book(
    contracts: Contracts, bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float
) -> Book:
    from weighbridge.events.queue_book import QueueBook

    return QueueBook(bars, rules, config, costs, cash, contracts)


def _session_book(bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float) -> Book:
    from weighbridge.events.session_book import SessionBook

    return SessionBook(bars, rules, config, costs, cash)


def _immediate_book(bars: Bars, rules: Conventions, config: RebalanceConfig, costs: Costs, cash: float) -> Book:
    from weighbridge.events.immediate_book import ImmediateBook

    return ImmediateBook(bars, rules, config, costs, cash)
