"""Semantics 2.4: from the weights that a strategy asks for to those that are traded, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import weighbridge as wb
from weighbridge.rebalance.prepared import prepare_weights
from weighbridge.rebalance.terms import trade_terms
from weighbridge.settings.conventions import REFERENCE


@given(
    weights=st.lists(st.fractions(-2, 2, max_denominator=64), min_size=1, max_size=6),
    short=st.booleans(),
    single=st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(5)]),
    gross=st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(100)]),
    headroom=st.sampled_from([Fraction(1), Fraction(3, 4)]),
)
def test_weights_are_prepared_in_this_order(
    weights: list[Fraction], short: bool, single: Fraction, gross: Fraction, headroom: Fraction
) -> None:
    expected = [max(weight, Fraction(0)) if not short else weight for weight in weights]
    expected = [max(min(weight, single), -single) for weight in expected]
    total = sum(abs(weight) for weight in expected)
    assume(total == 0 or abs(total / gross - 1) > Fraction(1, 10**9) or total == gross)
    if total > gross:
        expected = [weight * gross / total for weight in expected]
    expected = [weight * headroom for weight in expected]
    config = wb.RebalanceConfig(
        allow_short=short,
        max_single_weight=float(single),
        max_gross_leverage=float(gross),
        headroom=float(headroom),
    )
    rows = [SimpleNamespace(weight=0.0, reason=0) for _ in weights]
    prepare_weights(trade_terms(config, REFERENCE), rows, [float(weight) for weight in weights])
    assert [row.weight for row in rows] == pytest.approx([float(weight) for weight in expected], rel=1e-14, abs=0)
