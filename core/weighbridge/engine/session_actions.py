"""Splits and dividends of raw prices, booked before the fills of their bar (Zipline, daily).

Zipline, `AlgorithmSimulator.once_a_day`: dividends of the date are earned by what is held, then those to be paid are
paid; then splits change open orders, and after them positions.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.actions import Actions
from weighbridge.engine.compiled import rule
from weighbridge.engine.queues import Queues, split_orders
from weighbridge.engine.rules.actions import split_position
from weighbridge.engine.session_tables import Listing, SessionDesk
from weighbridge.engine.tables import Ledger
from weighbridge.record.tables import AdjustmentTable

__all__ = ["NO_ACTIONS", "ActionBook", "action_book", "adjustments_of", "book_actions"]

# Places in `ActionBook.cursor`: the next split, dividend and payment, and the number of adjustments.
NEXT_SPLIT, NEXT_DIVIDEND, NEXT_PAYMENT, ADJUSTED = range(4)


class ActionBook(NamedTuple):
    """Splits and dividends by bar, then column, and what has become of them.

    `paying` are the dividends in the sequence of payment, `pay_bar` the bars of it by dividend, `owed` what was earned.
    While an asset misses bars its last price follows the actions: since `gap_bar` (-1: none yet), from `gap_close`, by
    the products `gap_split` and `gap_dividend`. `adjusted_...` are positions that a split changed.
    """

    split_bar: Any
    split_asset: Any
    split_ratio: Any
    dividend_bar: Any
    dividend_asset: Any
    dividend_amount: Any
    pay_bar: Any
    paying: Any
    owed: Any
    cursor: Any
    gap_bar: Any
    gap_close: Any
    gap_split: Any
    gap_dividend: Any
    adjusted_bar: Any
    adjusted_asset: Any
    adjusted_position: Any


def action_book(actions: Actions, n_assets: int) -> ActionBook:
    """Allocate for the actions of a run."""
    n_splits, pay_bar = len(actions.splits.bar), actions.pay_rows(actions.dates)
    return ActionBook(
        *actions.splits,
        *actions.dividends[:3],
        pay_bar=pay_bar,
        paying=np.argsort(pay_bar, kind="stable"),
        owed=np.zeros(len(pay_bar)),
        cursor=np.zeros(4, dtype=np.int64),
        gap_bar=np.full(n_assets, -1, dtype=np.int64),
        gap_close=np.empty(n_assets),
        gap_split=np.empty(n_assets),
        gap_dividend=np.empty(n_assets),
        adjusted_bar=np.empty(n_splits, dtype=np.int64),
        adjusted_asset=np.empty(n_splits, dtype=np.int64),
        adjusted_position=np.empty(n_splits),
    )


# What runs without actions are given: with no room for any asset, it is never looked at.
NO_ACTIONS = action_book(Actions.none(), 0)


def adjustments_of(book: ActionBook) -> AdjustmentTable:
    """Cut the adjustments to what was written."""
    count = int(book.cursor[ADJUSTED])
    return AdjustmentTable(
        book.adjusted_bar[:count].copy(), book.adjusted_asset[:count].copy(), book.adjusted_position[:count].copy()
    )


@rule
def adjust_price(
    book: ActionBook, desk: SessionDesk, listing: Listing, bar: int, asset: int, split: float, dividend: float
) -> None:
    """Let the last price follow an action at a bar that the asset misses. Zipline, `DataPortal.get_adjustments`:
    the ratios of the splits are multiplied first, those of dividends after them, and the last close by their product.
    """
    begun = book.gap_bar[asset] >= 0
    for earlier in range(book.gap_bar[asset], bar):
        begun = begun and math.isnan(listing.close[earlier, asset])
    if not begun:
        book.gap_close[asset] = desk.last_close[asset]
        book.gap_split[asset] = 1.0
        book.gap_dividend[asset] = 1.0
    book.gap_bar[asset] = bar
    book.gap_split[asset] *= split
    book.gap_dividend[asset] *= dividend
    desk.last_close[asset] = book.gap_close[asset] * (book.gap_split[asset] * book.gap_dividend[asset])


@rule
def pay_dividends(book: ActionBook, desk: SessionDesk, listing: Listing, bar: int, cash: float) -> float:
    """Note what is owed for the dividends of a bar, then pay what is to be paid at it; return the cash.

    Zipline, `Ledger.process_dividends`. A price follows a dividend by 1 - amount / close of the bar before: one
    that has none, or that the dividend exceeds, does not (`SQLiteAdjustmentWriter.calc_dividend_ratios`).
    """
    row = book.cursor[NEXT_DIVIDEND]
    while row < len(book.dividend_bar) and book.dividend_bar[row] == bar:
        asset, amount = book.dividend_asset[row], book.dividend_amount[row]
        book.owed[row] = desk.position[asset] * amount
        if bar > 0 and math.isnan(listing.close[bar, asset]) and not math.isnan(listing.close[bar - 1, asset]):
            ratio = 1.0 - amount / listing.close[bar - 1, asset]
            if ratio > 0.0:
                adjust_price(book, desk, listing, bar, asset, 1.0, ratio)
        row += 1
    book.cursor[NEXT_DIVIDEND] = row
    paid = 0.0
    turn = book.cursor[NEXT_PAYMENT]
    while turn < len(book.paying) and book.pay_bar[book.paying[turn]] <= bar:
        paid += book.owed[book.paying[turn]]
        turn += 1
    book.cursor[NEXT_PAYMENT] = turn
    return cash + paid


@rule
def split_positions(book: ActionBook, desk: SessionDesk, first: int, end: int, cash: float) -> float:
    """Change the positions by the splits [first, end); return the cash, with what fractions of a unit bring.

    Zipline, `Ledger.process_splits`, `PositionTracker.handle_splits`.
    """
    brought = 0.0
    for row in range(first, end):
        asset = book.split_asset[row]
        held = desk.position[asset]
        if held == 0.0:
            continue
        whole, desk.average[asset], fraction = split_position(held, desk.average[asset], book.split_ratio[row])
        brought += fraction
        if whole == 0.0:
            whole = desk.average[asset] = 0.0
            desk.sequence[desk.place[asset]] = -1
            desk.place[asset] = -1
        desk.position[asset] = whole
        if whole != held:
            count = book.cursor[ADJUSTED]
            book.adjusted_bar[count] = book.split_bar[row]
            book.adjusted_asset[count] = asset
            book.adjusted_position[count] = whole
            book.cursor[ADJUSTED] = count + 1
    return cash + brought if brought != 0.0 else cash


@rule
def book_actions(
    book: ActionBook, desk: SessionDesk, queues: Queues, ledger: Ledger, listing: Listing, bar: int, cash: float
) -> float:
    """Book the dividends and splits of a bar, before its prices and fills; return the cash."""
    cash = pay_dividends(book, desk, listing, bar, cash)
    first = book.cursor[NEXT_SPLIT]
    row = first
    while row < len(book.split_bar) and book.split_bar[row] == bar:
        asset, ratio = book.split_asset[row], book.split_ratio[row]
        split_orders(queues, ledger, asset, ratio)
        if math.isnan(listing.close[bar, asset]):
            adjust_price(book, desk, listing, bar, asset, ratio, 1.0)
        row += 1
    book.cursor[NEXT_SPLIT] = row
    return split_positions(book, desk, first, row, cash)
