"""The state of a run: a few tables with named columns, allocated once. Everything the pass knows is in here."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.rules.sequence import Room, room_for

__all__ = [
    "ADJUSTMENT",
    "ASSET",
    "CANCELLED",
    "DENIED",
    "DIVIDEND",
    "FILLED",
    "OPEN",
    "SPLIT",
    "Book",
    "book_for",
    "grown",
]

# What `ORDER.state` holds.
OPEN, FILLED, DENIED, CANCELLED = range(4)

_NUMBER, _COUNT, _SHORT, _FLAG = "f8", "i8", "i4", "?"

# Bytes that a processor fetches at once.
LINE = 64


def _table(**columns: str) -> np.dtype[Any]:
    # Records, so that columns are attributes of a row in plain Python too.
    return np.dtype((np.record, np.dtype([*columns.items()], align=True)))


ASSET = _table(
    # What nearly every step reads comes first, in one line of the cache: what is held, open orders that count, the
    # prices known last (`price` is what orders are sized with, NaN: none; `close` values them); of the rebalance under
    # way prepared weight and units, side (-1, 1, or REST of the planner) and reasons; the average price.
    position=_NUMBER, pending=_NUMBER, price=_NUMBER, close=_NUMBER, weight=_NUMBER, quantity=_NUMBER,
    side=_SHORT, reason=_SHORT, average=_NUMBER,
    # In the next line: open sales, the cash that open buys will need; the running position at admission, and which bar
    # that was; what orders got of this bar's volume, and which bar that was; the asset's last open order in the queue,
    # its place in the order of opening (-1: none).
    sold=_NUMBER, needed=_NUMBER, imagined=_NUMBER, imagined_at=_COUNT,
    taken=_NUMBER, taken_at=_COUNT, tail=_COUNT, place=_COUNT,
    # Whether it trades at this bar, how many bars it has had, which was its last so far (kept where bars are missing),
    # and which is its last of all.
    traded=_FLAG, bars_seen=_COUNT, at=_COUNT, last_bar=_COUNT,
    # Units that entered (WITHIN_TOLERANCE) and the debt of a short position (`lock_cash`).
    entered=_NUMBER, debt=_NUMBER,
    # The contract, what a commission takes the price times, and the price up to which gains are in the cash.
    multiplier=_NUMBER, margin=_NUMBER, leverage=_NUMBER, margined=_FLAG, charged_on=_NUMBER, settled=_NUMBER,
    # Splits and dividends while it misses bars: since when, from which close, by which products (engine/actions.py).
    gap_bar=_COUNT, gap_close=_NUMBER, gap_split=_NUMBER, gap_dividend=_NUMBER,
)  # fmt: skip
"""One asset, by column."""

HELD = _table(opened=_COUNT, column=_COUNT, quantity=_NUMBER, average=_NUMBER, price=_NUMBER)
"""`opened`: columns in the order in which positions were opened, -1 where one was closed. The rest is room for sums."""

SLOT = _table(
    row=_COUNT, asset=_COUNT, bar=_COUNT, kind=_COUNT, later=_COUNT,
    amount=_NUMBER, filled=_NUMBER, paid=_NUMBER, price=_NUMBER, limit=_NUMBER, stop=_NUMBER, trail=_NUMBER,
    reduction=_FLAG, admitted=_FLAG, waiting=_FLAG, gone=_FLAG, buys=_FLAG, rest=_FLAG,
)  # fmt: skip
"""An open order: its row in the ledger, the bar of its submission, its units (a split changes them), what it filled
and paid, the price that it was sized with, its own prices (NaN: none); whether a second phase waits for it, whether it
was admitted, whether it waits for its own price, whether it is cancelled and only keeps its place, whether it buys,
and whether it is the rest of a reversal (engine/fills.py). Slots are used again.
"""

ORDER = _table(bar=_COUNT, asset=_COUNT, quantity=_NUMBER, state="i4", slot="i4")
FILL = _table(bar=_COUNT, asset=_COUNT, quantity=_NUMBER, price=_NUMBER, commission=_NUMBER, position=_NUMBER)
DENIAL = _table(bar=_COUNT, asset=_COUNT, quantity=_NUMBER, rule=_COUNT)

RUN = _table(
    cash=_NUMBER, value=_NUMBER, frozen_value=_NUMBER, free_cash=_NUMBER, loan=_NUMBER,
    # The bar of the last decision, whether its second phase waits and for how many bars; the bar whose first half is
    # done; the bar up to which prices are taken.
    decided=_COUNT, waits=_FLAG, waited=_COUNT, half=_COUNT, seen=_COUNT,
    orders=_COUNT, fills=_COUNT, denials=_COUNT, adjusted=_COUNT,
    # The queue: its first and last slot, how many are linked, the first free one; how many orders are open and how many
    # not admitted.
    first=_COUNT, last=_COUNT, linked=_COUNT, free=_COUNT, open=_COUNT, fresh=_COUNT,
    # Whether anything is counted as pending in `ASSET`.
    counted=_FLAG,
    # The cash that orders which a rebalance at once leaves open will need; what stopped the run (engine/stops.py), and
    # where.
    reserved=_NUMBER, trouble=_COUNT, trouble_asset=_COUNT, trouble_units=_NUMBER,
    # Places taken in `HELD.opened`; the next split, dividend and payment.
    opened=_COUNT, next_split=_COUNT, next_dividend=_COUNT, next_payment=_COUNT,
)  # fmt: skip

SPLIT = _table(bar=_COUNT, asset=_COUNT, ratio=_NUMBER)
DIVIDEND = _table(bar=_COUNT, asset=_COUNT, amount=_NUMBER, pay_bar=_COUNT, paying=_COUNT, owed=_NUMBER)
ADJUSTMENT = _table(bar=_COUNT, asset=_COUNT, position=_NUMBER)


class Book(NamedTuple):
    """The tables of a run. `run` has one row, `lookups` are columns in the order in which the host looks assets up."""

    run: Any
    assets: Any
    lookups: Any
    held: Any
    slots: Any
    orders: Any
    fills: Any
    denials: Any
    splits: Any
    dividends: Any
    adjustments: Any
    room: Room


def asset_table(n_assets: int) -> Any:
    """Allocate a row for each asset, at the beginning of a line of the cache."""
    size = n_assets * ASSET.itemsize
    room = np.zeros(size + LINE, dtype=np.uint8)
    start = -room.ctypes.data % LINE
    assets = room[start : start + size].view(ASSET)
    for name in ("price", "close", "weight"):
        assets[name] = np.nan
    for name in ("tail", "place", "at", "taken_at", "imagined_at", "gap_bar"):
        assets[name] = -1
    for name in ("multiplier", "leverage", "charged_on"):
        assets[name] = 1.0
    assets["traded"] = True
    return assets


def book_for(n_assets: int, cash: float, *, slots: int, orders: int, fills: int, denials: int) -> Book:
    """Allocate an account of nothing but cash; the system hands out memory only as it is touched."""
    run = np.zeros(1, RUN)
    for name in ("cash", "value", "free_cash"):
        run[name] = cash
    for name in ("decided", "half", "seen", "first", "last", "free"):
        run[name] = -1
    return Book(
        run=run,
        assets=asset_table(n_assets),
        lookups=np.arange(n_assets),
        held=np.zeros(2 * n_assets + 2, HELD),
        slots=free_slots(np.empty(0, SLOT), slots, run),
        orders=np.empty(orders, ORDER),
        fills=np.empty(fills, FILL),
        denials=np.empty(denials, DENIAL),
        splits=np.zeros(0, SPLIT),
        dividends=np.zeros(0, DIVIDEND),
        adjustments=np.zeros(0, ADJUSTMENT),
        room=room_for(n_assets),
    )


def free_slots(slots: Any, count: int, run: Any) -> Any:
    """Return the slots and `count` free ones behind them, linked into the list of free slots."""
    first = len(slots)
    more = np.empty(count, SLOT)
    if count:
        more["later"] = np.arange(first + 1, first + count + 1)
        more["later"][-1] = run["free"][0]
        run["free"] = first
    return np.concatenate((slots, more))


def grown(book: Book, n_rows: int) -> Book:
    """Return a book with room for at least `n_rows` more orders, fills and denials; what is written stays."""
    run = book.run[0]

    def longer(table: Any, used: int) -> Any:
        if used + n_rows <= len(table):
            return table
        more = np.empty(max(len(table), n_rows), table.dtype)
        return np.concatenate((table, more))

    slots = book.slots
    if int(run["linked"]) + n_rows > len(slots):
        slots = free_slots(slots, max(len(slots), n_rows), book.run)
    return book._replace(
        slots=slots,
        orders=longer(book.orders, int(run["orders"])),
        fills=longer(book.fills, int(run["fills"])),
        denials=longer(book.denials, int(run["denials"])),
    )
