"""What Zipline does with target weights, by hand: expected numbers are worked out in the comments."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import weighbridge_zipline
from parity_tests.adapters.zipline.helpers import NAN, bars_of, decide, fills, native, walk
from weighbridge.exceptions import ConfigError, TargetsError, UnsupportedError
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.costs import (
    Costs,
    FixedBasisPointsSlippage,
    FixedCommission,
    FixedSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
    VolumeShareSlippage,
)


def test_an_order_fills_at_the_close_of_the_next_bar() -> None:
    bars = bars_of({"A": [10.0, 20.0, 30.0]})
    record = native(bars, {0: {"A": 0.5}}, cash=1000.0)
    # 500 / 10 = 50 units, at 20.
    assert fills(record) == [(1, "A", 50.0, 20.0, 0.0)]
    assert record.cash.tolist() == [1000.0, 0.0, 0.0]
    assert record.value.tolist() == [1000.0, 1000.0, 1500.0]
    assert record.orders is not None
    assert record.orders[["bar", "quantity"]].to_numpy().tolist() == [[0, 50.0]]


def test_reductions_come_first_and_otherwise_the_columns_decide() -> None:
    bars = bars_of({"A": [10.0] * 4, "B": [10.0] * 4, "C": [10.0] * 4})
    record = native(bars, {0: {"A": 0.2, "B": 0.4, "C": 0.4}, 2: {"A": 0.6, "B": 0.4, "C": 0.0}}, cash=1000.0)
    assert [row[:3] for row in fills(record)] == [
        (1, "A", 20.0), (1, "B", 40.0), (1, "C", 40.0), (3, "C", -40.0), (3, "A", 40.0),
    ]  # fmt: skip


def test_cash_may_go_below_zero() -> None:
    record = native(bars_of({"A": [10.0, 10.0, 11.0]}), {0: {"A": 3.0}}, cash=1000.0)
    assert record.cash.tolist() == [1000.0, -2000.0, -2000.0]
    assert record.value.tolist() == [1000.0, 1000.0, 1300.0]
    assert record.denials.empty


def test_two_decisions_before_a_fill_order_twice() -> None:
    volume = {"A": [1e6, 0.0, 1e6, 1e6]}
    record = native(bars_of({"A": [10.0] * 4}, volume), {0: {"A": 0.5}, 1: {"A": 0.5}}, cash=1000.0)
    assert fills(record) == [(2, "A", 50.0, 10.0, 0.0), (2, "A", 50.0, 10.0, 0.0)]


@pytest.mark.parametrize("gap", ["zero volume", "no bar"])
def test_an_order_waits_for_a_bar_that_trades(gap: str) -> None:
    close = [10.0, NAN if gap == "no bar" else 11.0, 12.0]
    record = native(bars_of({"A": close, "B": [1.0] * 3}, {"A": [9e9, 0.0, 9e9], "B": [1.0] * 3}), {0: {"A": 0.5}})
    assert [(row[0], row[3]) for row in fills(record)] == [(2, 12.0)]


def test_a_part_of_an_order_beyond_the_volume_limit_stays_open() -> None:
    costs = Costs(commission=PerShareCommission(0.01, minimum=0.5), slippage=FixedBasisPointsSlippage(0.0, 0.1))
    record = native(bars_of({"A": [10.0] * 5}, 300.0), {0: {"A": 0.7}}, cash=1000.0, costs=costs)
    # 70 units at 30 a bar. The minimum of 0.5 covers 50 units: the second fill pays only for 10 more.
    assert [row[:3] for row in fills(record)] == [(1, "A", 30.0), (2, "A", 30.0), (3, "A", 10.0)]
    commissions = record.fill_table.commission
    assert commissions.tolist() == [0.5, 60 * 0.01 - 0.5, (abs(60 * 0.01) + abs(10 * 0.01)) - (60 * 0.01)]


def test_prices_of_the_slippage_models() -> None:
    close = [10.1, 10.3, 10.3]
    price = close[1]

    def filled(slippage: object) -> float:
        costs = Costs(slippage=slippage)  # type: ignore[arg-type]
        return native(bars_of({"A": close}, 1000.0), {0: {"A": 0.5}}, cash=100.0, costs=costs).fills["price"].iloc[0]

    assert filled(PercentSlippage(0.002)) == price + price * 0.002
    assert filled(FixedSlippage(0.03)) == price + 0.03
    assert filled(FixedBasisPointsSlippage(20.0, 0.5)) == price + price * (20.0 / 10000.0)
    # 4 of 1000 units traded.
    assert filled(VolumeShareSlippage(0.5, 0.1)) == price + (0.004**2.0 * 0.1 * price)


def test_commissions_are_paid_after_all_fills_of_the_bar() -> None:
    rows = {0: {"A": 0.3, "B": 0.3}}
    bars = bars_of({"A": [10.1, 10.3, 10.7], "B": [7.1, 7.3, 7.9]})
    record = native(bars, rows, cash=1000.1, costs=Costs(commission=PercentCommission(0.0013)))
    (_, _, a, price_a, fee_a), (_, _, b, price_b, fee_b) = fills(record)
    assert fee_a == a * (price_a * 0.0013)
    cash = 1000.1
    for flow in (-(price_a * a), -(price_b * b), -fee_a, -fee_b):
        cash += flow
    assert record.cash[1] == cash
    exact = Fraction(1000.1) - sum(
        Fraction(p) * int(q) + Fraction(f) for p, q, f in ((price_a, a, fee_a), (price_b, b, fee_b))
    )
    assert float(exact) == pytest.approx(cash, rel=1e-15)


def test_a_fixed_commission_is_paid_once_for_an_order() -> None:
    costs = Costs(commission=FixedCommission(3.0), slippage=FixedBasisPointsSlippage(0.0, 0.1))
    record = native(bars_of({"A": [10.0] * 4}, 300.0), {0: {"A": 0.5}}, cash=1000.0, costs=costs)
    assert record.fill_table.commission.tolist() == [3.0, 0.0]


def test_a_position_is_liquidated_the_session_after_its_asset_ends() -> None:
    bars = bars_of({"A": [10.0, 10.0, 12.0, NAN, NAN], "B": [5.0] * 5})
    record = native(bars, {0: {"A": 0.5}, 3: {"A": 0.9, "B": 0.1}}, cash=1000.0)
    # Bar 3 is the first without A: its target is skipped, and its position is sold at the last price.
    assert fills(record) == [(1, "A", 50.0, 10.0, 0.0), (3, "A", -50.0, 12.0, 0.0), (4, "B", 22.0, 5.0, 0.0)]
    assert record.value.tolist() == [1000.0, 1000.0, 1100.0, 1100.0, 1100.0]


def test_an_order_that_is_open_when_its_asset_ends_is_denied() -> None:
    volume = {"A": [1e6, 1e6, 0.0, NAN, NAN], "B": [1.0] * 5}
    record = native(bars_of({"A": [10.0, 10.0, 10.0, NAN, NAN], "B": [5.0] * 5}, volume), {1: {"A": 0.5}}, cash=1000.0)
    assert record.fills.empty
    assert record.denials[["bar", "asset", "quantity", "rule"]].to_numpy().tolist() == [[3, "A", 50.0, "auto_close"]]


def test_an_asset_that_has_not_begun_is_skipped_and_one_that_never_trades_too() -> None:
    bars = bars_of({"A": [NAN, NAN, 10.0, 10.0], "B": [5.0] * 4, "C": [NAN] * 4})
    record = native(bars, {0: {"A": 0.5, "B": 0.5, "C": 0.5}, 2: {"A": 0.5}}, cash=1000.0)
    assert [row[:3] for row in fills(record)] == [(1, "B", 100.0), (3, "A", 50.0)]


def test_a_split_changes_the_position_and_pays_the_fraction() -> None:
    bars = bars_of({"A": [10.0, 10.0, 30.0, 30.0]})
    splits = pd.DataFrame({"date": [bars.index[2]], "asset": ["A"], "ratio": [3.0]})
    record = native(bars, {0: {"A": 1.0}}, cash=1000.0, splits=splits)
    # 100 units become 33, and a third of a unit is paid at the cost basis of 30.
    assert record.cash.tolist() == [1000.0, 0.0, 10.0, 10.0]
    assert record.value.tolist() == [1000.0, 1000.0, 1000.0, 1000.0]
    assert record.positions["A"].tolist() == [0.0, 100.0, 33.0, 33.0]
    assert record.adjustments[["bar", "asset", "position"]].to_numpy().tolist() == [[2, "A", 33.0]]


def test_positions_across_splits_that_fall_together_with_fills() -> None:
    bars = bars_of({"A": [10.0, 10.0, 5.0, 5.0, 50.0], "B": [20.0, 20.0, 20.0, 10.0, 10.0]})
    splits = pd.DataFrame(
        {"date": bars.index[[2, 3, 4]], "asset": ["A", "B", "A"], "ratio": [0.5, 0.5, 10.0]},
    )
    rows = {0: {"A": 0.5, "B": 0.5}, 2: {"A": 0.25}, 3: {"A": 0.0}}
    record = native(bars, rows, cash=1000.0, splits=splits)
    # A: 50 bought, 100 by the split, 50 sold of them; the last sale is for 50, which the split makes 5 of 5.
    assert record.positions["A"].tolist() == [0.0, 50.0, 100.0, 50.0, 0.0]
    assert record.positions["B"].tolist() == [0.0, 25.0, 25.0, 50.0, 50.0]
    assert record.adjustments[["bar", "asset", "position"]].to_numpy().tolist() == [
        [2, "A", 100.0],
        [3, "B", 50.0],
        [4, "A", 5.0],
    ]
    assert record.fill_table.position.tolist() == [50.0, 25.0, 50.0, 0.0]


def test_a_dividend_is_earned_at_its_date_and_paid_at_the_next_session_of_its_pay_date() -> None:
    bars = bars_of({"A": [10.0] * 8})
    dividends = pd.DataFrame(
        # The bars begin on a Monday: the fifth day after the third bar is a Monday's Saturday before.
        {"date": [bars.index[2]], "asset": ["A"], "amount": [0.25], "pay_date": [pd.Timestamp("2015-01-10")]}
    )
    record = native(bars, {0: {"A": 0.5}}, cash=1000.0, dividends=dividends)
    assert record.cash.tolist() == [1000.0, 500.0, 500.0, 500.0, 500.0, 512.5, 512.5, 512.5]


def test_the_record_adds_up() -> None:
    bars = walk(120, 6)
    rng = np.random.default_rng(3)
    rows = {bar: dict(zip(bars.assets, rng.normal(0.0, 0.4, 6), strict=True)) for bar in range(0, 119, 7)}
    record = native(bars, rows, costs=weighbridge_zipline.DEFAULT_COSTS)
    assert len(record.fills) > 80
    table = record.fill_table
    paid = np.zeros(bars.n_bars)
    np.add.at(paid, table.bar, table.quantity * table.price + table.commission)
    np.testing.assert_allclose(record.cash, 1e6 - np.cumsum(paid), rtol=1e-12)
    worth = (record.positions.to_numpy() * bars.close).sum(axis=1)
    np.testing.assert_allclose(record.value, record.cash + worth, rtol=1e-12)
    assert record.provenance["framework"] == "zipline-reloaded"


def test_the_calendar_of_an_exchange_gives_the_same_record(xnys: pd.DatetimeIndex) -> None:
    bars = walk(60, 3, xnys)
    rows = {bar: {"A0": 0.4, "A1": 0.3, "A2": -0.2} for bar in range(0, 60, 5)}
    own = native(bars, rows, costs=weighbridge_zipline.DEFAULT_COSTS)
    exchange = native(bars, rows, costs=weighbridge_zipline.DEFAULT_COSTS, calendar="XNYS")
    assert fills(own) == fills(exchange)
    assert own.value.tobytes() == exchange.value.tobytes()


def test_what_a_native_run_cannot_do_is_refused() -> None:
    bars = bars_of({"A": [10.0, 10.0]})
    targets = decide(bars, {0: {"A": 0.5}})
    with pytest.raises(UnsupportedError, match="thresholds"):
        weighbridge_zipline.run(bars, targets, how="native", rebalance=RebalanceConfig())
    with pytest.raises(UnsupportedError, match="backtrader"):
        weighbridge_zipline.run(bars, targets, how="native", conventions="backtrader")
    with pytest.raises(ConfigError, match="how='other'"):
        weighbridge_zipline.run(bars, targets, how="other")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="above 0"):
        weighbridge_zipline.run(bars, targets, how="native", cash=0.0)
    with pytest.raises(TargetsError, match="lack"):
        weighbridge_zipline.run(bars.select(["A"]), decide(bars_of({"Z": [1.0, 1.0]}), {0: {"Z": 1.0}}), how="native")
