"""What a run is measured by is the same whoever ran it: the frameworks, the executor inside them, the engine."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader import material as backtrader
from parity_tests.adapters.vectorbt.material import gapped_case
from parity_tests.adapters.zipline import material as zipline
from weighbridge.parity.adapter import adapter_named
from weighbridge.parity.workers import run_in_worker
from weighbridge.testing.awkward import awkward_weights

COSTS = wb.Costs(commission=wb.PercentCommission(0.001), slippage=wb.PercentSlippage(0.002))


def assert_measured_alike(left: wb.RunRecord, right: wb.RunRecord, relative: float = 0.0) -> None:
    """Compare weights, slippage and figures: bit for bit, or realised weights and figures within `relative`."""
    close: dict[str, Any] = {"check_exact": True} if relative == 0.0 else {"rtol": relative, "atol": relative}
    assert left.weights is not None
    assert right.weights is not None
    assert left.slippage is not None
    assert right.slippage is not None
    assert len(left.weights) > 50
    assert left.slippage.sum() != 0.0
    pd.testing.assert_series_equal(left.slippage, right.slippage, check_exact=True)
    pd.testing.assert_frame_equal(left.weights, right.weights, **close)
    pd.testing.assert_series_equal(left.stats(), right.stats(), **close)


@pytest.mark.parametrize(
    ("how", "conventions"),
    [
        ("native", "backtrader"),
        ("native", "backtrader-coc"),
        ("executor", "backtrader"),
        ("executor", "backtrader-coc"),
        ("executor", "backtrader-coo"),
    ],
)
def test_backtrader(how: str, conventions: str) -> None:
    bars = backtrader.awkward_bars(seed=11)
    targets = awkward_weights(bars, seed=11, short=True)
    settings: dict[str, Any] = {"costs": COSTS, "cash": 1e5, "conventions": conventions}
    run = adapter_named("backtrader").run(bars, targets, how=how, **settings)
    engine = wb.simulate(bars, targets, rebalance=wb.RebalanceConfig.unfiltered("snapshot"), **settings)
    assert_measured_alike(run, engine)


@pytest.mark.parametrize("costs", ["percent", "fixed", "defaults", "volume_share"])
@pytest.mark.parametrize("how", ["native", "executor"])
def test_zipline(how: str, costs: str) -> None:
    bars = zipline.awkward_bars(seed=12)
    targets = awkward_weights(bars, seed=12, every=4)
    settings: dict[str, Any] = {"costs": zipline.COSTS[costs], "cash": 1e6}
    run = adapter_named("zipline").run(bars, targets, how=how, **settings)
    unfiltered = wb.RebalanceConfig.unfiltered("snapshot")
    engine = wb.simulate(bars, targets, conventions="zipline", rebalance=unfiltered, **settings)
    assert_measured_alike(run, engine)


@pytest.mark.parametrize("conventions", ["vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close"])
@pytest.mark.parametrize("how", ["native", "executor"])
def test_vectorbt(conventions: str, how: str) -> None:
    bars, targets = gapped_case()
    settings: dict[str, Any] = {
        "costs": COSTS,
        "cash": 1e5,
        "conventions": conventions,
        "rebalance": wb.RebalanceConfig.unfiltered("hybrid"),
    }
    run = adapter_named("vectorbt").run(bars, targets, how=how, **settings)
    # A native run's values are VectorBT's, rebuilt from its orders with its own rounding.
    assert_measured_alike(run, wb.simulate(bars, targets, **settings), 1e-9 if how == "native" else 0.0)


@pytest.mark.parametrize("framework", ["backtrader", "zipline"])
def test_a_worker_sends_them_too(framework: str) -> None:
    bars = {"backtrader": backtrader, "zipline": zipline}[framework].awkward_bars(60, seed=13)
    targets = awkward_weights(bars, seed=13, every=3)
    there = run_in_worker(sys.executable, framework, bars, targets, costs=COSTS, cash=1e5)
    here = adapter_named(framework).run(bars, targets, how="native", costs=COSTS, cash=1e5)
    assert_measured_alike(here, there)


def test_splits_leave_realised_weights_alone() -> None:
    index = pd.bdate_range("2020-01-06", periods=6)
    prices = pd.DataFrame({"A": [40.0, 40.0, 40.0, 20.0, 20.0, 20.0], "B": [10.0] * 6}, index)
    bars = wb.Bars.from_frames(close=prices, volume=prices * 0.0 + 1e9)
    targets = wb.TargetWeights(pd.DataFrame({"A": 0.5, "B": 0.25}, index[[0, 3]]))
    splits = pd.DataFrame({"date": [index[3]], "asset": ["A"], "ratio": [0.5]})
    run = adapter_named("zipline").run(bars, targets, how="native", cash=10_000.0, splits=splits)
    assert run.weights is not None
    # 125 at 40, then 250 at 20; nothing to trade at the second decision, after the split of its own bar.
    assert run.positions["A"].tolist() == [0, 125, 125, 250, 250, 250]
    assert run.weights["realised"].tolist() == [0.5, 0.25, 0.5, 0.25]
