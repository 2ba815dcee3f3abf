"""VectorBT's own simulation, the executor inside it and the engine agree bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity_tests.adapters.vectorbt.claims import (
    CASH,
    MODES,
    a_field_of_the_config,
    any_costs_limits_and_price,
    from_one_asset_to_hundreds,
    the_portfolio_is_the_engines,
)
from parity_tests.adapters.vectorbt.material import awkward
from weighbridge import Costs, PercentCommission, RebalanceConfig, simulate
from weighbridge.settings.conventions import VECTORBT
from weighbridge.settings.limits import Limits
from weighbridge.testing import assert_records_equal
from weighbridge_vectorbt import run

# The adapter's executor compiles VectorBT's simulation, once in a process: one worker runs all of these.
pytestmark = pytest.mark.xdist_group("vectorbt")


@pytest.mark.parametrize("direction", ["both", "longonly", "shortonly"])
@pytest.mark.parametrize("seed", range(12))
def test_any_costs_limits_and_price(direction: str, seed: int) -> None:
    any_costs_limits_and_price(seed, direction)


@pytest.mark.parametrize(
    "changes",
    [
        {"fees": 0.002},
        {"fixed": 3.0},
        {"slippage": 0.01},
        {"size_granularity": 1.0},
        {"min_size": 5.0},
        {"max_size": 20.0},
        {"max_size": 20.0, "allow_partial": False},
        {"allow_partial": False},
        {"lock_cash": True},
    ],
)
def test_each_rule_has_an_effect_in_the_engine(changes: dict[str, Any]) -> None:
    """The fuzz above would agree on what neither side did: here each rule changes fills or denials."""
    from weighbridge import FixedCommission, NoCommission, NoSlippage, PercentSlippage

    bars, targets = awkward(3, 60, 8)
    rest = dict(changes)
    commission: Any = NoCommission()
    if "fees" in rest:
        commission = PercentCommission(rest.pop("fees"))
    elif "fixed" in rest:
        commission = FixedCommission(rest.pop("fixed"))
    slipped = rest.pop("slippage", None)
    costs = Costs(commission=commission, slippage=PercentSlippage(slipped) if slipped else NoSlippage())
    config = RebalanceConfig.unfiltered("hybrid")
    plain = simulate(bars, targets, conventions="vectorbt", rebalance=config, cash=CASH)
    conventions = VECTORBT.replace(limits=Limits(**rest))
    engine = simulate(bars, targets, conventions=conventions, rebalance=config, costs=costs, cash=CASH)
    native = run(bars, targets, how="native", conventions=conventions, rebalance=config, costs=costs, cash=CASH)
    assert_records_equal(native, engine)
    assert len(engine.fills) > 30
    assert not np.array_equal(plain.value, engine.value)


@pytest.mark.parametrize("n_assets", [1, 50, 500])
@pytest.mark.parametrize("rare", [False, True])
def test_from_one_asset_to_five_hundred(n_assets: int, rare: bool) -> None:
    assert from_one_asset_to_hundreds(n_assets, rare) > 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"min_trade_value": 800.0, "min_weight_change": 0.0},
        {"min_trade_value": 0.0, "min_weight_change": 0.05},
        {"allow_short": True},
        {"allow_fractional": False},
        {"round_lots": True, "lot_size": 10},
        {"max_single_weight": 0.1},
        {"max_gross_leverage": 0.5},
        {"headroom": 0.9},
        {"late_asset_policy": "require_history", "late_asset_min_bars": 20},
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_every_field_of_the_config_has_one_effect(mode: str, changes: dict[str, Any]) -> None:
    assert a_field_of_the_config(mode, changes) > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"missing_price_policy": "skip"},
        {"unlisted": "hold"},
        {"cancel_before_rebalance": False},
        {"account_for_pending": False},
        {"phase_timeout": 5},
    ],
)
def test_fields_about_waiting_orders_have_none(changes: dict[str, Any]) -> None:
    bars, targets = awkward(9, 80, 10)
    plain, changed = (
        simulate(bars, targets, conventions="vectorbt", rebalance=RebalanceConfig(**fields)) for fields in ({}, changes)
    )
    assert_records_equal(plain, changed)


def test_the_modes_differ() -> None:
    """SNAPSHOT filters what was planned, HYBRID what the cash leaves of it, INCREMENTAL against a live value."""
    bars, targets = awkward(11, 80, 10, "longonly")
    arguments: dict[str, Any] = {"costs": Costs(commission=PercentCommission(0.01)), "cash": 10_000.0}
    values: set[float] = set()
    for mode in MODES:
        config = RebalanceConfig.unfiltered(mode, min_trade_value=400.0)
        engine = simulate(bars, targets, conventions="vectorbt", rebalance=config, **arguments)
        assert_records_equal(run(bars, targets, how="executor", rebalance=config, **arguments), engine)
        values.add(float(engine.value[-1]))
    assert len(values) == 3


@pytest.mark.parametrize("price", ["close", "open", "next_open", "next_close"])
def test_the_portfolio_has_the_engines_fills_and_value(price: str) -> None:
    assert the_portfolio_is_the_engines(price) > 50


def test_without_a_log_the_fills_are_the_same() -> None:
    bars, targets = awkward(13, 40, 6)
    with_log, without = (run(bars, targets, how="executor", log=log) for log in (True, False))
    assert with_log.fill_table.quantity.tobytes() == without.fill_table.quantity.tobytes()
    assert len(without.denials) == 0
