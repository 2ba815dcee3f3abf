"""Arithmetic within a tolerance is VectorBT's own, to the bit."""

from __future__ import annotations

from itertools import product

import pytest
from vectorbt.utils import math_

from parity_tests.rules.material import NAN, bits, nearby
from weighbridge.rules.tolerance import added, at_most, clearly_less, close_to, is_nothing

# 1e-9 * 1e9 is 1.0 exactly: with 1e9 the numbers beside it lie on both sides of the bound, and on it.
NUMBERS = [
    *(0.0, -0.0, NAN, 5e-324, 1.0, 2.0, 3.0, 0.1, 0.3, 1e300),
    *nearby(1e-12),
    *nearby(2e-12),
    *nearby(-1e-12),
    *(1e9, 999_999_999.0, 999_999_998.0, 1_000_000_001.0, -999_999_999.0, -1e9, -1_000_000_001.0, -1_000_000_002.0),
    *nearby(1.0 + 1e-9),
    *nearby(-(1.0 - 1e-9)),
]
PAIRS = list(product(NUMBERS, NUMBERS))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (close_to, math_.is_close_nb),
        (clearly_less, math_.is_less_nb),
        (at_most, math_.is_close_or_less_nb),
        (added, math_.add_nb),
    ],
)
def test_of_two_numbers(ours, theirs):
    for a, b in PAIRS:
        assert bits(ours(a, b)) == bits(theirs(a, b)), (a, b)


def test_of_one_number():
    for number in NUMBERS:
        assert is_nothing(number) == math_.is_close_nb(number, 0.0)


@pytest.mark.parametrize(
    ("a", "b", "total"),
    [
        (1e9, -999_999_999.0, 0.0),
        (1e9, -999_999_998.0, 2.0),
        (1e-12, 0.0, 0.0),
        (1e-12, 1e-13, 1.1e-12),
        (-1.0, 1.0, 0.0),
    ],
)
def test_a_sum_by_hand(a, b, total):
    """1.0 of 1,000,000,000 is a part in a billion: nothing. 2.0 is not."""
    assert added(a, b) == total
    assert added(b, a) == total
