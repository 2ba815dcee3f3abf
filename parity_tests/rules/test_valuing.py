"""Semantics 6.1: what a portfolio is worth, addition by addition, as the frameworks add it up."""

from __future__ import annotations

from types import SimpleNamespace

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from vectorbt.portfolio.nb import get_group_value_nb, update_value_nb
from zipline.assets import Equity, ExchangeInfo
from zipline.finance._finance_ext import PositionStats, calculate_position_tracker_stats
from zipline.finance.position import Position

from parity_tests.rules.backtraders import Data, scheme_of
from parity_tests.rules.material import FREE, NAN, bits, draws, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.valuing import (
    Valuing,
    added_contract,
    added_term,
    first_term,
    known_price,
    portfolio_value,
    value_after,
)


def value_of(rules, cash, rows, prices):
    """Add up as the engine does: `added_term`, or `added_contract` where there are contracts."""
    total, short = first_term(rules, cash), 0.0
    for row, price in zip(rows, prices, strict=True):
        if rules.contracts:
            total, short = added_contract(rules, total, short, row, price)
        else:
            total, short = added_term(rules, total, short, row.position, row.average, price)
    return portfolio_value(rules, cash, total, short)


def portfolio(chance, **contract):
    count = chance.randint(1, 6)
    rows = [row_of(position=quantity_of(chance), average=price_of(chance), **contract) for _ in range(count)]
    return chance.uniform(-100.0, 1e4), rows, [price_of(chance) for _ in range(count)]


def backtraders(cash, rows, prices):
    feeds = {}
    broker = SimpleNamespace(
        p=SimpleNamespace(shortcash=True),
        _cash_addition=[],
        cash=cash,
        _fundhist=None,
        _fundshares=1.0,
        positions=feeds,
    )
    schemes = {}
    for row, price in zip(rows, prices, strict=True):
        data = Data(price)
        feeds[data], schemes[data] = bt.Position(row.position, row.average), scheme_of(FREE, row)
    broker.getcommissioninfo = schemes.__getitem__
    return bt.brokers.BackBroker._get_value(broker)


@pytest.mark.parametrize(
    "contract", [{}, {"leverage": 3.0}, {"margined": True, "margin": 70.0, "multiplier": 0.3}], ids=str
)
def test_term_by_term_is_backtraders(contract):
    """A long position as its cost, of which leverage lends a part, and then its profit."""
    rules = rules_of("backtrader", contracts=True)
    for chance in draws(25, 200):
        cash, rows, prices = portfolio(chance, **contract)
        expected = backtraders(cash, rows, prices)
        assert bits(value_of(rules, cash, rows, prices)) == bits(expected)
        if not contract:
            assert bits(value_of(rules_of("backtrader"), cash, rows, prices)) == bits(expected)


def test_long_and_short_are_ziplines():
    rules = rules_of("zipline")
    assets = [Equity(sid, ExchangeInfo("NYSE", "NYSE", "US")) for sid in range(6)]
    for chance in draws(26, 200):
        cash, rows, prices = portfolio(chance)
        positions = {}
        for asset, row, price in zip(assets, rows, prices, strict=False):
            row.position = float(round(row.position) or 1)
            positions[asset] = Position(
                asset, amount=row.position, last_sale_price=price, last_sale_date=pd.Timestamp("2020-01-02")
            )
        stats = PositionStats.new()
        calculate_position_tracker_stats(positions, stats)
        expected = cash + stats.net_value
        assert bits(value_of(rules, cash, rows, prices)) == bits(expected)
        assert bits(value_of(rules._replace(contracts=True), cash, rows, prices)) == bits(expected)


def test_from_cash_is_vectorbts():
    rules = rules_of("vectorbt")
    for chance in draws(27, 200):
        cash, rows, prices = portfolio(chance)
        held = np.array([row.position for row in rows])
        expected = get_group_value_nb(0, len(rows), cash, held, np.array(prices))
        assert bits(value_of(rules, cash, rows, prices)) == bits(expected)
        assert bits(value_of(rules._replace(contracts=True), cash, rows, prices)) == bits(expected)


def test_plain_begins_with_nothing():
    for chance in draws(28, 100):
        cash, rows, prices = portfolio(chance)
        total = 0.0
        for row, price in zip(rows, prices, strict=True):
            total += row.position * price
        for contracts in (False, True):
            assert value_of(rules_of(contracts=contracts), cash, rows, prices) == cash + total


CONTRACTS = [
    row_of(position=2.0, average=8.0, margined=True, margin=70.0, multiplier=5.0),
    row_of(position=-3.0, average=8.0, margined=True, margin=70.0, multiplier=5.0),
    row_of(position=2.0, average=8.0, multiplier=5.0),
    row_of(position=-3.0, average=8.0, multiplier=5.0),
]


@pytest.mark.parametrize("valuing", Valuing)
def test_contracts_by_hand(valuing):
    """Semantics 9.2, 9.3: margins bound, and what is paid in full at price x multiplier. 140 + 210 + 100 - 150."""
    rules = rules_of(valuing=valuing, contracts=True)
    assert value_of(rules, 1000.0, CONTRACTS, [10.0] * 4) == 1300.0


def test_short_contracts_are_summed_apart():
    rules = rules_of("zipline", contracts=True)
    assert added_contract(rules, 1.0, 2.0, CONTRACTS[1], 10.0) == (1.0, 212.0)
    assert added_contract(rules, 1.0, 2.0, CONTRACTS[0], 10.0) == (141.0, 2.0)
    assert added_contract(rules, 1.0, 2.0, row_of(position=0.0), 10.0) == (1.0, 2.0)
    plain = rules_of(contracts=True)
    assert added_contract(plain, 1.0, 2.0, CONTRACTS[1], 10.0) == (211.0, 2.0)


@pytest.mark.parametrize("contracts", [False, True])
def test_sums_by_hand(contracts):
    """0.1 + 0.2 - 0.3: in sequence, and apart, from 0.0 on, and from the cash on."""
    rows = [row_of(position=1.0, average=price) for price in (0.1, 0.2)] + [row_of(position=-1.0)]
    prices = [0.1, 0.2, 0.3]
    found = {v: value_of(rules_of(valuing=v, contracts=contracts), 0.7, rows, prices) for v in Valuing}
    assert found == {
        Valuing.PLAIN: 0.7 + (0.1 + 0.2 - 0.3),
        Valuing.TERM_BY_TERM: 0.7 + (0.1 + 0.2 - 0.3),
        Valuing.LONG_AND_SHORT: 0.7 + ((0.1 + 0.2) + -0.3),
        Valuing.FROM_CASH: 0.7 + 0.1 + 0.2 - 0.3,
    }


def test_a_position_worth_nothing():
    """Not above 0.0: its profit is in no sum."""
    for valuing in Valuing:
        rules = rules_of(valuing=valuing)
        assert bits(added_term(rules, 0.1, 0.2, 5.0, 3.0, 0.0)) == bits((0.1, 0.2))
        assert bits(added_contract(rules, 0.1, 0.2, row_of(position=5.0, average=3.0), 0.0)) == bits((0.1, 0.2))


def test_the_last_price_known():
    assert known_price(3.0, 2.0) == 3.0
    assert known_price(NAN, 2.0) == 2.0
    assert bits(known_price(NAN, NAN)) == bits(NAN)


def test_the_value_after_a_fill_is_vectorbts():
    for chance in draws(29, 300):
        cash = (chance.uniform(0, 1e4), chance.uniform(0, 1e4))
        position = (chance.choice([0.0, quantity_of(chance)]), chance.choice([0.0, quantity_of(chance)]))
        price, value = (
            (chance.choice([NAN, price_of(chance)]) if position[0] == 0.0 else price_of(chance), price_of(chance)),
            chance.uniform(0, 1e5),
        )
        _, expected = update_value_nb(*cash, *position, *price, value)
        assert bits(value_after(value, cash, position, price)) == bits(expected)
    assert value_after(5.0, (1.0, 1.0), (2.0, 0.0), (1.0, NAN)) == 3.0


def test_less_than_one_of_worth_is_long():
    """Each sum by itself: what is long goes into the first, what is short into the second."""
    apart, terms = rules_of("zipline"), rules_of("backtrader", contracts=True)
    assert added_term(apart, 1.0, 2.0, 0.5, 0.0, 0.5) == (1.25, 2.0)
    assert added_term(apart, 1.0, 2.0, -0.5, 0.0, 0.5) == (1.0, 1.75)
    assert added_contract(apart, 1.0, 2.0, row_of(position=0.5), 0.5) == (1.25, 2.0)
    geared = row_of(position=0.5, average=0.25, leverage=4.0)
    assert added_contract(terms, 1.0, 2.0, geared, 0.5) == (1.0 + 0.125 / 4.0 + 0.125, 2.0)
    value, profit = 0.3 * 0.7, 0.3 * (0.7 - 0.1)
    assert added_term(terms, 0.1, 0.0, 0.3, 0.1, 0.7) == (0.1 + (value - profit) + profit, 0.0)


def test_terms_of_little_worth_are_backtraders():
    """Below 1.0 too a long position is its cost and then its profit."""
    differ = 0
    for chance in draws(34, 100):
        quantity, average, price = chance.uniform(0.01, 0.5), chance.uniform(0.1, 1.0), chance.uniform(0.1, 1.0)
        row = row_of(position=quantity, average=average)
        expected = backtraders(0.1, [row], [price])
        assert value_of(rules_of("backtrader"), 0.1, [row], [price]) == expected
        differ += expected != 0.1 + quantity * price
    assert differ
