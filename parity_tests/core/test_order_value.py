"""The sequence of trades: any keys come out ascending, equal ones in the order in which they came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weighbridge.engine.compiled import kernel
from weighbridge.engine.rules.order_value import COUNTS, sort_by_key


@kernel
def sort_once(keys, items, to_keys, to_items, codes, by_low_digit, counts, spread):
    sort_by_key(keys, items, to_keys, to_items, codes, by_low_digit, counts, len(keys), spread)


def sequence(keys: np.ndarray) -> list[int]:
    count = len(keys)
    numbers = np.zeros(COUNTS, dtype=np.int32)
    room = np.empty(count), np.empty(count, np.int64), np.empty(count, np.int32), np.empty(count, np.int32), numbers
    items = np.arange(count)
    spread = float(np.abs(keys).sum() / count) if count else 0.0
    sort_once(keys.copy(), items, *room, spread)
    return room[1].tolist()


def expected(keys: np.ndarray) -> list[int]:
    return sorted(range(len(keys)), key=lambda place: keys[place])


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1e-320, -1e-320, 1.0, -1.0, 1e308]),
    st.integers(-3, 3).map(float),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(NUMBERS, max_size=60))
def test_any_keys(keys):
    values = np.array(keys, dtype=np.float64)
    with np.errstate(over="ignore"):  # The sum of the largest numbers is infinite: then the keys are merged.
        assert sequence(values) == expected(values)


def awkward(name: str, count: int) -> np.ndarray:
    random = np.random.default_rng(count)
    if name == "normal":
        return random.normal(size=count)
    if name == "heavy tails":
        return random.standard_t(1.1, size=count)
    if name == "one outlier":
        return np.where(np.arange(count) == 3, 1e12, random.normal(size=count))
    if name == "ties":
        return np.round(random.normal(size=count), 1)
    if name == "descending":
        return -np.arange(count, dtype=np.float64)
    if name == "descending near each other":
        return 1e9 - 1e-6 * np.arange(count)
    return np.zeros(count)


@pytest.mark.parametrize("count", [1, 2, 16, 17, 250, 2048, 2049, 5000])
@pytest.mark.parametrize(
    "name", ["normal", "heavy tails", "one outlier", "ties", "descending", "descending near each other", "zeros"]
)
def test_awkward_keys(name, count):
    keys = awkward(name, count)
    assert sequence(keys) == expected(keys)
