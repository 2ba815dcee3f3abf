"""The price at which an order meets a bar, and how much of it the bar fills (semantics 6.4, 8)."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.engine.book import Book
from weighbridge.engine.market import Market
from weighbridge.engine.prices import bar_of
from weighbridge.rules.compiled import rule
from weighbridge.rules.costs import NO_COST
from weighbridge.rules.fill import Fill
from weighbridge.rules.own import own_slipped
from weighbridge.rules.parts import Parts, part_of
from weighbridge.rules.seats import OWN
from weighbridge.rules.slipping import Slipping, slipped, within_bar
from weighbridge.rules.triggers import LIMIT, STOP_LIMIT, Triggers, touched, trailed, triggered
from weighbridge.rules.waiting import Waiting, meets

__all__ = ["market_price", "own_price", "part_at", "rest_price"]


@rule
def part_at(
    rules: Any, terms: Any, market: Market, book: Book, bar: int, asset: int, left: float, price: Any
) -> tuple[float, float, bool]:
    """Return price and quantity of what a bar gives an order, and whether the asset's volume of the bar is used up.

    `price` is the price without slippage, and the bound of the slippage (NaN: the bar's, where the rule says so).
    """
    row = book.assets[asset]
    paid, bound = price
    if rules.parts == Parts.BY_VOLUME:
        if row.taken_at != bar:
            row.taken_at = bar
            row.taken = 0.0
        if row.taken == np.inf:
            return paid, 0.0, True
        volume = market.volume[bar, asset]
        paid, quantity, used_up = part_of(rules, terms, left, paid, volume if volume == volume else 0.0, row.taken)
        if used_up:
            row.taken = np.inf
            return paid, 0.0, True
    else:
        paid, quantity, used_up = part_of(rules, terms, left, paid, 0.0, 0.0)
    if rules.priced and bound == bound:
        if terms.slippage != NO_COST:
            paid = within_bar(paid, left, bound, bound)
    elif rules.slipping == Slipping.WITHIN_BAR:
        if terms.slippage != NO_COST:
            at = bar_of(market, book, asset)
            paid = within_bar(paid, left, market.high[at, asset], market.low[at, asset])
    elif rules.slipping == OWN:
        at = bar_of(market, book, asset)
        paid = own_slipped(rules, left, paid, market.high[at, asset], market.low[at, asset])
    return paid, quantity, False


@rule
def market_price(rules: Any, market: Market, book: Book, place: int, bar: int) -> float:
    """Return the price at which a market order meets this bar; NaN where it waits."""
    slot = book.slots[place]
    asset = slot.asset
    row = book.assets[asset]
    if rules.fill == Fill.DECISION_CLOSE or rules.fill == Fill.SAME_OPEN:
        if rules.waiting == Waiting.FOR_VOLUME:
            if not meets(rules.waiting, market.close[bar, asset], market.volume[bar, asset]):
                return float("nan")
        return slot.price if rules.fill == Fill.DECISION_CLOSE else row.price
    if not meets(rules.waiting, market.close[bar, asset], market.volume[bar, asset]):
        return float("nan")
    if rules.fill == Fill.NEXT_OPEN:
        return market.open[bar, asset]
    if rules.fill == Fill.AT_OPEN or rules.fill == Fill.AT_NEXT_OPEN:
        return market.open[bar, asset]
    return market.close[bar, asset]


@rule
def own_price(rules: Any, market: Market, book: Book, place: int, bar: int) -> tuple[float, float]:
    """Return the price at which an order at a price of its own fills (NaN: it waits), and the bound of its slippage."""
    slot = book.slots[place]
    asset = slot.asset
    close = market.close[bar, asset]
    left = slot.amount - slot.filled
    nothing = float("nan")
    if rules.triggers == Triggers.CLOSES:
        if not meets(Waiting.FOR_VOLUME, close, market.volume[bar, asset]):
            return nothing, nothing
        if slot.waiting:
            fills, unstopped = triggered(left > 0.0, slot.limit, slot.stop, close)
            if unstopped:
                slot.kind = LIMIT
                slot.stop = nothing
            if not fills:
                return nothing, nothing
            slot.waiting = False
        return close, nothing
    if close != close:
        return nothing, nothing
    within = rules.slipping == Slipping.WITHIN_BAR
    opened, high, low = market.open[bar, asset], market.high[bar, asset], market.low[bar, asset]
    price, worst, kind = touched(slot, left, opened, high, low, close, within)
    if price != price:
        slot.kind = kind
        if kind > STOP_LIMIT:
            slot.stop = trailed(kind, left, slot.stop, slot.trail, close)
    return price, worst


@rule
def rest_price(rules: Any, terms: Any, market: Market, book: Book, place: int) -> float:
    """Return the price of a rest: slippage goes by the side of the order that left it."""
    slot = book.slots[place]
    asset = slot.asset
    at = bar_of(market, book, asset)
    price = slot.price
    if rules.fill == Fill.NEXT_OPEN:
        price = market.open[at, asset]
    elif rules.fill == Fill.NEXT_CLOSE:
        price = market.close[at, asset]
    elif rules.fill != Fill.DECISION_CLOSE:
        price = book.assets[asset].price
    side = 1.0 if slot.buys else -1.0
    price = slipped(rules, terms, side, price)
    if rules.slipping == Slipping.WITHIN_BAR:
        if terms.slippage != NO_COST:
            price = within_bar(price, side, market.high[at, asset], market.low[at, asset])
    return price
