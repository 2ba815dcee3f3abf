"""What is asked for between the two halves of a bar, beside decisions: orders of users."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from weighbridge.engine.at_once import fill_at_once, met_at_once
from weighbridge.engine.book import Book
from weighbridge.engine.booked import all_lent, charge_fills
from weighbridge.engine.market import Market
from weighbridge.engine.orders import submit
from weighbridge.rules.charging import Charging
from weighbridge.rules.compiled import kernel, rule
from weighbridge.rules.triggers import MARKET

__all__ = ["cash_at_hand", "order_at_once", "submit_many"]


@kernel
def submit_many(rules: Any, book: Book, bar: int, columns: Any, quantities: Any) -> None:
    """Submit market orders that are not the rebalancer's."""
    for k in range(len(columns)):
        submit(rules, book, bar, columns[k], quantities[k], False, MARKET)


@rule
def cash_at_hand(rules: Any, book: Book) -> float:
    """Return the cash, and what may be borrowed against what is held (semantics 9.6)."""
    cash = book.run[0].cash
    return cash + all_lent(rules, book) if rules.contracts else cash


def order_at_once(setup: Any, market: Market, book: Book, bar: int, asset: int, wanted: float) -> None:
    """Execute an order for signed units where orders fill at once; what the bar has no bar or volume for stays open.

    `setup` are rules, trade terms and terms. It runs as plain Python, since such orders are few. No filter looks at it,
    and a fraction of a value of nothing is refused, but units are not a fraction of any.
    """
    rules, trade, terms = setup
    run = book.run[0]
    first, orders = run.fills, run.orders
    with np.errstate(all="ignore"):
        if rules.contracts:
            run.loan = all_lent(rules, book)
        price, part = met_at_once(rules, terms, market, book, bar, asset, wanted)
        if part == 0.0:
            submit(rules, book, bar, asset, wanted, False, MARKET)
            return
        turn = (np.float64(wanted), part, price, math.inf)
        fill_at_once(rules, trade._replace(filtered=False), terms, market, book, bar, asset, turn)
        if run.orders > orders:
            book.slots[book.orders[orders].slot].kind = MARKET
        if rules.charging == Charging.AFTER_ALL_FILLS:
            charge_fills(rules, book, first)
