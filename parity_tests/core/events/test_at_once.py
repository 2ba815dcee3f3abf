"""The event-driven engine under conventions whose orders fill at once: `simulate`'s records, and orders by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import weighbridge as wb
from parity_tests.adapters.vectorbt.material import PRICES, awkward, gapped_case, random_conventions, random_costs
from parity_tests.core.events.material import Weights, bars_of, filled, flat, rows_of, run
from weighbridge import DenialRule
from weighbridge.exceptions import ExecutionError, UnsupportedError
from weighbridge.settings.conventions import VECTORBT
from weighbridge.settings.limits import Limits
from weighbridge.testing import assert_records_equal

MODES = ("snapshot", "incremental", "hybrid")
CONFIGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "late": {"late_asset_policy": "require_history", "late_asset_min_bars": 9, "allow_short": True},
    "lots": {"round_lots": True, "lot_size": 10, "max_single_weight": 0.4, "headroom": 0.98, "unlisted": "hold"},
}


def config(name: str, mode: str) -> wb.RebalanceConfig:
    return (
        wb.RebalanceConfig.unfiltered(mode) if name == "unfiltered" else wb.RebalanceConfig(mode=mode, **CONFIGS[name])
    )


class Curious(Weights):
    """Ask for everything at every bar."""

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        self.look(broker)
        super().on_data(timestamp, data, context, broker)
        self.look(broker)

    def look(self, broker: Any) -> None:
        broker.get_account_value(), broker.get_cash(), broker.positions, broker.pending_orders
        self.executor.preview({broker.assets[0]: 0.0}, None, broker)


def check(bars: wb.Bars, targets: wb.TargetWeights, settings: dict[str, Any]) -> wb.RunRecord:
    expected = wb.simulate(bars, targets, **settings)
    rows = rows_of(targets)
    for strategy in (Weights(rows), Weights(rows, "executor"), Weights(rows, "data"), Curious(rows, "executor")):
        got = wb.Engine(bars, strategy, **settings).run()
        assert_records_equal(expected, got, scenario=f"{type(strategy).__name__}, {strategy.how}", allow_empty=True)
        assert got.orders is None
        assert got.weights.equals(expected.weights)
    return expected


@pytest.mark.parametrize(("mode", "conventions"), list(itertools.product(MODES, PRICES)))
@pytest.mark.parametrize("name", ["unfiltered", *CONFIGS])
def test_the_records_are_those_of_simulate(mode: str, conventions: str, name: str) -> None:
    costs = wb.Costs(commission=wb.PercentCommission(0.002), slippage=wb.PercentSlippage(0.001))
    settings = {"conventions": conventions, "rebalance": config(name, mode), "costs": costs, "cash": 50_000.0}
    bars, targets = awkward(31, 60, 8)
    record = check(bars, targets, settings)
    assert len(record.fills) > 20


@pytest.mark.parametrize("direction", ["both", "longonly", "shortonly"])
def test_any_limits_and_costs(direction: str) -> None:
    fills = 0
    for seed, mode in itertools.product(range(6), MODES):
        random = np.random.default_rng([seed, len(direction)])
        bars, targets = awkward(seed, 40, int(random.choice([1, 4, 12])), direction, rare=seed == 0)
        settings = {
            "conventions": random_conventions(random, direction),
            "rebalance": wb.RebalanceConfig.unfiltered(mode),
            "costs": random_costs(random),
            "cash": 20_000.0,
        }
        fills += len(check(bars, targets, settings).fills)
    assert fills > 500


@pytest.mark.parametrize("mode", MODES)
def test_the_plan_is_what_execute_does(mode: str) -> None:
    bars, targets = gapped_case()
    rows = rows_of(targets)
    costs = wb.Costs(commission=wb.PercentCommission(0.01))

    class Previewed(Weights):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            weights = self.rows.get(timestamp)
            if weights is None:
                return
            plan = self.executor.preview(weights, data, broker)
            before = {asset: broker.get_position(asset).quantity for asset in broker.assets}
            orders = self.executor.execute(weights, data, broker)
            done = [order for order in orders if broker.order_status(order) is wb.OrderStatus.FILLED]
            assert [trade.asset for trade in plan.now] == [order.asset for order in done]
            for trade in plan.now:
                # Within a rounding: a position that is nearly nothing is nothing.
                held = broker.get_position(trade.asset).quantity
                assert held == pytest.approx(before[trade.asset] + trade.quantity, rel=1e-9, abs=1e-9)
            for trade in plan.skipped:
                assert broker.get_position(trade.asset).quantity == before[trade.asset]
                assert trade.reasons
            self.trades = getattr(self, "trades", 0) + len(plan.now)
            self.skipped = getattr(self, "skipped", 0) + len(plan.skipped)

    strategy: Any = Previewed(rows)
    rebalance = wb.RebalanceConfig(mode=mode, min_trade_value=2_000.0)
    record = wb.Engine(bars, strategy, conventions="vectorbt", rebalance=rebalance, costs=costs, cash=1e5).run()
    assert strategy.trades == len(record.fills) > 100
    assert strategy.skipped > 20


def test_an_order_of_units_fills_at_once_and_is_cut_to_cash() -> None:
    """Semantics 8.13."""
    bars = bars_of(*flat(10.0, 20.0), B=flat(5.0, 5.0))

    def act(broker: Any) -> Any:
        first = broker.submit_order("A", 60)
        assert broker.get_cash() == 400.0
        assert broker.get_account_value() == 1000.0
        assert broker.get_position("A").average_price == 10.0
        second = broker.submit_order("B", 100)
        return first, second, broker.order_status(first), broker.order_status(second), broker.submit_order("B", 1)

    record, ((first, second, *states, third),) = run(bars, act, conventions="vectorbt", cash=1000.0)
    assert filled(record) == [(0, 60.0, 10.0), (0, 80.0, 5.0)]
    assert (first.quantity, second.quantity) == (60.0, 100.0)
    assert states == [wb.OrderStatus.FILLED] * 2
    assert record.denials[["quantity", "rule"]].to_numpy().tolist() == [[20.0, "cut_to_cash"], [1.0, "no_cash_long"]]
    assert third is not None
    assert record.value.tolist() == [1000.0, 1600.0]


def test_at_the_next_bar_an_order_waits_and_can_be_cancelled() -> None:
    bars = bars_of(*((10.0, 10.0, 10.0, 11.0), (12.0, 12.0, 12.0, 13.0), (14.0, 14.0, 14.0, 15.0)))

    def first(broker: Any) -> Any:
        orders = broker.submit_order("A", 10), broker.submit_order("A", 7)
        assert broker.pending_orders == orders
        broker.cancel_order(orders[1])
        assert broker.get_price("A") == 11.0
        return orders

    def second(broker: Any) -> Any:
        assert broker.get_position("A").quantity == 10.0
        assert broker.get_account_value() == 1000.0 - 120.0 + 130.0
        assert not broker.pending_orders
        with pytest.raises(ExecutionError, match="filled and cannot be cancelled"):
            broker.cancel_order(orders[0])
        return broker.submit_order("A", -3)

    orders: Any = []

    def keep(broker: Any) -> Any:
        orders.extend(first(broker))
        return orders

    record, (_, last) = run(bars, keep, second, conventions="vectorbt-next-open", cash=1000.0)
    assert filled(record) == [(1, 10.0, 12.0), (2, -3.0, 14.0)]
    assert last.quantity == -3.0
    late, _ = run(bars, None, None, lambda broker: broker.submit_order("A", 1), conventions="vectorbt-next-open")
    assert filled(late) == []


def test_without_a_price_there_is_no_order() -> None:
    """Semantics 4.5, 8.13."""
    nan = float("nan")
    bars = bars_of(*flat(10.0, 10.0), B=[(nan,) * 4, *flat(5.0)])
    record, got = run(bars, lambda broker: broker.submit_order("B", 3), conventions="vectorbt", cash=1000.0)
    assert got == [None]
    assert record.denials[["asset", "rule"]].to_numpy().tolist() == [["B", "no_price"]]


def test_one_assets_target_leaves_the_others_alone() -> None:
    bars = bars_of(*flat(10.0, 10.0), B=flat(5.0, 5.0))

    def act(broker: Any) -> Any:
        one = broker.order_target_percent("A", 0.5)
        other = broker.order_target_percent("B", 0.25)
        return one, other, broker.order_target_percent("B", 0.25)

    settings: dict[str, Any] = {"conventions": "vectorbt", "cash": 1000.0, "rebalance": wb.RebalanceConfig()}
    record, ((one, other, none),) = run(bars, act, **settings)
    assert filled(record) == [(0, 50.0, 10.0), (0, 50.0, 5.0)]
    assert (one.quantity, other.quantity, none) == (50.0, 50.0, None)


def test_what_is_refused() -> None:
    bars = bars_of(*flat(10.0, 10.0))

    def act(broker: Any) -> Any:
        for type, prices in (("limit", {"limit_price": 9.0}), ("trailing_stop", {"trail_amount": 1.0})):
            with pytest.raises(UnsupportedError, match="waits for its price, and under 'vectorbt'"):
                broker.submit_order("A", 1, type, **prices)

    record, _ = run(bars, act, conventions="vectorbt")
    assert len(record.fills) == 0
    short = VECTORBT.replace(limits=Limits(direction="longonly"))
    allowed = wb.RebalanceConfig.unfiltered("hybrid")
    with pytest.raises(ExecutionError, match=r"the weight is -0.5(.|\n)*'longonly'"):
        run(bars, lambda broker: broker.rebalance_to_weights({"A": -0.5}), conventions=short, rebalance=allowed)
    tiny = bars_of(*flat(1e-13, 1e-13))
    with pytest.raises(ExecutionError, match="1e-13"):
        run(tiny, lambda broker: broker.rebalance_to_weights({"A": 0.5}), conventions="vectorbt")


def test_after_the_end_orders_are_denied() -> None:
    bars = bars_of(*flat(10.0, 12.0))

    class Late(wb.Strategy):
        def on_end(self, context: Any, broker: Any) -> None:
            assert broker.get_account_value() == 1_000_000.0
            assert self.executor.execute({"A": 0.5}, None, broker) == []
            assert broker.submit_order("A", 1) is None

    record = wb.Engine(bars, Late(), conventions="vectorbt").run()
    assert set(record.denials["rule"]) == {DenialRule.AFTER_END.name.lower()}
    assert len(record.denials) == 2
