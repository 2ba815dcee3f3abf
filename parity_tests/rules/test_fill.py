"""What the fills have in common: what is known, what is at once, what is later, what is decided at an open."""

from __future__ import annotations

import pytest

from weighbridge.rules.fill import Fill


@pytest.mark.parametrize(
    ("fill", "known", "immediate", "later", "opening"),
    [
        (Fill.NEXT_OPEN, False, False, 0, False),
        (Fill.DECISION_CLOSE, True, False, 0, False),
        (Fill.SAME_OPEN, True, False, 0, True),
        (Fill.NEXT_CLOSE, False, False, 0, False),
        (Fill.AT_CLOSE, True, True, 0, False),
        (Fill.AT_OPEN, True, True, 0, True),
        (Fill.AT_NEXT_OPEN, True, True, 1, True),
        (Fill.AT_NEXT_CLOSE, True, True, 1, False),
    ],
)
def test_what_a_fill_says(fill, known, immediate, later, opening):
    assert (fill.known, fill.immediate, fill.later, fill.opening) == (known, immediate, later, opening)


def test_compiled_code_compares_numbers():
    """`rules.fill >= Fill.AT_CLOSE`: at once."""
    assert [fill.immediate for fill in Fill] == [fill >= 4 for fill in Fill]
