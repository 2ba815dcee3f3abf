"""What must hold of every adapter, each claim stated once; `conformance_cases` says for which of its declarations.

A claim returns how many fills it compared, and fails where these are too few to show anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.simulation import simulate
from weighbridge.exceptions import UnsupportedError
from weighbridge.parity.adapter import Adapter, How
from weighbridge.parity.compare import Verdict, compare
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.sizing import Sizing
from weighbridge.rules.waiting import Waiting
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs
from weighbridge.testing.awkward import STREAMS, awkward_bars, awkward_weights
from weighbridge.testing.records import assert_records_equal

__all__ = [
    "FIELDS",
    "FILTERED",
    "MODES",
    "a_field_of_the_config",
    "any_kind_of_prices",
    "any_size",
    "contracts_too",
    "fractions_too",
    "nothing_asked_nothing_traded",
    "one_record_of_three",
]

MODES = tuple(RebalanceMode)
"""All three, in the order of their names' numbers."""

FILTERED = RebalanceConfig(min_trade_value=500.0, phase_timeout=2)
"""The defaults filter, cap and cancel; two bars of patience make the second phase wait where bars are missing."""

FIELDS: tuple[dict[str, Any], ...] = (
    {"min_trade_value": 2_000.0},
    {"min_weight_change": 0.08},
    {"allow_short": True},
    {"allow_fractional": False},
    {"round_lots": True, "lot_size": 10},
    {"max_single_weight": 0.2, "max_gross_leverage": 0.7},
    {"headroom": 0.9},
    {"late_asset_policy": "require_history", "late_asset_min_bars": 20},
    {"missing_price_policy": "skip"},
    {"cancel_before_rebalance": False},
    {"cancel_before_rebalance": False, "account_for_pending": False},
    {"phase_timeout": 3},
)
"""Fields of `RebalanceConfig`, each with another value than the default's."""

# What decides nothing where an order never waits.
WAITING = frozenset({"missing_price_policy", "cancel_before_rebalance", "account_for_pending", "phase_timeout"})

CASH = 100_000.0


def compared(
    adapter: Adapter, bars: Bars, targets: TargetWeights, mode: RebalanceMode, plain: RebalanceConfig, **given: Any
) -> RunRecord:
    """Hold executor and engine, and where `plain` says no more than the mode the native run, against each other.

    Natively only the default conventions must be followed; others may be refused by an `UnsupportedError`.
    """
    can, rules = adapter.capabilities, given["conventions"]
    about = f"{adapter.name}, {rules.name}, {plain}"
    ours = simulate(bars, targets, rebalance=plain, **given)
    executor = None
    if mode in can.executor_modes:
        executor = adapter.run(bars, targets, how="executor", rebalance=plain, **given)
        assert_records_equal(executor, ours, scenario=f"executor = engine: {about}", allow_empty=True)
        _check_provenance(adapter, executor, plain, rules, given["costs"])
    if mode in can.native_modes and plain == RebalanceConfig.unfiltered(mode):
        try:
            native = adapter.run(bars, targets, how="native", rebalance=plain, **given)
        except UnsupportedError:
            assert executor is not None, (
                f"{adapter.name} declares {rules.name} and {mode.name}, and nothing follows them"
            )
            assert rules != adapter.conventions[0], f"{adapter.name} does not follow its own conventions"
            return ours
        within: dict[str, Any] = {"tolerances": adapter.tolerances, "allow_empty": True}
        assert_records_equal(native, ours, scenario=f"native = engine: {about}", **within)
        _check_provenance(adapter, native, plain, rules, given["costs"])
        if executor is not None:
            assert_records_equal(executor, native, scenario=f"executor = native: {about}", **within)
    return ours


def _check_provenance(
    adapter: Adapter, record: RunRecord, config: RebalanceConfig, rules: Conventions, costs: Costs
) -> None:
    said = record.provenance
    assert said["conventions"] == rules.as_dict(), "the record names other conventions"
    assert said["rebalance"] == config.as_dict(), "the record names another config"
    assert said["costs"] == costs.as_dict(), "the record names other costs"
    assert said["framework"] == adapter.distribution, "the record names another framework"
    assert (record.order_table is not None) == adapter.capabilities.orders, "orders are not as they are declared"


def enough(fills: int, least: int) -> int:
    """Fail where too little was traded to show anything."""
    assert fills >= least, f"{fills} fills: hardly anything was traded, which proves nothing"
    return fills


def modes_of(adapter: Adapter) -> list[RebalanceMode]:
    """Return the modes that are declared, natively or for the executor."""
    return sorted(adapter.capabilities.native_modes | adapter.capabilities.executor_modes)


def one_record_of_three(adapter: Adapter, rules: Conventions, stream: str, costs: Costs, seed: int = 0) -> int:
    """Native = engine, executor = engine, executor = native: in every mode declared, unfiltered and filtered."""
    bars = awkward_bars(seed=seed, kinds=adapter.capabilities.awkward)
    targets = awkward_weights(bars, seed=seed, **STREAMS[stream])
    fills = 0
    for mode in modes_of(adapter):
        filtered = (FILTERED.replace(mode=mode),) if mode in adapter.capabilities.executor_modes else ()
        for config in (RebalanceConfig.unfiltered(mode), *filtered):
            ours = compared(adapter, bars, targets, mode, config, conventions=rules, costs=costs, cash=CASH)
            fills += len(ours.fill_table.bar)
    return enough(fills, 20)


def any_kind_of_prices(adapter: Adapter, kinds: Iterable[str], seed: int = 1) -> int:
    """The same with prices that are awkward in one way alone."""
    bars = awkward_bars(60, seed=seed, kinds=kinds)
    targets = awkward_weights(bars, seed=seed, every=3, gross=1.2)
    fills = 0
    for mode in modes_of(adapter):
        given: dict[str, Any] = {"conventions": adapter.conventions[0], "costs": Costs(), "cash": CASH}
        ours = compared(adapter, bars, targets, mode, RebalanceConfig.unfiltered(mode), **given)
        fills += len(ours.fill_table.bar)
    return enough(fills, 10)


def any_size(adapter: Adapter, n_bars: int, n_assets: int, every: int, cash: float) -> int:
    """The same with one asset, and with many."""
    bars = awkward_bars(n_bars, n_assets, seed=n_assets, kinds=adapter.capabilities.awkward)
    targets = awkward_weights(bars, seed=n_assets, every=every, gross=1.2, short=True)
    fills = 0
    for mode in modes_of(adapter):
        given: dict[str, Any] = {"conventions": adapter.conventions[0], "costs": Costs(), "cash": cash}
        ours = compared(adapter, bars, targets, mode, RebalanceConfig.unfiltered(mode), **given)
        fills += len(ours.fill_table.bar)
    return enough(fills, 10)


def a_field_of_the_config(adapter: Adapter, changes: dict[str, Any], seed: int = 5) -> int:
    """The executor does with a field what the engine does; and it changes something, where it can."""
    rules = adapter.conventions[0]
    bars = awkward_bars(seed=seed, kinds=adapter.capabilities.awkward)
    targets = awkward_weights(bars, seed=seed, every=2, gross=1.2, short="allow_short" in changes)
    given: dict[str, Any] = {"conventions": rules, "costs": Costs(), "cash": CASH}
    fills, effect = 0, False
    for mode in sorted(adapter.capabilities.executor_modes):
        plain = simulate(bars, targets, rebalance=RebalanceConfig(mode=mode), **given)
        ours = compared(adapter, bars, targets, mode, RebalanceConfig(mode=mode, **changes), **given)
        effect = effect or not np.array_equal(plain.value, ours.value)
        fills += len(ours.fill_table.bar)
    about_waiting = changes.keys() <= WAITING
    if (about_waiting and rules.waiting is Waiting.NEVER) or (
        "allow_fractional" in changes and rules.sizing is not Sizing.QUANTITY_DIFFERENCE
    ):
        assert not effect, f"{changes} changed something, where nothing waits or all units are whole"
    elif adapter.capabilities.awkward >= {"missing", "late"} and not (about_waiting and rules.fill.immediate):
        assert effect, f"{changes} changed nothing: the case proves nothing"
    return enough(fills, 10)


def fractions_too(adapter: Adapter) -> int:
    """The executor fills fractions of a unit as the engine does."""
    bars = awkward_bars(60, seed=6, kinds=adapter.capabilities.awkward)
    targets = awkward_weights(bars, seed=6, every=3)
    given: dict[str, Any] = {"conventions": adapter.conventions[0], "costs": Costs(), "cash": CASH}
    fills = 0
    for mode in sorted(adapter.capabilities.executor_modes):
        ours = compared(adapter, bars, targets, mode, RebalanceConfig(mode=mode, allow_fractional=True), **given)
        quantity = ours.fill_table.quantity
        assert (quantity != np.floor(quantity)).any(), "no fraction was traded: the case proves nothing"
        fills += len(quantity)
    return enough(fills, 10)


def contracts_too(adapter: Adapter, seed: int = 3) -> int:
    """A multiplier with a margin, and a leverage, in every mode that is declared."""
    bars = awkward_bars(seed=seed, kinds=adapter.capabilities.awkward)
    targets = awkward_weights(bars, seed=seed, gross=1.5, short=True)
    contracts = {bars.assets[0]: Contract(multiplier=5.0, margin=60.0), bars.assets[1]: Contract(leverage=2.0)}
    fills = 0
    for mode in modes_of(adapter):
        given: dict[str, Any] = {"conventions": adapter.conventions[0], "costs": Costs(), "contracts": contracts}
        ours = compared(adapter, bars, targets, mode, RebalanceConfig.unfiltered(mode), cash=CASH, **given)
        fills += len(ours.fill_table.bar)
    return enough(fills, 10)


def nothing_asked_nothing_traded(adapter: Adapter) -> int:
    """Targets of 0.0 trade nothing, and two such records are no pass."""
    bars = awkward_bars(20, 2, seed=9, kinds=())
    zeros = TargetWeights(pd.DataFrame(np.zeros((4, 2)), bars.index[::5], list(bars.assets)))
    can = adapter.capabilities
    hows: tuple[tuple[How, frozenset[RebalanceMode]], ...]
    hows = (("native", can.native_modes), ("executor", can.executor_modes))
    for how, modes in hows:
        for mode in sorted(modes):
            record = adapter.run(bars, zeros, how=how, rebalance=RebalanceConfig.unfiltered(mode), cash=CASH)
            assert len(record.fill_table.bar) == 0, f"{adapter.name} traded although every target was 0.0"
            assert (record.value == CASH).all(), f"{adapter.name} traded nothing, and its value changed"
            assert compare(record, record).verdict is Verdict.EMPTY
    return 0
