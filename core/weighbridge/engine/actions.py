"""Splits and dividends of raw prices, booked before the prices and fills of their bar (semantics 6.5).

Zipline, `AlgorithmSimulator.once_a_day`: dividends of the date are earned by what is held, then those to be paid are
paid; then splits change open orders, and after them positions.
"""

from __future__ import annotations

import math
from typing import Any

from weighbridge.engine.book import CANCELLED, Book
from weighbridge.engine.booked import move_position
from weighbridge.engine.market import Market
from weighbridge.engine.orders import close_slot
from weighbridge.rules.actions import round_cents, split_position, split_units
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.triggers import MARKET

__all__ = ["book_actions"]


@rule
def adjust_price(book: Book, market: Market, bar: int, asset: int, split: float, dividend: float) -> None:
    """Let the last price follow an action at a bar that the asset misses. Zipline, `DataPortal.get_adjustments`:
    the ratios of the splits are multiplied first, those of dividends after them, and the last close by their product.
    """
    row = book.assets[asset]
    begun = row.gap_bar >= 0
    for earlier in range(row.gap_bar, bar):
        begun = begun and math.isnan(market.close[earlier, asset])
    if not begun:
        row.gap_close = row.close
        row.gap_split = 1.0
        row.gap_dividend = 1.0
    row.gap_bar = bar
    row.gap_split *= split
    row.gap_dividend *= dividend
    row.close = row.gap_close * (row.gap_split * row.gap_dividend)
    row.price = row.close


@rule
def pay_dividends(rules: Any, book: Book, market: Market, bar: int) -> None:
    """Note what is owed for the dividends of a bar, then pay what is to be paid at it.

    Zipline, `Ledger.process_dividends`. A price follows a dividend by 1 - amount / close of the bar before: one
    that has none, or that the dividend exceeds, does not (`SQLiteAdjustmentWriter.calc_dividend_ratios`).
    """
    run, dividends, assets, closes = book.run[0], book.dividends, book.assets, market.close
    while run.next_dividend < len(dividends) and dividends[run.next_dividend].bar == bar:
        event = dividends[run.next_dividend]
        asset = event.asset
        row = assets[asset]
        event.owed = row.position * event.amount
        if rules.contracts:
            event.owed *= row.multiplier
        if bar > 0 and math.isnan(closes[bar, asset]) and not math.isnan(closes[bar - 1, asset]):
            ratio = 1.0 - event.amount / closes[bar - 1, asset]
            if ratio > 0.0:
                adjust_price(book, market, bar, asset, 1.0, ratio)
        run.next_dividend += 1
    paid = 0.0
    while run.next_payment < len(dividends):
        event = dividends[dividends[run.next_payment].paying]
        if event.pay_bar > bar:
            break
        paid += event.owed
        run.next_payment += 1
    run.cash = run.cash + paid


@rule
def split_orders(rules: Any, book: Book, asset: int, ratio: float) -> None:
    """Change an asset's open orders by a split; one of which no unit is left is gone.

    Zipline, `SimulationBlotter.process_splits`: an asset without orders left loses its place in the queue.
    """
    slots = book.slots
    place = book.run[0].first
    left_open = False
    while place >= 0:
        slot = slots[place]
        if slot.asset == asset and not slot.gone:
            left = split_units(slot.amount - slot.filled, ratio)
            slot.filled = split_units(slot.filled, ratio)
            slot.amount = slot.filled + left
            slot.price = slot.price * ratio
            if rules.priced and slot.kind > MARKET:
                slot.limit = round_cents(slot.limit * ratio)
                slot.stop = round_cents(slot.stop * ratio)
            if left == 0.0:
                close_slot(book, place, CANCELLED)
            else:
                left_open = True
        place = slot.later
    if not left_open:
        book.assets[asset].tail = -1


@rule
def split_holding(rules: Any, book: Book, bar: int, asset: int, ratio: float) -> float:
    """Change a position by a split; return what its fraction of a unit brings.

    Zipline, `PositionTracker.handle_splits`.
    """
    run, row = book.run[0], book.assets[asset]
    held = row.position
    if held == 0.0:
        return 0.0
    whole, basis, fraction = split_position(held, row.average, ratio)
    if whole == 0.0:
        whole = basis = 0.0
    row.average = basis
    row.settled = row.settled * ratio
    move_position(rules, book, asset, whole)
    if whole != held:
        adjustment = book.adjustments[run.adjusted]
        adjustment.bar = bar
        adjustment.asset = asset
        adjustment.position = whole
        run.adjusted += 1
    return fraction


@step
def book_actions(rules: Any, book: Book, market: Market, bar: int) -> None:
    """Book the dividends and splits of a bar, before its prices and fills."""
    run, splits = book.run[0], book.splits
    pay_dividends(rules, book, market, bar)
    first = run.next_split
    while run.next_split < len(splits) and splits[run.next_split].bar == bar:
        event = splits[run.next_split]
        split_orders(rules, book, event.asset, event.ratio)
        if math.isnan(market.close[bar, event.asset]):
            adjust_price(book, market, bar, event.asset, event.ratio, 1.0)
        run.next_split += 1
    brought = 0.0
    for k in range(first, run.next_split):
        brought += split_holding(rules, book, bar, splits[k].asset, splits[k].ratio)
    if brought != 0.0:
        run.cash = run.cash + brought
