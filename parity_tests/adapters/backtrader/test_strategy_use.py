"""The executor as users put it into their own strategies, with their own settings."""

from __future__ import annotations

from typing import Any

import backtrader as bt
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.material import awkward_bars
from weighbridge_backtrader.feeds import add_feeds

WEIGHTS = ({"A0": 0.5, "A1": 0.3}, {"A0": 0.2, "A1": 0.6, "A2": 0.15}, {"A2": 0.9}, {"A0": 0.4, "A1": -0.3})
NATIVE_LIKE = wb.RebalanceConfig.unfiltered("snapshot", unlisted="close")


class Books(bt.Strategy):
    """Note cash, value and completed orders; decide every tenth bar."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float]] = []
        self.done: list[tuple[str, float, float]] = []

    def weights(self) -> dict[str, float] | None:
        self.rows.append((self.broker.getcash(), self.broker.getvalue()))
        return WEIGHTS[(len(self) // 10) % len(WEIGHTS)] if len(self) % 10 == 0 else None

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            self.done.append((order.data._name, order.executed.size, order.executed.price))


class Native(Books):
    """The loop of order_target_percent that users have today."""

    def next(self) -> None:
        weights = self.weights()
        if weights is not None:
            value = self.broker.getvalue()

            def increases(feed: Any) -> bool:
                held = self.broker.getvalue([feed])
                return weights.get(feed._name, 0.0) * value >= held

            for feed in sorted(self.datas, key=increases):
                self.order_target_percent(feed, weights.get(feed._name, 0.0))


class ThreeLines(Books):
    """What the documentation shows."""

    def __init__(self) -> None:
        super().__init__()
        self.executor = wb.TargetWeightExecutor(NATIVE_LIKE)
        self.broker_port = weighbridge_backtrader.Broker(self)

    def next(self) -> None:
        weights = self.weights()
        if weights is not None:
            self.executor.execute(weights, broker=self.broker_port)


class Mixed(weighbridge_backtrader.TargetWeightMixin, Books):
    """The same with the mixin."""

    rebalance_config = NATIVE_LIKE

    def next(self) -> None:
        weights = self.weights()
        if weights is not None:
            self.order_target_weights(weights)


class UserCommission(bt.CommInfoBase):
    """Tiered: the kind of scheme that no formula of ours covers."""

    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        traded = abs(size) * price
        return max(1.0, 0.002 * min(traded, 10_000.0) + 0.0005 * max(0.0, traded - 10_000.0))


def run(strategy: type[bt.Strategy], setup: Any = None, bars: wb.Bars | None = None, **cerebro: Any) -> Any:
    brain = bt.Cerebro(**{"stdstats": False, **cerebro})
    brain.broker.setcash(100_000.0)
    if setup is not None:
        setup(brain.broker)
    add_feeds(brain, awkward_bars(missing=0.0, late=0, ended=0) if bars is None else bars)
    brain.addstrategy(strategy)
    return brain.run()[0]


SETTINGS = {
    "nothing": None,
    "percent": lambda broker: broker.setcommission(commission=0.001),
    "tiered": lambda broker: broker.addcommissioninfo(UserCommission()),
    "leverage": lambda broker: broker.setcommission(commission=0.001, leverage=2.0),
    "futures": lambda broker: broker.setcommission(commission=2.0, margin=20.0, mult=5.0),
    "futures_one": lambda broker: broker.setcommission(commission=2.0, margin=20.0, mult=5.0, name="A1"),
    "slippage": lambda broker: broker.set_slippage_perc(0.002),
    "slippage_not_at_open": lambda broker: broker.set_slippage_perc(0.002, slip_open=False),
    "slippage_fixed_out": lambda broker: broker.set_slippage_fixed(0.5, slip_match=False),
    "no_check": lambda broker: broker.set_checksubmit(False),
    "close": lambda broker: broker.set_coc(True),
}


@pytest.mark.parametrize("strategy", [ThreeLines, Mixed])
@pytest.mark.parametrize("setting", SETTINGS)
def test_dropped_in_for_the_native_loop(setting: str, strategy: type[bt.Strategy]) -> None:
    native, ours = run(Native, SETTINGS[setting]), run(strategy, SETTINGS[setting])
    assert len(native.done) > 10
    assert ours.done == native.done
    assert ours.rows == native.rows


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
def test_tiered_commission_is_never_overspent(mode: str) -> None:
    class Careful(ThreeLines):
        def __init__(self) -> None:
            super().__init__()
            self.executor = wb.TargetWeightExecutor(wb.RebalanceConfig(mode=mode))

        def notify_order(self, order: Any) -> None:
            assert order.status != order.Margin
            super().notify_order(order)

    # Cheat-on-close: what the plan works out is what happens, so nothing may be refused.
    done = run(Careful, lambda broker: (broker.addcommissioninfo(UserCommission()), broker.set_coc(True))).done
    assert len(done) > 10


def test_second_phase_comes_before_next_and_keeps_the_users_notifications() -> None:
    events: list[str] = []

    class Watched(Books):
        def __init__(self) -> None:
            super().__init__()
            self.executor = wb.TargetWeightExecutor(wb.RebalanceConfig(mode="hybrid"))
            self.broker_port = weighbridge_backtrader.Broker(self)

        def buy(self, *args: Any, **kwargs: Any) -> Any:
            events.append(f"buy {len(self)}")
            return super().buy(*args, **kwargs)

        def notify_cashvalue(self, cash: float, value: float) -> None:
            events.append(f"cash {len(self)}")

        def next(self) -> None:
            events.append(f"next {len(self)}")
            if len(self) == 5:
                self.executor.execute({"A0": 1.0}, broker=self.broker_port)
            if len(self) == 10:
                self.executor.execute({"A0": 0.2, "A1": 0.7}, broker=self.broker_port)

    run(Watched)
    around = events[events.index("next 10") : events.index("next 12") + 1]
    assert around == ["next 10", "buy 11", "cash 11", "next 11", "cash 12", "next 12"]


def test_asked_twice_before_the_fill_orders_once() -> None:
    for config in (NATIVE_LIKE, wb.RebalanceConfig(mode="snapshot", cancel_before_rebalance=False)):

        class Twice(ThreeLines):
            def __init__(self, config: wb.RebalanceConfig = config) -> None:
                super().__init__()
                self.executor = wb.TargetWeightExecutor(config)

            def next(self) -> None:
                if len(self) == 5:
                    first = self.executor.execute({"A0": 0.5}, broker=self.broker_port)
                    second = self.executor.execute({"A0": 0.5}, broker=self.broker_port)
                    assert len(first) == 1
                    assert second == []

        assert [row[0] for row in run(Twice).done] == ["A0"]


def test_protective_stop_survives_and_does_not_count() -> None:
    class Protected(ThreeLines):
        def next(self) -> None:
            if len(self) == 5:
                self.executor.execute({"A0": 0.5}, broker=self.broker_port)
            if len(self) == 8:
                self.stop_order = self.sell(self.datas[0], size=100, exectype=bt.Order.Stop, price=1.0)
            if len(self) == 12:
                self.plan = self.executor.preview({"A0": 0.25}, broker=self.broker_port)
                self.executor.execute({"A0": 0.25}, broker=self.broker_port)

    strategy = run(Protected)
    assert strategy.stop_order.alive()
    assert strategy.plan.now[0].current_weight == pytest.approx(0.5, abs=0.05)


def test_preview_is_what_execute_submits() -> None:
    class Previewed(ThreeLines):
        def next(self) -> None:
            weights = self.weights()
            if weights is not None:
                plan = self.executor.preview(weights, broker=self.broker_port)
                orders = self.executor.execute(weights, broker=self.broker_port)
                assert [(o.asset, o.quantity) for o in orders] == [(t.asset, t.quantity) for t in plan.now]
                assert {"asset", "quantity", "reasons"} <= set(plan.to_frame().columns)
                assert "Plan at value" in str(plan)

    assert len(run(Previewed).done) > 10


def test_late_feeds_through_prenext() -> None:
    class Early(ThreeLines):
        def prenext(self) -> None:
            self.next()

    strategy = run(Early, bars=awkward_bars(seed=2, late=2, ended=1))
    assert len(strategy.rows) == 160
    assert strategy.done


def test_feeds_are_keys_and_unnamed_feeds_have_names() -> None:
    frame = pd.DataFrame(
        {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.0, "volume": 1.0},
        pd.bdate_range("2020-01-01", periods=9),
    )

    class Unnamed(bt.Strategy):
        def __init__(self) -> None:
            self.executor = wb.TargetWeightExecutor()
            self.port = weighbridge_backtrader.Broker(self)

        def next(self) -> None:
            if len(self) == 2:
                (order,) = self.executor.execute({self.datas[0]: 0.5}, broker=self.port)
                assert (order.asset, order.quantity) == ("data0", 500.0)
                with pytest.raises(wb.WeighbridgeError, match="not a data feed"):
                    self.executor.execute({"AAPL": 0.5}, broker=self.port)

    brain = bt.Cerebro(stdstats=False)
    brain.broker.setcash(10_000.0)
    brain.adddata(bt.feeds.PandasData(dataname=frame))
    brain.addstrategy(Unnamed)
    brain.run()


def test_settings_that_have_no_meaning_raise() -> None:
    for setup, cerebro, message in (
        (lambda broker: broker.set_coc(True), {"cheat_on_open": True}, "at once"),
        (lambda broker: broker.set_shortcash(False), {}, "shortcash"),
    ):
        with pytest.raises(wb.WeighbridgeError, match=message):
            run(ThreeLines, setup, **cerebro)
