"""What is peculiar to Backtrader beside what every adapter shows (parity_tests/adapters/test_conformance.py)."""

from __future__ import annotations

import numpy as np
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from weighbridge.settings.conventions import BACKTRADER_COC, BACKTRADER_COO
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights
from weighbridge.testing.claims import FILTERED, MODES


@pytest.mark.parametrize("preset", [BACKTRADER_COC, BACKTRADER_COO], ids=lambda c: c.name)
def test_conventions_from_a_file_are_the_preset(preset: wb.Conventions) -> None:
    """A worker gets them as JSON: equal to the preset, but another object."""
    bars = awkward_bars(seed=3)
    targets = awkward_weights(bars, seed=3)
    again = wb.Conventions.from_dict(preset.as_dict())
    executor = weighbridge_backtrader.run(bars, targets, how="executor", conventions=again)
    engine = wb.simulate(bars, targets, conventions=preset, rebalance=wb.RebalanceConfig.unfiltered("snapshot"))
    assert_records_equal(executor, engine)


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
