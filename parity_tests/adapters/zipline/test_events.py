"""The event-driven engine under `zipline` conventions: as `simulate`, and as an algorithm in Zipline, bit for bit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zipline.api import cancel_order, order
from zipline.finance.execution import asymmetric_round_price

import weighbridge as wb
from parity_tests.adapters.zipline.helpers import NAN, bars_of
from parity_tests.adapters.zipline.material import COSTS, STREAMS, awkward_bars
from parity_tests.core.events.material import Weights, filled, rows_of, run
from weighbridge.exceptions import ExecutionError, UnsupportedError
from weighbridge.parity.compare import Verdict, compare
from weighbridge.rules.triggers import price_in_cents
from weighbridge.settings.conventions import BACKTRADER, ZIPLINE
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights
from weighbridge_zipline import run_on_frames

MODES = ("snapshot", "hybrid", "incremental")
CONFIGS: dict[str, wb.RebalanceConfig] = {
    "unfiltered": wb.RebalanceConfig.unfiltered(),
    "defaults": wb.RebalanceConfig(),
    "patient": wb.RebalanceConfig(phase_timeout=3, late_asset_policy="require_history", late_asset_min_bars=4),
    "counting": wb.RebalanceConfig(cancel_before_rebalance=False, unlisted="hold", allow_short=True),
    "forgetful": wb.RebalanceConfig(
        cancel_before_rebalance=False, account_for_pending=False, missing_price_policy="skip"
    ),
    "lots": wb.RebalanceConfig(round_lots=True, lot_size=10, max_single_weight=0.4, headroom=0.98),
}


def assert_identical(one: wb.RunRecord, other: wb.RunRecord) -> None:
    assert_records_equal(one, other)
    for table in ("order_table", "fill_table", "denial_table"):
        for column, twin in zip(getattr(one, table), getattr(other, table), strict=True):
            assert np.array_equal(column, twin), table
    assert one.cash.tobytes() == other.cash.tobytes()
    assert one.value.tobytes() == other.value.tobytes()


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CONFIGS)
def test_the_same_decisions_as_simulate(stream: str, mode: str, name: str) -> None:
    bars = awkward_bars(90, seed=3, missing=0.1)
    targets = awkward_weights(bars, seed=3, **STREAMS[stream])
    costs = COSTS[("defaults", "volume_share", "percent", "limited_fixed")[list(STREAMS).index(stream)]]
    options: dict[str, Any] = {
        "conventions": "zipline", "rebalance": CONFIGS[name].replace(mode=mode), "costs": costs, "cash": 5e6,
    }  # fmt: skip
    expected = wb.simulate(bars, targets, **options)
    assert len(expected.fills) > 10
    for how in ("compiled", "executor"):
        assert_identical(expected, wb.Engine(bars, Weights(rows_of(targets), how), **options).run())


def test_asking_at_every_bar_changes_nothing_and_memory_grows() -> None:
    bars = awkward_bars(500, 20, seed=2, volume=3e4)
    targets = awkward_weights(bars, seed=2, every=1, short=True)

    class Curious(Weights):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            broker.get_account_value(), broker.get_cash(), broker.positions, broker.pending_orders
            super().on_data(timestamp, data, context, broker)

    options: dict[str, Any] = {
        "conventions": "zipline", "rebalance": wb.RebalanceConfig.unfiltered("hybrid"), "costs": COSTS["defaults"],
        "cash": 1e8,
    }  # fmt: skip
    expected = wb.simulate(bars, targets, **options)
    assert expected.orders is not None
    assert len(expected.orders) > 4096
    assert_identical(expected, wb.Engine(bars, Curious(rows_of(targets)), **options).run())


def test_targets_one_by_one_are_the_snapshot_of_the_native_functions() -> None:
    bars = awkward_bars(90, seed=5)
    targets = awkward_weights(bars, seed=5, every=4, short=True)

    class OneByOne(Weights):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            weights = {name: w for name, w in self.rows.get(timestamp, {}).items() if w is not None}
            value = broker.get_account_value()
            prices = {name: broker.get_price(name) for name in weights}
            reduced = {n: w for n, w in weights.items() if w * value < broker.get_position(n).quantity * prices[n]}
            for name in [*reduced, *(n for n in weights if n not in reduced)]:
                if prices[name] == prices[name]:
                    broker.order_target_percent(name, weights[name])

    config = wb.RebalanceConfig.unfiltered("snapshot").replace(account_for_pending=False)
    options: dict[str, Any] = {"conventions": "zipline", "costs": COSTS["defaults"], "cash": 1e7}
    expected = wb.simulate(bars, targets, rebalance=wb.RebalanceConfig.unfiltered("snapshot"), **options)
    got = wb.Engine(bars, OneByOne(rows_of(targets)), rebalance=config, **options).run()
    assert_identical(expected, got)


def ideas(bars: wb.Bars, seed: int) -> list[list[tuple[Any, ...]]]:
    """By bar, random orders (column, quantity, limit, stop) around the price, and numbers of earlier ones to cancel."""
    random = np.random.default_rng(seed)
    last = pd.DataFrame(bars.close).ffill().to_numpy()
    asked: list[list[tuple[Any, ...]]] = []
    count = 0
    for bar in range(bars.n_bars):
        now: list[tuple[Any, ...]] = []
        for column in range(bars.n_assets):
            alive = bars.first_bar[column] <= bar <= bars.last_bar[column]
            if not alive or random.random() > 0.35:
                continue
            quantity = int(random.integers(1, 3000)) * int(random.choice([-1, 1]))
            near = last[bar, column] * (1.0 + random.normal(0.0, 0.02, 2))
            kind = random.integers(0, 4)
            limit = float(near[0]) if kind in (1, 3) else None
            stop = float(near[1]) if kind in (2, 3) else None
            now.append(("order", column, quantity, limit, stop))
            count += 1
        if count and random.random() < 0.3:
            now.append(("cancel", int(random.integers(0, count))))
        asked.append(now)
    return asked


KINDS = {(False, False): "market", (True, False): "limit", (False, True): "stop", (True, True): "stop_limit"}


class Ideas(wb.Strategy):
    """Submit them in the engine."""

    def __init__(self, asked: list[list[tuple[Any, ...]]]) -> None:
        self.asked = asked
        self.placed: list[Any] = []

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        for what, *rest in self.asked[context.bar]:
            if what == "cancel":
                placed = self.placed[rest[0]] if rest[0] < len(self.placed) else None
                if placed is not None and placed in broker.pending_orders:
                    broker.cancel_order(placed)
                continue
            column, quantity, limit, stop = rest
            kind = KINDS[limit is not None, stop is not None]
            asset = context.assets[column]
            self.placed.append(broker.submit_order(asset, quantity, kind, limit_price=limit, stop_price=stop))


def inside_zipline(bars: wb.Bars, asked: list[list[tuple[Any, ...]]], costs: wb.Costs, cash: float) -> pd.DataFrame:
    """Submit the same orders in an algorithm."""
    placed: list[Any] = []
    days = iter(asked)

    def handle_data(context: Any, data: Any) -> None:
        for what, *rest in next(days):
            if what == "cancel":
                if rest[0] < len(placed) and placed[rest[0]] is not None:
                    cancel_order(placed[rest[0]])
                continue
            column, quantity, limit, stop = rest
            asset = context.symbol(bars.assets[column])
            placed.append(order(asset, quantity, limit_price=limit, stop_price=stop))

    return run_on_frames(bars, handle_data=handle_data, costs=costs, cash=cash)


@pytest.mark.parametrize(("costs", "seed"), list(itertools.product(COSTS, [1, 2, 3])))
def test_orders_at_prices_of_their_own_as_inside_zipline(costs: str, seed: int) -> None:
    # Some trade around a cent, where rounding a limit to cents decides.
    bars = awkward_bars(120, 5, seed=seed, volume=2e4)
    bars = wb.Bars.from_frames(
        **{
            name: bars.frame(name) * ([1.0, 0.0005, 1.0, 0.1, 1.0] if name == "close" else 1.0)
            for name in ("close", "volume")
        }
    )
    asked = ideas(bars, seed)
    performance = inside_zipline(bars, asked, COSTS[costs], 1e6)
    got = wb.Engine(bars, Ideas(asked), conventions="zipline", costs=COSTS[costs], cash=1e6).run()
    expected = [
        (bar, fill["sid"].symbol, float(fill["amount"]), float(fill["price"]))
        for bar, found in enumerate(performance["transactions"])
        for fill in found
    ]
    assert len(expected) > 80
    fills = got.fills
    assert list(zip(fills["bar"], fills["asset"], fills["quantity"], fills["price"], strict=True)) == expected
    assert got.cash.tobytes() == performance["ending_cash"].to_numpy(dtype=np.float64).tobytes()
    assert got.value.tobytes() == performance["portfolio_value"].to_numpy(dtype=np.float64).tobytes()
    kinds = {KINDS[o[3] is not None, o[4] is not None] for day in asked for o in day if o[0] == "order"}
    assert kinds == set(KINDS.values())


def test_limits_and_stops_by_hand() -> None:
    bars = bars_of({"A": [10.0, 9.5, 9.0, 11.0, 12.0, 8.0]}, volume=1e6)
    for submitted, expected in (
        # A buy fills at the close of the first bar that closes at or below the limit, better than asked.
        ((10, "limit", {"limit_price": 9.2}), [(2, 10.0, 9.0)]),
        # A stop fills at the close that reaches it, worse than asked.
        ((10, "stop", {"stop_price": 10.5}), [(3, 10.0, 11.0)]),
        ((-10, "stop", {"stop_price": 9.2}), [(2, -10.0, 9.0)]),
        # Its stop is reached at 11, its limit only at 8.
        ((10, "stop_limit", {"stop_price": 10.5, "limit_price": 9.0}), [(5, 10.0, 8.0)]),
        # A cent: 9.0095 counts as 9.01 for a buy, and 8.9994 as 8.99, which is not reached before the end.
        ((10, "limit", {"limit_price": 8.9994}), [(5, 10.0, 8.0)]),
        ((10, "limit", {"limit_price": 8.9996}), [(2, 10.0, 9.0)]),
    ):
        quantity, kind, prices = submitted
        record, _ = run(bars, lambda broker, q=quantity, k=kind, p=prices: broker.submit_order("A", q, k, **p),
                        conventions="zipline", cash=1e4)  # fmt: skip
        assert filled(record) == expected, submitted


def test_what_stands_open_in_part_and_what_is_cancelled() -> None:
    bars = bars_of({"A": [10.0] * 6}, volume=100.0)
    costs = COSTS["defaults"]

    def look(broker: Any) -> Any:
        (placed,) = broker.pending_orders
        return broker.order_status(placed).value, broker.open_quantity(placed), broker.get_position("A").quantity

    def cancel(broker: Any) -> None:
        broker.cancel_order(broker.pending_orders[0])
        assert broker.pending_orders == ()

    record, got = run(
        bars, lambda broker: broker.submit_order("A", 35.7), look, look, cancel, lambda broker: broker.pending_orders,
        conventions="zipline", costs=costs, cash=1e4,
    )  # fmt: skip
    # 35 whole units; a tenth of the volume at each bar.
    assert got[0].quantity == 35.0
    assert got[1:3] == [("open", 25.0, 10.0), ("open", 15.0, 20.0)]
    assert record.fills["quantity"].tolist() == [10.0, 10.0, 10.0]
    assert got[4] == ()


def test_what_is_refused() -> None:
    bars = bars_of({"A": [10.0] * 4, "B": [NAN, NAN, 5.0, 5.0], "C": [7.0, 7.0, NAN, NAN]})

    def trailing(broker: Any) -> None:
        with pytest.raises(UnsupportedError, match="no rule for trailing_stop orders"):
            broker.submit_order("A", 10, "trailing_stop", trail_amount=1.0)

    def too_much(broker: Any) -> None:
        with pytest.raises(ExecutionError, match="above 1e\\+11"):
            broker.submit_order("A", 2e11)
        assert broker.pending_orders == ()

    record, got = run(
        bars,
        lambda broker: (broker.submit_order("B", 10), broker.submit_order("A", 0.5), trailing(broker)),
        None,
        lambda broker: broker.submit_order("C", 10),
        conventions="zipline",
    )
    assert got[0][:2] == (None, None)
    assert got[1] is None
    assert record.denials[["bar", "asset", "rule"]].to_numpy().tolist() == [
        [0, "B", "no_price"],
        [0, "A", "min_size_not_reached"],
        [2, "C", "no_price"],
    ]
    run(bars, too_much, conventions="zipline")


def test_an_order_that_backtraders_cash_rule_refuses_is_denied_among_ziplines_rules() -> None:
    bars = bars_of({"A": [10.0, 10.0, 10.0]})
    mixed = ZIPLINE.replace(name="mixed", cash=BACKTRADER.cash)
    record, _ = run(bars, lambda broker: broker.submit_order("A", 11), conventions=mixed, cash=100.0)
    assert filled(record) == []
    assert record.denials[["bar", "rule"]].to_numpy().tolist() == [[1, "margin_at_submission"]]


def test_an_ended_asset_is_sold_after_the_decision() -> None:
    bars = bars_of({"A": [10.0, 10.0, 10.0, NAN, NAN], "B": [1.0] * 5})

    def held(broker: Any) -> Any:
        return broker.get_position("A").quantity, broker.get_cash(), broker.get_account_value()

    record, got = run(
        bars, lambda broker: broker.submit_order("A", 10), held, held, held, held, conventions="zipline", cash=100.0
    )
    assert got[1:] == [(10.0, 0.0, 100.0)] * 3 + [(0.0, 100.0, 100.0)]
    assert filled(record) == [(1, 10.0, 10.0), (3, -10.0, 10.0)]


def test_a_strategy_that_raises_leaves_a_record_up_to_its_bar() -> None:
    bars = bars_of({"A": [10.0] * 5})

    class Raises(wb.Strategy):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            if context.bar == 0:
                broker.submit_order("A", 5)
            if context.bar == 2:
                raise RuntimeError("no")

    engine = wb.Engine(bars, Raises(), conventions="zipline", cash=100.0)
    with pytest.raises(ExecutionError, match="at bar 2"):
        engine.run()
    assert engine.record is not None
    assert engine.record.cash.tolist() == [100.0, 50.0, 50.0]
    assert compare(engine.record, engine.record).verdict is Verdict.IDENTICAL


@settings(max_examples=500)
@given(thousandths=st.integers(1, 10**6), nudge=st.integers(-2, 2), down=st.booleans())
def test_prices_are_rounded_to_cents_as_zipline_rounds(thousandths: int, nudge: int, down: bool) -> None:
    price = thousandths / 2000.0
    for _ in range(abs(nudge)):
        price = math.nextafter(price, math.copysign(math.inf, nudge))
    assert price_in_cents(price, down) == asymmetric_round_price(price, down, 0.01)
