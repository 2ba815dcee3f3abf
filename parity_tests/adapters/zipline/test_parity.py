"""Zipline's own functions, the executor inside Zipline and the engine agree bit for bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_zipline
from parity_tests.adapters.weights import awkward_weights
from parity_tests.adapters.zipline.material import COSTS, STREAMS, awkward_bars
from weighbridge.parity.embedded import embedded_bars
from weighbridge.testing import assert_records_equal, check_adapter

MODES = ("snapshot", "hybrid", "incremental")
UNFILTERED = wb.RebalanceConfig.unfiltered
# The defaults filter, cap and cancel; two bars of patience make the second phase wait where orders do not fill.
FILTERED = wb.RebalanceConfig(min_trade_value=500.0, phase_timeout=2)


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


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("stream", STREAMS)
def test_native_equals_engine(stream: str, costs: str) -> None:
    bars = awkward_bars(seed=1)
    targets = awkward_weights(bars, seed=1, **STREAMS[stream])
    options = {"costs": COSTS[costs], "cash": 10_000_000.0}
    native = weighbridge_zipline.run(bars, targets, how="native", **options)
    record = engine(bars, targets, UNFILTERED("snapshot"), **options)
    assert len(record.fills) > 50
    assert_identical(native, record)
    executor = weighbridge_zipline.run(bars, targets, how="executor", **options)
    assert_identical(native, executor)


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


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("costs", ["defaults", "volume_share", "percent", "limited_fixed"])
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("filtered", [False, True], ids=["unfiltered", "filtered"])
def test_executor_equals_engine(mode: str, costs: str, stream: str, filtered: bool) -> None:
    bars = awkward_bars(80, seed=3)
    targets = awkward_weights(bars, seed=3, **STREAMS[stream])
    config = FILTERED.replace(mode=mode) if filtered else UNFILTERED(mode)
    options = {"costs": COSTS[costs], "cash": 5_000_000.0}
    executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config, **options)
    record = engine(bars, targets, config, **options)
    assert len(record.fills) > 10
    assert_identical(executor, record)


@pytest.mark.parametrize("changes", [{"allow_fractional": False}, {"round_lots": True, "lot_size": 10},
                                     {"late_asset_policy": "require_history", "late_asset_min_bars": 20},
                                     {"missing_price_policy": "skip"}, {"headroom": 0.97},
                                     {"max_single_weight": 0.2, "max_gross_leverage": 0.7},
                                     {"cancel_before_rebalance": False}, {"account_for_pending": False,
                                      "cancel_before_rebalance": False}, {"phase_timeout": 3}])  # fmt: skip
@pytest.mark.parametrize("mode", MODES)
def test_every_field_has_one_effect(mode: str, changes: dict[str, object]) -> None:
    bars = awkward_bars(seed=5, missing=0.15)
    targets = awkward_weights(bars, seed=5, every=2, gross=1.2)
    config = wb.RebalanceConfig(mode=mode, **changes)
    options = {"costs": COSTS["defaults"], "cash": 20_000_000.0}
    executor = weighbridge_zipline.run(bars, targets, how="executor", rebalance=config, **options)
    record = engine(bars, targets, config, **options)
    assert len(record.fills) > 10
    assert_identical(executor, record)
    plain = engine(bars, targets, wb.RebalanceConfig(mode=mode), **options)
    without_effect = "allow_fractional" in changes or ("phase_timeout" in changes and mode == "snapshot")
    assert np.array_equal(plain.value, record.value) == without_effect


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


def test_conformance() -> None:
    check_adapter(weighbridge_zipline.ADAPTER)
