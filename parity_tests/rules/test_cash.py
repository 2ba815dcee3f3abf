"""What the cash lets through of an order, rule by rule; admission by Backtrader's own imagination."""

from __future__ import annotations

import pytest

from parity_tests.rules.backtraders import PARTS, imagined_by_backtrader
from parity_tests.rules.material import FREE, INF, NAN, bits, draws, every, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.booking import Booking
from weighbridge.rules.cash import Cash, allowed, covered, imagined
from weighbridge.rules.charging import Charging
from weighbridge.rules.costs import FIXED, PER_SHARE, PERCENT
from weighbridge.rules.frozen import FrozenRules
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.seats import OWN
from weighbridge.rules.within_tolerance import allowed_within_tolerance

ONE_EACH = FREE._replace(commission=PER_SHARE, rate=1.0)
FEE = FREE._replace(commission=FIXED, rate=10.0, fixed_fees=10.0)
FUTURE = {"margined": True, "margin": 100.0, "multiplier": 5.0}
NOTHING = (NAN, NAN)


def test_who_cuts():
    assert [member for member in Cash if member.cuts] == [Cash.CUT, Cash.CUT_WITHIN_TOLERANCE]


def let_through(rules, row, quantity, cash, *, terms=FREE, loan=0.0, step=1.0, price=10.0):
    found = allowed(rules, terms, row, 0, quantity, price, (cash, loan, cash, INF), step)
    assert found[0] == -1
    assert bits(found[2:]) == bits(NOTHING)
    return found[1]


@pytest.mark.parametrize("contracts", [False, True])
def test_a_buy_is_cut_and_a_sale_is_not(contracts):
    """Semantics 6.1 of the reference: the largest quantity that the cash at the fill covers."""
    rules = rules_of(contracts=contracts)
    assert let_through(rules, row_of(), 10.0, 75.0) == 7.0
    assert let_through(rules, row_of(), 10.0, 75.0, step=0.0) == 7.5
    assert let_through(rules, row_of(), 10.0, 75.0, terms=ONE_EACH) == 6.0
    assert let_through(rules, row_of(position=-3.0), 10.0, 75.0) == 7.0
    assert let_through(rules, row_of(), 10.0, 70.0, loan=5.0) == 7.0
    assert let_through(rules, row_of(), 10.0, 65.0, loan=5.0) == 7.0
    assert let_through(rules, row_of(), -10.0, -75.0) == -10.0
    assert let_through(rules, row_of(), 0.0, 75.0) == 0.0


@pytest.mark.parametrize("cash_rule", [Cash.CUT, Cash.CUT_WITHIN_TOLERANCE])
@pytest.mark.parametrize(
    ("position", "quantity", "cash", "most"),
    [
        (0.0, 10.0, 750.0, 7.0),
        (0.0, -10.0, 750.0, -7.0),
        (3.0, 10.0, 750.0, 7.0),
        (-3.0, 10.0, 350.0, 9.0),  # 300 come back
        (3.0, -10.0, 350.0, -9.0),
        (3.0, -2.0, -900.0, -2.0),
        (-3.0, 2.0, -900.0, 2.0),
        (3.0, -10.0, -900.0, -3.0),
    ],
)
def test_a_margin_cuts_what_opens(cash_rule, position, quantity, cash, most):
    """Semantics 9.4; a margin is bound whatever the price and its multiplier are."""
    rules = rules_of(cash=cash_rule, contracts=True)
    assert let_through(rules, row_of(position=position, **FUTURE), quantity, cash) == most
    assert let_through(rules, row_of(position=position, **FUTURE), quantity, cash - 50.0, loan=50.0) == most


@pytest.mark.parametrize("cash_rule", [Cash.CUT, Cash.CUT_WITHIN_TOLERANCE])
def test_leverage_cuts_what_is_bought(cash_rule):
    rules = rules_of(cash=cash_rule, contracts=True)
    geared = {"leverage": 4.0, "multiplier": 0.5}
    assert let_through(rules, row_of(**geared), 10.0, 6.25) == 5.0  # a quarter of 5.0 each
    assert let_through(rules, row_of(**geared), -10.0, -6.25) == -10.0
    assert let_through(rules, row_of(position=-2.0, **geared), 10.0, 10.0 + 1.25) == 3.0


def test_a_multiplier_is_paid():
    rules = rules_of(contracts=True)
    assert let_through(rules, row_of(multiplier=5.0), 10.0, 350.0) == 7.0


@pytest.mark.parametrize("cash_rule", [Cash.REFUSED_TWICE, Cash.UNCHECKED])
def test_others_let_everything_through(cash_rule):
    for contracts in (False, True):
        for quantity in (10.0, -10.0):
            assert let_through(rules_of(cash=cash_rule, contracts=contracts), row_of(), quantity, -75.0) == quantity


def test_within_a_tolerance():
    """The rule is VectorBT's (test_within_tolerance.py): here is what it is told."""
    rules, terms = rules_of("vectorbt"), FREE._replace(fees=0.1, fixed_fees=1.0)
    row = row_of(position=2.0, charged_on=3.0)
    for quantity in (4.0, -4.0):
        expected = allowed_within_tolerance(terms, row, quantity, 10.0, (30.0, 20.0, INF), 10.0)
        assert allowed(rules, terms, row, 0, quantity, 10.0, (30.0, 9.0, 20.0, INF), 1.0) == expected
        contracts = rules._replace(contracts=True)
        big = row_of(position=2.0, multiplier=2.0, charged_on=3.0)
        expected = allowed_within_tolerance(terms, big, quantity, 20.0, (30.0, 20.0, INF), 30.0)
        assert allowed(contracts, terms, big, 0, quantity, 10.0, (30.0, 9.0, 20.0, INF), 1.0) == expected
    locked = terms._replace(lock_cash=True, fees=0.0, fixed_fees=0.0)
    assert allowed(rules, locked, row, 0, 9.0, 10.0, (90.0, 0.0, 20.0, INF), 1.0)[1] == 2.0
    assert allowed(rules, terms, row, 0, 4.0, 10.0, (30.0, 9.0, 20.0, 0.0), 1.0)[0] == DenialRule.VALUE_ZERO_NEG


def test_a_rule_of_ones_own():
    told = []

    def own(quantity, price, cash, position):
        told.append((quantity, price, cash, position))
        return quantity / 2.0

    rules = FrozenRules(rules_of(cash=OWN), (("cash", own),))
    assert let_through(rules, row_of(position=3.0), -10.0, 75.0, loan=5.0) == -5.0
    assert told == [(-10.0, 10.0, 80.0, 3.0)]


def test_a_cut_by_the_unit():
    """`covered` alone: what a unit costs and what a commission is of are the margin, or the price, and the price."""
    percent = FREE._replace(commission=PERCENT, rate=0.5)
    assert covered(rules_of(contracts=True), percent, row_of(**FUTURE), 0, 9.0, 10.0, (735.0, 1.0)) == 7.0
    assert covered(rules_of(contracts=True), percent, row_of(**FUTURE), 0, -9.0, 10.0, (735.0, 1.0)) == -7.0
    assert covered(rules_of(), percent, row_of(**FUTURE), 0, 9.0, 10.0, (105.0, 1.0)) == 7.0


@pytest.mark.parametrize("terms", PARTS)
@pytest.mark.parametrize(
    "contract", [{}, {"leverage": 3.0}, {"margined": True, "margin": 70.0, "multiplier": 0.3}], ids=str
)
def test_admission_is_backtraders(terms, contract):
    """`BackBroker.check_submitted`: executed in the imagination, at the price of the order's creation."""
    for chance in draws(23, 150):
        position, price, cash = (
            chance.choice([0.0, quantity_of(chance)]),
            price_of(chance),
            chance.uniform(-10.0, 1000.0),
        )
        quantity = chance.choice(
            [quantity_of(chance), -position or 1.0, -3.0 * position or 1.0, -position / 2.0 or 1.0]
        )
        row = row_of(average=3.3, **contract)
        expected = imagined_by_backtrader(terms, row, position, quantity, price, cash)
        for rules in [rules_of("backtrader", contracts=True), *([] if contract else [rules_of("backtrader")])]:
            assert bits(imagined(rules, terms, row, position, quantity, price, cash)) == bits(expected)


ONE = {
    Charging.PART_BY_PART: 20.0,
    Charging.ONE_CHARGE: 10.0,
    Charging.OF_ORDER_VALUE: 10.0,
    Charging.AFTER_ALL_FILLS: 10.0,
}


@pytest.mark.parametrize("rules", every("booking"), ids=lambda rules: Booking(rules.booking).name)
@pytest.mark.parametrize("charging", Charging)
def test_admission_of_every_other_mixture(rules, charging):
    """Bought 5 at 10 where 2 are short; sold 3 of 4; an opening."""
    charge = ONE[charging]
    for contracts in (False, True):
        now = rules._replace(charging=int(charging), contracts=contracts)
        assert imagined(now, FEE, row_of(), -2.0, 5.0, 10.0, 100.0) == 100.0 - 50.0 - charge
        assert imagined(now, FEE, row_of(), 4.0, -3.0, 10.0, 100.0) == 100.0 + 30.0 - 10.0
        assert imagined(now, FEE, row_of(), 4.0, 3.0, 10.0, 100.0) == 100.0 - 30.0 - 10.0


@pytest.mark.parametrize("rules", every("booking", contracts=True), ids=lambda rules: Booking(rules.booking).name)
@pytest.mark.parametrize("charging", Charging)
def test_admission_of_contracts(rules, charging):
    now = rules._replace(charging=int(charging))
    charge = ONE[charging]
    future, geared, big = row_of(**FUTURE), row_of(leverage=4.0), row_of(multiplier=2.0)
    assert imagined(now, FEE, future, -2.0, 5.0, 10.0, 900.0) == 900.0 + 200.0 - 300.0 - charge
    assert imagined(now, FEE, future, 4.0, -3.0, 10.0, 900.0) == 900.0 + 300.0 - 10.0
    assert imagined(now, FEE, geared, -2.0, 5.0, 10.0, 900.0) == 900.0 - 20.0 - 7.5 - charge
    assert imagined(now, FEE, geared, 2.0, -5.0, 10.0, 900.0) == 900.0 + 5.0 + 30.0 - charge
    assert imagined(now, FEE, geared, 0.0, -5.0, 10.0, 900.0) == 900.0 + 50.0 - 10.0
    assert imagined(now, FEE, big, 0.0, 5.0, 10.0, 900.0) == 900.0 - 100.0 - 10.0
    percent = FREE._replace(commission=PERCENT, rate=0.5, fees=0.5)
    charged_on = row_of(charged_on=3.0, multiplier=3.0)
    assert imagined(now, percent, charged_on, 0.0, 5.0, 10.0, 900.0) == 900.0 - 150.0 - 75.0
    assert imagined(now, percent, charged_on, 2.0, -5.0, 10.0, 900.0) == 900.0 + 150.0 - 75.0


def test_the_operations_of_plain_admission():
    rules, percent = rules_of(), FREE._replace(commission=PERCENT, rate=0.1)
    cash = 1.0 - 3.0 * 0.1 - 3.0 * 0.1 * 0.1
    assert imagined(rules, percent, row_of(), 0.0, 3.0, 0.1, 1.0) == cash
    big = row_of(multiplier=0.3, charged_on=0.3)
    contracts = rules._replace(contracts=True)
    assert imagined(contracts, FREE, big, 0.0, 3.0, 0.1, 1.0) == 1.0 - 3.0 * (0.1 * 0.3)
    assert 1.0 - 3.0 * (0.1 * 0.3) != 1.0 - 3.0 * 0.1 * 0.3 or 3.0 * (0.1 * 0.3) != 3.0 * 0.1 * 0.3
    for chance in draws(24, 100):
        row = row_of(multiplier=price_of(chance), charged_on=price_of(chance))
        quantity, price, money = quantity_of(chance), price_of(chance), chance.uniform(0.0, 1e6)
        charged = abs(quantity) * 0.1 * (price * row.charged_on)
        assert (
            imagined(contracts, percent, row, 0.0, quantity, price, money)
            == money - quantity * (price * row.multiplier) - charged
        )
        geared = row_of(leverage=3.0, charged_on=row.charged_on)
        worth = quantity * price
        bound = worth / 3.0 if worth > 0.0 else worth
        assert imagined(contracts, percent, geared, 0.0, quantity, price, money) == money - bound - charged
        closed = -quantity * 2.0
        back = quantity * price / 3.0 if quantity > 0.0 else quantity * price
        opened = -quantity * price / 3.0 if quantity < 0.0 else -quantity * price
        both = abs(closed) * 0.1 * (price * row.charged_on)
        assert imagined(contracts, percent, geared, quantity, closed, price, money) == money + back - opened - both


def test_half_a_unit_is_a_buy():
    for contracts in (False, True):
        assert let_through(rules_of(contracts=contracts), row_of(), 0.5, 2.5, step=0.0) == 0.25
    future = row_of(**FUTURE)
    assert let_through(rules_of(contracts=True), future, 0.5, 25.0, step=0.0) == 0.25
    geared = row_of(leverage=2.0)
    assert imagined(rules_of(contracts=True), FREE, geared, 0.0, 0.5, 10.0, 100.0) == 97.5
    within = rules_of("vectorbt", contracts=True)
    assert allowed(within, FREE, geared, 0, 10.0, 10.0, (5.0, 5.0, 5.0, INF), 1.0)[1] == 2.0


def test_plain_admission_is_two_subtractions():
    percent = FREE._replace(commission=PERCENT, rate=0.1)
    for chance in draws(33, 100):
        quantity, price, cash = quantity_of(chance), price_of(chance), chance.uniform(0.0, 1e4)
        assert (
            imagined(rules_of(), percent, row_of(), 0.0, quantity, price, cash)
            == cash - quantity * price - abs(quantity) * 0.1 * price
        )
