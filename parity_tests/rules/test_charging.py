"""Semantics 9.5 and the frameworks' own commission models: what an execution is charged, to the bit."""

from __future__ import annotations

from types import SimpleNamespace

import backtrader as bt
import pytest
from zipline.finance.commission import PerDollar, PerShare, PerTrade

from parity_tests.rules.material import FREE, bits, draws, every, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.charging import Charging, commission, of_part, predicted_commission
from weighbridge.rules.costs import FIXED, NO_COST, PER_SHARE, PERCENT

KINDS = {
    NO_COST: FREE._replace(rate=9.0, minimum=9.0),
    PERCENT: FREE._replace(commission=PERCENT, rate=0.0013, fees=0.0013),
    PER_SHARE: FREE._replace(commission=PER_SHARE, rate=0.03, minimum=0.5),
    FIXED: FREE._replace(commission=FIXED, rate=3.7, fixed_fees=3.7),
}
ZIPLINE = {PERCENT: PerDollar(0.0013), PER_SHARE: PerShare(0.03, 0.5), FIXED: PerTrade(3.7)}
ONCE = (Charging.PART_BY_PART, Charging.ONE_CHARGE)


@pytest.mark.parametrize("charging", ONCE)
def test_a_percentage_is_backtraders(charging):
    scheme = bt.CommInfoBase(commission=0.0013, commtype=bt.CommInfoBase.COMM_PERC, percabs=True)
    for chance in draws(4, 100):
        quantity, price = quantity_of(chance), price_of(chance)
        assert commission(rules_of(charging=charging), KINDS[PERCENT], quantity, price) == scheme.getcommission(
            quantity, price
        )


@pytest.mark.parametrize("charging", [*ONCE, Charging.OF_ORDER_VALUE])
@pytest.mark.parametrize(
    ("quantity", "charged"), [(10.0, 0.5), (-10.0, 0.5), (20.0, 20.0 * 0.03), (-20.0, 20.0 * 0.03), (0.5 / 0.03, 0.5)]
)
def test_an_amount_per_share_has_a_minimum(charging, quantity, charged):
    assert commission(rules_of(charging=charging), KINDS[PER_SHARE], quantity, 7.0) == charged


@pytest.mark.parametrize("rules", every("charging"))
def test_nothing_and_fixed_amounts(rules):
    for quantity in (3.0, -3.0):
        assert commission(rules, KINDS[NO_COST], quantity, 7.0) == 0.0
        assert commission(rules, KINDS[FIXED], quantity, 7.0) == 3.7


def test_of_an_orders_value():
    """VectorBT, `buy_nb`: `req_cash * fees + fixed_fees` where `req_cash = size * price`."""
    both = FREE._replace(fees=0.0013, fixed_fees=3.7)
    for chance in draws(5, 100):
        quantity, price = quantity_of(chance), price_of(chance)
        value = abs(quantity) * price
        assert commission(rules_of(charging=Charging.OF_ORDER_VALUE), both, quantity, price) == value * 0.0013 + 3.7


@pytest.mark.parametrize("kind", ZIPLINE)
def test_of_a_part_is_ziplines(kind):
    for chance in draws(6, 300):
        amount, price = chance.randint(1, 30) * chance.choice([-1, 1]), price_of(chance)
        filled = chance.randint(0, 60) * (1 if amount > 0 else -1)
        paid = chance.choice([0.0, 0.5, 0.6, abs(filled) * 0.03])
        order = SimpleNamespace(commission=paid, filled=filled)
        expected = ZIPLINE[kind].calculate(order, SimpleNamespace(amount=amount, price=price))
        found = of_part(KINDS[kind], float(amount), price, float(filled), paid)
        assert bits(found) == bits(float(expected)), (amount, filled, paid)


@pytest.mark.parametrize(
    ("filled", "paid", "charged"),
    [
        (0.0, 0.0, 8.0),  # the minimum
        (4.0, 8.0, 0.0),  # 4 + 3 are below it
        (5.0, 8.0, 0.0),  # 5 + 3 are the minimum, which is paid
        (6.0, 8.0, 1.0),
        (-6.0, 8.0, 1.0),
        (6.0, 9.0, 0.0),
    ],
)
def test_the_minimum_covers_later_parts(filled, paid, charged):
    terms = FREE._replace(commission=PER_SHARE, rate=1.0, minimum=8.0)
    assert of_part(terms, 3.0, 7.0, filled, paid) == charged
    assert of_part(terms, -3.0, 7.0, filled, paid) == charged


@pytest.mark.parametrize(("filled", "charged"), [(4.0, 0.0), (4.5, -1.0)])
def test_below_the_minimum_nothing_is_given_back(filled, charged):
    """`per_unit_total < min_trade_cost` pays nothing; at the minimum the difference to what was paid is due."""
    assert of_part(FREE._replace(commission=PER_SHARE, rate=2.0, minimum=15.0), 3.0, 7.0, filled, 16.0) == charged


def test_no_commission_of_a_part():
    assert of_part(KINDS[NO_COST], 3.0, 7.0, 0.0, 0.0) == 0.0


@pytest.mark.parametrize("kind", ZIPLINE)
def test_after_all_fills_an_execution_is_a_first_part(kind):
    rules = rules_of(charging=Charging.AFTER_ALL_FILLS)
    order = SimpleNamespace(commission=0.0, filled=0)
    for amount in (3, -7, 40):
        expected = ZIPLINE[kind].calculate(order, SimpleNamespace(amount=amount, price=3.3))
        assert commission(rules, KINDS[kind], float(amount), 3.3) == expected


def test_a_first_part_has_filled_nothing():
    """A rate of 1.0 and a paid of 0.0 ask for nothing that was filled; what is paid before is nothing too."""
    terms = FREE._replace(commission=PER_SHARE, rate=1.0, minimum=0.0)
    assert commission(rules_of(charging=Charging.AFTER_ALL_FILLS), terms, 3.0, 7.0) == 3.0


def test_the_planner_asks_the_engines_terms_or_the_host():
    """A percentage is of the price times `charged_on` where there are contracts; a host is told the price as it is."""
    row = row_of(charged_on=5.0)
    assert predicted_commission(rules_of(), KINDS[PERCENT], row, 0, -3.0, 7.0) == 3.0 * 0.0013 * 7.0
    contracts = rules_of(contracts=True)
    assert predicted_commission(contracts, KINDS[PERCENT], row, 0, -3.0, 7.0) == 3.0 * 0.0013 * 35.0
    host = SimpleNamespace(commission=lambda asset, quantity, price: (asset, quantity, price))
    assert predicted_commission(contracts, host, row, 2, -3.0, 7.0) == (2, -3.0, 7.0)
