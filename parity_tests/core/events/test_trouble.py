"""The seeds of trouble that users of other tools report, in the event-driven engine; numbers by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.core.events.material import bars_of, filled, flat, run

NAN = (math.nan,) * 4
HOWS = ("compiled", "executor")
PLAIN: dict[str, Any] = {"min_trade_value": 0.0, "min_weight_change": 0.0}


def to(how: str, weights: dict[str, float | None], times: int = 1) -> Any:
    """Rebalance to weights: in compiled code, or by the executor (one of its own for each call of a script)."""
    executors: dict[int, wb.TargetWeightExecutor] = {}

    def act(broker: Any) -> None:
        for _ in range(times):
            if how == "compiled":
                broker.rebalance_to_weights(weights)
            else:
                executor = executors.setdefault(id(broker), wb.TargetWeightExecutor(wb.RebalanceConfig(**PLAIN)))
                executor.execute(weights, broker=broker)

    return act


def engine(bars: wb.Bars, *acts: Any, cash: float = 1000.0, **settings: Any) -> wb.RunRecord:
    return run(bars, *acts, rebalance=wb.RebalanceConfig(**PLAIN), cash=cash, **settings)[0]


@pytest.mark.parametrize("how", HOWS)
def test_the_double_order(how: str) -> None:
    record = engine(bars_of(*flat(10, 10, 10)), to(how, {"A": 0.5}, times=3))
    assert filled(record) == [(1, 50.0, 10.0)]


@pytest.mark.parametrize("how", HOWS)
def test_the_double_order_while_the_asset_misses_bars(how: str) -> None:
    bars = bars_of((10,) * 4, NAN, NAN, (10,) * 4, B=flat(5, 5, 5, 5))
    act = to(how, {"A": 0.5})
    assert filled(engine(bars, act, act, act)) == [(3, 50.0, 10.0)]


@pytest.mark.parametrize("how", HOWS)
def test_sized_at_the_close_and_filled_at_a_gapped_open(how: str) -> None:
    # 100 units at the close of 10; the open of 12.5 leaves money for 80.
    bars = bars_of((10, 10, 10, 10), (12.5, 13, 12, 12))
    record = engine(bars, to(how, {"A": 1.0}))
    assert filled(record) == [(1, 80.0, 12.5)]
    assert list(record.denials["quantity"]) == [20.0]
    # Backtrader fills it whole or not at all.
    record = engine(bars, to(how, {"A": 1.0}), conventions="backtrader")
    assert filled(record) == []
    assert list(record.denials["rule"]) == ["margin_at_fill"]


@pytest.mark.parametrize("how", HOWS)
def test_all_or_nothing_refusal_of_the_last_buy(how: str) -> None:
    bars = bars_of((10, 10, 10, 10), (10.2, 10.2, 10.2, 10.2), B=flat(10, 10))
    record = engine(bars, to(how, {"A": 0.5, "B": 0.5}), conventions="backtrader")
    # 50 x 10.2 = 510 is paid, 490 are left, and 50 x 10 does not fit.
    assert list(record.fills["asset"]) == ["A"]
    assert list(record.denials[["asset", "quantity", "rule"]].iloc[0]) == ["B", 50.0, "margin_at_fill"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_a_protective_stop_outlives_a_rebalance(how: str, conventions: str) -> None:
    """Semantics 8.6."""

    def protect(broker: Any) -> None:
        broker.submit_order("A", -50, "stop", stop_price=8.0)

    bars = bars_of(*flat(10, 10, 10, 7, 7))
    record = engine(bars, to(how, {"A": 0.5}), protect, to(how, {"A": 0.5}), conventions=conventions)
    assert filled(record) == [(1, 50.0, 10.0), (3, -50.0, 7.0)]


@pytest.mark.parametrize("how", HOWS)
def test_an_asset_that_stopped_trading(how: str) -> None:
    bars = bars_of((10,) * 4, (10,) * 4, NAN, NAN, B=flat(5, 5, 5, 5))
    record = engine(bars, to(how, {"A": 0.5}), None, to(how, {"A": 0.0}))
    assert filled(record) == [(1, 50.0, 10.0)]
    assert list(record.value) == [1000.0] * 4
    assert list(record.orders["quantity"]) == [50.0, -50.0]


@pytest.mark.parametrize("how", HOWS)
def test_an_asset_that_starts_late(how: str) -> None:
    bars = bars_of(*flat(10, 10, 10, 10), B=[NAN, NAN, (20,) * 4, (20,) * 4])
    act = to(how, {"A": 0.5, "B": 0.5})
    record = engine(bars, act, None, act)
    assert list(record.fills["asset"]) == ["A", "B"]
    assert filled(record) == [(1, 50.0, 10.0), (3, 25.0, 20.0)]


@pytest.mark.parametrize("how", HOWS)
def test_a_fraction_of_a_share_rounds_to_nothing(how: str) -> None:
    record = engine(bars_of(*flat(600, 600)), to(how, {"A": 0.5}))
    assert len(record.orders) == 0
    assert record.value[-1] == 1000.0


@pytest.mark.parametrize("how", HOWS)
def test_weights_that_sum_to_a_little_more_than_one(how: str) -> None:
    bars = bars_of(*flat(10, 10), B=flat(10, 10))
    record = engine(bars, to(how, {"A": 0.5, "B": 0.5000001}))
    # Scaled to 0.49999995 and 0.50000005: 49 and 50 whole units, nothing denied.
    assert filled(record) == [(1, 49.0, 10.0), (1, 50.0, 10.0)]
    assert len(record.denials) == 0


@pytest.mark.parametrize("how", HOWS)
def test_a_position_that_is_not_mentioned(how: str) -> None:
    bars = bars_of(*flat(10, 10, 10), B=flat(10, 10, 10))
    first, second = to(how, {"A": 0.5, "B": 0.5}), to(how, {"A": 0.5})
    record = engine(bars, first, second)
    assert record.positions.iloc[-1].to_dict() == {"A": 50.0, "B": 0.0}
    record = engine(bars, first, to(how, {"A": 0.5, "B": None}))
    assert record.positions.iloc[-1].to_dict() == {"A": 50.0, "B": 50.0}


@pytest.mark.parametrize("how", HOWS)
def test_the_users_own_open_order_counts_once(how: str) -> None:
    bars = bars_of((10,) * 4, NAN, (10,) * 4, (10,) * 4, B=flat(5, 5, 5, 5))

    def both(broker: Any) -> None:
        broker.submit_order("A", 20)
        to(how, {"A": 0.5})(broker)

    assert filled(engine(bars, both)) == [(2, 20.0, 10.0), (2, 30.0, 10.0)]


def test_a_replaced_rebalance_is_not_gone_on_with() -> None:
    bars = bars_of(*flat(10, 10, 10, 10, 10), B=flat(10, 10, 10, 10, 10))
    acts = [{"A": 1.0, "B": 0.0}, None, {"A": 0.0, "B": 1.0}, {"A": 0.0, "B": 0.0}]
    records = [engine(bars, *(None if w is None else to(how, w) for w in acts)) for how in HOWS]
    assert filled(records[0]) == filled(records[1])
    assert records[0].positions["A"].iloc[-1] == 0.0


def test_one_target_leaves_a_rebalance_under_way_alone() -> None:
    bars = bars_of(*flat(10, 10, 10, 10), B=flat(10, 10, 10, 10), C=flat(10, 10, 10, 10))

    def change(broker: Any) -> None:
        broker.rebalance_to_weights({"A": 0.0, "B": 0.5, "C": None})
        assert broker.order_target_percent("C", 0.25).quantity == 25.0

    record = engine(bars, to("compiled", {"A": 0.5}), change)
    fills = record.fills
    # A is sold and C bought at bar 2; B, which waited for A, at bar 3.
    assert list(zip(fills["bar"], fills["asset"], fills["quantity"], strict=True)) == [
        (1, "A", 50.0), (2, "A", -50.0), (2, "C", 25.0), (3, "B", 50.0)
    ]  # fmt: skip
