"""The event-driven engine: 250 assets x 5,040 bars, rebalanced every 21 bars, `on_data` called at every bar.

`make bench` runs it. What is held against a limit is the fastest of a few runs, since other work slows a machine down
and nothing speeds it up.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.core.events.material import Weights, rows_of
from weighbridge.parity.synthetic import synthetic_bars
from weighbridge.parity.synthetic_weights import synthetic_weights
from weighbridge.testing import assert_records_equal

SETTINGS: dict[str, Any] = {
    "conventions": "backtrader",
    "rebalance": wb.RebalanceConfig.unfiltered("snapshot"),
    "costs": wb.Costs(commission=wb.PercentCommission(0.001)),
    "cash": 1e8,
}
MICROSECONDS_A_BAR = 40.0
MICROSECONDS_AN_IDLE_BAR = 10.0
TIMES_BACKTRADER = 500.0
BYTES_A_FILL = 1000  # Ledger, queue and rebalances, with room for the doubling.


class Asking(Weights):
    """Ask for value and cash at every bar, so that every bar is settled by itself."""

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        broker.get_account_value()
        super().on_data(timestamp, data, context, broker)


@pytest.fixture(scope="module")
def market() -> tuple[wb.Bars, wb.TargetWeights]:
    bars = synthetic_bars(250, 5040, seed=1)
    return bars, synthetic_weights(bars, seed=1, every=21)


@pytest.fixture(scope="module")
def backtrader(market: tuple[wb.Bars, wb.TargetWeights]) -> tuple[float, wb.RunRecord]:
    """Seconds and record of Backtrader's own loop of `order_target_percent`."""
    bars, targets = market
    start = time.perf_counter()
    record = weighbridge_backtrader.run(bars, targets, how="native", costs=SETTINGS["costs"], cash=SETTINGS["cash"])
    return time.perf_counter() - start, record


def fastest(work: Any, times: int = 5) -> tuple[float, Any]:
    taken: list[float] = []
    result = None
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - start)
    return min(taken), result


@pytest.mark.parametrize("kind", [Weights, Asking])
@pytest.mark.parametrize(("how", "mode"), [("compiled", "snapshot"), ("data", "snapshot"), ("data", "incremental")])
def test_engine_time_a_bar(
    benchmark: Any, market: tuple[wb.Bars, wb.TargetWeights], kind: Any, how: str, mode: str
) -> None:
    bars, targets = market
    rows = rows_of(targets)
    settings = {**SETTINGS, "rebalance": wb.RebalanceConfig.unfiltered(mode)}

    def events() -> wb.RunRecord:
        return wb.Engine(bars, kind(rows, how), **settings).run()

    events()
    taken, record = fastest(events)
    benchmark.pedantic(events, rounds=3)
    assert_records_equal(wb.simulate(bars, targets, **settings), record)
    assert taken / bars.n_bars * 1e6 < MICROSECONDS_A_BAR


def test_an_idle_bar_costs_its_own_python(market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, _ = market
    taken, _ = fastest(lambda: wb.Engine(bars, Weights({}), **SETTINGS).run())
    assert taken / bars.n_bars * 1e6 < MICROSECONDS_AN_IDLE_BAR


def test_memory_grows_with_the_fills(market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = market
    rows = rows_of(targets)
    peaks: list[int] = []
    fills = 0
    for decisions in ({}, rows):
        tracemalloc.start()
        record = wb.Engine(bars, Weights(decisions), **SETTINGS).run()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        fills = len(record.fill_table.bar)
    assert fills > 10_000
    # An idle run holds a few numbers a bar, whatever the number of assets.
    assert peaks[0] < 1000 * bars.n_bars
    assert peaks[1] - peaks[0] < BYTES_A_FILL * fills


@pytest.mark.parametrize("kind", [Weights, Asking])
def test_engine_is_hundreds_of_times_faster_than_backtrader(
    benchmark: Any, market: tuple[wb.Bars, wb.TargetWeights], backtrader: tuple[float, wb.RunRecord], kind: Any
) -> None:
    """`on_data` is called at every bar, as `next` is."""
    bars, targets = market
    seconds, native = backtrader
    rows = rows_of(targets)

    def events() -> wb.RunRecord:
        return wb.Engine(bars, kind(rows), **SETTINGS).run()

    events()
    record = benchmark.pedantic(events, rounds=10)
    assert_records_equal(native, record)
    ratio = seconds / benchmark.stats.stats.min
    benchmark.extra_info |= {
        "backtrader_seconds": seconds,
        "times_faster": ratio,
        "microseconds_a_bar": benchmark.stats.stats.min / bars.n_bars * 1e6,
        "fills": len(record.fill_table.bar),
    }
    if kind is Weights:
        assert ratio >= TIMES_BACKTRADER


def test_looking_at_one_position_does_not_cost_all_of_them(market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = market

    class Looking(Weights):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            held = broker.positions.get(context.assets[0])
            self.total = held.market_value if held else 0.0
            super().on_data(timestamp, data, context, broker)

    taken, _ = fastest(lambda: wb.Engine(bars, Looking(rows_of(targets)), **SETTINGS).run(), 3)
    assert taken / bars.n_bars * 1e6 < MICROSECONDS_A_BAR
