"""What a fill leaves behind: cash, position, average, the row of the record, and what was refused of it."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.book import Book
from weighbridge.engine.orders import deny, note_trouble
from weighbridge.rules.booking import Booking, average_after, basis_with_commission, booked, position_after
from weighbridge.rules.cash import Cash
from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import gain, lent_on
from weighbridge.rules.ending import Ending
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.sizing import EXACT_UNITS, Sizing
from weighbridge.rules.valuing import Valuing
from weighbridge.rules.within_tolerance import PASSED, denied_part, locked_after_buying, locked_after_selling, nearly

__all__ = ["all_lent", "book_fill", "charge_fills", "deny_rest", "goes_through", "move_position", "settle_gains"]


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
    if abs(after) >= EXACT_UNITS and rules.sizing != Sizing.QUANTITY_DIFFERENCE:
        # 2**53 itself is counted exactly, unless it is what the sum was rounded to.
        if abs(after) > EXACT_UNITS or after - position != executed:
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
def all_lent(rules: Any, book: Book) -> float:
    """Return what may be borrowed against all that is held, as of the prices settled last."""
    total = 0.0
    for asset in range(len(book.assets)):
        total += lent(rules, book.assets[asset])
    return total


@rule
def lock(rules: Any, terms: Any, book: Book, asset: int, executed: float, after: float, money: Any) -> None:
    """Keep debt and free cash (`Limits.lock_cash`), which begin as zero where they are close to it."""
    run, row = book.run[0], book.assets[asset]
    price, charged, cost = money
    debt, free_cash = nearly(row.debt), nearly(run.free_cash)
    if executed >= 0.0:
        paid = cost if cost == cost else executed * price + charged
        row.debt, run.free_cash = locked_after_buying(row.position, debt, free_cash, executed, after, paid)
    else:
        received = cost if cost == cost else -executed * price - charged
        row.debt, run.free_cash = locked_after_selling(
            row.position, debt, free_cash, -executed, after, (price, received)
        )


@rule
def settle_gains(rules: Any, book: Book, asset: int, price: float) -> None:
    """Take the gains of a position with a margin into the cash before an order of its asset (semantics 9.4)."""
    row = book.assets[asset]
    if row.margined and rules.booking != Booking.AVERAGE_COST:
        book.run[0].cash += gain(row, row.position, row.settled, price)
        row.settled = price


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
