"""The engine against Zipline, and the executor against the native loop: 250 assets x 1,008 bars, every 21 bars.

`make bench` runs it; each comparison is made in one run, side by side, on the sessions of New York and with
Zipline's default costs, and the records must be identical.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_zipline
from parity_tests.benchmarks.side_by_side import executor_against_native, seconds
from weighbridge.testing import assert_records_equal

CASH = 1e8
CALENDAR = "XNYS"
CONFIG = wb.RebalanceConfig.unfiltered("snapshot")
OPTIONS: dict[str, Any] = {"costs": weighbridge_zipline.DEFAULT_COSTS, "cash": CASH}


@pytest.fixture(scope="module")
def market() -> tuple[wb.Bars, wb.TargetWeights]:
    from zipline.utils.calendar_utils import get_calendar

    random = np.random.default_rng(1)
    sessions = get_calendar(CALENDAR).sessions_in_range("2012-01-01", "2016-12-31")[:1008]
    names = [f"A{asset}" for asset in range(250)]
    close = np.exp(random.normal(3.5, 1.0, 250) + np.cumsum(random.normal(0.0, 0.02, (1008, 250)), axis=0))
    bars = wb.Bars.from_frames(close=pd.DataFrame(close, sessions, names), volume=pd.DataFrame(1e7, sessions, names))
    weights = pd.DataFrame(random.dirichlet(np.ones(250), 48), sessions[::21], names)
    return bars, wb.TargetWeights(weights)


def test_engine_is_thousands_of_times_faster(benchmark: Any, market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = market

    def engine() -> wb.RunRecord:
        return wb.simulate(bars, targets, conventions="zipline", rebalance=CONFIG, **OPTIONS)

    engine()  # compiled, or loaded from the cache
    native_seconds, native = seconds(
        lambda: weighbridge_zipline.run(bars, targets, how="native", calendar=CALENDAR, **OPTIONS)
    )
    record = benchmark.pedantic(engine, rounds=50, warmup_rounds=5)
    assert_records_equal(native, record)
    ratio = native_seconds / benchmark.stats.stats.median
    benchmark.extra_info |= {"zipline_seconds": native_seconds, "times_faster": ratio, "fills": len(record.fills)}
    assert ratio >= 5000.0


def test_executor_costs_no_more_than_the_native_loop(benchmark: Any, market: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = market[0].slice(0, 504), market[1]
    targets = wb.TargetWeights(targets.frame.loc[: bars.index[-1]])
    executor_against_native(
        benchmark, lambda how: weighbridge_zipline.run(bars, targets, how=how, calendar=CALENDAR, **OPTIONS)
    )


def test_a_small_run_on_frames_is_quick(benchmark: Any) -> None:
    """10 assets x 252 bars through `run_on_frames`, after import."""
    sessions = pd.bdate_range("2015-01-05", periods=252)
    names = [f"A{asset}" for asset in range(10)]
    prices = 50.0 + np.random.default_rng(2).random((252, 10))
    bars = wb.Bars.from_frames(close=pd.DataFrame(prices, sessions, names), volume=pd.DataFrame(1e6, sessions, names))

    def handle_data(context: Any, data: Any) -> None:
        from zipline.api import order_target_percent, symbol

        for name in names:
            order_target_percent(symbol(name), 0.1)

    benchmark.pedantic(lambda: weighbridge_zipline.run_on_frames(bars, None, handle_data), rounds=3, warmup_rounds=1)
    assert benchmark.stats.stats.median < 3.0
