"""The one compiled pass over the bars.

A bar has two halves, between which a strategy is asked. The first: splits and dividends, prices; then, unless the
decision knows the open alone, what was submitted is admitted and filled, commissions are taken, the portfolio is
valued and an unfinished rebalance goes on. The second: what was left of the first, the end of assets, the equity.
"""

from __future__ import annotations

from typing import Any

from weighbridge.engine.actions import book_actions
from weighbridge.engine.book import Book
from weighbridge.engine.booked import all_lent
from weighbridge.engine.decisions import carry_on, decide
from weighbridge.engine.ended import close_ended
from weighbridge.engine.fills import admit, fill_orders
from weighbridge.engine.market import ACTS, ENDS, EVENT, Market
from weighbridge.engine.orders import reductions_open
from weighbridge.engine.prices import quiet_until, settle_closes, take_prices, value_now, write_quiet_bars
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.cash import Cash
from weighbridge.rules.compiled import kernel, rule, step
from weighbridge.rules.ending import Ending
from weighbridge.rules.fill import Fill

__all__ = ["DECIDED", "HALF", "WHOLE", "run_bars"]

# How much of its last bar a run goes through, beside nothing.
HALF, DECIDED, WHOLE = 1, 2, 3


@rule
def first_half(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int) -> None:
    """Do what comes before a decision at this bar."""
    run = book.run[0]
    if rules.actions and market.happens[bar] & ACTS:
        if run.seen < bar - 1:
            take_prices(rules, market, book, bar - 1)
        book_actions(rules, book, market, bar)
    take_prices(rules, market, book, bar)
    if rules.fill != Fill.SAME_OPEN and rules.fill != Fill.AT_OPEN and rules.fill != Fill.AT_NEXT_OPEN:
        settle(rules, trade, terms, market, book, bar)
    run.half = bar


@step
def settle(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int) -> None:
    """Admit and fill what is open, value the portfolio, go on with an unfinished rebalance."""
    run = book.run[0]
    if not market.happens[bar] & EVENT:
        if market.happens[bar] & ACTS:
            run.value = value_now(rules, book, False)
        return
    if run.first >= 0:
        if rules.contracts:
            run.loan = all_lent(rules, book)
        if rules.cash == Cash.REFUSED_TWICE:
            if run.fresh > 0:
                admit(rules, terms, book, bar)
        fill_orders(rules, trade, terms, market, book, bar)
    if rules.contracts:
        settle_closes(rules, book)
    if not rules.at_once:
        run.value = value_now(rules, book, False)
        if run.waits:
            run.waited += 1
            if run.waited >= trade.phase_timeout or not reductions_open(book, run.decided):
                carry_on(rules, trade, terms, book, bar)
                run.waits = False


@rule
def second_half(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int) -> None:
    """Do what comes after a decision at this bar."""
    run = book.run[0]
    if rules.fill == Fill.SAME_OPEN or rules.fill == Fill.AT_OPEN or rules.fill == Fill.AT_NEXT_OPEN:
        settle(rules, trade, terms, market, book, bar)
    if rules.ending == Ending.SOLD:
        if market.happens[bar] & ENDS:
            close_ended(rules, book, bar)
            run.value = value_now(rules, book, False)
    if rules.at_once:
        run.value = value_now(rules, book, False)


@kernel
def run_bars(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, equity: Any, span: Any) -> int:
    """Run the bars [first, end) of `span`; write orders, fills, denials, cash and value (`equity`) down.

    The third of `span` says how much of bar `end` is run too: nothing, `HALF` (up to its decision; where orders fill at
    once, with the value that a decision would be a fraction of), `DECIDED` (with its decision) or `WHOLE`. Return the
    bar that comes next, or that at which the run has to stop (engine/stops.py); or, where the tables need room for more
    rows, -1 less the bar before which they do.
    """
    first, end, part = span
    cash_of_bar, value_of_bar = equity
    run, assets = book.run[0], book.assets
    row_of_bar, weights = market.row_of_bar, market.weights
    bar = first
    while bar < end or (bar == end and part != 0):
        if bar < end:
            quiet = quiet_until(rules, market, book, bar, end)
            if quiet > bar:
                write_quiet_bars(rules, market, book, bar, quiet, cash_of_bar, value_of_bar)
                bar = quiet
                continue
        if no_room(book, len(assets)):
            return -1 - bar
        if run.half != bar:
            first_half(rules, trade, terms, market, book, bar)
        if bar == end and part == HALF:
            if rules.at_once:
                run.value = value_now(rules, book, True)
            return bar
        row = row_of_bar[bar]
        if row >= 0:
            run.waits = decide(rules, trade, terms, market, book, bar, weights[row])
            run.decided = bar
            run.waited = 0
        if bar == end and part == DECIDED:
            return bar
        second_half(rules, trade, terms, market, book, bar)
        if run.trouble != 0:
            run.decided = bar
            return bar
        cash_of_bar[bar] = run.cash
        value_of_bar[bar] = run.value
        bar += 1
    return bar


@rule
def no_room(book: Book, n_assets: int) -> bool:
    """Say whether a bar could write more rows than there is room for: each open order and asset at most two."""
    run = book.run[0]
    rows = 2 * (run.open + n_assets)
    return (
        run.fills + rows > len(book.fills)
        or run.denials + rows > len(book.denials)
        or run.orders + rows > len(book.orders)
        or run.linked + rows > len(book.slots)
    )
