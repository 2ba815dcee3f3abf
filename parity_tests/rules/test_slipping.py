"""A price moved against a trade, by the frameworks' own functions."""

from __future__ import annotations

from types import SimpleNamespace

import backtrader as bt
import pytest
from zipline.finance.slippage import FixedBasisPointsSlippage

from parity_tests.rules.material import FREE, draws, price_of, quantity_of, rules_of
from weighbridge.rules.costs import BASIS_POINTS, FIXED, NO_COST, PERCENT, VOLUME_SHARE
from weighbridge.rules.slipping import Slipping, predicted_price, slipped, within_bar

RATE = 0.0037
PERCENTAGE = FREE._replace(slippage=PERCENT, amount=RATE)
AMOUNT = FREE._replace(slippage=FIXED, amount=0.07)
BROKER = bt.brokers.BackBroker


def backtraders(quantity: float, price: float, high: float, low: float, **slippage: float) -> float:
    broker = SimpleNamespace(
        p=SimpleNamespace(**{"slip_perc": 0.0, "slip_fixed": 0.0, **slippage}, slip_match=True, slip_out=False)
    )
    if quantity > 0:
        return BROKER._slip_up(broker, high, price)
    return BROKER._slip_down(broker, low, price)


@pytest.mark.parametrize(
    ("terms", "named"), [(PERCENTAGE, {"slip_perc": RATE}), (AMOUNT, {"slip_fixed": 0.07}), (FREE, {})]
)
def test_within_the_bar_is_backtraders(terms, named):
    """`_slip_up`, `_slip_down`; where nothing slips the price is not looked at."""
    rules = rules_of(slipping=Slipping.WITHIN_BAR)
    for chance in draws(7, 200):
        quantity, price = quantity_of(chance), price_of(chance)
        high, low = (
            price * chance.choice([1.0, 1.001, 1 + RATE, 1.02]),
            price * chance.choice([1.0, 0.999, 1 - RATE, 0.98]),
        )
        found = slipped(rules, terms, quantity, price)
        if terms.slippage != NO_COST:
            found = within_bar(found, quantity, high, low)
        assert found == backtraders(quantity, price, high, low, **named)


@pytest.mark.parametrize("rules", [rules_of(slipping=member) for member in (Slipping.UNBOUNDED, Slipping.WITHIN_BAR)])
def test_a_rate_is_a_factor(rules):
    """VectorBT, `buy_nb`, `sell_nb`: price * (1 + slippage), price * (1 - slippage)."""
    for chance in draws(8, 100):
        price = price_of(chance)
        assert slipped(rules, PERCENTAGE, 3.0, price) == price * (1 + RATE)
        assert slipped(rules, PERCENTAGE, -3.0, price) == price * (1 - RATE)


@pytest.mark.parametrize("member", Slipping)
def test_an_amount_and_nothing(member):
    rules = rules_of(slipping=member)
    assert slipped(rules, AMOUNT, 2.0, 0.1) == 0.1 + 0.07
    assert slipped(rules, AMOUNT, -2.0, 0.1) == 0.1 - 0.07
    assert slipped(rules, FREE._replace(amount=9.0), 2.0, 0.1) == 0.1


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        (Slipping.ADDED, PERCENT),
        (Slipping.ADDED, BASIS_POINTS),
        (Slipping.UNBOUNDED, BASIS_POINTS),
        (Slipping.WITHIN_BAR, BASIS_POINTS),
    ],
)
def test_basis_points_are_added_as_zipline_does(member, kind):
    model = FixedBasisPointsSlippage(37.0, 1.0)
    for chance in draws(9, 100):
        price, direction = price_of(chance), chance.choice([-1, 1])
        data = SimpleNamespace(current=lambda asset, field, price=price: {"volume": 1000.0, "close": price}[field])
        order = SimpleNamespace(asset=None, open_amount=7 * direction, direction=direction)
        model._volume_for_bar = 0
        terms = FREE._replace(slippage=kind, amount=model.percentage)
        assert slipped(rules_of(slipping=member), terms, 7.0 * direction, price) == model.process_order(data, order)[0]


def test_the_two_ways_differ():
    """Else the test above would not tell them apart."""
    prices = [price / 100 for price in range(1, 2000)]
    added = [slipped(rules_of(slipping=Slipping.ADDED), PERCENTAGE, 1.0, price) for price in prices]
    assert added != [slipped(rules_of(slipping=Slipping.UNBOUNDED), PERCENTAGE, 1.0, price) for price in prices]


@pytest.mark.parametrize(
    ("price", "quantity", "kept"),
    [(11.0, 1.0, 10.0), (9.0, 1.0, 9.0), (5.0, -1.0, 8.0), (9.0, -1.0, 9.0), (7.0, 1.0, 7.0), (11.0, -1.0, 11.0)],
)
def test_a_price_inside_the_bar(price, quantity, kept):
    assert within_bar(price, quantity, 10.0, 8.0) == kept


def test_what_is_no_buy_is_a_sale():
    """The frameworks ask `isbuy()`, `size > 0`, `amount > 0`; half a unit is a buy too."""
    assert slipped(rules_of(), AMOUNT, 0.0, 0.1) == 0.1 - 0.07
    assert slipped(rules_of(), PERCENTAGE, 0.0, 7.0) == 7.0 * (1 - RATE)
    assert slipped(rules_of("zipline"), PERCENTAGE, 0.0, 7.0) == 7.0 + 7.0 * -RATE
    assert slipped(rules_of("zipline"), PERCENTAGE, 0.5, 7.0) == 7.0 + 7.0 * RATE
    assert within_bar(11.0, 0.0, 10.0, 8.0) == 11.0


def test_a_volume_share_is_not_slipped_here():
    """Its price is that of a part (rules/parts.py): until then it is moved by nothing but its amount."""
    assert slipped(rules_of(), FREE._replace(slippage=VOLUME_SHARE, amount=0.5), 1.0, 2.0) == 2.5


def test_the_planner_asks_the_engines_terms_or_the_host():
    assert predicted_price(rules_of(), PERCENTAGE, 0, 1.0, 7.0) == 7.0 * (1 + RATE)
    host = SimpleNamespace(fill_price=lambda asset, quantity, price: (asset, quantity, price))
    assert predicted_price(rules_of(), host, 2, -1.0, 7.0) == (2, -1.0, 7.0)
