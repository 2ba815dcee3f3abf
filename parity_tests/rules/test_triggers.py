"""Semantics 8.1 to 8.4, 8.12: orders at prices of their own, by Backtrader's broker and by Zipline's order."""

from __future__ import annotations

import math
from itertools import product
from types import SimpleNamespace
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from zipline.assets import Equity, ExchangeInfo
from zipline.finance.execution import asymmetric_round_price
from zipline.finance.order import Order
from zipline.finance.slippage import fill_price_worse_than_limit_price

from parity_tests.rules.material import INF, NAN, bits, nearby
from weighbridge.rules.slipping import within_bar
from weighbridge.rules.triggers import (
    LIMIT,
    STOP,
    STOP_LIMIT,
    TRAIL_AMOUNT,
    TRAIL_PERCENT,
    price_in_cents,
    touched,
    trailed,
    triggered,
    worse_than_limit,
)

ASSET = Equity(1, ExchangeInfo("NYSE", "NYSE", "US"))
BROKER = bt.brokers.BackBroker
KINDS = {LIMIT: bt.Order.Limit, STOP: bt.Order.Stop, STOP_LIMIT: bt.Order.StopLimit, TRAIL_AMOUNT: bt.Order.StopTrail}
# Open, high, low, close in every sequence in which a bar can have them, ties included.
BARS = [
    (opened, high, low, close)
    for high, low in ((12.0, 8.0), (11.0, 9.0), (10.0, 10.0))
    for opened, close in product((8.0, 9.0, 10.0, 11.0, 12.0), repeat=2)
    if low <= min(opened, close) <= max(opened, close) <= high
]
PRICES = (7.0, 8.0, 9.0, 9.5, 10.0, 11.0, 12.0, 13.0)


class Line:
    def __init__(self, value: float) -> None:
        self.value = value

    def __getitem__(self, place: int) -> float:
        return self.value


def backtraders(
    kind: int, buys: bool, limit: float, stop: float, bar: Any, slip: float, match: bool
) -> tuple[float, bool]:
    """Let the broker try an order at a bar: the price it executes at (NaN: none), and whether it is triggered."""
    found: list[float] = []
    data = SimpleNamespace(**dict(zip(("open", "high", "low", "close"), map(Line, bar), strict=True)))
    order = SimpleNamespace(
        data=data,
        exectype=KINDS[kind],
        triggered=False,
        isbuy=lambda: buys,
        alive=lambda: False,
        created=SimpleNamespace(price=limit if kind == LIMIT else stop, pricelimit=limit),
        trailadjust=lambda close: None,
    )
    options = SimpleNamespace(
        slip_perc=slip, slip_fixed=0.0, slip_open=True, slip_match=match, slip_limit=True, slip_out=not match
    )

    def execute(order: Any, ago: int, price: float) -> None:
        found.append(price)

    broker = SimpleNamespace(p=options, _execute=execute)
    for name in ("_slip_up", "_slip_down", "_try_exec_limit", "_try_exec_stop", "_try_exec_stoplimit"):
        setattr(broker, name, getattr(BROKER, name).__get__(broker))
    BROKER._try_exec(broker, order)
    assert len(found) <= 1
    return (found[0] if found else NAN), order.triggered


@pytest.mark.parametrize("buys", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_whole_bars_are_backtraders(kind, buys):
    """Without slippage the price is the price; with it, it is bounded as Backtrader bounds it."""
    for bar in BARS:
        for limit, stop in product(
            PRICES if kind in (LIMIT, STOP_LIMIT) else (NAN,), (NAN,) if kind == LIMIT else PRICES
        ):
            order = SimpleNamespace(kind=kind, limit=limit, stop=stop)
            quantity = 3.0 if buys else -3.0
            for slip in (0.0, 0.05, 0.5):
                expected, now_limit = backtraders(kind, buys, limit, stop, bar, slip, True)
                price, worst, after = touched(order, quantity, *bar, True)
                if slip and price == price:
                    price = within_bar(price * (1 + slip) if buys else price * (1 - slip), quantity, worst, worst)
                assert bits(price) == bits(expected), (bar, limit, stop, slip)
                if kind == STOP_LIMIT:
                    if price != price:
                        assert after == (LIMIT if now_limit else kind)
                else:
                    assert after == kind


@pytest.mark.parametrize(("buys", "worst"), [(True, INF), (False, -INF)])
def test_where_bars_bound_nothing(buys, worst):
    """Slippage of a stop goes anywhere, that of a limit stops at the limit."""
    quantity = 1.0 if buys else -1.0
    for kind in (STOP, TRAIL_AMOUNT, TRAIL_PERCENT):
        order = SimpleNamespace(kind=kind, limit=NAN, stop=10.0)
        assert touched(order, quantity, 10.0, 11.0, 9.0, 10.0, False) == (10.0, worst, kind)
    limit = SimpleNamespace(kind=LIMIT, limit=10.0, stop=NAN)
    assert touched(limit, quantity, 10.0, 11.0, 9.0, 10.0, False) == (10.0, 10.0, LIMIT)
    both = SimpleNamespace(kind=STOP_LIMIT, limit=10.0, stop=10.0)
    assert touched(both, quantity, 9.0 if buys else 11.0, 11.0, 9.0, 10.0, False) == (10.0, 10.0, LIMIT)


@pytest.mark.parametrize(
    ("bar", "buy", "sell"),
    [
        ((9.0, 12.0, 8.0, 10.0), (9.0, 10.0), (10.0, 10.0)),  # a gap fills better than asked; else at the limit
        ((10.0, 12.0, 8.0, 10.0), (10.0, 10.0), (10.0, 10.0)),
        ((11.0, 12.0, 10.0, 11.0), (10.0, 10.0), (11.0, 10.0)),
        ((11.0, 12.0, 10.5, 11.0), (NAN, 10.0), (11.0, 10.0)),
        ((9.0, 9.5, 8.0, 9.0), (9.0, 9.5), (NAN, 10.0)),
    ],
)
def test_a_limit_by_hand(bar, buy, sell):
    order = SimpleNamespace(kind=LIMIT, limit=10.0, stop=NAN)
    assert bits(touched(order, 1.0, *bar, True)) == bits((*buy, LIMIT))
    assert bits(touched(order, -1.0, *bar, True)) == bits((*sell, LIMIT))


@pytest.mark.parametrize("percent", [True, False])
def test_a_trailing_stop_is_backtraders(percent):
    """`Order.trailadjust` of the prices that a strategy saw, one after the other."""
    trail = 0.05 if percent else 0.7
    for buys in (True, False):
        kind = TRAIL_PERCENT if percent else TRAIL_AMOUNT
        created = SimpleNamespace(price=0.0, pricelimit=None)
        created.price = stop = 10.5 if buys else 9.5
        order = SimpleNamespace(
            trailamount=None if percent else trail,
            trailpercent=trail if percent else None,
            isbuy=lambda buys=buys: buys,
            created=created,
            exectype=bt.Order.StopTrail,
        )
        order.created = bt.order.OrderData(price=stop, trailamount=order.trailamount, trailpercent=order.trailpercent)
        for close in (10.0, 9.7, 10.4, 9.31, 9.99, 12.0, 8.0):
            bt.Order.trailadjust(order, close)
            stop = trailed(kind, 1.0 if buys else -1.0, stop, trail, close)
            assert stop == order.created.price


@pytest.mark.parametrize("down", [True, False])
def test_prices_in_cents_are_ziplines(down):
    prices = [
        cents / 100 + beyond
        for cents in (0, 1, 7, 10, 1234, 99999)
        for beyond in (0.0, 0.0005, 0.005, 0.0095, 0.0094, 0.00951, 0.0049, 0.0051)
    ]
    for price in [*prices, *nearby(1.0095), *nearby(1.0005), *nearby(0.0095), 1e-7, -0.004, -1.2345]:
        assert price_in_cents(price, down) == asymmetric_round_price(price, down, 0.01), price


def test_halves_go_up_as_zipline_rounds_them():
    """`consistent_round` of exactly a half; the shift that keeps a bound open makes halves of prices beside it."""
    shift = (0.95 - 0.5) * 0.01 - np.finfo(float).eps * 10
    for cents in (1.5, 2.5, 3.5, 4.5):
        for price in nearby(cents * 0.01 + shift):
            assert price_in_cents(price, True) == asymmetric_round_price(price, True, 0.01)
        for price in nearby(cents * 0.01 - shift):
            assert price_in_cents(price, False) == asymmetric_round_price(price, False, 0.01)


@pytest.mark.parametrize("buys", [True, False])
def test_what_is_triggered_is_ziplines(buys):
    for limit, stop, close in product(
        (None, 9.0, 10.0, 11.0), (None, 9.0, 10.0, 11.0), (8.0, 9.0, 9.5, 10.0, 10.5, 11.0, 12.0)
    ):
        if limit is None and stop is None:
            continue
        order = Order(pd.Timestamp("2020-01-02"), ASSET, 3 if buys else -3, stop=None, limit=None)
        order.stop, order.limit = stop, limit
        order.check_triggers(close, None)
        expected = (order.triggered, stop is not None and order.stop is None)
        found = triggered(buys, NAN if limit is None else limit, NAN if stop is None else stop, close)
        assert found == expected, (limit, stop, close)


@pytest.mark.parametrize("buys", [True, False])
@pytest.mark.parametrize("limit", [None, 0.0, 10.0])
def test_what_is_worse_than_the_limit_is_ziplines(buys, limit):
    order = SimpleNamespace(limit=limit, direction=1 if buys else -1)
    for price in (*nearby(10.0), 9.0, 11.0):
        expected = bool(fill_price_worse_than_limit_price(price, order))
        assert worse_than_limit(buys, NAN if limit is None else limit, price) == expected


def test_next_to_nothing_is_nothing():
    """`tolerant_equals(rounded, 0.0)`: only what is rounded to zero cents."""
    assert math.copysign(1.0, price_in_cents(-0.001, True)) == -1.0 or price_in_cents(-0.001, True) == 0.0
    assert price_in_cents(0.0001, True) == 0.0
    assert price_in_cents(0.009, False) == 0.01
