"""Splits and dividends: Zipline, the executor inside Zipline and the engine agree bit for bit."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zipline.assets import Equity, ExchangeInfo
from zipline.finance.order import Order

import weighbridge as wb
import weighbridge_zipline
from parity_tests.adapters.zipline.helpers import NAN, bars_of, decide
from parity_tests.adapters.zipline.material import COSTS, STREAMS, awkward_bars
from weighbridge.engine.actions import split_orders
from weighbridge.engine.book import CANCELLED, OPEN, book_for
from weighbridge.engine.orders import submit
from weighbridge.parity.embedded import embedded_bars, splits_and_dividends
from weighbridge.parity.workers import run_in_worker
from weighbridge.rebalance.terms import rules_of
from weighbridge.rules.triggers import STOP_LIMIT
from weighbridge.settings.conventions import ZIPLINE
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights

MODES = ("snapshot", "hybrid", "incremental")
UNFILTERED = wb.RebalanceConfig.unfiltered
FILTERED = wb.RebalanceConfig(min_trade_value=500.0, phase_timeout=2)


def random_actions(bars: wb.Bars, *, seed: int, count: int = 40) -> dict[str, pd.DataFrame]:
    """Splits either way and by odd ratios, dividends paid at once, later, at no session and never; several on a date,
    at bars that the asset misses, at the first bar of the data and at the last of an asset.
    """
    random = np.random.default_rng(seed)
    assets = random.integers(0, bars.n_assets, count)
    life = bars.last_bar[assets] - bars.first_bar[assets] + 1
    rows = bars.first_bar[assets] + np.floor(random.random(count) * life).astype(np.int64)
    rows[: count // 4] = np.clip(rows[0], bars.first_bar[assets[: count // 4]], bars.last_bar[assets[: count // 4]])
    rows[-1], rows[-2] = bars.first_bar[assets[-1]], bars.last_bar[assets[-2]]
    frame = pd.DataFrame({"date": bars.index[rows], "asset": np.array(bars.assets)[assets]})
    frame = frame.drop_duplicates().reset_index(drop=True)
    ratios = random.choice([0.5, 0.25, 1 / 3, 2.0, 10.0, 1.5, 0.97, 7.3], len(frame))
    splits = frame.assign(ratio=ratios).sample(frac=1.0, random_state=seed)
    amounts = random.choice([0.08, 0.25, 1.0, 3.3, 80.0], len(frame))
    delay = pd.to_timedelta(random.choice([0, 1, 3, 12, 400], len(frame)), unit="D")
    dividends = frame.assign(amount=amounts, pay_date=frame["date"] + delay)
    shuffled = dividends.sample(frac=0.7, random_state=seed + 1)
    shuffled.loc[shuffled.index[:3], "pay_date"] = pd.NaT
    return {"splits": splits.sample(frac=0.7, random_state=seed + 2), "dividends": shuffled}


def assert_identical(one: wb.RunRecord, other: wb.RunRecord) -> None:
    """Every table, cash and value, without any tolerance."""
    assert_records_equal(one, other)
    for table in ("order_table", "fill_table", "denial_table", "adjustment_table"):
        for column, twin in zip(getattr(one, table), getattr(other, table), strict=True):
            assert np.array_equal(column, twin), table
    assert one.cash.tobytes() == other.cash.tobytes()
    assert one.value.tobytes() == other.value.tobytes()
    pd.testing.assert_frame_equal(one.positions, other.positions, check_exact=True)


def engine(bars: wb.Bars, targets: wb.TargetWeights, config: wb.RebalanceConfig, **options: Any) -> wb.RunRecord:
    return wb.simulate(bars, targets, conventions="zipline", rebalance=config, **options)


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("stream", STREAMS)
def test_native_equals_engine(stream: str, costs: str) -> None:
    seed = 1 + list(STREAMS).index(stream)
    bars = awkward_bars(seed=seed, missing=0.15)
    targets = awkward_weights(bars, seed=seed, **STREAMS[stream])
    actions = random_actions(bars, seed=seed)
    options = {"costs": COSTS[costs], "cash": 10_000_000.0, **actions}
    native = weighbridge_zipline.run(bars, targets, how="native", **options)
    assert len(native.fills) > 50
    assert len(native.adjustments) > 5
    assert_identical(native, engine(bars, targets, UNFILTERED("snapshot"), **options))
    assert_identical(native, weighbridge_zipline.run(bars, targets, how="executor", **options))
    without = engine(bars, targets, UNFILTERED("snapshot"), costs=COSTS[costs], cash=10_000_000.0)
    assert not np.array_equal(native.value, without.value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("costs", ["defaults", "volume_share", "limited_fixed"])
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("filtered", [False, True], ids=["unfiltered", "filtered"])
def test_executor_equals_engine(mode: str, costs: str, stream: str, filtered: bool) -> None:
    bars = awkward_bars(80, seed=3, missing=0.1)
    targets = awkward_weights(bars, seed=3, **STREAMS[stream])
    config = FILTERED.replace(mode=mode) if filtered else UNFILTERED(mode)
    options = {"costs": COSTS[costs], "cash": 5_000_000.0, **random_actions(bars, seed=5)}
    executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config, **options)
    assert len(executor.fills) > 10
    assert_identical(executor, engine(bars, targets, config, **options))


@pytest.mark.parametrize("mode", MODES)
def test_open_orders_are_split_while_they_stand(mode: str) -> None:
    """Orders that take many bars, left standing and counted, through a split at nearly every bar."""
    bars = awkward_bars(60, 4, seed=8, volume=2_000.0)
    targets = awkward_weights(bars, seed=8, every=3, gross=1.4, short=True)
    config = wb.RebalanceConfig(mode=mode, cancel_before_rebalance=False, allow_short=True, phase_timeout=3)
    options = {"costs": COSTS["defaults"], "cash": 3_000_000.0, **random_actions(bars, seed=9, count=120)}
    executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config, **options)
    assert len(executor.fills) > 40
    assert_identical(executor, engine(bars, targets, config, **options))


@pytest.mark.parametrize("costs", ["free", "defaults", "volume_share"])
def test_embedded_prices_and_actions(costs: str) -> None:
    bars = embedded_bars()
    targets = awkward_weights(bars, seed=9, every=21, gross=1.1, short=True)
    options = {"costs": COSTS[costs], **splits_and_dividends(bars)}
    native = weighbridge_zipline.run(bars, targets, how="native", **options)
    record = engine(bars, targets, UNFILTERED("snapshot"), **options)
    assert_identical(native, record)
    # Three splits; dividends of what is held short are paid, not received.
    assert len(record.adjustments) == len(options["splits"]) == 3
    for mode in MODES:
        config = FILTERED.replace(mode=mode)
        executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config, **options)
        assert_identical(executor, engine(bars, targets, config, **options))


@pytest.mark.parametrize(
    ("rows", "splits", "positions", "cash"),
    [
        # 99 units by 10 old for 1 new: 9 and nine tenths of one, at the cost basis of 10 x 10.
        ({0: {"A": 0.99}}, [(2, "A", 10.0)], [0.0, 99.0, 9.0, 9.0], [1000.0, 10.0, 100.0, 100.0]),
        # Of 5 units 10 old for 1 new leave nothing but half a unit of 100 in cash.
        ({0: {"A": 0.05}}, [(2, "A", 10.0)], [0.0, 5.0, 0.0, 0.0], [1000.0, 950.0, 1000.0, 1000.0]),
        # A short position pays for its fraction.
        ({0: {"A": -0.05}}, [(2, "A", 10.0)], [0.0, -5.0, 0.0, 0.0], [1000.0, 1050.0, 1000.0, 1000.0]),
        # The order of bar 0 is for 50; three new for one old, before its fill, make 150 of them.
        ({0: {"A": 0.5}}, [(1, "A", 1 / 3)], [0.0, 150.0, 150.0, 150.0], [1000.0, -500.0, -500.0, -500.0]),
        # An order of which no unit is left is gone.
        ({0: {"A": 0.05}}, [(1, "A", 10.0)], [0.0, 0.0, 0.0, 0.0], [1000.0] * 4),
        # Before anything is held or ordered a split does nothing.
        ({0: {"A": 0.5}}, [(0, "A", 0.5)], [0.0, 50.0, 50.0, 50.0], [1000.0, 500.0, 500.0, 500.0]),
    ],
)
def test_splits_by_hand(rows: Any, splits: Any, positions: Any, cash: Any) -> None:
    bars = bars_of({"A": [10.0] * 4})
    frame = pd.DataFrame(splits, columns=["date", "asset", "ratio"])
    frame["date"] = bars.index[frame["date"]]
    record = engine(bars, decide(bars, rows), UNFILTERED("snapshot"), cash=1000.0, splits=frame)
    assert record.positions["A"].tolist() == positions
    assert record.cash.tolist() == cash


def test_dividends_by_hand() -> None:
    bars = bars_of({"A": [10.0] * 8})
    # Bought at bar 1; earned at bar 2, and paid on a Saturday, hence at the bar of Monday; one of bar 1 is not earned.
    dividends = pd.DataFrame(
        {
            "date": bars.index[[2, 1, 3]],
            "asset": ["A"] * 3,
            "amount": [0.25, 1.0, 0.5],
            "pay_date": [pd.Timestamp("2015-01-10"), pd.NaT, pd.Timestamp("2016-01-01")],
        }
    )
    record = engine(bars, decide(bars, {0: {"A": 0.5}}), UNFILTERED("snapshot"), cash=1000.0, dividends=dividends)
    assert record.cash.tolist() == [1000.0, 500.0, 500.0, 500.0, 500.0, 512.5, 512.5, 512.5]
    assert len(record.adjustments) == 0


def test_a_price_follows_the_actions_while_the_asset_misses_bars() -> None:
    bars = bars_of({"A": [10.0, 10.0, NAN, NAN, NAN, 5.0], "B": [1.0] * 6})
    splits = pd.DataFrame({"date": bars.index[[3]], "asset": ["A"], "ratio": [0.5]})
    dividends = pd.DataFrame({"date": bars.index[[2]], "asset": ["A"], "amount": [1.0]})
    targets = decide(bars, {0: {"A": 0.5}})
    options = {"cash": 1000.0, "splits": splits, "dividends": dividends}
    record = engine(bars, targets, UNFILTERED("snapshot"), **options)
    # 50 units at 10; a dividend of 50 and a price of 10 x 0.9; 100 units at 10 x (0.5 x 0.9).
    assert record.value.tolist() == [1000.0, 1000.0, 1000.0, 1000.0, 1000.0, 1050.0]
    assert_identical(record, weighbridge_zipline.run(bars, targets, how="native", **options))


@pytest.mark.parametrize("conventions", ["reference", "backtrader", "vectorbt"])
def test_other_conventions_split_a_position_too(conventions: str) -> None:
    """Half of 1000.00 is 50 units at 10.00; two for one, at half the price, are 100 of the same value."""
    bars = bars_of({"A": [10.0, 10.0, 5.0, 5.0]})
    bars = wb.Bars.from_frames(**{name: bars.frame("close") for name in ("close", "open")})
    splits = pd.DataFrame({"date": bars.index[[2]], "asset": ["A"], "ratio": [0.5]})
    run = wb.simulate(
        bars,
        decide(bars, {0: {"A": 0.5}}),
        conventions=conventions,
        rebalance=UNFILTERED("hybrid"),
        cash=1000.0,
        splits=splits,
    )
    assert run.positions["A"].tolist()[1:] == [50.0, 100.0, 100.0]
    assert run.value.tolist() == [1000.0] * 4


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"asset": "Z"}, "'Z'"),
        ({"date": "2015-01-10"}, "is no date of the bars"),
        ({"date": "2015-01-05"}, "outside the asset's life"),
        ({"date": None}, "is no date of the bars"),
        ({"date": "never"}, "holds no dates"),
        ({"ratio": 0.0}, "not a number above 0"),
        ({"ratio": float("inf")}, "not a number above 0"),
        ({"ratio": "two"}, "holds no numbers"),
    ],
)
def test_splits_that_cannot_be(row: dict[str, Any], said: str) -> None:
    bars = bars_of({"A": [NAN, 10.0, 10.0]})
    splits = pd.DataFrame([{"date": "2015-01-06", "asset": "A", "ratio": 0.5, **row}])
    with pytest.raises(wb.exceptions.InputError) as error:
        engine(bars, decide(bars, {1: {"A": 0.5}}), UNFILTERED("snapshot"), splits=splits)
    assert said in str(error.value)
    assert error.value.hint


def test_frames_that_cannot_be() -> None:
    bars = bars_of({"A": [10.0] * 3})
    targets = decide(bars, {1: {"A": 0.5}})
    twice = pd.DataFrame({"date": ["2015-01-06"] * 2, "asset": ["A"] * 2, "ratio": [0.5, 2.0]})
    early = pd.DataFrame({"date": ["2015-01-06"], "asset": ["A"], "amount": [1.0], "pay_date": ["2015-01-05"]})
    for name, frame, said in (
        ("splits", twice, "comes twice"),
        ("splits", early, "lack the columns"),
        ("dividends", early, "pay_date is before"),
        ("dividends", [("2015-01-06", "A", 1.0)], "is a list, not a pandas DataFrame"),
    ):
        with pytest.raises(wb.exceptions.ConfigError, match=said):
            engine(bars, targets, UNFILTERED("snapshot"), **{name: frame})
    hours = pd.date_range("2015-01-05 10:00", periods=3, freq="h")
    intraday = wb.Bars.from_frames(close=pd.DataFrame({"A": [10.0] * 3}, hours))
    with pytest.raises(wb.exceptions.UnsupportedError, match="not daily"):
        engine(intraday, decide(intraday, {1: {"A": 0.5}}), UNFILTERED("snapshot"), splits=twice.iloc[:1])


def test_actions_go_to_another_interpreter_and_come_back_booked() -> None:
    bars = embedded_bars().slice(0, 400)
    targets = awkward_weights(bars, seed=9, every=21)
    options = splits_and_dividends(bars)
    here = weighbridge_zipline.run(bars, targets, how="native", **options)
    there = run_in_worker(sys.executable, "zipline", bars, targets, how="native", **options)
    assert len(here.adjustments) == 1
    assert_identical(here, there)


@settings(max_examples=300)
@given(
    amount=st.integers(1, 10_000),
    part=st.floats(0.0, 1.0),
    sells=st.booleans(),
    limit=st.integers(1, 10**6) | st.none(),
    stop=st.integers(1, 10**6) | st.none(),
    ratio=st.sampled_from([0.5, 1 / 3, 2.0, 7.3, 10.0, 0.97]) | st.floats(0.01, 50.0),
)
def test_an_open_order_is_split_as_zipline_splits_it(
    amount: int, part: float, sells: bool, limit: int | None, stop: int | None, ratio: float
) -> None:
    sign = -1 if sells else 1
    prices = [None if cents is None else cents * 0.01 for cents in (limit, stop)]
    asset = Equity(0, ExchangeInfo("", "", "US"), symbol="A")
    own = Order(None, asset, sign * amount, stop=prices[1], limit=prices[0], filled=sign * int(amount * part))
    if own.open_amount == 0:
        return
    rules = rules_of(ZIPLINE, contracts=False, priced=True, actions=True)
    book = book_for(1, 0.0, slots=1, orders=1, fills=0, denials=0)
    slot = book.slots[submit(rules, book, 0, 0, own.amount, False, STOP_LIMIT)]
    slot.filled = own.filled
    slot.limit, slot.stop = (NAN if price is None else price for price in prices)
    own.handle_split(ratio)
    split_orders(rules, book, 0, ratio)
    assert (slot.amount, slot.filled) == (own.amount, own.filled)
    for ours, theirs in ((slot.limit, own.limit), (slot.stop, own.stop)):
        assert (ours == theirs) if theirs is not None else np.isnan(ours)
    gone = own.open_amount == 0
    assert (book.orders[0].state, book.run[0].open) == ((CANCELLED, 0) if gone else (OPEN, 1))
    assert (bool(slot.gone), book.assets[0].tail) == ((True, -1) if gone else (False, 0))
