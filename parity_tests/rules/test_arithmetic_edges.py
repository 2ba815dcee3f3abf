"""Edges of the rules' arithmetic: values worked out by hand, which the framework and the engine both give.

Each is a place at which a slip of one sign changes the outcome: a comparison at equality, the sequence of two
operations, the part of a sum that comes last.
"""

from __future__ import annotations

import math
from typing import Any

import backtrader as bt
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_backtrader
import weighbridge_vectorbt
import weighbridge_zipline
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.conventions import PRESETS
from weighbridge.settings.limits import Limits
from weighbridge.testing import assert_records_equal
from weighbridge_backtrader.costs import set_costs
from weighbridge_backtrader.feeds import add_feeds

NAN = float("nan")
ADAPTERS = {
    "backtrader": weighbridge_backtrader,
    "vectorbt": weighbridge_vectorbt,
    "zipline": weighbridge_zipline,
}


def both(
    name: str, prices: dict[str, list[float]], rows: dict[int, dict[str, float]], *, cash: float, **options: Any
) -> RunRecord:
    """Run `order_target_percent`, or `from_orders`, and the engine; they must agree. Return the framework's record."""
    close = pd.DataFrame(prices, dtype=float)
    close.index = pd.bdate_range("2015-01-05", periods=len(close))
    bars = wb.Bars.from_frames(open=close, high=close, low=close, close=close, volume=close * 0.0 + 1e12)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(prices), dtype=float)
    targets = wb.TargetWeights(frame.set_axis(bars.index[list(rows)]))
    limits = options.pop("limits", None)
    native = ADAPTERS[name].run(
        bars, targets, how="native", cash=cash, **options, **({} if limits is None else {"limits": limits})
    )
    preset = PRESETS[name]
    engine = wb.simulate(
        bars,
        targets,
        conventions=preset if limits is None else preset.replace(limits=limits),
        rebalance=wb.RebalanceConfig.unfiltered("hybrid" if name == "vectorbt" else "snapshot"),
        cash=cash,
        **options,
    )
    assert_records_equal(native, engine, tolerances=ADAPTERS[name].ADAPTER.tolerances, allow_empty=True)
    return native


def quantities(record: RunRecord) -> list[float]:
    return record.fill_table.quantity.tolist()


def refusals(record: RunRecord) -> list[list[Any]]:
    return record.denials[["bar", "asset", "quantity", "rule"]].to_numpy().tolist()


class TestWithinATolerance:
    """VectorBT, `is_close_nb`: |a - b| <= max(1e-9 * max(|a|, |b|), 1e-12); 1e-9 * 1e9 is 1.0."""

    @pytest.mark.parametrize(("fee", "filled"), [(1.0, 999_999_999.0), (2.0, 999_999_997.0)])
    def test_a_cost_that_is_just_close_to_the_cash_is_not_cut(self, fee: float, filled: float) -> None:
        costs = wb.Costs(commission=wb.FixedCommission(fee))
        record = both("vectorbt", {"A": [1.0]}, {0: {"A": 1.0}}, cash=999_999_999.0, costs=costs)
        assert quantities(record) == [filled]
        assert record.cash[-1] == 0.0

    @pytest.mark.parametrize(("left", "cash"), [(1.0, 0.0), (2.0, 2.0)])
    def test_cash_that_is_just_close_to_nothing_is_nothing(self, left: float, cash: float) -> None:
        record = both("vectorbt", {"A": [1.0]}, {0: {"A": (1e9 - left) / 1e9}}, cash=1e9)
        assert quantities(record) == [1e9 - left]
        assert record.cash[-1] == cash

    @pytest.mark.parametrize(("weight", "filled"), [(1e-12, []), (math.nextafter(1e-12, 1), [1.0000000000000002e-12])])
    def test_a_size_that_is_just_close_to_nothing_is_no_order(self, weight: float, filled: list[float]) -> None:
        record = both("vectorbt", {"A": [1.0]}, {0: {"A": weight}}, cash=1.0, limits=Limits(min_size=0.0))
        assert quantities(record) == filled
        assert refusals(record) == []

    @pytest.mark.parametrize("limits", [Limits(max_size=112.5), Limits(min_size=112.5), Limits(size_granularity=112.5)])
    def test_a_size_at_its_bound_is_within_it(self, limits: Limits) -> None:
        record = both("vectorbt", {"A": [4.0]}, {0: {"A": 0.45}}, cash=1000.0, limits=limits)
        assert quantities(record) == [112.5]
        assert refusals(record) == []

    @pytest.mark.parametrize(("over", "filled"), [(1e-4, 10.0), (1.1e-4, 9.0)])
    def test_zipline_takes_a_number_within_a_ten_thousandth_for_whole(self, over: float, filled: float) -> None:
        """`round_if_near_integer`; below the whole number, so that cutting would lose a unit."""
        record = both("zipline", {"A": [1.0] * 3}, {0: {"A": (10.0 - over) / 16.0}}, cash=16.0)
        assert quantities(record) == [filled]


class TestBacktradersSize:
    """`CommInfoBase.getsize`: int(leverage * (difference // price))."""

    @pytest.mark.parametrize(
        ("leverage", "weight", "filled"),
        [
            (1.0, 0.15, 1.0),  # 15 // 10
            (2.0, 0.15, 2.0),  # 2 * (15 // 10), where 2 * 15 // 10 were 3
            (1.5, 0.15, 1.0),  # int(1.5 * 1)
            (1.5, 0.35, 4.0),  # int(1.5 * 3), where 1.5 * 35 // 10 were 5
            (3.0, -0.19, -3.0),  # 3 * (19 // 10), where 3 * 19 // 10 were 5
        ],
    )
    def test_whole_prices_are_counted_before_they_are_levered(
        self, leverage: float, weight: float, filled: float
    ) -> None:
        contracts = {"A": wb.Contract(leverage=leverage)}
        record = both("backtrader", {"A": [10.0] * 3}, {0: {"A": weight}}, cash=100.0, contracts=contracts)
        assert quantities(record) == [filled]

    def test_the_difference_is_floored_and_not_the_target(self) -> None:
        """35 is 3 units, then 65 of 100 is 35 more than the 30 held: 3 more, where 65 // 10 - 3 is 3 and 69 is not."""
        record = both("backtrader", {"A": [10.0] * 5}, {0: {"A": 0.35}, 2: {"A": 0.69}}, cash=100.0)
        assert quantities(record) == [3.0, 3.0]
        down = both("backtrader", {"A": [10.0] * 5}, {0: {"A": 0.69}, 2: {"A": 0.35}}, cash=100.0)
        assert quantities(down) == [6.0, -2.0]

    def test_cash_of_exactly_nothing_is_enough(self) -> None:
        """`if cash < 0.0`: at submission and at the fill."""
        costs = wb.Costs(commission=wb.FixedCommission(10.0))
        enough = both("backtrader", {"A": [10.0] * 3}, {0: {"A": 0.95}}, cash=200.0, costs=costs)
        assert quantities(enough) == [19.0]
        assert enough.cash[-1] == 0.0
        short = both("backtrader", {"A": [10.0] * 3}, {0: {"A": 0.96}}, cash=199.0, costs=costs)
        assert refusals(short) == [[1, "A", 19.0, "margin_at_submission"]]


class TestAdmission:
    """`BackBroker.check_submitted` executes every order on a copy of the position, the same one for the same feed."""

    @staticmethod
    def of(orders: list[float], cash: float, costs: wb.Costs, contracts: dict[str, wb.Contract]) -> list[list[Any]]:
        """Send market orders at the first bar to Backtrader and to the engine; return fills and refusals of each."""
        close = pd.DataFrame({"A": [10.0] * 3}, pd.bdate_range("2015-01-05", periods=3))
        bars = wb.Bars.from_frames(open=close, high=close, low=close, close=close)
        notes: list[Any] = []

        class Sends(bt.Strategy):
            def next(self) -> None:
                if len(self) == 1:
                    for quantity in orders:
                        (self.buy if quantity > 0 else self.sell)(size=abs(quantity))

            def notify_order(self, order: Any) -> None:
                if order.status == order.Completed:
                    notes.append(order.executed.size)
                elif order.status == order.Margin:
                    notes.append("margin")

        class SendsToo(wb.Strategy):
            def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
                if context.bar == 0:
                    for quantity in orders:
                        broker.submit_order("A", quantity)

        brain = bt.Cerebro(stdstats=False)
        brain.broker.setcash(cash)
        set_costs(brain.broker, costs, contracts)
        add_feeds(brain, bars)
        brain.addstrategy(Sends)
        brain.run()
        record = wb.Engine(
            bars, SendsToo(), conventions="backtrader", costs=costs, cash=cash, contracts=contracts
        ).run()
        return [notes, [*["margin"] * len(record.denials), *quantities(record)]]

    @pytest.mark.parametrize(("cash", "expected"), [(49.0, ["margin", -1.0]), (50.0, [-1.0, 3.0])])
    def test_a_reversal_of_what_was_ordered_before_is_charged_twice(self, cash: float, expected: list[Any]) -> None:
        """Sell 1: 50 + 10 - 10. Buy 3: close 1, - 10 - 10; open 2, - 20 - 10. Without the sale 3 would cost 40."""
        costs = wb.Costs(commission=wb.FixedCommission(10.0))
        native, engine = self.of([-1.0, 3.0], cash, costs, {})
        assert native == expected
        assert engine == native

    def test_what_was_ordered_before_gives_its_margin_back(self) -> None:
        """Two contracts bind 100 of 100; selling them again frees it, where opening two shorts would need 100 more."""
        contracts = {"A": wb.Contract(multiplier=2.0, margin=50.0)}
        native, engine = self.of([2.0, -2.0], 100.0, wb.Costs(), contracts)
        assert native == [2.0, -2.0]
        assert engine == native

    def test_what_was_ordered_before_is_not_forgotten_either(self) -> None:
        contracts = {"A": wb.Contract(multiplier=2.0, margin=50.0)}
        native, engine = self.of([2.0, -4.0, 1.0], 100.0, wb.Costs(), contracts)
        assert native == [2.0, -4.0, 1.0]
        assert engine == native

    def test_an_order_that_is_refused_keeps_what_it_took(self) -> None:
        """200 of 150 is refused, and 50 that would have been there is not."""
        native, engine = self.of([20.0, 5.0], 150.0, wb.Costs(), {})
        assert native == ["margin", "margin"]
        assert engine == native


class TestMarginIsCut:
    """The reference's rule by hand: as many contracts as the cash covers, commission included (semantics 9)."""

    @pytest.mark.parametrize(
        ("cash", "commission", "filled"),
        [
            (1000.0, 0.0, 10.0),  # 12 are asked for; 10 margins of 100 are exactly the cash
            (999.0, 0.0, 9.0),
            (1010.0, 1.0, 10.0),  # 10 * (100 + 1)
            (1009.0, 1.0, 9.0),
        ],
    )
    def test_to_what_the_cash_covers(self, cash: float, commission: float, filled: float) -> None:
        close = pd.DataFrame({"A": [50.0] * 3}, pd.bdate_range("2015-01-05", periods=3))
        record = wb.simulate(
            wb.Bars.from_frames(open=close, high=close, low=close, close=close),
            wb.TargetWeights(pd.DataFrame({"A": [1.2 * 1000.0 / cash + 0.01]}, close.index[:1])),
            rebalance=wb.RebalanceConfig.unfiltered("snapshot"),
            costs=wb.Costs(commission=wb.PerShareCommission(commission)),
            cash=cash,
            contracts={"A": wb.Contract(multiplier=5.0, margin=100.0)},
        )
        assert quantities(record) == [filled]
        assert refusals(record) == [[1, "A", 12.0 - filled, "cut_to_cash"]]
        assert record.cash[-1] == cash - filled * (100.0 + commission)


class TestZiplinesSums:
    """`calculate_position_tracker_stats`: cash + (long + short), position by position as they were opened."""

    @pytest.mark.parametrize("last", ["A", "B", "C"])
    def test_every_asset_counts(self, last: str) -> None:
        prices = {name: [10.0, 10.0, 10.0, 13.0 if name == last else 10.0] for name in "ABC"}
        record = both("zipline", prices, {0: {"A": 0.25, "B": -0.25, "C": 0.5}}, cash=1000.0)
        gained = {"A": 25 * 3.0, "B": -25 * 3.0, "C": 50 * 3.0}[last]
        assert record.value.tolist() == [1000.0, 1000.0, 1000.0, 1000.0 + gained]

    def test_long_and_short_are_summed_apart(self) -> None:
        """0.1 + 0.2 is 0.30000000000000004 and less 0.3 is 5.6e-17; one sum in sequence would be 2.8e-17."""
        record = both(
            "zipline",
            {"A": [0.1] * 3, "B": [0.3] * 3, "C": [0.2] * 3},
            {0: {"A": 0.1, "B": -0.3, "C": 0.2}},
            cash=1.0,
        )
        assert sorted(quantities(record)) == [-1.0, 1.0, 1.0]
        cash = 1.0
        for quantity, price in zip(quantities(record), record.fill_table.price.tolist(), strict=True):
            cash += -(price * quantity)
        assert record.value[-1] == cash + ((0.1 + 0.2) + -0.3)


class TestThresholds:
    """Semantics 4: a trade at the threshold is made, one below it is not."""

    @pytest.mark.parametrize("name", ADAPTERS)
    @pytest.mark.parametrize(
        ("changes", "filled"),
        [
            ({"min_trade_value": 500.0}, [50.0]),
            ({"min_trade_value": math.nextafter(500.0, 1e9)}, []),
            ({"min_weight_change": 0.5}, [50.0]),
            ({"min_weight_change": 0.50001}, []),
            ({"max_single_weight": 0.5}, [50.0]),
            ({"max_gross_leverage": 0.5}, [50.0]),
        ],
    )
    def test_at_the_threshold(self, name: str, changes: dict[str, float], filled: list[float]) -> None:
        close = pd.DataFrame({"A": [10.0] * 3}, pd.bdate_range("2015-01-05", periods=3))
        bars = wb.Bars.from_frames(open=close, high=close, low=close, close=close)
        targets = wb.TargetWeights(pd.DataFrame({"A": [0.5]}, close.index[:1]))
        config = wb.RebalanceConfig.unfiltered("hybrid", **changes)
        engine = wb.simulate(bars, targets, conventions=name, rebalance=config, cash=1000.0)
        assert quantities(engine) == filled
        if name != "vectorbt":  # Its executor takes a minute to compile, and has tests of its own.
            executor = ADAPTERS[name].run(bars, targets, how="executor", rebalance=config, cash=1000.0)
            assert_records_equal(executor, engine, allow_empty=True)
