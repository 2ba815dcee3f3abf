"""Which assets a rebalance trades, on which side, and in which sequence (semantics 3.1, 3.2, 3.10)."""

from __future__ import annotations

import math
from typing import Any

from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.contracts import unit_value
from weighbridge.rules.reasons import Reason
from weighbridge.rules.sequence import Room, Sequence, sort_by_key
from weighbridge.rules.sizing import held_value
from weighbridge.rules.waiting import Waiting

__all__ = [
    "MISSING_PRICE",
    "REST",
    "TARGET_REACHED",
    "classify",
    "listed",
    "listed_by_column",
    "listed_increases",
    "unpriced",
    "waits",
]

MISSING_PRICE = int(Reason.MISSING_PRICE)
LATE_ASSET = int(Reason.LATE_ASSET)
PENDING_ORDER = int(Reason.PENDING_ORDER)
TARGET_REACHED = int(Reason.TARGET_REACHED)

# A side beside -1 and 1: a reduction of which a part, or all, waits for the second phase (semantics 4.6).
REST = -2


@rule
def waits(side: int) -> bool:
    """Say whether a side is sized in the second phase, if there is one."""
    return side > 0 or side == REST


@rule
def unpriced(rules: Any, trade: TradeTerms, row: Any) -> bool:
    """Say whether an asset cannot be traded now for want of a price (semantics 2.5)."""
    if rules.waiting == Waiting.NEVER:
        return row.price != row.price or not row.traded
    return row.price != row.price or (trade.skip_without_bar and not row.traded)


@step
def classify(rules: Any, trade: TradeTerms, rows: Any, value: float) -> None:
    """Say for each asset whether it is a reduction, an increase, or not to be traded."""
    for asset in range(len(rows)):
        row = rows[asset]
        row.quantity = 0.0
        row.side = 0
        if row.weight != row.weight:
            continue
        if unpriced(rules, trade, row):
            row.reason |= MISSING_PRICE
        elif trade.min_bars > 0 and row.bars_seen < trade.min_bars:
            row.reason |= LATE_ASSET
        else:
            effective = row.position + row.pending
            if row.pending != 0.0:
                row.reason |= PENDING_ORDER
            if row.weight == 0.0:
                # The direction of a close is the position's, whatever the host's value of a short is.
                row.side = -1 if effective > 0.0 else (1 if effective < 0.0 else 0)
            else:
                target_value = row.weight * value
                held = held_value(rules, row, effective, unit_value(rules, row))
                row.side = -1 if target_value < held else (1 if target_value > held else 0)
            if row.side == 0:
                row.reason |= TARGET_REACHED


@rule
def listed(rules: Any, rows: Any, room: Room, value: float) -> tuple[int, int]:
    """Write the columns into the sequence, reductions and then increases; return the ends of the two."""
    if rules.sequence == Sequence.BY_ORDER_VALUE:
        reductions = listed_by_value(rules, rows, room, value, -1, 0)
        return reductions, listed_by_value(rules, rows, room, value, 1, reductions)
    reductions = listed_by_column(rows, room, -1, 0)
    return reductions, listed_by_column(rows, room, 1, reductions)


@rule
def listed_increases(rules: Any, rows: Any, room: Room, value: float, start: int) -> int:
    """Write the columns of the increases into the sequence from a place on; return the place after them."""
    if rules.sequence == Sequence.BY_ORDER_VALUE:
        return listed_by_value(rules, rows, room, value, 1, start)
    return listed_by_column(rows, room, 1, start)


@rule
def listed_by_column(rows: Any, room: Room, side: int, start: int) -> int:
    """List the columns of a side in order.

    Each is written before its side is looked at, since which side comes next is a coin's toss, which no processor
    foresees. Where every place is taken no column of the side is left.
    """
    sequence = room.sequence
    end = start
    for asset in range(len(rows)):
        if end == len(rows):
            break
        sequence[end] = asset
        end += 1 if rows[asset].side == side else 0
    return end


@rule
def listed_by_value(rules: Any, rows: Any, room: Room, value: float, side: int, start: int) -> int:
    """List the columns of a side ascending by order value."""
    keys, items = room.keys, room.items
    count = 0
    total = 0.0
    for asset in range(len(rows)):
        row = rows[asset]
        if row.side == side:
            key = row.weight * value - (row.position + row.pending) * unit_value(rules, row)
            if key != key:
                key = math.inf  # It has lost its price since it was put aside: no trade, and no say in the sequence.
            keys[count] = key
            items[count] = asset
            count += 1
            total += abs(key)
    sort_by_key(room, count, total / count if count > 0 else 0.0, start)
    return start + count
