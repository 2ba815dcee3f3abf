"""The rule of the sequence: in which order the trades of one rebalance go.

By order value it is a stable sort in O(n log n). VectorBT sorts by insertion (`insert_argsort_nb`), quadratic in the
number of assets; any stable sort gives the same sequence.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from weighbridge.rules.compiled import rule, step

__all__ = ["Room", "Sequence", "room_for", "sort_by_key"]


class Sequence(IntEnum):
    """In which order the trades of one rebalance go out."""

    REDUCTIONS_FIRST = 0
    """Reductions in column order, then increases in column order; an asset keeps its side (semantics 3.1, 3.2)."""
    BY_ORDER_VALUE = 2
    """Ascending by weight x value - position x price, equal ones in column order. VectorBT's `call_seq="auto"`."""


class Room(NamedTuple):
    """Room for a sequence: `sequence` is the result, the columns in order; the rest is the sort's own."""

    sequence: Any
    keys: Any
    items: Any
    sorted_keys: Any
    codes: Any
    by_low_digit: Any
    counts: Any


def room_for(n_assets: int) -> Room:
    """Allocate."""
    return Room(
        sequence=np.zeros(n_assets, dtype=np.int64),
        keys=np.empty(n_assets),
        items=np.zeros(n_assets, dtype=np.int64),
        sorted_keys=np.empty(n_assets),
        codes=np.zeros(n_assets, dtype=np.int32),
        by_low_digit=np.zeros(n_assets, dtype=np.int32),
        counts=np.zeros(COUNTS, dtype=np.int32),
    )


# Up to here insertion is faster than merging.
SHORT_RUN = 16
# Moves for each key that insertion may take before merging is sure to be faster.
MOVES = 8

# Up to FEW keys two digits of 8 bits are enough for a place of its own for nearly each; clearing and adding up
# more counts would cost more than it saves.
FEW = 2048
FEW_BITS, MANY_BITS = 8, 11
COUNTS = 2 << MANY_BITS


@rule
def insertion_sort(keys: Any, items: Any, start: int, stop: int, moves: int) -> bool:
    """Sort items [start, stop) by key, ascending and stable, in place; give up, and say False, after `moves`."""
    for j in range(start + 1, stop):
        key = keys[j]
        if not keys[j - 1] > key:
            continue
        item = items[j]
        i = j - 1
        while i >= start and keys[i] > key:
            keys[i + 1] = keys[i]
            items[i + 1] = items[i]
            i -= 1
        keys[i + 1] = key
        items[i + 1] = item
        moves -= j - 1 - i
        if moves < 0:
            return False
    return True


@rule
def merge_runs(keys: Any, items: Any, to_keys: Any, to_items: Any, start: int, stop: int, width: int) -> None:
    """Merge neighbouring runs of `width` in [start, stop); of equal keys the left one goes first."""
    while start < stop:
        middle = min(start + width, stop)
        end = min(middle + width, stop)
        i = start
        j = middle
        for k in range(start, end):
            if j >= end or (i < middle and keys[i] <= keys[j]):
                to_keys[k] = keys[i]
                to_items[k] = items[i]
                i += 1
            else:
                to_keys[k] = keys[j]
                to_items[k] = items[j]
                j += 1
        start = end


@rule
def merge_sort(keys: Any, items: Any, spare_keys: Any, spare_items: Any, start: int, stop: int) -> None:
    """Sort items [start, stop) by key, ascending and stable, in place, in O(n log n); no key may be NaN."""
    for at in range(start, stop, SHORT_RUN):
        insertion_sort(keys, items, at, min(at + SHORT_RUN, stop), SHORT_RUN * SHORT_RUN)
    width = SHORT_RUN
    while width < stop - start:
        merge_runs(keys, items, spare_keys, spare_items, start, stop, width)
        merge_runs(spare_keys, spare_items, keys, items, start, stop, 2 * width)
        width *= 4


@step
def sort_by_key(room: Room, count: int, spread: float, start: int) -> None:
    """Write the first `count` items to `room.sequence`, from a place on, by key, ascending and stable.

    Keys and items are used up.

    No key may be NaN. `spread` is about the size of a key (their mean absolute value): x / (|x| + spread) brings keys
    of any distribution, outliers included, to nearly equal shares of an interval. They are dealt by two digits of
    that number, the lower one first, which leaves next to nothing for insertion; should it leave much all the
    same, the keys are merge-sorted, so the worst case is O(n log n).
    """
    keys, items, to_keys, to_items = room.keys, room.items, room.sorted_keys, room.sequence[start:]
    codes, by_low_digit, counts = room.codes, room.by_low_digit, room.counts
    if not 1e-300 < spread < 1e300:  # also where all keys are zero; beyond, the division would overflow
        for k in range(count):
            to_keys[k] = keys[k]
            to_items[k] = items[k]
        merge_sort(to_keys, to_items, keys, items, 0, count)
        return
    # Indices are `np.uint32` where the compiler cannot know that they are not negative and count from the end.
    bits = FEW_BITS if count <= FEW else MANY_BITS
    size = 1 << bits
    half = (size * size - 1) / 2.0
    for k in range(count):
        codes[k] = np.int32((keys[k] / (abs(keys[k]) + spread) + 1.0) * half)
    for digit in range(2 * size):
        counts[digit] = 0
    for k in range(count):
        counts[np.uint32(codes[k] & (size - 1))] += 1
        counts[np.uint32(size + (codes[k] >> bits))] += 1
    low = 0
    high = 0
    for digit in range(size):
        low, counts[digit] = low + counts[digit], low
        high, counts[size + digit] = high + counts[size + digit], high
    for k in range(count):
        digit = np.uint32(codes[k] & (size - 1))
        by_low_digit[np.uint32(counts[digit])] = k
        counts[digit] += 1
    for k in range(count):
        at = np.uint32(by_low_digit[k])
        digit = np.uint32(size + (codes[at] >> bits))
        place = np.uint32(counts[digit])
        counts[digit] += 1
        to_keys[place] = keys[at]
        to_items[place] = items[at]
    if not insertion_sort(to_keys, to_items, 0, count, MOVES * count):
        merge_sort(to_keys, to_items, keys, items, 0, count)
