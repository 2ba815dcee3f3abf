"""How far `Portfolio.value()`, which VectorBT rebuilds from its order records, is from what the simulation had.

A record of a run with a log has the simulation's own, so the adapter declares no tolerance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_vectorbt
from parity_tests.adapters.vectorbt.claims import plain_call
from parity_tests.adapters.vectorbt.conftest import Case
from weighbridge.record.run_record import RunRecord
from weighbridge.testing import assert_records_equal

NAN = float("nan")
CLOSE = 1e-9  # vectorbt, utils/math_.py, `rel_tol`
HYBRID = wb.RebalanceConfig.unfiltered("hybrid")


def both(case: Case, cash: float, costs: wb.Costs | None = None) -> tuple[RunRecord, RunRecord]:
    bars, targets = case
    arguments: dict[str, Any] = {"rebalance": HYBRID, "cash": cash, "costs": costs}
    native = weighbridge_vectorbt.run(bars, targets, how="native", **arguments)
    return native, wb.simulate(bars, targets, conventions="vectorbt", **arguments)


def added(one: float, other: float) -> float:
    """`add_nb`: two numbers that are close to each other's opposite add up to 0.0."""
    if np.sign(one) != np.sign(other):
        zero = abs(abs(one) - abs(other)) <= max(CLOSE * max(abs(one), abs(other)), 1e-12)
    else:
        zero = abs(one + other) <= max(CLOSE * abs(one + other), 1e-12)
    return 0.0 if zero else one + other


def rebuilt(record: RunRecord, close: Any, cash: float) -> Any:
    """Return `Portfolio.value()` of a record: `cash_flow_nb`, `cash_grouped_nb`, `assets_nb`, `value_nb`.

    One order of an asset at a bar, as `from_orders` has it.
    """
    n_bars, n_assets = close.shape
    flow, traded = np.zeros((n_bars, n_assets)), np.zeros((n_bars, n_assets))
    table = record.fill_table
    for bar, asset, size, price, fees in zip(
        table.bar, table.asset, table.quantity, table.price, table.commission, strict=True
    ):
        flow[bar, asset] = added(0.0, -size * price - fees)
        traded[bar, asset] = added(0.0, size)
    position, values = [0.0] * n_assets, []
    for bar in range(n_bars):
        of_bar = 0.0
        for asset in range(n_assets):
            of_bar += flow[bar, asset]
            position[asset] = added(position[asset], traded[bar, asset])
        cash = added(cash, of_bar)
        worth = 0.0
        for asset in range(n_assets):
            worth += close[bar, asset] * position[asset]
        values.append(cash + worth)
    return np.array(values)


def dropped_bound(record: RunRecord, cash: float) -> Any:
    """Return how far the rebuilt value may be off at each bar: CLOSE of the cash that went into each sum so far.

    Of the bar's sum of flows, and order by order of the simulation's own.
    """
    table = record.fill_table
    bound, at = 0.0, np.zeros(len(record.cash))
    for bar in range(len(record.cash)):
        rows = table.bar == bar
        flows = np.abs(table.quantity[rows] * table.price[rows]) + table.commission[rows]
        if rows.any():
            bound += CLOSE * 2.0 * (abs(cash) + flows.sum())
        at[bar], cash = bound, float(record.cash[bar])
    return at


# Each: closes, weights. Of two orders neither leaves cash that is close to nothing beside what it spends; both do.
RESIDUES = {
    # 0.9e-9 of the cash is left, and half of the value is lost.
    "then_the_price_falls": ([[10.0, 10.0], [5.0, 5.0]], [[0.5, 0.5 - 0.9e-9], [NAN, NAN]]),
    # 9e-9 of the value is 0.9e-9 of ten times as much cash, which the short sale has brought.
    "of_borrowed_cash": ([[10.0, 10.0]] * 3, [[-9.0, 10.0 - 9e-9], [NAN, NAN], [NAN, NAN]]),
    # Where next to nothing is left of the value, any part of it is large.
    "next_to_nothing": ([[10.0, 10.0], [1e-4, 1e-4]], [[0.5, 0.5 - 0.9e-9], [NAN, NAN]]),
}


@pytest.mark.parametrize("case", RESIDUES)
def test_a_record_has_the_value_that_vectorbt_drops_afterwards(small: Any, case: str) -> None:
    native, engine = both(small(*RESIDUES[case]), 1000.0)
    assert native.cash.tobytes() == engine.cash.tobytes(), "the simulation's own, from the log"
    own = plain_call(*small(*RESIDUES[case]), init_cash=1000.0).value().to_numpy()
    assert np.abs(own / engine.value - 1.0).max() > 1.5e-9
    assert_records_equal(native, engine)


@pytest.mark.parametrize("case", RESIDUES)
def test_what_vectorbt_drops_is_known_to_the_bit(small: Any, case: str) -> None:
    bars, targets = small(*RESIDUES[case])
    engine = wb.simulate(bars, targets, conventions="vectorbt", rebalance=HYBRID, cash=1000.0)
    own = plain_call(bars, targets, init_cash=1000.0).value().to_numpy()
    assert own.tobytes() == rebuilt(engine, bars.close, 1000.0).tobytes()


@pytest.mark.parametrize("n_assets", [4, 30])
def test_and_so_it_is_on_random_prices(n_assets: int) -> None:
    random = np.random.default_rng(5)
    index, names = pd.bdate_range("2015-01-05", periods=120), [f"A{asset}" for asset in range(n_assets)]
    close = pd.DataFrame(100.0 * np.exp(np.cumsum(random.normal(0.0, 0.02, (120, n_assets)), axis=0)), index, names)
    weights = random.dirichlet(np.ones(n_assets), 60) * (1.0 - 10.0 ** -random.uniform(8.0, 12.0, (60, 1)))
    weights[::7, 0] *= -1.0
    bars, targets = wb.Bars.from_frames(close=close), wb.TargetWeights(pd.DataFrame(weights, index[::2], names))
    native, engine = both((bars, targets), 1e6, wb.Costs(commission=wb.PercentCommission(0.001)))
    own = plain_call(bars, targets, init_cash=1e6, fees=0.001).value().to_numpy()
    assert len(engine.fills) > 150
    assert own.tobytes() == rebuilt(engine, bars.close, 1e6).tobytes()
    assert (np.abs(own - engine.value) <= dropped_bound(engine, 1e6)).all()
    assert_records_equal(native, engine)


@pytest.mark.parametrize("case", RESIDUES)
def test_the_bound_holds_where_one_of_the_value_does_not(small: Any, case: str) -> None:
    bars, targets = small(*RESIDUES[case])
    engine = wb.simulate(bars, targets, conventions="vectorbt", rebalance=HYBRID, cash=1000.0)
    own = plain_call(bars, targets, init_cash=1000.0).value().to_numpy()
    assert (np.abs(own - engine.value) <= dropped_bound(engine, 1000.0)).all()
