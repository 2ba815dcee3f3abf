"""A rebalance whose orders fill at once: trade by trade sized, met, cut and booked (semantics 3.8)."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.engine.book import Book
from weighbridge.engine.booked import all_lent, book_fill, charge_fills, deny_rest, goes_through, settle_gains
from weighbridge.engine.market import Market
from weighbridge.engine.met import part_at
from weighbridge.engine.orders import cancel_open, count_pending, deny, submit
from weighbridge.rebalance.listed import classify, listed
from weighbridge.rebalance.needed import order_need
from weighbridge.rebalance.one_trade import threshold, unsold, wanted_quantity
from weighbridge.rebalance.planner import cash_not_reserved, costs_of_unit
from weighbridge.rebalance.prepared import SHORT_NOT_ALLOWED, prepare_weights
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.affordable import affordable_change
from weighbridge.rules.booking import Booking
from weighbridge.rules.cash import Cash, allowed, imagined
from weighbridge.rules.charging import Charging
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.contracts import unit_value, worth
from weighbridge.rules.fill import Fill
from weighbridge.rules.parts import Parts
from weighbridge.rules.reasons import DenialRule, Reason
from weighbridge.rules.sequence import Sequence, sort_by_key
from weighbridge.rules.slipping import predicted_price
from weighbridge.rules.triggers import REBALANCE
from weighbridge.rules.valuing import Valuing, value_after
from weighbridge.rules.waiting import Waiting, meets
from weighbridge.settings.config import RebalanceMode

__all__ = ["fill_at_once", "kept_back", "met_at_once", "rebalance_at_once", "sized_at_once", "turns"]

CUT_TO_CASH = int(Reason.CUT_TO_CASH)


@rule
def turns(rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int, value: float) -> int:
    """Put the trades of a rebalance that fills at once in sequence; return how many there are (semantics 3.8)."""
    assets, room = book.assets, book.room
    if rules.sequence != Sequence.BY_ORDER_VALUE:
        classify(rules, trade, assets, value)
        _, end = listed(rules, assets, room, value)
        return end
    keys, items, closes = room.keys, room.items, market.close
    count = 0
    total = 0.0
    for asset in range(len(assets)):
        row = assets[asset]
        row.quantity = 0.0
        if trade.min_bars > 0 and row.bars_seen < trade.min_bars:
            continue
        effective = row.position
        if rules.waiting != Waiting.NEVER:
            effective += row.pending
            if trade.skip_without_bar and not row.traded:
                continue
        if row.weight == 0.0 and effective == 0.0:
            continue
        key = row.weight * value - effective * unit_value(rules, row)
        if rules.waiting == Waiting.NEVER and closes[bar, asset] != closes[bar, asset]:
            continue
        if key == key:
            place: Any = np.uintp(count)  # never negative: the compiler need not ask whether it counts from the end
            keys[place] = key
            items[place] = asset
            count += 1
            total += abs(key)
    sort_by_key(room, count, total / count if count > 0 else 0.0, 0)
    return count


@step
def rebalance_at_once(
    rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int, weights: Any
) -> None:
    """Size, cut and book one trade after the other (semantics 3.8)."""
    run, assets, room = book.run[0], book.assets, book.room
    waits = rules.waiting != Waiting.NEVER or rules.parts == Parts.BY_VOLUME
    if waits:
        if trade.cancel_open and run.open > 0:
            cancel_open(book, bar, -1)
        count_pending(rules, terms, book, bar, trade.count_open)
    if rules.contracts:
        run.loan = all_lent(rules, book)
    value = run.frozen_value
    first = run.fills
    prepare_weights(trade, assets, weights)
    count = turns(rules, trade, terms, market, book, bar, value)
    sequence = room.sequence
    run.reserved = 0.0
    if waits and trade.cuts:
        run.reserved = run.cash - cash_not_reserved(assets, run.cash)
    for k in range(count):
        asset: Any = np.uintp(sequence[k])
        value = trade_at_once(rules, trade, terms, market, book, bar, asset, value)
    if rules.charging == Charging.AFTER_ALL_FILLS:
        charge_fills(rules, book, first)


@rule
def sized_at_once(rules: Any, trade: TradeTerms, row: Any, value: float) -> tuple[float, int]:
    """Size a trade at its turn, and sell nothing short that may not be: signed units and a reason."""
    wanted, why = wanted_quantity(rules, trade, row, value)
    if wanted < 0.0 and not trade.allow_short:
        most = min(max(row.position + row.pending, 0.0), unsold(trade, row))
        if -wanted > most:
            return -most, SHORT_NOT_ALLOWED
    return wanted, why


@rule
def kept_back(rules: Any, trade: TradeTerms, terms: Any, row: Any, wanted: float, came: Any, value: float) -> int:
    """Return why the filters keep a sized trade back, or 0.

    `came` are the status and the units that the cash rule gave it. The filters look at what cash and limits leave of
    a trade; in SNAPSHOT at what was planned, since there the host's own cash rule decides afterwards (semantics 4.2,
    4.4).
    """
    status, planned = came
    if trade.mode == RebalanceMode.SNAPSHOT:
        planned = wanted
        if rules.cash == Cash.CUT_WITHIN_TOLERANCE and terms.granularity == terms.granularity:
            planned = abs(wanted) // terms.granularity * terms.granularity
    elif status >= 0:
        return 0
    return threshold(rules, trade, row, planned, value)


@rule
def trade_at_once(
    rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int, asset: int, value: float
) -> float:
    """Carry out one trade at its turn; return the portfolio value that the next one is sized with."""
    run, row = book.run[0], book.assets[asset]
    wanted, why = sized_at_once(rules, trade, row, value)
    if trade.cuts:
        if trade.mode != RebalanceMode.SNAPSHOT and wanted > 0.0:
            cash = run.cash - run.reserved
            funds = (cash + run.loan if rules.contracts else cash, trade.step)
            price = predicted_price(rules, terms, asset, wanted, row.price)
            paid = (costs_of_unit(rules, row, price), price)
            position = row.position + row.pending
            afforded = affordable_change(rules, terms, row, asset, position, wanted, paid, funds)
            if afforded < wanted:
                why = CUT_TO_CASH
            wanted = afforded
    row.reason |= why
    if wanted == 0.0:
        return value
    price, part = met_at_once(rules, terms, market, book, bar, asset, wanted)
    if part != 0.0:
        return fill_at_once(rules, trade, terms, market, book, bar, asset, (wanted, part, price, value))
    why = threshold(rules, trade, row, wanted, value)
    if why != 0:
        row.reason |= why
    else:
        leave_open(rules, terms, book, bar, asset, wanted, (0.0, 0.0))
    return value


@rule
def met_at_once(
    rules: Any, terms: Any, market: Market, book: Book, bar: int, asset: int, wanted: float
) -> tuple[float, float]:
    """Return price and units of what this bar has for an order of its decision.

    Not the price that it was sized with: that may be an earlier fill's (semantics 3.8), or the strategy's own.
    """
    if rules.waiting != Waiting.NEVER:
        if not meets(rules.waiting, market.close[bar, asset], market.volume[bar, asset]):
            return book.assets[asset].price, 0.0
    if rules.fill == Fill.AT_OPEN or rules.fill == Fill.AT_NEXT_OPEN:
        price = market.open[bar, asset]
    else:
        price = market.close[bar, asset]
    price, part, _ = part_at(rules, terms, market, book, bar, asset, wanted, (price, float("nan")))
    return price, part


@rule
def fill_at_once(
    rules: Any, trade: TradeTerms, terms: Any, market: Market, book: Book, bar: int, asset: int, turn: Any
) -> float:
    """Execute what was sized, and leave open what the bar has no volume for; return the value for the next trade.

    `turn` are the units that were wanted, those that the bar can fill, their price and the value.
    """
    run, row = book.run[0], book.assets[asset]
    wanted, part, price, value = turn
    if rules.contracts:
        settle_gains(rules, book, asset, price)
    cash, position, known = run.cash, row.position, row.price
    money = (cash, run.loan, run.free_cash, value)
    status, most, fees, cost = allowed(rules, terms, row, asset, part, price, money, trade.step)
    if trade.filtered:
        left = wanted if most == part else most
        why = kept_back(rules, trade, terms, row, wanted, (status, left), value)
        if why != 0:
            row.reason |= why
            return value
    if rules.cash == Cash.REFUSED_TWICE:
        if imagined(rules, terms, row, position, wanted, known, cash + run.loan if rules.contracts else cash) < 0.0:
            deny(book, bar, asset, wanted, DenialRule.MARGIN_AT_SUBMISSION)
            return value
    executed = 0.0
    charged = 0.0
    whole = False
    if goes_through(rules, status, most):
        executed, charged, refused = book_fill(rules, terms, book, bar, asset, most, price, (fees, cost, 0.0, 0.0))
        row.quantity = executed
        # Whole, but for what the rounding of a reversal's parts leaves of it: at once there is no later bar for that.
        whole = executed == part or (rules.booking == Booking.AVERAGE_COST and most == part and not refused)
    if rules.parts == Parts.BY_VOLUME:
        row.taken += abs(executed)
        if part != wanted and whole:
            leave_open(rules, terms, book, bar, asset, wanted, (executed, charged))
            whole = True
    if not whole:
        deny_rest(rules, terms, book, bar, asset, (part, wanted), (status, executed))
    if trade.mode != RebalanceMode.INCREMENTAL or not goes_through(rules, status, executed):
        return value
    if rules.valuing == Valuing.FROM_CASH:
        row.price = price
        if rules.contracts:
            return value + (run.cash - cash) + (worth(row, row.position, price) - worth(row, position, known))
        return value_after(value, (cash, run.cash), (position, row.position), (known, price))
    spent = cash - run.cash
    if rules.charging == Charging.AFTER_ALL_FILLS:
        spent += charged
    unit = unit_value(rules, row)
    return value - spent + (row.position * unit - position * unit)


@rule
def leave_open(rules: Any, terms: Any, book: Book, bar: int, asset: int, wanted: float, came: Any) -> None:
    """Put an order into the queue of which the bar has filled a part, or nothing; keep the cash that it will need."""
    executed, charged = came
    place = submit(rules, book, bar, asset, wanted, False, REBALANCE)
    slot = book.slots[place]
    slot.admitted = executed != 0.0
    slot.filled = executed
    slot.paid = charged
    if wanted > 0.0:
        book.run[0].reserved += order_need(rules, terms, book.assets[asset], asset, wanted - executed, float("nan"))
