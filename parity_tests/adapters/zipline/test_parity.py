"""What is peculiar to Zipline beside what every adapter shows (parity_tests/adapters/test_conformance.py)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_zipline
from parity_tests.adapters.zipline.material import COSTS, STREAMS, awkward_bars
from weighbridge.parity.embedded import embedded_bars
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights
from weighbridge.testing.claims import FILTERED, MODES

UNFILTERED = wb.RebalanceConfig.unfiltered


def assert_identical(one: wb.RunRecord, other: wb.RunRecord) -> None:
    """Fills, denials, orders, cash and value, without any tolerance."""
    assert_records_equal(one, other)
    for table in ("order_table", "fill_table", "denial_table"):
        for column, twin in zip(getattr(one, table), getattr(other, table), strict=True):
            assert np.array_equal(column, twin), table
    assert one.cash.tobytes() == other.cash.tobytes()
    assert one.value.tobytes() == other.value.tobytes()
    pd.testing.assert_frame_equal(one.positions, other.positions, check_exact=True)


def engine(bars: wb.Bars, targets: wb.TargetWeights, config: wb.RebalanceConfig, **options: object) -> wb.RunRecord:
    return wb.simulate(bars, targets, conventions="zipline", rebalance=config, **options)


def test_the_material_has_what_it_is_for() -> None:
    bars = awkward_bars(seed=1)
    over = awkward_weights(bars, seed=1, **STREAMS["over_allocated"])
    options = {"costs": COSTS["volume_share"], "cash": 10_000_000.0}
    record = weighbridge_zipline.run(bars, over, how="native", **options)
    assert (record.cash < 0.0).any()
    assert set(record.denials["rule"]) == {"auto_close"}
    assert record.orders is not None
    assert len(record.fills) > len(record.orders), "no order filled in parts"
    ended = np.flatnonzero(bars.last_bar < bars.n_bars - 1)
    assert len(ended) == 2
    assert (bars.first_bar > 0).any()
    liquidated = record.fills.merge(
        pd.DataFrame({"bar": bars.last_bar[ended] + 1, "asset": np.array(bars.assets)[ended]})
    )
    assert len(liquidated)


def test_an_asset_that_never_trades() -> None:
    bars = awkward_bars(60, 3, seed=4, ended=0, late=1)
    bars = wb.Bars.from_frames(**{name: bars.frame(name).assign(NEVER=np.nan) for name in ("close", "volume")})
    targets = awkward_weights(bars, seed=4, every=4, gross=1.5)
    for config in (UNFILTERED("hybrid"), FILTERED):
        executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config)
        assert_identical(executor, engine(bars, targets, config))


@pytest.fixture(scope="module")
def embedded() -> tuple[wb.Bars, wb.TargetWeights]:
    bars = embedded_bars().slice(0, 1000)
    return bars, awkward_weights(bars, seed=9, every=21, gross=1.3, short=True)


@pytest.mark.parametrize("costs", ["free", "defaults", "volume_share"])
def test_embedded_prices(costs: str, embedded: tuple[wb.Bars, wb.TargetWeights]) -> None:
    bars, targets = embedded
    native = weighbridge_zipline.run(bars, targets, how="native", costs=COSTS[costs])
    record = engine(bars, targets, UNFILTERED("snapshot"), costs=COSTS[costs])
    assert len(record.fills) > 100
    assert_identical(native, record)
    for mode in MODES:
        config = FILTERED.replace(mode=mode)
        executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config, costs=COSTS[costs])
        assert_identical(executor, engine(bars, targets, config, costs=COSTS[costs]))


def test_fifty_assets_by_a_thousand_bars() -> None:
    bars = awkward_bars(1000, 50, seed=11, missing=0.01, late=10, ended=5)
    targets = awkward_weights(bars, seed=11, every=21, gross=1.2, short=True)
    options = {"costs": COSTS["defaults"], "cash": 1e8}
    native = weighbridge_zipline.run(bars, targets, how="native", **options)
    record = engine(bars, targets, UNFILTERED("snapshot"), **options)
    assert len(record.fills) > 2000
    assert_identical(native, record)
    for mode in ("hybrid", "incremental"):
        executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=UNFILTERED(mode), **options)
        assert_identical(executor, engine(bars, targets, UNFILTERED(mode), **options))


def test_more_fills_than_there_was_room_for() -> None:
    bars = awkward_bars(400, 1, seed=2, missing=0.0, late=0, ended=0, zero_volume=0.0, volume=100.0)
    targets = wb.TargetWeights(pd.DataFrame({"A0": [1.0]}, bars.index[:1]))
    native = weighbridge_zipline.run(bars, targets, how="native", costs=COSTS["defaults"], cash=1e9)
    record = engine(bars, targets, UNFILTERED("snapshot"), costs=COSTS["defaults"], cash=1e9)
    assert len(record.fills) > 300, "one order, a part at every bar"
    assert_identical(native, record)


def test_a_price_that_buys_nothing() -> None:
    bars = wb.Bars.from_frames(
        close=pd.DataFrame({"A": [1e-3, 1e-3, 5e-7, 5e-7, 1e-3]}, pd.bdate_range("2015-01-05", periods=5))
    )
    targets = wb.TargetWeights(pd.DataFrame({"A": [0.5, 0.9]}, bars.index[[0, 2]]))
    native = weighbridge_zipline.run(bars, targets, how="native", cash=1000.0)
    # 500,000 units at 0.001; at 0.0000005 any target closes the position.
    assert native.fills["quantity"].tolist() == [500_000.0, -500_000.0]
    assert_identical(native, engine(bars, targets, UNFILTERED("snapshot"), cash=1000.0))


def test_what_the_conventions_refuse() -> None:
    bars = awkward_bars(20, 2, late=0, ended=0)
    targets = awkward_weights(bars, every=4)
    with pytest.raises(wb.exceptions.UnsupportedError, match="whole units"):
        engine(bars, targets, UNFILTERED().replace(allow_fractional=True))
    with pytest.raises(wb.exceptions.BarsError, match="volume"):
        engine(wb.Bars.from_frames(close=bars.frame("close")), targets, UNFILTERED(), costs=COSTS["defaults"])
    with pytest.raises(wb.exceptions.UnsupportedError, match="FixedBasisPointsSlippage"):
        wb.simulate(
            wb.Bars.from_frames(close=bars.frame("close"), open=bars.frame("close"), volume=bars.frame("volume")),
            targets,
            costs=wb.Costs(slippage=wb.FixedBasisPointsSlippage()),
        )


def test_an_order_beyond_the_limit_is_an_error_on_both_sides() -> None:
    bars = wb.Bars.from_frames(close=pd.DataFrame({"A": [0.01] * 3}, pd.bdate_range("2015-01-05", periods=3)))
    targets = wb.TargetWeights(pd.DataFrame({"A": [1.0]}, bars.index[:1]))
    for how in ("native", "executor"):
        with pytest.raises(wb.exceptions.ExecutionError):
            weighbridge_zipline.run(bars, targets, how=how, cash=1e10)
    with pytest.raises(wb.exceptions.ExecutionError, match="'A'"):
        engine(bars, targets, UNFILTERED("snapshot"), cash=1e10)
