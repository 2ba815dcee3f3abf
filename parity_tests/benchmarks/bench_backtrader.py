"""The engine against Backtrader, and the executor against the native loop: 250 assets x 2,520 bars, every 21 bars.

`make bench` runs it; each comparison is made in one run, side by side, and the records must be identical.
"""

from __future__ import annotations

from typing import Any

import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.benchmarks.side_by_side import executor_against_native, seconds
from weighbridge.parity.synthetic import synthetic_bars
from weighbridge.parity.synthetic_weights import synthetic_weights
from weighbridge.testing import assert_records_equal

CASH = 1e8
COSTS = wb.Costs(commission=wb.PercentCommission(0.001))
CONFIG = wb.RebalanceConfig.unfiltered("snapshot")


@pytest.fixture(scope="module")
def market() -> tuple[wb.Bars, wb.TargetWeights]:
    bars = synthetic_bars(250, 2520, seed=1)
    return bars, synthetic_weights(bars, seed=1, every=21)


def test_engine_is_thousands_of_times_faster(benchmark: Any, market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = market

    def engine() -> wb.RunRecord:
        return wb.simulate(bars, targets, conventions="backtrader", rebalance=CONFIG, costs=COSTS, cash=CASH)

    engine()  # compiled, or loaded from the cache
    native_seconds, native = seconds(
        lambda: weighbridge_backtrader.run(bars, targets, how="native", costs=COSTS, cash=CASH)
    )
    record = benchmark.pedantic(engine, rounds=50, warmup_rounds=5)
    assert_records_equal(native, record)
    ratio = native_seconds / benchmark.stats.stats.median
    benchmark.extra_info |= {"backtrader_seconds": native_seconds, "times_faster": ratio, "fills": len(record.fills)}
    assert ratio >= 5000.0


def test_executor_costs_no_more_than_the_native_loop(benchmark: Any, market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = market[0].slice(0, 756), market[1]
    targets = wb.TargetWeights(targets.frame.loc[: bars.index[-1]])
    executor_against_native(
        benchmark,
        lambda how: weighbridge_backtrader.run(bars, targets, how=how, costs=COSTS, cash=CASH),
    )
