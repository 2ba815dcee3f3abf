"""Minute bars: the executor in a minutely algorithm, Zipline's own functions, and the engine on the same minutes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from zipline.algorithm import TradingAlgorithm
from zipline.api import date_rules, order_target_percent, schedule_function, symbol, time_rules
from zipline.data.bcolz_minute_bars import MinuteBarReader
from zipline.data.data_portal import DataPortal
from zipline.finance.trading import SimulationParameters

import weighbridge as wb
import weighbridge_zipline
from weighbridge_zipline.costs import blotter_models
from weighbridge_zipline.feeds import feed_from
from weighbridge_zipline.recording import RecordingBlotter

ASSETS = ("A", "B", "C")
COSTS = wb.Costs(
    commission=wb.PerShareCommission(0.005, minimum=1.0), slippage=wb.FixedBasisPointsSlippage(5.0, volume_limit=0.1)
)
DECISIONS = (5, 200, 389, 700, 1100)
"""Minutes of the run at which the weights change; one of them is the last of a session."""


# Zipline's abstract classes are not typed.
# pyright: reportIncompatibleMethodOverride=none
class Minutes(MinuteBarReader):
    """Read minutes from arrays."""

    def __init__(self, bars: wb.Bars, calendar: Any) -> None:
        self._calendar, self._index = calendar, bars.index
        self._frames = {"close": bars.close, "open": bars.close, "high": bars.close, "low": bars.close}
        self._frames["volume"] = np.nan_to_num(bars.frame("volume").to_numpy())

    @property
    def last_available_dt(self) -> Any:
        return self._index[-1]

    @property
    def first_trading_day(self) -> Any:
        return self._calendar.minute_to_session(self._index[0])

    @property
    def trading_calendar(self) -> Any:
        return self._calendar

    def load_raw_arrays(self, columns: Any, start_date: Any, end_date: Any, assets: Any) -> Any:
        rows = slice(*self._index.slice_locs(start_date, end_date))
        return [self._frames[name][rows][:, [int(asset) for asset in assets]] for name in columns]

    def get_value(self, sid: int, dt: Any, field: str) -> float:
        return self._frames[field][self._index.get_loc(dt), int(sid)]

    def get_last_traded_dt(self, asset: Any, dt: Any) -> Any:
        rows = np.flatnonzero(self._frames["volume"][: self._index.get_loc(dt) + 1, int(asset)] > 0)
        return self._index[rows[-1]] if len(rows) else pd.NaT


@pytest.fixture(scope="module")
def material() -> tuple[Any, wb.Bars]:
    """Three sessions of New York, and their minutes; some minutes are missing, and volumes are small."""
    days = pd.DatetimeIndex(["2015-01-05", "2015-01-06", "2015-01-07"])
    random = np.random.default_rng(3)
    daily = wb.Bars.from_frames(close=pd.DataFrame(50.0, days, list(ASSETS)))
    feed = feed_from(daily, "XNYS")
    index = feed.calendar.sessions_minutes(days[0], days[-1])
    shape = (len(index), len(ASSETS))
    close = 50.0 * np.exp(np.cumsum(random.normal(0.0, 0.001, shape), axis=0))
    volume = np.floor(2_000.0 * np.exp(random.normal(0.0, 1.0, shape)))
    hole = random.random(shape) < 0.05
    hole[[0, -1]] = False
    frames = {"close": np.where(hole, np.nan, close), "volume": np.where(hole, np.nan, volume)}
    return feed, wb.Bars.from_frames(**{n: pd.DataFrame(f, index, list(ASSETS)) for n, f in frames.items()})


def targets_of(bars: wb.Bars) -> wb.TargetWeights:
    weights = np.random.default_rng(4).dirichlet(np.ones(len(ASSETS)), len(DECISIONS)) * 0.9
    return wb.TargetWeights(pd.DataFrame(weights, bars.index[list(DECISIONS)], list(ASSETS)))


def inside_zipline(
    feed: Any, bars: wb.Bars, emission: str, decide: Any, initialize: Any = None
) -> tuple[pd.DataFrame, list[Any], dict[Any, tuple[float, float]]]:
    """Run a minutely algorithm; return Zipline's daily frame, its transactions, and cash and value by minute."""
    reader = Minutes(bars, feed.calendar)
    seen: dict[Any, tuple[float, float]] = {}
    row_of = {time: row for row, time in enumerate(bars.index)}

    def handle_data(context: Any, data: Any) -> None:
        now = data.current_dt
        seen[now] = (context.portfolio.cash, context.portfolio.portfolio_value)
        decide(context, data, row_of[now])

    algorithm = TradingAlgorithm(
        sim_params=SimulationParameters(
            start_session=feed.sessions[0],
            end_session=feed.sessions[-1],
            trading_calendar=feed.calendar,
            capital_base=1e6,
            data_frequency="minute",
            emission_rate=emission,
        ),
        data_portal=DataPortal(
            feed.finder,
            trading_calendar=feed.calendar,
            first_trading_day=feed.sessions[0],
            equity_daily_reader=feed.reader,
            equity_minute_reader=reader,
        ),
        trading_calendar=feed.calendar,
        initialize=initialize or (lambda context: None),
        handle_data=handle_data,
        blotter=RecordingBlotter(**blotter_models(COSTS)),
        benchmark_returns=pd.Series(0.0, index=feed.sessions),
    )
    performance = algorithm.run()
    fills = [
        (row_of[fill["dt"]], fill["sid"].symbol, float(fill["amount"]), float(fill["price"]))
        for found in performance["transactions"]
        for fill in found
    ]
    return performance, fills, seen


def assert_as_engine(record: wb.RunRecord, performance: pd.DataFrame, fills: list[Any], seen: Any) -> None:
    table = record.fills
    assert list(zip(table["bar"], table["asset"], table["quantity"], table["price"], strict=True)) == fills
    assert len(fills) > 20
    assert [(cash, value) for cash, value in seen.values()] == list(zip(record.cash, record.value, strict=True))
    assert performance["ending_cash"].tolist() == record.cash[389::390].tolist()
    assert performance["portfolio_value"].tolist() == record.value[389::390].tolist()


@pytest.mark.parametrize("emission", ["daily", "minute"])
@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_executor_equals_engine(emission: str, mode: str, material: tuple[Any, wb.Bars]) -> None:
    feed, bars = material
    targets = targets_of(bars)
    config = wb.RebalanceConfig(mode=mode, phase_timeout=15)
    executor = wb.TargetWeightExecutor(config)

    def decide(context: Any, data: Any, row: int) -> None:
        if row in DECISIONS:
            weights = dict(zip(ASSETS, targets.weights[DECISIONS.index(row)].tolist(), strict=True))
            executor.execute(weights, broker=weighbridge_zipline.Broker(context, data))

    found = inside_zipline(feed, bars, emission, decide)
    record = wb.simulate(bars, targets, conventions="zipline", rebalance=config, costs=COSTS)
    assert_as_engine(record, *found)


def test_native_equals_engine(material: tuple[Any, wb.Bars]) -> None:
    feed, bars = material
    targets = targets_of(bars)

    def decide(context: Any, data: Any, row: int) -> None:
        if row not in DECISIONS:
            return
        weights = dict(zip(ASSETS, targets.weights[DECISIONS.index(row)].tolist(), strict=True))
        portfolio = context.portfolio

        def reduces(name: str) -> bool:
            asset = symbol(name)
            held = portfolio.positions[asset].amount if asset in portfolio.positions else 0
            return weights[name] * portfolio.portfolio_value < held * data.current(asset, "price")

        down = [name for name in ASSETS if reduces(name)]
        for name in [*down, *(other for other in ASSETS if other not in down)]:
            order_target_percent(symbol(name), weights[name])

    found = inside_zipline(feed, bars, "daily", decide)
    config = wb.RebalanceConfig.unfiltered("snapshot")
    assert_as_engine(wb.simulate(bars, targets, conventions="zipline", rebalance=config, costs=COSTS), *found)


def test_a_scheduled_function_rebalances_in_two_phases_of_minutes(material: tuple[Any, wb.Bars]) -> None:
    feed, bars = material
    executor = wb.TargetWeightExecutor(wb.RebalanceConfig(mode="hybrid"))
    weights = iter([{"A": 0.5, "B": 0.001}, {"A": 0.2, "B": 0.3}, {"A": 0.2, "B": 0.3}])

    def rebalance(context: Any, data: Any) -> None:
        executor.execute(next(weights), broker=weighbridge_zipline.Broker(context, data))

    def initialize(context: Any) -> None:
        schedule_function(rebalance, date_rules.every_day(), time_rules.market_open(minutes=10))

    _, fills, _ = inside_zipline(feed, bars, "daily", lambda context, data, row: None, initialize)
    second = [(row, name) for row, name, *_ in fills if 390 <= row < 780]
    sold = [row for row, name in second if name == "A"]
    bought = [row for row, name in second if name == "B"]
    # Decided in the tenth minute of the session, which is row 9 of it.
    assert min(sold) == 390 + 10
    assert max(sold) < min(bought)
