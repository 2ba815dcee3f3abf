"""Backtrader's own functions, the executor inside Backtrader and the engine agree bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from parity_tests.adapters.weights import awkward_weights
from weighbridge.settings.conventions import BACKTRADER, BACKTRADER_COC, BACKTRADER_COO
from weighbridge.testing import assert_records_equal

MODES = ("snapshot", "hybrid", "incremental")
STREAMS = {
    "long_only": {"every": 5},
    "every_bar": {"every": 1},
    "long_short": {"every": 5, "short": True, "gross": 1.5},
    "over_allocated": {"every": 7, "gross": 1.6},
}
# The defaults filter, cap and cancel; two bars of patience make the second phase wait where bars are missing.
FILTERED = wb.RebalanceConfig(min_trade_value=500.0, phase_timeout=2)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("seed", [0, 1])
def test_native_equals_engine(stream: str, seed: int, costs: wb.Costs) -> None:
    bars = awkward_bars(seed=seed)
    targets = awkward_weights(bars, seed=seed, **STREAMS[stream])
    native = weighbridge_backtrader.run(bars, targets, how="native", costs=costs, cash=100_000.0)
    engine = wb.simulate(
        bars,
        targets,
        conventions="backtrader",
        rebalance=wb.RebalanceConfig.unfiltered("snapshot"),
        costs=costs,
        cash=100_000.0,
    )
    assert len(engine.fills) > 50
    assert_records_equal(native, engine)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("conventions", [BACKTRADER, BACKTRADER_COC, BACKTRADER_COO], ids=lambda c: c.name)
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("filtered", [False, True], ids=["unfiltered", "filtered"])
def test_executor_equals_engine(mode: str, conventions: wb.Conventions, stream: str, filtered: bool) -> None:
    bars = awkward_bars(seed=3)
    targets = awkward_weights(bars, seed=3, **STREAMS[stream])
    config = FILTERED.replace(mode=mode) if filtered else wb.RebalanceConfig.unfiltered(mode)
    arguments = {
        "rebalance": config,
        "costs": COSTS["percent"],
        "cash": 100_000.0,
        "conventions": conventions,
    }
    executor = weighbridge_backtrader.run(bars, targets, how="executor", **arguments)
    engine = wb.simulate(bars, targets, **arguments)
    assert len(engine.fills) > 10
    assert_records_equal(executor, engine)


@pytest.mark.parametrize("changes", [{"allow_fractional": True}, {"round_lots": True, "lot_size": 10},
                                     {"late_asset_policy": "require_history", "late_asset_min_bars": 20},
                                     {"missing_price_policy": "skip"}, {"headroom": 0.97},
                                     {"max_single_weight": 0.2, "max_gross_leverage": 0.7},
                                     {"cancel_before_rebalance": False}, {"account_for_pending": False,
                                      "cancel_before_rebalance": False}])  # fmt: skip
@pytest.mark.parametrize("mode", MODES)
def test_every_field_has_one_effect(mode: str, changes: dict[str, object]) -> None:
    bars = awkward_bars(seed=5, missing=0.15)
    targets = awkward_weights(bars, seed=5, every=2, gross=1.2)
    config = wb.RebalanceConfig(mode=mode, **changes)
    arguments = {"rebalance": config, "costs": COSTS["per_share_minimum"], "cash": 50_000.0}
    executor = weighbridge_backtrader.run(bars, targets, how="executor", **arguments)
    engine = wb.simulate(bars, targets, conventions="backtrader", **arguments)
    plain = wb.simulate(
        bars, targets, conventions="backtrader", **{**arguments, "rebalance": wb.RebalanceConfig(mode=mode)}
    )
    assert len(engine.fills) > 10
    assert not np.array_equal(plain.value, engine.value), "the field changed nothing: the case proves nothing"
    assert_records_equal(executor, engine)


@pytest.mark.parametrize("preset", [BACKTRADER_COC, BACKTRADER_COO], ids=lambda c: c.name)
def test_conventions_from_a_file_are_the_preset(preset: wb.Conventions) -> None:
    """A worker gets them as JSON: equal to the preset, but another object."""
    bars = awkward_bars(seed=3)
    targets = awkward_weights(bars, seed=3)
    again = wb.Conventions.from_dict(preset.as_dict())
    executor = weighbridge_backtrader.run(bars, targets, how="executor", conventions=again)
    engine = wb.simulate(bars, targets, conventions=preset, rebalance=wb.RebalanceConfig.unfiltered("snapshot"))
    assert_records_equal(executor, engine)


def test_executor_equals_native_in_snapshot() -> None:
    bars = awkward_bars(seed=7)
    targets = awkward_weights(bars, seed=7, gross=1.6, short=True)
    native = weighbridge_backtrader.run(bars, targets, how="native", costs=COSTS["percent"])
    executor = weighbridge_backtrader.run(bars, targets, how="executor", costs=COSTS["percent"])
    assert_records_equal(native, executor)


@pytest.mark.parametrize(
    "cerebro",
    [{"stdstats": True}, {"runonce": False}, {"preload": False, "runonce": False}, {"quicknotify": True}],
)
def test_cerebro_settings_change_nothing(cerebro: dict[str, bool]) -> None:
    bars = awkward_bars(seed=9, n_bars=80)
    targets = awkward_weights(bars, seed=9)
    for mode in MODES:
        config = wb.RebalanceConfig.unfiltered(mode)
        executor = weighbridge_backtrader.run(bars, targets, how="executor", rebalance=config, **cerebro)
        engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=config)
        assert_records_equal(executor, engine)


@pytest.mark.parametrize("cerebro", [{}, {"runonce": False}, {"preload": False, "runonce": False}])
def test_asset_that_never_trades(cerebro: dict[str, bool]) -> None:
    bars = awkward_bars(seed=4, n_assets=3)
    frames = {name: bars.frame(name).assign(NEVER=np.nan) for name in ("open", "high", "low", "close")}
    bars = wb.Bars.from_frames(**frames)
    targets = awkward_weights(bars, seed=4, gross=1.5)
    for config in (wb.RebalanceConfig.unfiltered("snapshot"), FILTERED):
        executor = weighbridge_backtrader.run(bars, targets, how="executor", rebalance=config, **cerebro)
        engine = wb.simulate(bars, targets, conventions="backtrader", rebalance=config)
        assert len(engine.fills) > 10
        assert_records_equal(executor, engine)


def test_fifty_assets_by_a_thousand_bars() -> None:
    bars = awkward_bars(1000, 50, seed=11, missing=0.01, late=10, ended=5)
    targets = awkward_weights(bars, seed=11, every=21, gross=1.2, short=True)
    arguments = {"costs": COSTS["percent"], "cash": 1e7}
    native = weighbridge_backtrader.run(bars, targets, how="native", **arguments)
    engine = wb.simulate(
        bars, targets, conventions="backtrader", rebalance=wb.RebalanceConfig.unfiltered(), **arguments
    )
    assert len(engine.fills) > 1000
    assert_records_equal(native, engine)
