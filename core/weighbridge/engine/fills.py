"""Open orders meet a bar: what of each fills, at which price, and what is written down (semantics 6.1, 6.4, 8)."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.engine.book import DENIED, FILLED, Book
from weighbridge.engine.market import Market
from weighbridge.engine.orders import close_slot, deny, note_trouble, unlink
from weighbridge.engine.prices import bar_of
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.booking import Booking, average_after, basis_with_commission, booked, position_after
from weighbridge.rules.cash import Cash, allowed, imagined
from weighbridge.rules.charging import Charging
from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import gain, lent_on
from weighbridge.rules.costs import NO_COST, VOLUME_SHARE
from weighbridge.rules.ending import Ending
from weighbridge.rules.fill import Fill
from weighbridge.rules.own import own_slipped
from weighbridge.rules.parts import Parts, part_of
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.seats import OWN
from weighbridge.rules.sizing import EXACT_UNITS, Sizing
from weighbridge.rules.slipping import Slipping, slipped, within_bar
from weighbridge.rules.triggers import (
    LIMIT,
    MARKET,
    STOP_LIMIT,
    Triggers,
    touched,
    trailed,
    triggered,
    worse_than_limit,
)
from weighbridge.rules.valuing import Valuing
from weighbridge.rules.waiting import Waiting, meets
from weighbridge.rules.within_tolerance import PASSED, denied_part, locked_after_buying, locked_after_selling

__all__ = [
    "admit",
    "all_lent",
    "book_fill",
    "charge_fills",
    "deny_rest",
    "fill_orders",
    "goes_through",
    "move_position",
    "part_at",
]


@rule
def move_position(rules: Any, book: Book, asset: int, after: float) -> None:
    """Set a position, and keep the order in which positions were opened: a reopened one goes to the end."""
    row = book.assets[asset]
    if rules.valuing == Valuing.LONG_AND_SHORT or rules.ending == Ending.SOLD:
        run, held = book.run[0], book.held
        if row.position == 0.0 and after != 0.0:
            if run.opened == len(held):
                close_gaps(book)
            held[run.opened].opened = asset
            row.place = run.opened
            run.opened += 1
        elif after == 0.0 and row.place >= 0:
            held[row.place].opened = -1
            row.place = -1
    row.position = after


@rule
def close_gaps(book: Book) -> None:
    """Make room at the end of the order of opening."""
    run, held, assets = book.run[0], book.held, book.assets
    kept = 0
    for place in range(run.opened):
        asset = held[place].opened
        if asset >= 0:
            held[kept].opened = asset
            assets[asset].place = kept
            kept += 1
    run.opened = kept


@rule
def goes_through(rules: Any, status: int, quantity: float) -> bool:
    """Say whether the cash rule left something to fill; VectorBT records fills of 0.0 units too (`min_size` 0.0)."""
    if rules.cash == Cash.CUT_WITHIN_TOLERANCE:
        return status == PASSED
    return quantity != 0.0


@rule
def book_fill(
    rules: Any, terms: Any, book: Book, bar: int, asset: int, quantity: float, price: float, more: Any
) -> tuple[float, float, bool]:
    """Book what the cash rule left of an order, and write the fill down.

    Returns executed quantity, commission, and whether any of it was refused.

    `more` are fees and cost where the cash rule knows them, and what the order filled and paid before.
    """
    run, row = book.run[0], book.assets[asset]
    fees, cost, filled, paid = more
    position = row.position
    loan_before = 0.0
    if rules.contracts:
        loan_before = lent(rules, row)
    money = (run.cash, run.loan, fees, cost)
    refuses = rules.cash == Cash.REFUSED_TWICE
    cash, executed, charged, refused = booked(rules, terms, row, quantity, price, money, (filled, paid), refuses)
    run.cash = cash
    if executed == 0.0 and rules.cash != Cash.CUT_WITHIN_TOLERANCE:
        return 0.0, charged, refused
    after = position_after(rules, position, executed)
    if abs(after) > EXACT_UNITS and rules.sizing != Sizing.QUANTITY_DIFFERENCE:
        note_trouble(book, asset, after)
    if rules.cash == Cash.CUT_WITHIN_TOLERANCE:
        if terms.lock_cash:
            lock(rules, terms, book, asset, executed, after, (price, charged, cost))
    if rules.priced or rules.booking == Booking.AVERAGE_COST or rules.valuing == Valuing.TERM_BY_TERM or rules.actions:
        average, entered = average_after(rules, row, executed, after, price)
        row.average = average
        if rules.booking == Booking.WITHIN_TOLERANCE:
            row.entered = entered
    move_position(rules, book, asset, after)
    if rules.contracts:
        if row.leverage != 1.0:
            run.loan -= loan_before
            run.loan += lent(rules, row)
    fill = book.fills[run.fills]
    fill.bar = bar
    fill.asset = asset
    fill.quantity = executed
    fill.price = price
    fill.commission = max(charged, 0.0)
    fill.position = after
    run.fills += 1
    return executed, charged, refused


@rule
def lent(rules: Any, row: Any) -> float:
    """Return what may be borrowed against a position; Backtrader's cash holds it already (semantics 9.6)."""
    if rules.booking == Booking.AVERAGE_COST or row.margined or row.leverage == 1.0 or not row.position > 0.0:
        return 0.0
    return lent_on(row, row.position, row.settled)


@rule
def lock(rules: Any, terms: Any, book: Book, asset: int, executed: float, after: float, money: Any) -> None:
    """Keep debt and free cash (`Limits.lock_cash`)."""
    run, row = book.run[0], book.assets[asset]
    price, charged, cost = money
    if executed >= 0.0:
        paid = cost if cost == cost else executed * price + charged
        row.debt, run.free_cash = locked_after_buying(row.position, row.debt, run.free_cash, executed, after, paid)
    else:
        received = cost if cost == cost else -executed * price - charged
        row.debt, run.free_cash = locked_after_selling(
            row.position, row.debt, run.free_cash, -executed, after, (price, received)
        )


@rule
def deny_rest(rules: Any, terms: Any, book: Book, bar: int, asset: int, units: Any, came: Any) -> None:
    """Write down what was not executed of an order, if a rule refused or cut it.

    `units` are those that this bar could have filled and all that was left of the order; `came` are the status that
    the cash rule gave the first, and what was executed.
    """
    quantity, left = units
    status, executed = came
    if rules.cash == Cash.CUT_WITHIN_TOLERANCE:
        why, denied = denied_part(status, quantity, executed, terms)
        if why >= 0:
            deny(book, bar, asset, denied if quantity == left else denied + (left - quantity), why)
    elif executed != left:
        refuses = rules.cash == Cash.REFUSED_TWICE
        deny(book, bar, asset, left - executed, DenialRule.MARGIN_AT_FILL if refuses else DenialRule.CUT_TO_CASH)


@rule
def charge_fills(rules: Any, book: Book, first: int) -> None:
    """Take the commissions of the fills from row `first` on. Zipline, `Ledger.process_commission`."""
    run, assets, fills = book.run[0], book.assets, book.fills
    for k in range(first, run.fills):
        charged = fills[k].commission
        if charged > 0.0:
            row = assets[fills[k].asset]
            if rules.booking == Booking.COST_BASIS:
                row.average = basis_with_commission(row.position, row.average, charged)
            run.cash += -charged


@rule
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
    if rules.fill == Fill.NEXT_CLOSE:
        return market.close[bar, asset]
    return row.price


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


@rule
def all_lent(rules: Any, book: Book) -> float:
    """Return what may be borrowed against all that is held, as of the prices settled last."""
    total = 0.0
    for asset in range(len(book.assets)):
        total += lent(rules, book.assets[asset])
    return total


@rule
def settle_gains(rules: Any, book: Book, asset: int, price: float) -> None:
    """Take the gains of a position with a margin into the cash before an order of its asset (semantics 9.4)."""
    row = book.assets[asset]
    if row.margined and rules.booking != Booking.AVERAGE_COST:
        book.run[0].cash += gain(row, row.position, row.settled, price)
        row.settled = price


@rule
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
