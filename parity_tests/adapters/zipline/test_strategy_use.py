"""The executor as users put it into their own algorithms, with their own settings and orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from zipline.api import (
    cancel_order,
    date_rules,
    get_open_orders,
    order,
    order_target_percent,
    schedule_function,
    set_commission,
    set_slippage,
    symbol,
)
from zipline.finance.commission import EquityCommissionModel, PerShare
from zipline.finance.slippage import FixedBasisPointsSlippage, NoSlippage

import weighbridge as wb
import weighbridge_zipline
from parity_tests.adapters.zipline.helpers import NAN, bars_of
from parity_tests.adapters.zipline.material import awkward_bars
from weighbridge_zipline import Broker, run_on_frames

UNFILTERED = wb.RebalanceConfig.unfiltered
Script = dict[int, Callable[[Any, Any], None]]


def run(bars: wb.Bars, script: Script, config: wb.RebalanceConfig, **options: Any) -> Any:
    """Run what the script says at each bar, with one executor, and return the performance and the algorithm."""
    seen: list[Any] = []

    def initialize(context: Any) -> None:
        context.executor = wb.TargetWeightExecutor(config)
        context.bar = -1
        seen.append(context)

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar in script:
            script[context.bar](context, data)

    options = {"costs": wb.Costs(), "cash": 1000.0, **options}
    return run_on_frames(bars, initialize, handle_data, **options), seen[0]


def ask(**weights: float) -> Callable[[Any, Any], None]:
    return lambda context, data: context.executor.execute(weights, broker=Broker(context, data))


def fills(performance: pd.DataFrame) -> list[tuple[int, str, int, float]]:
    return [
        (bar, fill["sid"].symbol, fill["amount"], fill["price"])
        for bar, found in enumerate(performance["transactions"])
        for fill in found
    ]


def test_keys_are_assets_or_symbols_and_the_broker_may_be_new_at_each_call() -> None:
    def by_asset(context: Any, data: Any) -> None:
        targets = {symbol("A"): 0.5, "B": 0.2}
        plan = context.executor.preview(targets, broker=Broker(context, data))
        assert [(trade.asset, trade.quantity) for trade in plan.now] == [("B", 40.0), ("A", 50.0)]
        orders = context.executor.execute(targets, broker=Broker(context, data))
        assert [o.quantity for o in orders] == [40.0, 50.0]
        assert {o.host for o in orders} == {o.id for found in get_open_orders().values() for o in found}

    performance, _ = run(
        bars_of({"B": [5.0] * 4, "A": [10.0] * 4}), {0: by_asset, 2: ask(A=0.0)}, UNFILTERED(unlisted="hold")
    )
    assert fills(performance) == [(1, "B", 40, 5.0), (1, "A", 50, 10.0), (3, "A", -50, 10.0)]


def test_positions_that_are_not_mentioned_are_closed() -> None:
    performance, _ = run(
        bars_of({"A": [10.0] * 5, "B": [5.0] * 5}), {0: ask(A=0.5), 2: ask(B=0.5)}, wb.RebalanceConfig()
    )
    assert fills(performance) == [(1, "A", 50, 10.0), (3, "A", -50, 10.0), (4, "B", 100, 5.0)]


# The volume of the second bar is zero: at the second decision the first order is still open.
WAITING = {"A": [1e6, 0.0, 1e6, 1e6]}


def test_native_orders_twice_before_a_fill() -> None:
    def native(context: Any, data: Any) -> None:
        order_target_percent(symbol("A"), 0.5)

    performance, _ = run(bars_of({"A": [10.0] * 4}, WAITING), {0: native, 1: native}, UNFILTERED())
    assert fills(performance) == [(2, "A", 50, 10.0), (2, "A", 50, 10.0)]


@pytest.mark.parametrize(
    "settings",
    [
        {"account_for_pending": True, "cancel_before_rebalance": False},
        {"account_for_pending": False, "cancel_before_rebalance": True},
        {"account_for_pending": True, "cancel_before_rebalance": True},
    ],
)
@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_the_executor_asked_twice_before_a_fill_does_not_order_twice(mode: str, settings: dict[str, bool]) -> None:
    config = UNFILTERED(mode, **settings)
    performance, _ = run(bars_of({"A": [10.0] * 4}, WAITING), {0: ask(A=0.5), 1: ask(A=0.5)}, config)
    assert fills(performance) == [(2, "A", 50, 10.0)]


def test_asked_twice_at_one_bar_it_counts_its_own_orders_whatever_the_settings() -> None:
    def twice(context: Any, data: Any) -> None:
        ask(A=0.5)(context, data)
        ask(A=0.5)(context, data)

    config = UNFILTERED(account_for_pending=False, cancel_before_rebalance=False)
    performance, _ = run(bars_of({"A": [10.0] * 4}), {0: twice}, config)
    assert fills(performance) == [(1, "A", 50, 10.0)]


@pytest.mark.parametrize(
    ("cancel", "amounts"),
    [
        # 30 of 90 have filled at the second bar. The rest is cancelled, and 20 more make 50.
        (True, [30, 20]),
        # The rest counts as if filled: 40 are to be sold again, and sold they are as the volume lets them.
        (False, [30, 30, 30, -30, -10]),
    ],
)
def test_what_is_left_of_a_partly_filled_order_is_cancelled_or_counted(cancel: bool, amounts: list[int]) -> None:
    config = UNFILTERED(cancel_before_rebalance=cancel, account_for_pending=True)
    costs = wb.Costs(slippage=wb.FixedBasisPointsSlippage(0.0, 0.1))
    performance, _ = run(bars_of({"A": [10.0] * 8}, 300.0), {0: ask(A=0.9), 1: ask(A=0.5)}, config, costs=costs)
    assert [fill[2] for fill in fills(performance)] == amounts


def test_only_the_executors_own_orders_are_cancelled_and_others_are_counted() -> None:
    def users(context: Any, data: Any) -> None:
        context.market = order(symbol("A"), 10)
        context.stop = order(symbol("A"), -3, stop_price=1.0)
        context.limit = order(symbol("A"), 5, limit_price=1.0)

    def check(context: Any, data: Any) -> None:
        plan = context.executor.preview({"A": 0.5}, broker=Broker(context, data))
        # 50 wanted; 10 at market and 5 at a limit are on their way; a stop is protective; its own 20 go.
        assert [trade.quantity for trade in plan.now] == [35.0]
        context.executor.execute({"A": 0.5}, broker=Broker(context, data))
        left = {o.id for o in get_open_orders(symbol("A"))}
        assert {context.market, context.stop, context.limit} <= left
        assert len(left) == 4
        cancel_order(context.limit)

    volume = {"A": [1e6, 0.0, 1e6, 1e6]}
    bars = bars_of({"A": [10.0] * 4}, volume)
    config = UNFILTERED(cancel_before_rebalance=True, account_for_pending=True)

    def first(context: Any, data: Any) -> None:
        ask(A=0.2)(context, data)
        users(context, data)

    performance, _ = run(bars, {0: first, 1: check}, config)
    assert fills(performance) == [(2, "A", 10, 10.0), (2, "A", 35, 10.0)]


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
def test_the_second_phase_comes_before_the_algorithms_own_code(mode: str) -> None:
    events: list[tuple[str, int, list[str]]] = []

    def watch(name: str) -> Callable[[Any, Any], None]:
        def watched(context: Any, data: Any) -> None:
            held = sorted(o.sid.symbol for found in get_open_orders().values() for o in found)
            events.append((name, context.bar, held))

        return watched

    def initialize(context: Any) -> None:
        context.executor = wb.TargetWeightExecutor(wb.RebalanceConfig(mode=mode))
        context.bar = -1
        schedule_function(rebalance, date_rules.every_day())
        schedule_function(watch("scheduled"), date_rules.every_day())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        watch("handle_data")(context, data)

    def rebalance(context: Any, data: Any) -> None:
        if context.bar in (0, 2):
            ask(**({"A": 0.9} if context.bar == 0 else {"B": 0.9}))(context, data)

    bars = bars_of({"A": [10.0] * 6, "B": [5.0] * 6})
    performance = run_on_frames(bars, initialize, handle_data, cash=1000.0, costs=wb.Costs())
    # Sold at bar 3, and the increase goes out there, before `handle_data` sees the bar.
    assert ("handle_data", 3, ["B"]) in events
    assert ("scheduled", 2, ["A"]) in events
    assert fills(performance) == [(1, "A", 90, 10.0), (3, "A", -90, 10.0), (4, "B", 180, 5.0)]


def test_a_new_execute_replaces_an_unfinished_one() -> None:
    bars = bars_of({"A": [10.0] * 7, "B": [5.0] * 7}, {"A": [1e6, 1e6, 1e6, 0.0, 0.0, 1e6, 1e6], "B": [1e6] * 7})
    config = wb.RebalanceConfig(mode="hybrid", phase_timeout=5)
    performance, _ = run(bars, {0: ask(A=0.9), 2: ask(B=0.9), 3: ask(A=0.9)}, config)
    assert fills(performance) == [(1, "A", 90, 10.0)]


class Tiered(EquityCommissionModel):
    """The kind of model that no formula of ours covers."""

    def calculate(self, order: Any, transaction: Any) -> float:
        traded = abs(transaction.amount * transaction.price)
        return max(1.0, 0.002 * min(traded, 10_000.0) + 0.0005 * max(0.0, traded - 10_000.0))


@pytest.mark.parametrize("model", [Tiered(), PerShare(0.01, 25.0)], ids=["tiered", "minimum"])
@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
def test_increases_are_cut_to_the_cash_by_the_algorithms_own_commission(model: Any, mode: str) -> None:
    prices = {"A": [10.0] * 6, "B": [5.0] * 6}

    def initialize(context: Any) -> None:
        set_commission(us_equities=model)
        set_slippage(us_equities=NoSlippage())
        context.executor = wb.TargetWeightExecutor(UNFILTERED(mode))
        context.bar = -1

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar in (0, 2):
            ask(**({"A": 1.0, "B": 0.0} if context.bar == 0 else {"A": 0.2, "B": 0.8}))(context, data)

    performance = run_on_frames(bars_of(prices), initialize, handle_data, cash=20_000.0)
    assert len(fills(performance)) == 3
    left = performance["ending_cash"]
    # Prices do not move, so what was predicted is what was paid: one unit more would not have been covered.
    assert 0.0 <= left.iloc[1] < 10.0 + 1.0
    assert 0.0 <= left.iloc[-1] < 5.0 + 1.0


def test_an_asset_outside_its_life_is_left_alone() -> None:
    bars = bars_of({"A": [NAN, NAN, 10.0, 10.0, 10.0, NAN, NAN], "B": [5.0] * 7})

    def planned(context: Any, data: Any) -> None:
        plan = context.executor.preview({"A": 0.5, "B": 0.5}, broker=Broker(context, data))
        reasons = {trade.asset: trade.reasons for trade in plan.skipped}
        assert reasons["A"] == wb.Reason.MISSING_PRICE
        ask(A=0.5)(context, data)

    performance, _ = run(bars, {0: planned, 5: planned}, UNFILTERED(unlisted="hold"))
    assert fills(performance) == []


def test_unknown_symbols_and_keys() -> None:
    def unknown(key: Any) -> Callable[[Any, Any], None]:
        def asked(context: Any, data: Any) -> None:
            with pytest.raises(wb.exceptions.UnknownAssetError):
                context.executor.execute({key: 0.5}, broker=Broker(context, data))

        return asked

    run(bars_of({"A": [10.0] * 3}), {0: unknown("Z"), 1: unknown(7)}, UNFILTERED())


def test_dropped_in_for_the_native_loop_with_the_algorithms_own_costs() -> None:
    weights = [{"A0": 0.5, "A1": 0.3}, {"A0": 0.2, "A1": 0.6, "A2": 0.15}, {"A2": 0.9}, {"A0": 0.4, "A1": -0.3}]
    bars = awkward_bars(80, 3, seed=6, late=0, ended=0)

    def algorithm(decide: Callable[[Any, Any, dict[str, float]], None]) -> pd.DataFrame:
        def initialize(context: Any) -> None:
            set_commission(us_equities=PerShare(0.01, 1.0))
            set_slippage(us_equities=FixedBasisPointsSlippage(7.0, 0.3))
            context.executor = wb.TargetWeightExecutor(UNFILTERED("snapshot"))
            context.bar = 0

        def handle_data(context: Any, data: Any) -> None:
            context.bar += 1
            if context.bar % 7 == 0:
                row = weights[context.bar // 7 % len(weights)]
                decide(context, data, {name: row.get(name, 0.0) for name in bars.assets})

        return run_on_frames(bars, initialize, handle_data, cash=100_000.0)

    def native(context: Any, data: Any, row: dict[str, float]) -> None:
        portfolio = context.portfolio

        def increases(name: str) -> bool:
            asset = symbol(name)
            held = portfolio.positions[asset].amount if asset in portfolio.positions else 0
            return row[name] * portfolio.portfolio_value >= held * data.current(asset, "price")

        for name in sorted(row, key=increases):
            order_target_percent(symbol(name), row[name])

    def ours(context: Any, data: Any, row: dict[str, float]) -> None:
        context.executor.execute(row, broker=weighbridge_zipline.Broker(context, data))

    one, other = algorithm(native), algorithm(ours)
    assert len(fills(one)) > 20
    assert fills(one) == fills(other)
    assert one["portfolio_value"].tolist() == other["portfolio_value"].tolist()
