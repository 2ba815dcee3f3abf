"""Semantics 9: what a contract is worth, binds, gains and lends, by hand and by Backtrader's `CommInfoBase`."""

from __future__ import annotations

import backtrader as bt
import pytest

from parity_tests.rules.material import draws, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.contracts import bound, gain, lent_on, unit_value, worth

FUTURE = row_of(margined=True, margin=120.0, multiplier=5.0, price=30.0)
SHARE = row_of(leverage=4.0, price=30.0)
BIG = row_of(multiplier=5.0, price=30.0)


def test_what_a_unit_binds():
    contracts = rules_of(contracts=True)
    assert [unit_value(contracts, row) for row in (FUTURE, SHARE, BIG)] == [120.0, 30.0, 150.0]
    assert unit_value(rules_of(), BIG) == 30.0


def test_worth_and_what_it_binds_are_backtraders():
    """`getvaluesize`, and `BackBroker._execute`: leverage divides what is above 0.0."""
    for row, scheme in (
        (FUTURE, bt.CommInfoBase(stocklike=False, margin=120.0, mult=5.0)),
        (SHARE, bt.CommInfoBase(stocklike=True, leverage=4.0)),
    ):
        for chance in draws(11, 50):
            quantity, price, after = quantity_of(chance), price_of(chance), price_of(chance)
            value = scheme.getvaluesize(quantity, price)
            assert worth(row, quantity, price) == value
            assert bound(row, quantity, price) == (value / scheme.get_leverage() if value > 0 else value)
            assert gain(row, quantity, price, after) == scheme.profitandloss(quantity, price, after)


@pytest.mark.parametrize(("quantity", "value"), [(2.0, 300.0), (-2.0, -300.0)])
def test_a_multiplier_by_hand(quantity, value):
    assert worth(BIG, quantity, 30.0) == value
    assert gain(BIG, quantity, 30.0, 31.0) == value / 30.0


def test_products_are_of_the_price_first():
    row = row_of(multiplier=0.3)
    assert 3.0 * (0.1 * 0.3) != (3.0 * 0.1) * 0.3
    assert worth(row, 3.0, 0.1) == 3.0 * (0.1 * 0.3)
    rows = row_of(multiplier=0.7)
    assert 3.0 * (0.1 - 0.4) * 0.7 != 3.0 * ((0.1 - 0.4) * 0.7)
    assert gain(rows, 3.0, 0.4, 0.1) == 3.0 * (0.1 - 0.4) * 0.7
    geared = row_of(multiplier=0.3, leverage=3.0)
    value = 3.0 * (0.1 * 0.3)
    assert lent_on(geared, 3.0, 0.1) == value - value / 3.0


@pytest.mark.parametrize(("quantity", "lent"), [(2.0, 45.0), (-2.0, 0.0), (0.0, 0.0)])
def test_what_may_be_borrowed(quantity, lent):
    """Semantics 9.6: of 60 a quarter must be one's own."""
    assert lent_on(SHARE, quantity, 30.0) == lent


def test_nothing_binds_nothing():
    assert bound(SHARE, 0.0, 30.0) == 0.0
    assert bound(FUTURE, 0.0, 30.0) == 0.0


def test_less_than_one_of_worth_binds_its_part():
    assert bound(SHARE, 0.5, 0.5) == 0.0625
    assert lent_on(SHARE, 0.5, 0.5) == 0.1875
