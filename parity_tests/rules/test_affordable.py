"""Semantics 3.6, 9.4, 9.6: the largest quantity that cash covers, by brute force in exact numbers and by hand."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace

import pytest
from backtrader.position import Position

from parity_tests.rules.material import FREE, draws, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.affordable import affordable, affordable_change, cash_after_change, closing_part, left_after
from weighbridge.rules.costs import FIXED, PER_SHARE, PERCENT

SHARES, CONTRACTS = rules_of(), rules_of(contracts=True)
PLAIN = row_of()
FUTURE = row_of(margined=True, margin=100.0, multiplier=5.0)
# On margin, of which a quarter must be one's own.
GEARED_FUTURE = row_of(margined=True, margin=100.0, leverage=4.0)
GEARED = row_of(leverage=4.0)
PERCENTAGE = FREE._replace(commission=PERCENT, rate=0.25)
ONE_EACH = FREE._replace(commission=PER_SHARE, rate=1.0)
ONCE = FREE._replace(commission=FIXED, rate=5.0)


def test_what_closes_is_backtraders():
    for chance in draws(15, 600):
        position = chance.choice([0.0, quantity_of(chance)])
        quantity = chance.choice(
            [quantity_of(chance), -position or 1.0, -2.0 * position or 1.0, -position / 2.0 or 1.0]
        )
        _, _, opened, closed = Position(position, 5.0).update(quantity, 7.0)
        assert closing_part(position, quantity) == closed
        assert quantity - closed == opened


class Tiered:
    """A host's own commission in exact numbers: 1 / 128 of the first 1024, half of it of the rest, at least 2."""

    def commission(self, asset: int, quantity: float, price: float) -> float:
        traded = quantity * price
        return max(2.0, min(traded, 1024.0) / 128.0 + max(traded - 1024.0, 0.0) / 256.0)


@pytest.mark.parametrize(
    "terms", [FREE, PERCENTAGE, ONE_EACH, ONCE, Tiered()], ids=["free", "percent", "share", "once", "host"]
)
@pytest.mark.parametrize("step", [1.0, 10.0, 0.5])
def test_the_largest_by_brute_force(terms, step):
    """Prices are eighths, so that every operation is exact and nothing nearly fits."""
    for chance in draws(16, 60):
        price, cash = chance.randint(1, 800) / 8, chance.randint(-10, 40_000) / 8
        wanted = chance.randint(1, 200) * chance.choice([1.0, step])
        if chance.random() < 0.3:
            cash = wanted * price + chance.choice([0.0, 5.0, wanted, wanted * price / 4]) - chance.choice([0.0, 0.125])
        found = affordable(SHARES, terms, PLAIN, 0, wanted, (price, price), (cash, step), 0.0)
        steps = [wanted, *(k * step for k in range(int(wanted / step) + 1))]
        fitting = [q for q in steps if q and left_after(SHARES, terms, PLAIN, 0, cash, q, (price, price), 0.0) >= 0.0]
        assert found == max(fitting, default=0.0), (price, cash, wanted)


def test_any_fraction_fits_and_its_neighbour_does_not():
    for chance in draws(17, 200):
        terms = chance.choice([FREE, PERCENTAGE, ONE_EACH, ONCE])
        price, cash, wanted = price_of(chance), chance.uniform(0.1, 1000.0), chance.uniform(1.0, 100.0)
        found = affordable(SHARES, terms, PLAIN, 0, wanted, (price, price), (cash, 0.0), 0.0)
        assert 0.0 <= found <= wanted
        if found > 0.0:
            assert left_after(SHARES, terms, PLAIN, 0, cash, found, (price, price), 0.0) >= 0.0
        if found < wanted:
            beside = math.nextafter(found, wanted)
            assert left_after(SHARES, terms, PLAIN, 0, cash, beside, (price, price), 0.0) < 0.0


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_no_cash_buys_nothing(step):
    """Not even a fraction so small that its price underflows; but what costs nothing can be had for nothing."""
    for cash in (0.0, -0.0, -1.0):
        assert affordable(SHARES, FREE, PLAIN, 0, 10.0, (0.5, 0.5), (cash, step), 0.0) == 0.0
    assert affordable(SHARES, FREE, PLAIN, 0, 10.0, (0.0, 0.5), (0.0, step), 0.0) == 10.0
    assert affordable(SHARES, FREE, PLAIN, 0, 5e-324, (0.1, 0.1), (-0.0, 0.0), 0.0) == 5e-324


@pytest.mark.parametrize(("wanted", "step", "found"), [(10.5, 1.0, 10.0), (25.0, 10.0, 20.0), (1e6, 1.0, 10.0)])
def test_the_largest_multiple_is_tried_before_the_search(wanted, step, found):
    """Whole steps of what was wanted may fit where all of it does not."""
    assert affordable(SHARES, FREE, PLAIN, 0, wanted, (10.0, 10.0), (found * 10.0, step), 0.0) == found


def test_the_operations_of_what_is_left():
    """Cash - quantity * price - commission, of `quantity` and of what is charged with it."""
    terms = FREE._replace(commission=PERCENT, rate=0.1)
    assert left_after(SHARES, terms, PLAIN, 0, 1.0, 3.0, (0.1, 0.7), 2.0) == 1.0 - 3.0 * 0.1 - 5.0 * 0.1 * 0.7
    assert 1.0 - 0.1 - 0.7 * 0.3 != 1.0 - (0.1 + 0.7 * 0.3)
    host = SimpleNamespace(commission=lambda asset, quantity, price: 0.7 * 0.3)
    assert left_after(SHARES, host, PLAIN, 0, 1.0, 1.0, (0.1, 9.0), 0.0) == 1.0 - 0.1 - 0.7 * 0.3


@pytest.mark.parametrize(
    ("row", "position", "quantity", "terms", "cash", "found"),
    [
        # Shares: what closes a short position is paid for like anything else.
        (PLAIN, 0.0, 10.0, FREE, 70.0, 7.0),
        (PLAIN, -5.0, 10.0, FREE, 70.0, 7.0),
        (PLAIN, -5.0, 10.0, PERCENTAGE, 70.0, 5.0),
        # A margin of 100: the closing part gives its own back, and is never cut.
        (FUTURE, 0.0, 10.0, FREE, 750.0, 7.0),
        (FUTURE, 0.0, 10.0, FREE, 1000.0, 10.0),
        (FUTURE, 3.0, 10.0, FREE, 750.0, 7.0),
        (FUTURE, -3.0, 10.0, FREE, 350.0, 9.0),
        (FUTURE, -3.0, 10.0, FREE, 1e6, 10.0),
        (PLAIN, -5.0, 10.0, PERCENTAGE, 62.5, 5.0),
        (row_of(leverage=2.0), 0.0, 10.0, FREE, 35.0, 7.0),
        (row_of(leverage=2.0), -1.0, 10.0, FREE, 35.0, 6.0),
        (row_of(leverage=2.0), -1.0, 10.0, FREE, 9.0, 0.0),
        (GEARED, -5.0, 10.0, ONE_EACH, 55.0, 5.0),
        (FUTURE, -3.0, 10.0, FREE, -400.0, 3.0),
        (FUTURE, -3.0, 2.0, FREE, -400.0, 2.0),
        (FUTURE, -3.0, 3.0, FREE, -400.0, 3.0),
        # 9 contracts of 1.0 each: 3 of them close. 350 + 300 - 6 * 100 - 9.
        (FUTURE, -3.0, 10.0, ONE_EACH, 309.0, 9.0),
        (FUTURE, -3.0, 10.0, ONE_EACH, 308.0, 8.0),
        # Two things at once: margins divided by the leverage.
        (GEARED_FUTURE, -3.0, 10.0, FREE, 25.0, 7.0),
        (GEARED_FUTURE, 0.0, 10.0, FREE, 75.0, 3.0),
        # A quarter of 10.0 a unit, except for what closes a short position.
        (GEARED, 0.0, 10.0, FREE, 17.5, 7.0),
        (GEARED, 5.0, 10.0, FREE, 17.5, 7.0),
        (GEARED, -5.0, 10.0, FREE, 57.5, 8.0),
        (GEARED, -5.0, 10.0, FREE, 50.0, 5.0),
        (GEARED, -5.0, 10.0, FREE, 42.0, 4.0),
        (GEARED, -5.0, 5.0, FREE, 50.0, 5.0),
        (GEARED, -5.0, 3.0, FREE, 30.0, 3.0),
        # 5 at 10 closed, 3 at 2.5 opened, 8 times 1.0.
        (GEARED, -5.0, 10.0, ONE_EACH, 65.5, 8.0),
        (GEARED, -5.0, 10.0, ONE_EACH, 65.0, 7.0),
        (GEARED, -5.0, 10.0, ONE_EACH, 54.0, 4.0),
    ],
)
def test_a_change_of_any_contract(row, position, quantity, terms, cash, found):
    unit = 100.0 if row.margined else 10.0
    assert affordable_change(CONTRACTS, terms, row, 0, position, quantity, (unit, 10.0), (cash, 1.0)) == found
    if row is PLAIN:
        assert affordable_change(SHARES, terms, row, 0, position, quantity, (unit, 10.0), (cash, 1.0)) == found


def test_without_contracts_no_row_is_looked_at():
    assert affordable_change(SHARES, FREE, FUTURE, 0, -3.0, 10.0, (10.0, 10.0), (70.0, 1.0)) == 7.0
    assert cash_after_change(SHARES, FREE, FUTURE, 0, -3.0, 10.0, (10.0, 10.0), 170.0) == 70.0


@pytest.mark.parametrize(
    ("row", "position", "quantity", "terms", "left"),
    [
        (PLAIN, -5.0, 10.0, ONE_EACH, 1000.0 - 100.0 - 10.0),
        (PLAIN, 5.0, -10.0, ONE_EACH, 1000.0 + 100.0 - 10.0),
        (FUTURE, 0.0, 10.0, ONE_EACH, 1000.0 - 1000.0 - 10.0),
        (FUTURE, -3.0, 10.0, ONE_EACH, 1000.0 + 300.0 - 700.0 - 10.0),
        (FUTURE, 3.0, -10.0, ONE_EACH, 1000.0 + 300.0 - 700.0 - 10.0),
        (FUTURE, 3.0, -2.0, ONE_EACH, 1000.0 + 200.0 - 2.0),
        (FUTURE, 0.0, -2.0, ONE_EACH, 1000.0 - 200.0 - 2.0),
        (GEARED_FUTURE, -3.0, 10.0, FREE, 1000.0 + 75.0 - 175.0),
        (GEARED, 0.0, 10.0, ONE_EACH, 1000.0 - 25.0 - 10.0),
        (GEARED, -5.0, 10.0, ONE_EACH, 1000.0 - 50.0 - 12.5 - 10.0),
        (GEARED, -5.0, 3.0, ONE_EACH, 1000.0 - 30.0 - 3.0),
        (GEARED, 5.0, -3.0, ONE_EACH, 1000.0 + 7.5 - 3.0),
        (GEARED, 5.0, -10.0, ONE_EACH, 1000.0 + 12.5 + 50.0 - 10.0),
        (GEARED, 0.0, -10.0, ONE_EACH, 1000.0 + 100.0 - 10.0),
        (GEARED, 0.0, 0.5, ONE_EACH, 1000.0 - 1.25 - 0.5),
        (GEARED, -0.25, 0.5, ONE_EACH, 1000.0 - 2.5 - 0.625 - 0.5),
        (row_of(leverage=2.0), 0.0, 10.0, FREE, 950.0),
    ],
)
def test_what_a_change_leaves(row, position, quantity, terms, left):
    unit = 100.0 if row.margined else 10.0
    assert cash_after_change(CONTRACTS, terms, row, 0, position, quantity, (unit, 10.0), 1000.0) == left


def test_a_percentage_is_of_the_price_that_is_charged():
    """Semantics 9.5; `paid` are the cost of a unit and the price that commissions are of."""
    row = row_of(leverage=4.0, charged_on=5.0)
    percent = FREE._replace(commission=PERCENT, rate=0.1)
    left = cash_after_change(CONTRACTS, percent, row, 0, -5.0, 10.0, (10.0, 2.0), 1000.0)
    assert left == 1000.0 - 50.0 - 5.0 * 2.5 - 10.0 * 0.1 * 10.0
    exact = Fraction(1000) - 50 - Fraction(25, 2) - 10
    assert left == exact


def test_shares_are_charged_for_what_they_are():
    assert cash_after_change(SHARES, ONE_EACH, PLAIN, 0, 0.0, 10.0, (10.0, 10.0), 1000.0) == 890.0
    assert affordable_change(SHARES, ONE_EACH, PLAIN, 0, 0.0, 10.0, (10.0, 10.0), (77.0, 1.0)) == 7.0


@pytest.mark.parametrize(
    ("position", "quantity", "closed"),
    [(-2.0, 3.0, 2.0), (2.0, -1.0, -1.0), (2.0, -3.0, -2.0), (-2.0, 2.0, 2.0), (0.5, -0.25, -0.25)],
)
def test_what_closes_by_hand(position, quantity, closed):
    assert closing_part(position, quantity) == closed


@pytest.mark.parametrize(
    ("wanted", "cash", "step", "found"),
    [(10.2, 100.0, 0.5, 10.0), (10.5, 102.0, 0.0, 10.2), (10.0, 0.5, 0.0, 0.05), (10.0, 1.0, 0.0, 0.1)],
)
def test_fractions_by_hand(wanted, cash, step, found):
    exact = affordable(SHARES, FREE, PLAIN, 0, wanted, (10.0, 10.0), (cash, step), 0.0)
    assert abs(exact - found) <= 2e-15


def test_what_a_margin_gives_back_is_a_product_of_the_geared_margin():
    """3 * (0.1 / 0.3): opened with exactly that, any fraction, at 1.0 a unit."""
    for chance in draws(32, 300):
        margin, leverage, closes = price_of(chance), chance.choice([3.0, 7.0, 1.3]), chance.uniform(0.1, 5.0)
        row = row_of(margined=True, margin=margin, leverage=leverage)
        geared = margin / leverage
        found = affordable_change(CONTRACTS, FREE, row, 0, -closes, closes + 1e6, (margin, 1.0), (0.0, 0.0))
        opened = affordable(SHARES, FREE, PLAIN, 0, closes + 1e6 - closes, (geared, 1.0), (closes * geared, 0.0), 0.0)
        assert found == closes + opened
