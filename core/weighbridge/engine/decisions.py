"""A decision: plan with the account as it is, and submit; or, where orders fill at once, carry it out."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.at_once import rebalance_at_once
from weighbridge.engine.book import Book
from weighbridge.engine.booked import all_lent
from weighbridge.engine.market import Market
from weighbridge.engine.orders import cancel_open, count_pending, submit
from weighbridge.engine.prices import value_now
from weighbridge.rebalance.planner import plan_rebalance, plan_second_phase
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.triggers import REBALANCE
from weighbridge.settings.config import RebalanceMode

__all__ = ["carry_on", "decide", "decision_value"]


@rule
def send(rules: Any, book: Book, bar: int, count: int, first_phase: bool) -> None:
    """Submit the planned trades in their sequence; only reductions of a first phase are waited for."""
    assets, sequence = book.assets, book.room.sequence
    for k in range(count):
        asset = sequence[k]
        row = assets[asset]
        submit(rules, book, bar, asset, row.quantity, first_phase and row.side < 0, REBALANCE)


@rule
def decision_value(rules: Any, book: Book) -> float:
    """Return the value that a decision's targets are a fraction of: where orders fill at once, at order prices."""
    if rules.at_once:
        return value_now(rules, book, True)
    return book.run[0].value


@step
def decide(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int, weights: Any) -> bool:
    """Start a rebalance; say whether a second phase follows. Orders of it that fill at once are done on return."""
    run, assets, room = book.run[0], book.assets, book.room
    value = decision_value(rules, book)
    run.frozen_value = value
    if not rules.at_once:
        if trade.cancel_open and run.open > 0:
            cancel_open(book, bar, -1)
        if rules.contracts:
            run.loan = all_lent(rules, book)
        count_pending(rules, terms, book, bar, trade.count_open)
        cash = run.cash + run.loan if rules.contracts else run.cash
        count, waits = plan_rebalance(rules, trade, terms, assets, room, weights, (cash, value))
        send(rules, book, bar, count, True)
        return waits
    rebalance_at_once(rules, trade, terms, market, book, bar, weights)
    return False


@step
def carry_on(rules: Any, trade: TradeTerms, terms: Any, book: Book, bar: int) -> None:
    """Second phase: cancel what is left of the reductions and send what waited (semantics 3.5)."""
    run, assets, room = book.run[0], book.assets, book.room
    if trade.mode != RebalanceMode.SNAPSHOT:
        cancel_open(book, bar, run.decided)
    if rules.contracts:
        run.loan = all_lent(rules, book)
    count_pending(rules, terms, book, bar, trade.count_open)
    cash = run.cash + run.loan if rules.contracts else run.cash
    value = run.value if trade.mode == RebalanceMode.INCREMENTAL else run.frozen_value
    count = plan_second_phase(rules, trade, terms, assets, room, (cash, value))
    send(rules, book, bar, count, False)
