"""Corners of Backtrader that were found on unseen data: the engine does there what it does (semantics 6.6, 6.7)."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.loops import NAN, UNFILTERED, bars_of, decide, in_backtrader
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from weighbridge.testing import assert_records_equal
from weighbridge_backtrader.strategies import NativeStrategy

FRACTIONAL = UNFILTERED.replace(allow_fractional=True)
FIXED = wb.Costs(commission=wb.FixedCommission(10.0))
# The smallest order that these tests ask for is a thousandth of a unit; a rest is an ulp of an order.
A_REST = 1e-6


def reversing(bars: wb.Bars, seed: int, *, every: int = 2) -> wb.TargetWeights:
    """Return weights of which about every second one turns a position around."""
    choose = np.random.default_rng(seed)
    rows = np.flatnonzero(bars.has_bar.any(axis=1))[:-3:every]
    weights = choose.random((len(rows), bars.n_assets)) * 0.9 / bars.n_assets
    weights *= np.where(choose.random(weights.shape) < 0.5, -1.0, 1.0)
    return wb.TargetWeights(pd.DataFrame(weights, bars.index[rows], list(bars.assets)))


def test_a_reversal_that_does_not_add_up_is_filled_twice() -> None:
    """`BackBroker._execute`: closed + opened is what is executed; `Order.execute`: what is left keeps it open."""
    bars = bars_of({"A": [99.24, 99.24, 100.71, 100.71, 97.24, 97.24]})
    targets = decide(bars, {0: {"A": 0.02}, 2: {"A": -0.09}})
    native = in_backtrader(bars, targets, costs=FIXED, cash=1e5, fractional=True)
    held, asked = native.orders["quantity"]
    opened = held + asked
    rest = asked - (-held + opened)
    assert rest == -(2.0**-46)
    assert native.fills[["bar", "quantity", "price", "commission"]].to_numpy().tolist() == [
        [1, held, 99.24, 10.0],
        [3, -held + opened, 100.71, 20.0],
        [4, rest, 97.24, 10.0],
    ]
    assert len(native.denials) == 0
    engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=FRACTIONAL, costs=FIXED, cash=1e5)
    assert_records_equal(native, engine)


@pytest.mark.parametrize("coc", [False, True], ids=["open", "close"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_rests_of_reversals(coc: bool, missing: float) -> None:
    """Bars are missing too: a rest does not wait for its feed, it fills at the last bar's open once more."""
    rests = 0
    for seed in range(10):
        bars = awkward_bars(90, 4, seed=seed, missing=missing, late=1, ended=0)
        targets, costs = reversing(bars, seed), list(COSTS.values())[seed % len(COSTS)]
        native = in_backtrader(bars, targets, costs=costs, cash=1e5, coc=coc, fractional=True)
        engine = wb.simulate(
            bars,
            targets,
            conventions="backtrader-coc" if coc else "backtrader",
            rebalance=FRACTIONAL,
            costs=costs,
            cash=1e5,
        )
        rests += int((np.abs(native.fill_table.quantity) < A_REST).sum())
        assert_records_equal(native, engine, scenario=f"seed {seed}")
    assert rests > 5


def turned(first: float, second: float, weights: tuple[float, float]) -> tuple[wb.Bars, wb.TargetWeights]:
    """Open a position at one price, turn it around at another, and go on at a third; wide bars."""
    close = pd.DataFrame({"A": [first, first, second, second, 97.24, 97.24]}, pd.bdate_range("2015-01-05", periods=6))
    bars = wb.Bars.from_frames(open=close, high=close * 1.01, low=close * 0.99, close=close)
    return bars, decide(bars, {0: {"A": weights[0]}, 2: {"A": weights[1]}})


def test_a_rest_may_be_on_the_other_side() -> None:
    """More than was ordered may be executed: a sale's rest is bought, at the price that a sale slips to."""
    costs = wb.Costs(commission=wb.FixedCommission(1.0), slippage=wb.PercentSlippage(0.001))
    bought = 0
    for cents in range(9_000, 9_400):
        bars, targets = turned(cents / 100.0, 100.71, (0.02, -0.09))
        native = in_backtrader(bars, targets, costs=costs, cash=1e5, fractional=True)
        fills = native.fills
        if len(fills) == 3 and fills["quantity"].iloc[2] > 0.0:
            bought += 1
            assert fills["quantity"].iloc[1] < native.orders["quantity"].iloc[1] < 0.0
            assert fills["price"].iloc[2] == 97.24 * (1 - 0.001)
            # It closes a part of the short position, so that nothing asks for cash.
            assert fills["commission"].iloc[2] == 1.0
            engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=FRACTIONAL, costs=costs, cash=1e5)
            assert_records_equal(native, engine, scenario=f"{cents} cents")
    assert bought


def test_a_rest_may_be_refused() -> None:
    """A rest that opens meets the cash once more, with a charge of its own; it met no admission."""
    costs = wb.Costs(commission=wb.FixedCommission(40.0))
    refused = 0
    for cents in range(15_000, 15_200):
        bars, targets = turned(cents / 100.0, 150.71, (-0.41, 0.9989))
        native = in_backtrader(bars, targets, costs=costs, cash=1e5, fractional=True)
        if len(native.denials):
            refused += 1
            assert native.denials["rule"].tolist() == ["margin_at_fill"]
            assert native.denials["bar"].tolist() == [4]
            assert 0.0 < native.denials["quantity"].iloc[0] < A_REST
            engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=FRACTIONAL, costs=costs, cash=1e5)
            assert_records_equal(native, engine, scenario=f"{cents} cents")
    assert refused


@pytest.mark.parametrize("conventions", ["backtrader", "backtrader-coc", "backtrader-coo"])
@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"phase_timeout": 3},
        {"account_for_pending": True},
        {"cancel_before_rebalance": True},
        {"cancel_before_rebalance": True, "account_for_pending": True, "phase_timeout": 2},
    ],
    ids=["plain", "patient", "counted", "cancelled", "defaults"],
)
def test_rests_in_the_executor(conventions: str, mode: str, changes: dict[str, Any]) -> None:
    """A rest is an open order like any other: it is waited for, counted and cancelled."""
    config = wb.RebalanceConfig.unfiltered(mode, allow_fractional=True, **changes)
    for seed in range(3):
        bars = awkward_bars(80, 4, seed=seed, missing=0.1, late=1, ended=0)
        # At every bar, so that a rebalance finds the rest that the one before has left.
        targets = reversing(bars, seed, every=1)
        arguments: dict[str, Any] = {"rebalance": config, "costs": FIXED, "cash": 1e5, "conventions": conventions}
        executor = weighbridge_backtrader.run(bars, targets, how="executor", **arguments)
        engine = wb.simulate(bars, targets, **arguments)
        assert_records_equal(executor, engine, scenario=f"seed {seed}")


def worthless(units: float, price: float, weight: float, cash: float) -> tuple[wb.Bars, wb.TargetWeights]:
    """Sell `units` short at 1.0, which at `price` are worth all the cash, and then ask for half of nothing."""
    assert cash + units == units * price
    bars = bars_of({"A": [1.0, 1.0, price, price, price]})
    return bars, decide(bars, {0: {"A": weight}, 2: {"A": 0.5}})


def whole_and_worthless() -> tuple[float, float, float, float]:
    """Return a position of which the floored value difference is one unit short."""
    units, price = 3, 1.03
    assert (units * price) // price == units - 1
    cash = units * price - units
    return units, price, -(units + 0.5) / cash, cash


def fractional_and_worthless() -> tuple[float, float, float, float]:
    """Return a position that is not its value divided by the price."""
    choose = random.Random(0)
    while True:
        weight, cash = -choose.uniform(0.2, 0.9), round(choose.uniform(1e3, 1e5), 2)
        units = -(weight * cash)
        price = (cash + units) / units
        if cash + units == units * price and units * price / price != units:
            return units, price, weight, cash


@pytest.mark.parametrize("how", ["native", "executor"])
@pytest.mark.parametrize("fractional", [False, True], ids=["whole", "fractional"])
def test_a_target_of_a_value_of_nothing_closes(fractional: bool, how: str) -> None:
    """`order_target_percent` multiplies the target by the value; `order_target_value` of 0.0 closes."""
    units, price, weight, cash = fractional_and_worthless() if fractional else whole_and_worthless()
    bars, targets = worthless(units, price, weight, cash)
    native = in_backtrader(bars, targets, costs=wb.Costs(), cash=cash, fractional=fractional)
    assert native.value[2] == 0.0
    assert native.fills["quantity"].tolist() == [-units, units]
    arguments: dict[str, Any] = {"rebalance": FRACTIONAL if fractional else UNFILTERED, "cash": cash}
    if how == "executor":
        assert_records_equal(native, weighbridge_backtrader.run(bars, targets, how="executor", **arguments))
    else:
        assert_records_equal(native, wb.simulate(bars, targets, conventions="backtrader", **arguments))


def test_a_target_of_a_value_of_nothing_closes_without_leverage() -> None:
    """`Strategy.close` sells what is held; `CommInfoBase.getsize` would have bought twice that."""
    bars = bars_of({"A": [10.0, 10.0, 20.0, 20.0, 20.0]})
    targets = decide(bars, {0: {"A": -0.5}, 2: {"A": 0.5}})
    arguments: dict[str, Any] = {"cash": 1000.0, "contracts": {"A": wb.Contract(leverage=2.0)}}
    native = weighbridge_backtrader.run(bars, targets, how="native", **arguments)
    assert native.value[2] == 0.0
    assert native.fills["quantity"].tolist() == [-100.0, 100.0]
    engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=UNFILTERED, **arguments)
    assert_records_equal(native, engine)


MOST_UNITS = 2.0**53


def test_units_are_counted_up_to_the_last_that_a_float_can_tell() -> None:
    bars = bars_of({"A": [1.0] * 5})
    targets = decide(bars, {0: {"A": 1.0}, 2: {"A": -1.0}})
    native = weighbridge_backtrader.run(bars, targets, how="native", cash=MOST_UNITS / 2)
    assert native.fills["quantity"].tolist() == [MOST_UNITS / 2, -MOST_UNITS]
    engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=UNFILTERED, cash=MOST_UNITS / 2)
    assert_records_equal(native, engine)


class Counted(NativeStrategy):
    """Keep Backtrader's own number of units: the record has floats."""

    units: list[int]

    def __init__(self) -> None:
        super().__init__()
        type(self).units = []

    def next(self) -> None:
        super().next()
        self.units.append(self.getposition(self.data).size)


@pytest.mark.parametrize("sizes", [("an order", 2), ("a position", 1)], ids=lambda sizes: sizes[0])
def test_more_units_than_a_float_can_count_are_an_error(sizes: tuple[str, int]) -> None:
    """Backtrader's sizes are Python integers: it goes on, one unit at a time."""
    most = int(MOST_UNITS)
    bars = bars_of({"A": [1.0, 1.0, 1.0, NAN, 1.0, 1.0]}) if sizes[1] == 1 else bars_of({"A": [1.0] * 6})
    if sizes[1] == 1:
        # Another asset keeps the clock going where A does not trade, so that both orders are open at once.
        frames = pd.concat([bars.frame("close"), pd.DataFrame({"B": 1.0}, bars.index)], axis=1)
        bars = wb.Bars.from_frames(open=frames, high=frames, low=frames, close=frames)
        targets = decide(bars, {2: {"A": -(most - 1) / most}, 3: {"A": -2.0 / most}})
        cash, held = MOST_UNITS, -(most + 1)
    else:
        targets = decide(bars, {0: {"A": 1.0}})
        cash, held = MOST_UNITS + 2.0, most + 2
    in_backtrader(bars, targets, Counted, costs=wb.Costs(), cash=cash)
    assert Counted.units[-1] == held
    with pytest.raises(wb.exceptions.ExecutionError, match="'A'"):
        wb.simulate(bars, targets, conventions="backtrader", rebalance=UNFILTERED, cash=cash)
