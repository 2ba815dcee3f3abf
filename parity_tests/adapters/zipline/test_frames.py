"""Any Zipline algorithm runs on frames: no bundle, no file, no rounding."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zipline.api import (
    attach_pipeline,
    date_rules,
    get_datetime,
    order,
    order_target_percent,
    pipeline_output,
    record,
    schedule_function,
    set_benchmark,
    set_commission,
    set_slippage,
    symbol,
    symbols,
)
from zipline.finance import commission, slippage
from zipline.pipeline import Pipeline
from zipline.pipeline.data import EquityPricing
from zipline.pipeline.factors import SimpleMovingAverage

from parity_tests.adapters.zipline.helpers import NAN, bars_of, walk
from weighbridge.settings.costs import Costs, FixedCommission, FixedSlippage, NoSlippage
from weighbridge_zipline import run_on_frames


def transactions(performance: pd.DataFrame) -> list[dict[str, Any]]:
    return [fill for row in performance["transactions"] for fill in row]


def test_an_algorithm_fills_at_the_prices_of_the_frame() -> None:
    bars = walk(30, 2)

    def initialize(context: Any) -> None:
        context.asset = symbol("a1")
        context.days = 0

    def handle_data(context: Any, data: Any) -> None:
        context.days += 1
        record(days=context.days, price=data.current(context.asset, "price"))
        if context.days == 3:
            order(context.asset, 100)

    performance = run_on_frames(bars, initialize, handle_data, costs=Costs())
    (fill,) = transactions(performance)
    assert (fill["amount"], fill["price"], fill["sid"].symbol) == (100, bars.close[3, 1], "A1")
    assert performance["days"].tolist() == list(range(1, 31))
    assert performance["price"].tolist() == bars.close[:, 1].tolist()
    assert performance["ending_cash"].iloc[-1] == 1e6 - 100 * bars.close[3, 1]


def test_scheduled_functions_history_and_the_other_callbacks(xnys: pd.DatetimeIndex) -> None:
    bars = walk(60, 2, xnys)
    seen: dict[str, Any] = {"months": [], "before": 0, "analysed": None, "windows": []}

    def initialize(context: Any) -> None:
        schedule_function(rebalance, date_rules.month_start())

    def rebalance(context: Any, data: Any) -> None:
        seen["months"].append(get_datetime().tz_localize(None).normalize())
        order_target_percent(symbol("A0"), 0.5)

    def before_trading_start(context: Any, data: Any) -> None:
        seen["before"] += 1

    def handle_data(context: Any, data: Any) -> None:
        if len(seen["months"]) > 1:
            seen["windows"].append(data.history(symbols("A0", "A1"), "close", 5, "1d"))

    def analyze(context: Any, performance: pd.DataFrame) -> None:
        seen["analysed"] = performance

    performance = run_on_frames(
        bars,
        initialize,
        handle_data,
        before_trading_start=before_trading_start,
        analyze=analyze,
        calendar="XNYS",
    )
    assert [str(day.date()) for day in seen["months"]] == ["2015-01-02", "2015-02-02", "2015-03-02"]
    assert seen["before"] == 60
    assert seen["analysed"] is performance
    # Zipline's own history rounds equities to three decimals.
    assert seen["windows"][-1].to_numpy().tolist() == bars.close[-5:].tolist()


def test_pipelines_run_on_the_calendar_of_an_exchange(xnys: pd.DatetimeIndex) -> None:
    bars = walk(40, 3, xnys)
    outputs: list[pd.DataFrame] = []

    def initialize(context: Any) -> None:
        mean = SimpleMovingAverage(inputs=[EquityPricing.close], window_length=5)
        attach_pipeline(Pipeline({"mean": mean, "volume": EquityPricing.volume.latest}), "mine")

    def before_trading_start(context: Any, data: Any) -> None:
        outputs.append(pipeline_output("mine"))

    run_on_frames(bars, initialize, before_trading_start=before_trading_start, calendar="XNYS")
    # What is known before a session is the close of the session before.
    np.testing.assert_allclose(outputs[-1]["mean"], bars.close[-6:-1].mean(axis=0), rtol=1e-14)
    assert outputs[-1]["volume"].tolist() == [1e6] * 3


def test_costs_are_zipline_s_own_unless_given_and_the_algorithm_has_the_last_word() -> None:
    bars = bars_of({"A": [10.0] * 4}, 1000.0)

    def buy(context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.blotter.open_orders:
            order(symbol("A"), 50)

    def own(context: Any) -> None:
        set_commission(commission.PerTrade(9.0))
        set_slippage(slippage.FixedSlippage(spread=0.5))

    def cash_and_price(**options: Any) -> tuple[float, float]:
        performance = run_on_frames(bars, handle_data=buy, cash=1000.0, **options)
        return performance["ending_cash"].iloc[-1], transactions(performance)[0]["price"]

    assert cash_and_price() == (1000.0 - 50 * 10.005 - 0.05, 10.005)
    given = Costs(commission=FixedCommission(2.0), slippage=FixedSlippage(0.125))
    assert cash_and_price(costs=given) == (1000.0 - 50 * 10.125 - 2.0, 10.125)
    assert cash_and_price(costs=given, initialize=own) == (1000.0 - 50 * 10.25 - 9.0, 10.25)


def test_benchmark_returns_are_zero_unless_given() -> None:
    bars = walk(30, 2)
    assert (run_on_frames(bars)["benchmark_period_return"] == 0.0).all()
    returns = pd.Series(0.01, index=bars.index)
    assert run_on_frames(bars, benchmark=returns)["benchmark_period_return"].iloc[-1] == pytest.approx(1.01**30 - 1)
    own = run_on_frames(bars, lambda context: set_benchmark(symbol("A0")))
    gained = bars.close[-1, 0] / bars.open[0, 0] - 1  # type: ignore[index]
    assert own["benchmark_period_return"].iloc[-1] == pytest.approx(gained)


def test_bars_without_volume_run_under_costs_without_a_limit() -> None:
    bars = bars_of({"A": [10.0, NAN, 11.0, 12.0], "B": [1.0] * 4}, volume=None)

    def handle_data(context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.blotter.open_orders:
            order(symbol("A"), 5)
        seen.append(data.current(symbol("A"), "volume"))

    seen: list[float] = []
    performance = run_on_frames(bars, handle_data=handle_data, costs=Costs(slippage=NoSlippage()))
    assert [fill["price"] for fill in transactions(performance)] == [11.0]
    # Unknown where the asset traded, none where it did not.
    assert np.isnan(seen[0])
    assert seen[1] == 0.0


def test_ten_assets_over_a_year_take_less_than_three_seconds() -> None:
    bars = walk(252, 10)

    def handle_data(context: Any, data: Any) -> None:
        for asset in symbols(*bars.assets):
            order_target_percent(asset, 0.1)

    started = time.perf_counter()
    performance = run_on_frames(bars, handle_data=handle_data)
    assert time.perf_counter() - started < 3.0
    assert len(transactions(performance)) > 252


PROGRAM = """
import sys
seen = []
watched = {"open", "os.mkdir", "os.listdir", "socket.connect", "socket.getaddrinfo", "sqlite3.connect"}
sys.addaudithook(lambda event, args: seen.append((event, str(args[0]))) if event in watched else None)
import numpy as np, pandas as pd
from weighbridge.data.bars import Bars
import weighbridge_zipline
from zipline.api import order_target_percent, symbol
index = pd.bdate_range("2015-01-05", periods=40)
close = pd.DataFrame({"A": np.linspace(10.0, 20.0, 40)}, index=index)
bars = Bars.from_frames(close=close, volume=close * 1e5)
performance = weighbridge_zipline.run_on_frames(
    bars, handle_data=lambda context, data: order_target_percent(symbol("A"), 0.5))
assert performance["ending_cash"].iloc[-1] < 1e6
for event, what in seen:
    assert ".zipline" not in what, (event, what)
    assert "benchmark" not in what or "site-packages" in what, (event, what)
    assert not event.startswith("socket"), (event, what)
    assert event != "sqlite3.connect" or what == ":memory:", (event, what)
"""


def test_no_file_of_zipline_s_and_no_network_is_touched(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ZIPLINE_ROOT", raising=False)
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / ".zipline").exists()
