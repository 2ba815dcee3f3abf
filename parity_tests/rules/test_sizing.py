"""Semantics 4.1: the quantity that leads to a target value, rule by rule, by hand and by the frameworks' functions."""

from __future__ import annotations

import math
from fractions import Fraction

import backtrader as bt
import pytest
from zipline.algorithm import TradingAlgorithm
from zipline.utils.math_utils import tolerant_equals

from parity_tests.rules.material import INF, NAN, bits, draws, nearby, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.sizing import EXACT_UNITS, Sizing, held_value, sized_quantity, snapped, truncated

FLOORED, TRUNCATED, SNAPPED, DIFFERENCE = (rules_of(sizing=member) for member in Sizing)
BACKTRADER = [bt.CommInfoBase(stocklike=True, leverage=leverage) for leverage in (1.0, 2.0, 1.5, 1 / 3)]


@pytest.mark.parametrize(
    "number",
    [
        *(0.5, -0.5, 0.999, -1.0, 7.0, 1e-300),
        *nearby(3.0),
        *nearby(-3.0),
        *nearby(2.0**52),
        *nearby(2.0**53),
        *nearby(-(2.0**53)),
        *nearby(2.0**63),
        *(1e300, -1e300),
    ],
)
def test_a_number_cut_towards_zero(number):
    assert truncated(number) == float(math.trunc(Fraction(number)))


@pytest.mark.parametrize("number", [NAN, INF, -INF])
def test_what_has_no_fraction_is_kept(number):
    assert bits(truncated(number)) == bits(number)
    assert bits(snapped(number)) == bits(number)


def test_units_are_exact_up_to_two_to_the_fifty_third():
    assert EXACT_UNITS == 2.0**53


def test_a_number_beside_a_whole_one_is_that_one():
    """Zipline, `round_order`."""
    near = [whole + part for whole in (0.0, 1.0, 9.0, 1e6, -1.0, -10.0) for part in (1e-4, 9.9e-5, 1.1e-4, 0.5, 2e-4)]
    for number in [*near, *(-number for number in near), *nearby(1e-4), *nearby(1 - 1e-4), 3.9999, 3.9998, 2.5]:
        assert snapped(number) == TradingAlgorithm.round_order(number), number


@pytest.mark.parametrize(
    ("number", "whole"), [(9.9999, 10.0), (-9.9999, -10.0), (9.9998, 9.0), (0.99995, 1.0), (-0.5, 0.0)]
)
def test_a_number_snapped_by_hand(number, whole):
    assert snapped(number) == whole


def test_beyond_exact_units_nothing_is_snapped():
    for number in nearby(2.0**53):
        assert snapped(number) == number
        assert snapped(-number) == -number
    assert snapped(-1e300) == -1e300
    assert sized_quantity(FLOORED, 1.0, 5.0, 5.0, 0.0, 10.0, 1.0) == 0.0


def test_value_difference_floored_is_backtraders():
    """`Strategy.order_target_value`: buys `getsize(price, target - value)`, sells `getsize(price, value - target)`."""
    for chance in draws(1, 400):
        scheme = chance.choice(BACKTRADER)
        price, target, held = price_of(chance), chance.uniform(-1e4, 1e4), chance.uniform(-1e4, 1e4)
        if chance.random() < 0.3:
            held = target + chance.choice([-1, 1]) * chance.randint(0, 50) * price  # near a whole number of units
        expected = scheme.getsize(price, target - held) if target > held else -scheme.getsize(price, held - target)
        found = sized_quantity(FLOORED, 1.0, target, held, NAN, price, scheme.get_leverage())
        assert found == expected, (target, held, price)


@pytest.mark.parametrize(
    ("leverage", "difference", "units"),
    [
        (1.0, 15.0, 1.0),
        (2.0, 15.0, 2.0),  # 2 * (15 // 10); 2 * 15 // 10 were 3
        (1.5, 35.0, 4.0),  # int(1.5 * 3); 1.5 * 35 // 10 were 5
        (3.0, -19.0, -3.0),
        (1.0, 20.0, 2.0),
        (1.0, 0.0, 0.0),
    ],
)
def test_units_are_floored_before_they_are_levered(leverage, difference, units):
    assert sized_quantity(FLOORED, 1.0, 100.0 + difference, 100.0, NAN, 10.0, leverage) == units


@pytest.mark.parametrize("position", [0.0, 7.0, -3.0])
def test_fractions_of_a_value_difference(position):
    """`leverage * (difference / price)`, in this sequence: 0.1 * (0.1 / 0.2) is not 0.1 * 0.1 / 0.2."""
    assert 0.1 * (0.1 / 0.2) != 0.1 * 0.1 / 0.2
    assert sized_quantity(FLOORED, 0.0, 0.1, 0.0, position, 0.2, 0.1) == 0.1 * (0.1 / 0.2)
    assert sized_quantity(FLOORED, 0.0, -0.1, 0.0, position, 0.2, 0.1) == -(0.1 * (0.1 / 0.2))


def test_quantity_difference_snapped_is_ziplines():
    """`order_target_value`: value / price, less what is held, `round_order`; a price of nothing wants nothing."""
    for chance in draws(2, 400):
        price = chance.choice([price_of(chance), *nearby(10e-7), 5e-7])
        position = float(chance.randint(-50, 50))
        target = chance.choice([chance.uniform(-1e4, 1e4), (position + chance.randint(-9, 9) + 1e-4) * price])
        wanted = 0 if tolerant_equals(price, 0) else target / price
        expected = float(TradingAlgorithm.round_order(wanted - position))
        assert sized_quantity(SNAPPED, 1.0, target, NAN, position, price, NAN) == expected, (target, position, price)


def test_quantity_difference_truncated():
    """The reference: the quotient and the difference as floats round them, cut towards zero."""
    for chance in draws(3, 300):
        price, position, target = price_of(chance), quantity_of(chance), chance.uniform(-1e4, 1e4)
        if chance.random() < 0.3:
            target = (position + chance.randint(-9, 9)) * price
        exact = float(Fraction(float(Fraction(target) / Fraction(price))) - Fraction(position))
        assert sized_quantity(TRUNCATED, 1.0, target, NAN, position, price, NAN) == math.trunc(exact)
        assert sized_quantity(TRUNCATED, 0.0, target, NAN, position, price, NAN) == exact
        assert sized_quantity(DIFFERENCE, 0.0, target, NAN, position, price, NAN) == exact
        assert sized_quantity(DIFFERENCE, 1.0, target, NAN, position, price, NAN) == math.trunc(exact)


@pytest.mark.parametrize("rules", [FLOORED, TRUNCATED, SNAPPED, DIFFERENCE])
@pytest.mark.parametrize("step", [0.5, 1.5, 10.0, 100.0])
@pytest.mark.parametrize("units", [999, -999, 1000, -1000, 1050, 3, -3])
def test_lots_are_cut_towards_zero(rules, step, units):
    """Whole units first, then lots; a step up to one unit is no lot."""
    found = sized_quantity(rules, step, units * 4.0 + math.copysign(1.0, units), 0.0, 0.0, 4.0, 1.0)
    expected = float(math.trunc(units / step) * step) if step > 1.0 else float(units)
    assert found == expected


def test_what_a_holding_is_compared_as():
    """Semantics 9.3: Backtrader, `getvaluesize`; every other rule by its sign."""
    margined, share = row_of(margined=True, margin=50.0), row_of()
    scheme = bt.CommInfoBase(stocklike=False, margin=50.0)
    for quantity in (3.0, -3.0, 0.0):
        contracts = rules_of(sizing=Sizing.VALUE_DIFFERENCE_FLOORED, contracts=True)
        assert held_value(contracts, margined, quantity, 50.0) == scheme.getvaluesize(quantity, 7.0)
        assert held_value(contracts, share, quantity, 7.0) == quantity * 7.0
        assert held_value(rules_of(contracts=True), margined, quantity, 50.0) == quantity * 50.0
        assert held_value(FLOORED, margined, quantity, 50.0) == quantity * 50.0
