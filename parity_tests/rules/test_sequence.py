"""Semantics 3.2, 3.8: any keys come out ascending, equal ones in the order in which they came in."""

from __future__ import annotations

import numpy as np
import pytest

from parity_tests.rules.material import draws
from weighbridge.rules.sequence import (
    COUNTS,
    FEW,
    MOVES,
    SHORT_RUN,
    Sequence,
    insertion_sort,
    merge_runs,
    merge_sort,
    room_for,
    sort_by_key,
)


def sequence(keys, start=0, spread=None):
    """Sort as the planner does; keys are in the room, and the result behind what is there."""
    count = len(keys)
    room = room_for(count + start)
    room.keys[:count] = keys
    room.items[:count] = np.arange(count)
    room.sequence[:start] = -7
    with np.errstate(all="ignore"):
        mean = float(np.abs(keys).sum() / count) if count else 0.0
        sort_by_key(room, count, mean if spread is None else spread, start)
    assert (room.sequence[:start] == -7).all()
    return room.sequence[start:].tolist()


def expected(keys):
    return sorted(range(len(keys)), key=lambda place: keys[place])


EXTREMES = [0.0, -0.0, 1e-320, -1e-320, 1.0, -1.0, 1e308, -1e308, 1e-300, 1e300, np.inf, -np.inf]


def test_any_keys():
    for chance in draws(30, 250):
        count = chance.randint(0, 40)
        numbers = [*EXTREMES[:10], *(chance.gauss(0, 1) for _ in range(20)), *map(float, range(-3, 4))]
        kind = chance.choice([slice(0, 10), slice(10, 30), slice(30, 37), slice(0, 37)])
        keys = np.array(chance.choices(numbers[kind], k=count))
        assert sequence(keys) == expected(keys)
        assert sequence(keys, start=3) == expected(keys)


def awkward(name, count):
    random = np.random.default_rng(count)
    return {
        "normal": random.normal(size=count),
        "heavy tails": random.standard_t(1.1, size=count),
        "one outlier": np.where(np.arange(count) == 3, 1e12, random.normal(size=count)),
        "ties": np.round(random.normal(size=count), 1),
        "descending": -np.arange(count, dtype=np.float64),
        "descending near each other": 1e9 - 1e-6 * np.arange(count),
        "zeros": np.zeros(count),
    }[name]


@pytest.mark.parametrize("count", [1, 2, 16, 17, 250])
@pytest.mark.parametrize(
    "name", ["normal", "heavy tails", "one outlier", "ties", "descending", "descending near each other", "zeros"]
)
def test_awkward_keys(name, count):
    keys = awkward(name, count)
    assert sequence(keys) == expected(keys)


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_few_and_many(count):
    keys = awkward("normal", count)
    assert sequence(keys) == expected(keys)


@pytest.mark.parametrize("spread", [0.0, 1e-300, 1e300, np.inf, 1e-299, 1e299])
def test_a_spread_at_its_bounds(spread):
    """Beyond them the keys are merged: nothing is divided by next to nothing, and nothing overflows."""
    keys = np.array([3.0, -1.0, 2.0, 2.0, 1e300, -1e300, 0.0, 1e-300])
    assert sequence(keys, spread=spread) == expected(keys)


def test_insertion_is_stable_and_gives_up():
    keys, items = np.array([9.0, 2.0, 1.0, 2.0, 0.0, -5.0]), np.arange(6)
    assert insertion_sort(keys, items, 1, 5, 99)
    assert keys.tolist() == [9.0, 0.0, 1.0, 2.0, 2.0, -5.0]
    assert items.tolist() == [0, 4, 2, 1, 3, 5]
    # 3, 2, 1, 0 takes 1 + 2 + 3 moves.
    for moves, done in ((6, True), (5, False), (1, False), (0, False)):
        keys, items = np.array([3.0, 2.0, 1.0, 0.0]), np.arange(4)
        assert insertion_sort(keys, items, 0, 4, moves) is done
        assert sorted(items.tolist()) == [0, 1, 2, 3]
        assert keys.tolist() == [3.0 - item for item in items]
    keys, items = np.array([1.0, 0.0]), np.arange(2)
    assert insertion_sort(keys, items, 0, 2, 1)
    assert insertion_sort(keys, items, 0, 2, 0)


def test_what_insertion_gave_up_is_as_it_was_left():
    keys, items = np.array([3.0, 2.0, 1.0, 0.0]), np.arange(4)
    assert not insertion_sort(keys, items, 0, 4, 2)
    assert items.tolist() == [2, 1, 0, 3]


def test_runs_are_merged_from_the_left():
    keys = np.array([1.0, 3.0, 1.0, 2.0, 0.0, 5.0, 0.0])
    to_keys, to_items = np.full(7, np.nan), np.full(7, -1)
    merge_runs(keys, np.arange(7), to_keys, to_items, 0, 7, 2)
    assert to_items.tolist() == [0, 2, 3, 1, 4, 6, 5]
    assert to_keys.tolist() == [1.0, 1.0, 2.0, 3.0, 0.0, 0.0, 5.0]
    keys, to_items = np.array([1.0, 3.0, 1.0, 2.0, 9.0, 9.0]), np.full(6, -1)
    merge_runs(keys, np.arange(6), np.empty(6), to_items, 0, 4, 2)
    assert to_items.tolist() == [0, 2, 3, 1, -1, -1]
    merge_runs(keys, np.arange(6), np.empty(6), to_items, 4, 6, 2)
    assert to_items.tolist() == [0, 2, 3, 1, 4, 5]


@pytest.mark.parametrize(
    "count",
    [
        1,
        SHORT_RUN,
        SHORT_RUN + 1,
        2 * SHORT_RUN,
        2 * SHORT_RUN + 1,
        4 * SHORT_RUN + 3,
        8 * SHORT_RUN + 1,
        16 * SHORT_RUN + 5,
    ],
)
def test_merging_is_stable(count):
    for name in ("ties", "descending", "normal"):
        keys = awkward(name, count)
        sorted_keys, items = np.concatenate((keys, [-9e9])), np.arange(count + 1)
        merge_sort(sorted_keys, items, np.empty(count + 1), np.empty(count + 1, dtype=np.int64), 0, count)
        assert items.tolist() == [*expected(keys), count]
        assert sorted_keys[-1] == -9e9


def test_merging_a_part():
    keys = np.concatenate(([9e9], awkward("ties", 50), [-9e9]))
    items = np.arange(52)
    merge_sort(keys, items, np.empty(52), np.empty(52, dtype=np.int64), 1, 51)
    assert items.tolist() == [0, *(1 + place for place in expected(awkward("ties", 50))), 51]


def test_room():
    room = room_for(3)
    assert [len(part) for part in room] == [3, 3, 3, 3, 3, 3, COUNTS]
    assert room.sequence.tolist() == room.items.tolist() == [0, 0, 0]
    assert COUNTS >= 2 * 2**11
    assert MOVES > 0


def test_members():
    assert (Sequence.REDUCTIONS_FIRST, Sequence.BY_ORDER_VALUE) == (0, 2)


def test_room_is_used_again():
    """What an earlier sort counted is not counted again."""
    room = room_for(50)
    for seed in range(4):
        keys = np.random.default_rng(seed).normal(size=50)
        room.keys[:], room.items[:] = keys, np.arange(50)
        sort_by_key(room, 50, float(np.abs(keys).mean()), 0)
        assert room.sequence.tolist() == expected(keys)
