"""The sequence of trades by the value of their orders: a stable sort in O(n log n).

VectorBT sorts by insertion (`insert_argsort_nb`), quadratic in the number of assets; any stable sort gives the same
sequence.
"""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import rule

__all__ = ["sort_by_key"]

# Up to here insertion is faster than merging.
SHORT_RUN = 16


@rule
def insertion_sort(keys: Any, items: Any, start: int, stop: int) -> None:
    """Sort items [start, stop) by key, ascending and stable, in place."""
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
        insertion_sort(keys, items, at, min(at + SHORT_RUN, stop))
    width = SHORT_RUN
    while width < stop - start:
        merge_runs(keys, items, spare_keys, spare_items, start, stop, width)
        merge_runs(spare_keys, spare_items, keys, items, start, stop, 2 * width)
        width *= 4


@rule
def sort_by_key(
    keys: Any,
    items: Any,
    to_keys: Any,
    to_items: Any,
    bucket: Any,
    ends: Any,
    count: int,
    low: float,
    high: float,
) -> None:
    """Write the first `count` items to `to_items` by key, ascending and stable; `keys` and `items` are used up.

    Keys in [low, high], none NaN. They are dealt into as many equal intervals as there are keys, which leaves
    little to do when they are spread; an interval that is crowded is merge-sorted, so the worst case is
    O(n log n). Every array holds at least `count`.
    """
    width = high - low
    if not 1e-300 < width < 1e300:  # also where all keys are equal; beyond, the scale would overflow
        for k in range(count):
            to_keys[k] = keys[k]
            to_items[k] = items[k]
        merge_sort(to_keys, to_items, keys, items, 0, count)
        return
    scale = (count - 1) / width
    for k in range(count):
        ends[k] = 0
    for k in range(count):
        bucket[k] = int((keys[k] - low) * scale)
        ends[bucket[k]] += 1
    total = 0
    crowd = 0
    for b in range(count):
        size = ends[b]
        crowd = max(crowd, size)
        ends[b] = total
        total += size
    for k in range(count):
        place = ends[bucket[k]]
        ends[bucket[k]] = place + 1
        to_keys[place] = keys[k]
        to_items[place] = items[k]
    if crowd > SHORT_RUN:
        start = 0
        for b in range(count):
            if ends[b] - start > SHORT_RUN:
                merge_sort(to_keys, to_items, keys, items, start, ends[b])
            start = ends[b]
    insertion_sort(to_keys, to_items, 0, count)
