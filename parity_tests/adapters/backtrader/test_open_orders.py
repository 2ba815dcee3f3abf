"""Open orders in Backtrader: asked twice, counted, cancelled, reserved at their limit. Every number is worked out here.

Semantics 3.6 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import backtrader as bt
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_backtrader

Script = dict[int, Callable[[Any], None]]
NAN = float("nan")
plain = wb.RebalanceConfig.unfiltered
SETTINGS = list(product(["snapshot", "hybrid", "incremental"], [False, True], [False, True]))


def run(script: Script, config: wb.RebalanceConfig, cash: float = 1000.0, **prices: list[float]) -> list[Any]:
    """Call the script at its bars, counted from 1; return (bar, asset, size, price) of each fill."""

    class Scripted(bt.Strategy):
        def __init__(self) -> None:
            self.executor = wb.TargetWeightExecutor(config)
            self.port = weighbridge_backtrader.Broker(self)
            self.done: list[Any] = []

        def prenext(self) -> None:
            self.next()

        def next(self) -> None:
            if len(self) in script:
                script[len(self)](self)

        def notify_order(self, order: Any) -> None:
            if order.status == order.Completed:
                self.done.append((len(self), order.data._name, order.executed.size, order.executed.price))

    brain = bt.Cerebro(stdstats=False)
    brain.broker.setcash(cash)
    for name, closes in prices.items():
        frame = pd.DataFrame({"close": closes}, pd.bdate_range("2020-01-01", periods=len(closes))).dropna()
        frame = frame.assign(open=frame["close"], high=frame["close"], low=frame["close"], volume=1.0)
        brain.adddata(bt.feeds.PandasData(dataname=frame), name=name)
    brain.addstrategy(Scripted)
    return brain.run()[0].done


def ask(**weights: float) -> Callable[[Any], None]:
    return lambda strategy: strategy.executor.execute(weights, broker=strategy.port)


def twice(**weights: float) -> Callable[[Any], None]:
    def asked(strategy: Any) -> None:
        ask(**weights)(strategy)
        assert strategy.executor.execute(weights, broker=strategy.port) == []

    return asked


@pytest.mark.parametrize(("mode", "cancel", "account"), SETTINGS)
def test_asked_twice_at_one_bar(mode: str, cancel: bool, account: bool) -> None:
    """Semantics 5.2: buys, and later sales with the buys that wait for them."""
    config = plain(mode, cancel_before_rebalance=cancel, account_for_pending=account)
    fills = run({2: twice(A=0.9, B=0.0), 5: twice(A=0.4, B=0.5)}, config, A=[10.0] * 9, B=[20.0] * 9)
    later = 6 if mode == "snapshot" else 7
    assert fills == [(3, "A", 90, 10.0), (6, "A", -50, 10.0), (later, "B", 25, 20.0)]


@pytest.mark.parametrize(("mode", "cancel", "account"), SETTINGS)
def test_asked_again_before_the_fill(mode: str, cancel: bool, account: bool) -> None:
    """Semantics 5.1 and 5.3: A has no bars 3 to 5. With both settings off it is ordered twice, as natively."""
    config = plain(mode, cancel_before_rebalance=cancel, account_for_pending=account)
    prices = [10.0, 10.0, NAN, NAN, NAN, 10.0, 10.0]
    fills = run({2: ask(A=0.3), 4: ask(A=0.3)}, config, A=prices, B=[20.0] * 7)
    once = (6, "A", 30, 10.0)
    assert fills == ([once] if cancel or account else [once, once])


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
@pytest.mark.parametrize(
    ("limit", "quantity"),
    [
        (None, 20),  # 60 at 10.00 are 600: 400 are left for B at 20.00.
        (8.0, 26),  # 480 at most: 520 are left.
        (12.0, 14),  # 720 at most, although it will fill at 10.00: 280 are left.
    ],
)
def test_own_orders_to_buy_take_their_cash_at_their_limit(mode: str, limit: float | None, quantity: int) -> None:
    """Semantics 3.6."""

    def decide(strategy: Any) -> None:
        kind = bt.Order.Market if limit is None else bt.Order.Limit
        strategy.buy(strategy.getdatabyname("A"), size=60, price=limit, exectype=kind)
        orders = strategy.executor.execute({"B": 1.0}, broker=strategy.port)
        assert [(order.asset, order.quantity) for order in orders] == [("B", quantity)]

    fills = run({2: decide}, plain(mode, account_for_pending=True), A=[10.0] * 5, B=[20.0] * 5)
    assert (3, "B", quantity, 20.0) in fills


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_what_was_refused_comes_with_the_next_rebalance(mode: str) -> None:
    """The price gaps from 10 to 12 and 100 A are refused; sized anew, 83 of them are bought at 12."""
    config = plain(mode)
    fills = run({2: ask(A=1.0), 4: ask(A=1.0)}, config, A=[10.0, 10.0, 12.0, 12.0, 12.0, 12.0])
    assert fills == [(5, "A", 83, 12.0)]


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_a_sale_waits_for_what_is_refused(mode: str) -> None:
    """Semantics 4.6: 50 held, 50 more are ordered, and then 80 shall go; the 50 are refused, and nothing is short."""

    def change_of_mind(strategy: Any) -> None:
        ask(A=1.0)(strategy)
        ask(A=0.2)(strategy)

    # At 10 the value is 1000. The 50 come to 550 at 11, and 500 are there.
    prices = [10.0, 10.0, 10.0, 10.0, 11.0, 11.0, 11.0]
    fills = run({2: ask(A=0.5), 4: change_of_mind}, plain(mode, allow_short=False), A=prices)
    assert fills == [(3, "A", 50, 10.0), (5, "A", -50, 11.0)]


@pytest.mark.parametrize("timeout", [1, 2])
def test_a_sale_that_is_stuck_is_cancelled_although_nothing_waits(timeout: int) -> None:
    """Semantics 3.5: A has no bars 5 and 6, and is not sold at 7."""
    prices = [10.0, 10.0, 10.0, 10.0, NAN, NAN, 10.0, 10.0]
    config = plain("hybrid", phase_timeout=timeout)
    fills = run({2: ask(A=0.5), 4: ask(A=0.2)}, config, A=prices, B=[20.0] * 8)
    assert fills == [(3, "A", 50, 10.0)]
    fills = run({2: ask(A=0.5), 4: ask(A=0.2)}, config.replace(phase_timeout=3), A=prices, B=[20.0] * 8)
    assert fills == [(3, "A", 50, 10.0), (7, "A", -30, 10.0)]
