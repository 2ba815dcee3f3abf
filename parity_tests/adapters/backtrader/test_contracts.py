"""Multiplier, margin and leverage: Backtrader's commission infos and the engine agree bit for bit (semantics 9)."""

from __future__ import annotations

import math
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from weighbridge.settings.conventions import BACKTRADER, BACKTRADER_COC, BACKTRADER_COO
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights
from weighbridge_backtrader.feeds import add_feeds

MODES = ("snapshot", "hybrid", "incremental")
ASSETS = [f"A{number}" for number in range(5)]
CONTRACTS = {
    "micro_futures": dict.fromkeys(ASSETS, wb.Contract(multiplier=5.0, margin=100.0)),
    "futures": dict.fromkeys(ASSETS, wb.Contract(multiplier=50.0, margin=900.0)),
    "leverage": dict.fromkeys(ASSETS, wb.Contract(leverage=2.0)),
    "mixed": {
        "A0": wb.Contract(multiplier=50.0, margin=1200.0),
        "A2": wb.Contract(leverage=3.0),
        "A3": wb.Contract(multiplier=5.0, margin=412.3, leverage=2.0),
    },
}
STREAMS = {
    "long_only": {"every": 5},
    "every_bar": {"every": 1},
    "long_short": {"every": 5, "short": True, "gross": 1.5},
    "over_allocated": {"every": 7, "gross": 1.6},
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("contracts", CONTRACTS)
def test_native_equals_engine(contracts: str, stream: str, costs: wb.Costs) -> None:
    bars = awkward_bars(seed=1)
    targets = awkward_weights(bars, seed=1, **STREAMS[stream])
    arguments: dict[str, Any] = {"costs": costs, "cash": 100_000.0, "contracts": CONTRACTS[contracts]}
    native = weighbridge_backtrader.run(bars, targets, how="native", **arguments)
    unfiltered = wb.RebalanceConfig.unfiltered("snapshot")
    engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=unfiltered, **arguments)
    assert len(engine.fills) > 10
    assert_records_equal(native, engine)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("conventions", [BACKTRADER, BACKTRADER_COC, BACKTRADER_COO], ids=lambda c: c.name)
@pytest.mark.parametrize("stream", ["long_only", "long_short"])
@pytest.mark.parametrize("contracts", CONTRACTS)
def test_executor_equals_engine(mode: str, conventions: wb.Conventions, stream: str, contracts: str) -> None:
    bars = awkward_bars(seed=3)
    targets = awkward_weights(bars, seed=3, **STREAMS[stream])
    for config in (
        wb.RebalanceConfig.unfiltered(mode),
        wb.RebalanceConfig(mode=mode, min_trade_value=500.0, phase_timeout=2, allow_short=True),
    ):
        arguments: dict[str, Any] = {
            "rebalance": config,
            "costs": COSTS["percent"],
            "cash": 100_000.0,
            "conventions": conventions,
            "contracts": CONTRACTS[contracts],
        }
        executor = weighbridge_backtrader.run(bars, targets, how="executor", **arguments)
        engine = wb.simulate(bars, targets, **arguments)
        assert len(engine.fills) > 10
        assert_records_equal(executor, engine)


def test_the_adapter_declares_contracts_and_refuses_what_the_engine_refuses() -> None:
    assert weighbridge_backtrader.ADAPTER.capabilities.contracts
    bars = awkward_bars(20)
    for wrong, message in (({"A9": wb.Contract()}, "no asset 'A9'"), ({"A0": wb.Contract(multiplier=5.0)}, "whatever")):
        with pytest.raises(wb.WeighbridgeError, match=message):
            weighbridge_backtrader.run(bars, awkward_weights(bars), how="native", contracts=wrong)


class Plain(bt.Strategy):
    """A script as a user of Backtrader writes it; nothing of ours."""

    params = (("rows", {}),)

    def __init__(self) -> None:
        self.done: list[tuple[str, float, float, float]] = []
        self.books: list[tuple[float, float]] = []

    def notify_order(self, order: Any) -> None:
        for bit in order.executed.iterpending():
            self.done.append((order.data._name, bit.size, bit.price, bit.comm))

    def next(self) -> None:
        self.books.append((self.broker.getcash(), self.broker.getvalue()))
        for feed, weight in zip(self.datas, self.p.rows.get(len(self) - 1, ()), strict=False):
            self.order_target_percent(feed, target=weight)


def test_the_engine_follows_setcommission_as_users_call_it() -> None:
    """Per contract and in percent, futures-like, and stock-like with leverage, by Backtrader's own parameters."""
    bars = awkward_bars(missing=0.0, late=0, ended=0, n_assets=3, seed=5)
    rows = {bar: [0.05 + 0.0005 * bar, 0.15 - 0.0005 * bar, 0.1] for bar in range(0, 150, 7)}
    schemes = {
        wb.PerShareCommission(2.0): {"commission": 2.0},
        wb.PercentCommission(0.001): {"commission": 0.001, "commtype": bt.CommInfoBase.COMM_PERC},
    }
    for commission, arguments in schemes.items():
        brain = bt.Cerebro(stdstats=False)
        brain.broker.setcash(1e6)
        stock = {"stocklike": True, "commtype": bt.CommInfoBase.COMM_FIXED, **arguments}
        brain.broker.setcommission(margin=400.0, mult=20.0, name="A0", **arguments)
        brain.broker.setcommission(leverage=2.0, name="A1", **stock)
        brain.broker.setcommission(name="A2", **stock)
        add_feeds(brain, bars)
        brain.addstrategy(Plain, rows=rows)
        theirs = brain.run()[0]
        # Submitted in feed order there; in the engine reductions first, which is the same where the cash is ample.
        ours = wb.simulate(
            bars,
            wb.TargetWeights(pd.DataFrame(list(rows.values()), bars.index[list(rows)], ["A0", "A1", "A2"])),
            conventions="backtrader",
            rebalance=wb.RebalanceConfig.unfiltered("snapshot"),
            costs=wb.Costs(commission=commission),
            cash=1e6,
            contracts={"A0": wb.Contract(multiplier=20.0, margin=400.0), "A1": wb.Contract(leverage=2.0)},
        )
        fills = ours.fills
        assert len(fills) == len(theirs.done) > 40
        for asset in ("A0", "A1", "A2"):
            mine = fills[fills["asset"] == asset][["asset", "quantity", "price", "commission"]].to_numpy().tolist()
            assert mine == [list(done) for done in theirs.done if done[0] == asset]
        last = theirs.books[-1]
        assert math.isclose(ours.cash[-1], last[0], rel_tol=1e-12), "the sums differ in their order only"
        assert math.isclose(ours.value[-1], last[1], rel_tol=1e-12)


def test_what_backtrader_does_with_a_future_by_hand() -> None:
    """Margin held, gains into the cash at every close, a reversal at a gapped open, and then no cash for the margin."""
    opens, closes = [100.0, 101.0, 103.0, 90.0, 95.0], [100.0, 102.0, 104.0, 92.0, 96.0]
    index = pd.bdate_range("2024-01-01", periods=5)
    frames = {name: pd.DataFrame({"ES": values}, index) for name, values in (("open", opens), ("close", closes))}
    weights = pd.DataFrame({"ES": [0.5, -0.25]}, index[[0, 2]])
    contracts = {"ES": wb.Contract(multiplier=10.0, margin=250.0)}
    arguments: dict[str, Any] = {
        "costs": wb.Costs(commission=wb.PerShareCommission(1.0)),
        "cash": 1000.0,
        "contracts": contracts,
    }
    bars, targets = wb.Bars.from_frames(**frames), wb.TargetWeights(weights)
    unfiltered = wb.RebalanceConfig.unfiltered("snapshot")
    run = wb.simulate(bars, targets, conventions="backtrader", rebalance=unfiltered, **arguments)
    native = weighbridge_backtrader.run(bars, targets, how="native", **arguments)
    assert_records_equal(native, run)
    # Bar 1: 500 // 250 = 2 contracts at 101: 1000 - 500 - 2, then 2 x 10 x (102 - 101) at the close.
    # Bar 2: + 2 x 10 x 2; value 558 + 500 = 1058. Target -264.5 from 500: 764.5 // 250 = 3 sold, at 90.
    # Bar 3: two closed: + 500 - 2 + 2 x 10 x (90 - 104) = 776; one opened: - 250 - 1, then - 1 x 10 x (92 - 90).
    assert run.fills[["bar", "quantity", "price", "commission"]].to_numpy().tolist() == [
        [1, 2.0, 101.0, 2.0],
        [3, -3.0, 90.0, 3.0],
    ]
    assert run.cash.tolist() == [1000.0, 518.0, 558.0, 505.0, 465.0]
    assert run.value.tolist() == [1000.0, 1018.0, 1058.0, 755.0, 715.0]


def test_the_cash_of_a_margin_is_refused_at_the_fill() -> None:
    """Covered at the decision's price, where gains are left out, and not at the gapped open of a reversal."""
    opens, closes = [100.0, 100.0, 100.0, 160.0, 160.0], [100.0, 100.0, 100.0, 160.0, 160.0]
    index = pd.bdate_range("2024-01-01", periods=5)
    frames = {name: pd.DataFrame({"ES": values}, index) for name, values in (("open", opens), ("close", closes))}
    weights = pd.DataFrame({"ES": [-0.5, 0.75]}, index[[0, 2]])
    arguments: dict[str, Any] = {"cash": 1000.0, "contracts": {"ES": wb.Contract(multiplier=5.0, margin=100.0)}}
    bars, targets = wb.Bars.from_frames(**frames), wb.TargetWeights(weights)
    run = wb.simulate(
        bars, targets, conventions="backtrader", rebalance=wb.RebalanceConfig.unfiltered("snapshot"), **arguments
    )
    native = weighbridge_backtrader.run(bars, targets, how="native", **arguments)
    assert_records_equal(native, run)
    # A short position is worth its margin too, so 750 - 500 buys 2 of the 5 back: - 5 x 5 x 60 = - 1500 in all.
    assert run.fills["quantity"].tolist() == [-5.0, 2.0]
    assert run.cash.tolist() == [1000.0, 500.0, 500.0, -800.0, -800.0]
    assert run.value.tolist() == [1000.0, 1000.0, 1000.0, -500.0, -500.0]


def test_leverage_by_hand() -> None:
    """`getsize` buys twice what the target says, for half of the cash."""
    prices = [100.0, 100.0, 110.0, 110.0]
    index = pd.bdate_range("2024-01-01", periods=4)
    frame = pd.DataFrame({"A": prices}, index)
    run = wb.simulate(
        wb.Bars.from_frames(close=frame, open=frame),
        wb.TargetWeights(pd.DataFrame({"A": [0.5, 0.0]}, index[[0, 2]])),
        conventions="backtrader",
        rebalance=wb.RebalanceConfig.unfiltered("snapshot"),
        cash=1000.0,
        contracts={"A": wb.Contract(leverage=2.0)},
    )
    assert run.fills["quantity"].tolist() == [10.0, -10.0]
    assert run.cash.tolist() == [1000.0, 500.0, 500.0, 1100.0]
    assert run.value.tolist() == [1000.0, 1000.0, 1100.0, 1100.0]


@pytest.mark.parametrize("contracts", CONTRACTS)
def test_ordinary_contracts_change_nothing(contracts: str) -> None:
    """`Contract()` is a share; the branch for contracts, taken for another asset, gives shares the same bits."""
    bars = awkward_bars(seed=2)
    targets = awkward_weights(bars, seed=2, gross=1.3, short=True)
    arguments: dict[str, Any] = {"costs": COSTS["percent"], "cash": 100_000.0}
    for conventions in ("backtrader", "reference"):
        plain = wb.simulate(bars, targets, conventions=conventions, **arguments)
        same = wb.simulate(
            bars, targets, conventions=conventions, contracts=dict.fromkeys(ASSETS, wb.Contract()), **arguments
        )
        assert same.provenance == plain.provenance
        assert_records_equal(same, plain)
        frames = {name: bars.frame(name).assign(ZZ=np.nan) for name in ("open", "high", "low", "close")}
        wider = wb.Bars.from_frames(**frames)
        never = wb.simulate(wider, targets, conventions=conventions, contracts={"ZZ": CONTRACTS[contracts]["A0"]},
                            **arguments)  # fmt: skip
        assert len(plain.fills) > 10
        assert never.cash.tolist() == plain.cash.tolist()
        assert never.value.tolist() == plain.value.tolist()
        assert never.fills.equals(plain.fills)
