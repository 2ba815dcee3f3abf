"""The same decisions leave the same record in `simulate` and in `Engine`, bit for bit, however they are asked for."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from parity_tests.core.events.material import Weights, rows_of
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights

MODES = ("snapshot", "incremental", "hybrid")
CONVENTIONS = ("reference", "backtrader", "backtrader-coc", "backtrader-coo")
CONFIGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "patient": {"phase_timeout": 3, "late_asset_policy": "require_history", "late_asset_min_bars": 4},
    "counting": {"cancel_before_rebalance": False, "unlisted": "hold", "allow_short": True},
    "forgetful": {"cancel_before_rebalance": False, "account_for_pending": False, "missing_price_policy": "skip"},
    "lots": {"round_lots": True, "lot_size": 10, "max_single_weight": 0.4, "headroom": 0.98},
}


def config(name: str, mode: str) -> wb.RebalanceConfig:
    if name == "unfiltered":
        return wb.RebalanceConfig.unfiltered(mode)
    return wb.RebalanceConfig(mode=mode, **CONFIGS[name])


def check(seed: int, settings: dict[str, Any], *, short: bool = False, gross: float = 1.0) -> None:
    # Every third bar, with missing bars: orders are often still open at the next decision.
    bars = awkward_bars(120, seed=seed)
    targets = awkward_weights(bars, seed=seed, every=3, short=short, gross=gross)
    expected = wb.simulate(bars, targets, **settings)
    for how in ("compiled", "executor", "data", "plain"):
        got = wb.Engine(bars, Weights(rows_of(targets), how), **settings).run()
        assert_records_equal(expected, got, scenario=f"seed {seed}, {how}")
        assert expected.orders is not None
        assert got.orders is not None
        assert expected.orders.equals(got.orders)


@pytest.mark.parametrize(("mode", "conventions"), list(itertools.product(MODES, CONVENTIONS)))
@pytest.mark.parametrize("name", ["unfiltered", *CONFIGS])
def test_every_config(mode: str, conventions: str, name: str) -> None:
    settings = {"conventions": conventions, "rebalance": config(name, mode), "costs": COSTS["percent"], "cash": 1e5}
    check(1, settings)


@pytest.mark.parametrize(("mode", "conventions"), list(itertools.product(MODES, CONVENTIONS)))
@pytest.mark.parametrize("costs", COSTS)
def test_every_cost(mode: str, conventions: str, costs: str) -> None:
    settings = {"conventions": conventions, "rebalance": config("counting", mode), "costs": COSTS[costs], "cash": 1e5}
    check(2, settings, short=True, gross=1.3)


def test_targets_one_by_one_are_the_snapshot_of_the_native_functions() -> None:
    bars = awkward_bars(120, seed=3)
    targets = awkward_weights(bars, seed=3, every=4)
    unfiltered = wb.RebalanceConfig.unfiltered("snapshot")

    class OneByOne(Weights):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            weights = {name: w for name, w in self.rows.get(timestamp, {}).items() if w is not None}
            value = broker.get_account_value()
            reduced = {n: w for n, w in weights.items() if w * value < broker.get_position(n).market_value}
            for name in [*reduced, *(n for n in weights if n not in reduced)]:
                broker.order_target_percent(name, weights[name])

    for conventions in ("reference", "backtrader"):
        settings: dict[str, Any] = {"conventions": conventions, "rebalance": unfiltered, "cash": 1e5}
        got = wb.Engine(bars, OneByOne(rows_of(targets)), **settings).run()
        assert_records_equal(wb.simulate(bars, targets, **settings), got, scenario=conventions)


def test_asking_at_every_bar_changes_nothing() -> None:
    bars = awkward_bars(120, seed=4)
    rows = rows_of(awkward_weights(bars, seed=4, every=5))

    class Curious(Weights):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            broker.get_account_value(), broker.get_cash(), broker.positions, broker.pending_orders
            super().on_data(timestamp, data, context, broker)

    for mode in MODES:
        settings: dict[str, Any] = {"rebalance": config("counting", mode), "cash": 1e5}
        quiet, curious = (wb.Engine(bars, kind(rows), **settings).run() for kind in (Weights, Curious))
        assert_records_equal(quiet, curious, scenario=mode)


def test_more_orders_than_memory_was_taken_for() -> None:
    bars = awkward_bars(400, 40, seed=5)
    targets = awkward_weights(bars, seed=5, every=1)
    settings: dict[str, Any] = {"rebalance": wb.RebalanceConfig.unfiltered("hybrid"), "cash": 1e7}
    expected = wb.simulate(bars, targets, **settings)
    got = wb.Engine(bars, Weights(rows_of(targets)), **settings).run()
    assert len(expected.fills) > 8192
    assert_records_equal(expected, got)
