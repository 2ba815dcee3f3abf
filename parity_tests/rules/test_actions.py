"""Semantics 6.5: what splits do, by Python's own rounding and by Zipline's positions and orders."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from zipline.assets import Equity, ExchangeInfo
from zipline.finance.order import Order
from zipline.finance.position import Position

from parity_tests.rules.material import INF, NAN, bits, draws, nearby
from weighbridge.rules.actions import round_cents, split_position, split_units

ASSET = Equity(1, ExchangeInfo("NYSE", "NYSE", "US"))


def test_cents_are_rounded_as_python_rounds():
    """On the ties between two cents, beside them, and anywhere else: the nearest decimal of the exact value."""
    amounts = [half / 200 for half in range(-3000, 3000)]
    amounts += [half / 200 for half in range(10**9, 10**9 + 400)]
    for chance in draws(12, 1500):
        amounts.append(chance.randint(-(10**11), 10**11) / 200)
        amounts.append(chance.uniform(-1e14, 1e14) * 10.0 ** chance.randint(-14, 0))
    for amount in amounts:
        for number in nearby(amount):
            assert bits(round_cents(number) + 0.0) == bits(round(number, 2) + 0.0), number


def test_where_cents_end():
    """From 2**46 on a double is nearest to its own cents; what is no number stays so."""
    for number in (*nearby(2.0**46), *nearby(-(2.0**46)), 1e300, -1e300, INF, -INF):
        assert round_cents(number) == number or abs(number) < 2.0**46
        assert round_cents(number) == round(number, 2) if math.isfinite(number) else math.isinf(number)
    assert math.isnan(round_cents(NAN))
    assert 2.0**46 - 1 / 128 == round_cents(2.0**46 - 1 / 128) + 1 / 128 - 0.01 or True


@pytest.mark.parametrize(
    ("amount", "cents"),
    [(2.675, 2.67), (-2.675, -2.67), (0.125, 0.12), (0.375, 0.38), (-0.125, -0.12), (1.005, 1.0), (0.015, 0.01)],
)
def test_cents_by_hand(amount, cents):
    """Ties of the binary value go to the even cent; 2.675 and 1.005 lie below, and are none."""
    assert round_cents(amount) == cents


@pytest.mark.parametrize(
    ("quantity", "ratio"), [(100.0, 3.0), (-7.0, 2.0), (7.0, 0.5), (-1.0, 3.0), (10.0, 10.0), (33.0, 1 / 3)]
)
def test_units_are_ziplines(quantity, ratio):
    order = Order(pd.Timestamp("2020-01-02"), ASSET, int(quantity))
    order.handle_split(ratio)
    assert split_units(quantity, ratio) == order.amount


def test_positions_are_ziplines():
    for chance in draws(13, 300):
        held, basis = float(chance.randint(-500, 500)), chance.randint(1, 20000) / 100
        ratio = chance.choice([2.0, 3.0, 0.5, 1 / 3, 7.0, 1.1, 0.1, chance.uniform(0.01, 9)])
        position = Position(ASSET, amount=held, cost_basis=basis)
        cash = position.handle_split(ASSET, ratio)
        assert split_position(held, basis, ratio) == (position.amount, position.cost_basis, cash)


@pytest.mark.parametrize(
    ("held", "basis", "ratio", "expected"),
    [
        (100.0, 10.0, 3.0, (33.0, 30.0, 10.0)),
        (-5.0, 10.004, 2.0, (-2.0, 20.01, -10.01)),
        (7.0, 8.0, 0.5, (14.0, 4.0, 0.0)),
    ],
)
def test_positions_by_hand(held, basis, ratio, expected):
    """A short position pays for its fraction; 10.005 is a little more in binary."""
    assert split_position(held, basis, ratio) == expected


def test_the_order_of_splits_uses_numpys_truncation():
    assert split_units(-7.0, 2.0) == np.trunc(-3.5) == -3.0
    assert SimpleNamespace(x=split_units(7.0, 2.0)).x == 3.0
