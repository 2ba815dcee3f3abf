"""Open orders meet a bar: they are admitted, filled, and kept or closed (semantics 6.1, 6.4, 8)."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.engine.book import DENIED, FILLED, Book
from weighbridge.engine.booked import book_fill, charge_fills, deny_rest, goes_through, settle_gains
from weighbridge.engine.market import Market
from weighbridge.engine.met import market_price, own_price, part_at, rest_price
from weighbridge.engine.orders import close_slot, deny, unlink
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.booking import Booking
from weighbridge.rules.cash import allowed, imagined
from weighbridge.rules.charging import Charging
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.costs import VOLUME_SHARE
from weighbridge.rules.parts import Parts
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.triggers import MARKET, Triggers, worse_than_limit
from weighbridge.rules.waiting import Waiting

__all__ = ["admit", "fill_orders"]


@step
def admit(rules: Any, terms: Any, book: Book, bar: int) -> None:
    """Accept or refuse what was submitted since the last bar. Backtrader, `BackBroker.check_submitted`.

    Each order is executed in the imagination, at the price it was created with, on copies of the positions and
    with running cash; where that ends below zero the order is refused, and the running cash stays reduced.
    """
    run, assets, slots = book.run[0], book.assets, book.slots
    cash = run.cash + run.loan if rules.contracts else run.cash
    place = run.first
    while place >= 0:
        slot = slots[place]
        if not slot.admitted and not slot.gone:
            slot.admitted = True
            row = assets[slot.asset]
            if row.imagined_at != bar:
                row.imagined_at = bar
                row.imagined = row.position
            cash = imagined(rules, terms, row, row.imagined, slot.amount, slot.price, cash)
            row.imagined += slot.amount
            if cash < 0.0:
                deny(book, bar, slot.asset, slot.amount, DenialRule.MARGIN_AT_SUBMISSION)
                close_slot(book, place, DENIED)
        place = slot.later
    run.fresh = 0


@rule
def fill_order(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, place: int, bar: int) -> bool:
    """Fill what this bar has for an order, and write it down; say whether the order stays open."""
    run, slot = book.run[0], book.slots[place]
    asset = slot.asset
    row = book.assets[asset]
    left = slot.amount - slot.filled
    bound = float("nan")
    if rules.parts == Parts.BY_VOLUME:
        if row.taken_at == bar and row.taken == np.inf:
            return True
    if rules.priced and slot.kind > MARKET:
        price, bound = own_price(rules, market, book, place, bar)
    else:
        price = market_price(rules, market, book, place, bar)
        if rules.waiting == Waiting.NEVER and price != price and not slot.rest:
            deny(book, bar, asset, left, DenialRule.NO_PRICE)
            close_slot(book, place, DENIED)
            return False
    if slot.rest and rules.booking == Booking.AVERAGE_COST and slot.kind <= MARKET:
        price, quantity, used_up = rest_price(rules, terms, market, book, place), left, False
    elif price != price:
        return True
    else:
        price, quantity, used_up = part_at(rules, terms, market, book, bar, asset, left, (price, bound))
    if rules.priced and rules.triggers == Triggers.CLOSES:
        if slot.kind > MARKET and terms.slippage == VOLUME_SHARE and worse_than_limit(left > 0.0, slot.limit, price):
            quantity = 0.0
    if used_up or quantity == 0.0:
        return True
    if rules.contracts:
        settle_gains(rules, book, asset, price)
    money = (run.cash, run.loan, run.free_cash, np.inf)
    status, most, fees, cost = allowed(rules, terms, row, asset, quantity, price, money, trade.step)
    executed = 0.0
    refused = False
    if goes_through(rules, status, most):
        more = (fees, cost, slot.filled, slot.paid)
        executed, charged, refused = book_fill(rules, terms, book, bar, asset, most, price, more)
        if executed != 0.0:
            slot.filled += executed
            slot.paid += charged
            if rules.parts == Parts.BY_VOLUME:
                row.taken += abs(executed)
    if rules.booking == Booking.AVERAGE_COST:
        if not refused and most == quantity and executed != quantity:
            keep_rest(slot, left - executed)
            return True
    if rules.parts == Parts.BY_VOLUME:
        if executed == quantity and slot.filled != slot.amount:
            return True
    deny_rest(rules, terms, book, bar, asset, (quantity, left), (status, executed))
    close_slot(book, place, FILLED if slot.filled != 0.0 or slot.rest else DENIED)
    return False


@rule
def keep_rest(slot: Any, rest: float) -> None:
    """Leave open what the rounding of a reversal's parts leaves of it, on either side (rules/booking.py, `parts_of`).

    Backtrader, `Order.execute`: an order with a rest is partial, and met again at the next bar, without admission, in
    place, at the last bar that its asset has had.
    """
    slot.amount = rest
    slot.filled = 0.0
    slot.paid = 0.0
    slot.rest = True


@step
def fill_orders(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int) -> None:
    """Let the queue meet a bar: fills, then the commissions that are taken after all of them."""
    run, slots = book.run[0], book.slots
    first = run.fills
    before = -1
    place = run.first
    while place >= 0:
        after = slots[place].later
        stays = False
        if not slots[place].gone:
            stays = fill_order(rules, trade, terms, market, book, place, bar)
        if stays:
            before = place
        else:
            unlink(rules, book, place, before)
        place = after
    if rules.charging == Charging.AFTER_ALL_FILLS:
        charge_fills(rules, book, first)
