"""The one order store: a queue of slots, linked in the sequence in which they meet a bar (semantics 5).

Where assets go one by one an order is put in behind the last one of its asset. A cancelled order keeps its place
until the queue is walked next, and so does its asset (Zipline prunes after the fills of a bar).
"""

from __future__ import annotations

from typing import Any

from weighbridge.engine.book import CANCELLED, DENIED, OPEN, Book
from weighbridge.rebalance.needed import count_order
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.queue import Queue
from weighbridge.rules.sizing import EXACT_UNITS, Sizing
from weighbridge.rules.triggers import LIMIT, REBALANCE, STOP

__all__ = [
    "cancel_open",
    "close_slot",
    "count_pending",
    "deny",
    "deny_ended",
    "note_trouble",
    "reductions_open",
    "submit",
    "unlink",
]


@rule
def deny(book: Book, bar: int, asset: int, quantity: float, why: int) -> None:
    """Write a denial down."""
    run = book.run[0]
    denial = book.denials[run.denials]
    denial.bar = bar
    denial.asset = asset
    denial.quantity = quantity
    denial.rule = why
    run.denials += 1


@rule
def note_trouble(book: Book, asset: int, units: float) -> None:
    """Note units that a floating-point number does not count exactly: the run stops after this bar (stops.py)."""
    run = book.run[0]
    if run.trouble == 0:
        run.trouble = 1
        run.trouble_asset = asset
        run.trouble_units = units


@rule
def submit(rules: Any, book: Book, bar: int, asset: int, quantity: float, reduction: bool, kind: int) -> int:
    """Write an order down and put it into the queue, sized with the asset's price; return its slot."""
    run, orders, slots, assets = book.run[0], book.orders, book.slots, book.assets
    place = run.free
    slot = slots[place]
    run.free = slot.later
    row = run.orders
    run.orders += 1
    order = orders[row]
    order.bar = bar
    order.asset = asset
    order.quantity = quantity
    order.state = OPEN
    order.slot = place
    slot.row = row
    slot.asset = asset
    slot.bar = bar
    slot.kind = kind
    slot.amount = quantity
    slot.filled = 0.0
    slot.paid = 0.0
    slot.price = assets[asset].price
    slot.reduction = reduction
    slot.admitted = False
    slot.gone = False
    slot.buys = quantity > 0.0
    slot.rest = False
    if abs(quantity) > EXACT_UNITS and rules.sizing != Sizing.QUANTITY_DIFFERENCE:
        note_trouble(book, asset, quantity)
    before = run.last
    if rules.queue == Queue.ASSET_BY_ASSET:
        if assets[asset].tail >= 0:
            before = assets[asset].tail
        assets[asset].tail = place
    if before < 0:
        slot.later = run.first
        run.first = place
    else:
        slot.later = slots[before].later
        slots[before].later = place
    if before == run.last:
        run.last = place
    run.open += 1
    run.linked += 1
    run.fresh += 1
    return place


@rule
def close_slot(book: Book, place: int, state: int) -> None:
    """Note what became of an open order; its place in the queue is given up when the queue is walked next."""
    slot = book.slots[place]
    book.orders[slot.row].state = state
    slot.gone = True
    book.run[0].open -= 1


@rule
def unlink(rules: Any, book: Book, place: int, before: int) -> None:
    """Take a slot that is done, behind `before` (-1: the first), out of the queue."""
    run, slots, assets = book.run[0], book.slots, book.assets
    slot = slots[place]
    if before < 0:
        run.first = slot.later
    else:
        slots[before].later = slot.later
    if run.last == place:
        run.last = before
    if rules.queue == Queue.ASSET_BY_ASSET:
        row = assets[slot.asset]
        if row.tail == place:
            row.tail = -1
            if before >= 0:
                if slots[before].asset == slot.asset:
                    row.tail = before
    slot.later = run.free
    run.free = place
    run.linked -= 1


@rule
def reductions_open(book: Book, decided: int) -> bool:
    """Say whether reductions that were submitted at bar `decided` are still open."""
    slots = book.slots
    place = book.run[0].first
    while place >= 0:
        slot = slots[place]
        if slot.reduction and slot.bar == decided and not slot.gone:
            return True
        place = slot.later
    return False


@step
def cancel_open(book: Book, bar: int, reductions_of: int) -> None:
    """Cancel the rebalancer's orders of bars before `bar`; or, with `reductions_of` >= 0, that bar's reductions only.

    Orders of the same bar are never cancelled: not every host can, and they are counted instead.
    """
    slots = book.slots
    place = book.run[0].first
    while place >= 0:
        slot = slots[place]
        if reductions_of >= 0:
            drop = slot.reduction and slot.bar == reductions_of
        else:
            drop = slot.bar < bar and slot.kind == REBALANCE
        if drop and not slot.gone:
            close_slot(book, place, CANCELLED)
        place = slot.later


@rule
def deny_ended(book: Book, bar: int, why: int) -> None:
    """Deny what is left of the orders of assets that have ended; they lose their places in the queue."""
    slots, assets = book.slots, book.assets
    place = book.run[0].first
    while place >= 0:
        slot = slots[place]
        if assets[slot.asset].last_bar < bar:
            assets[slot.asset].tail = -1
            if not slot.gone:
                deny(book, bar, slot.asset, slot.amount - slot.filled, why)
                close_slot(book, place, DENIED)
        place = slot.later


@step
def count_pending(rules: Any, terms: Any, book: Book, bar: int, every: bool) -> None:
    """Sum the open orders asset by asset: `every` one but stops, or only the rebalancer's of this bar.

    The rebalancer's orders come first, since that is how `TargetWeightExecutor` adds them up.
    """
    run, slots, assets = book.run[0], book.slots, book.assets
    if run.open == 0 and not run.counted:
        return
    run.counted = run.open > 0
    for asset in range(len(assets)):
        row = assets[asset]
        row.pending = 0.0
        row.sold = 0.0
        row.needed = 0.0
    for turn in range(2 if rules.priced else 1):
        place = run.first
        while place >= 0:
            slot = slots[place]
            own = slot.kind == REBALANCE
            if own == (turn == 0) and slot.kind < STOP and not slot.gone:
                limit = slot.limit if slot.kind == LIMIT else float("nan")
                counts = every or (own and slot.bar == bar)
                row = assets[slot.asset]
                count_order(rules, terms, row, slot.asset, slot.amount - slot.filled, limit, own, counts)
            place = slot.later
