"""What an adapter must refuse: everything that it does not declare, and what is wrong; by an error of Weighbridge's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.inputs import needed_fields
from weighbridge.exceptions import UnsupportedError, WeighbridgeError
from weighbridge.parity.adapter import Adapter
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import PRESETS
from weighbridge.settings.costs import Commission, Costs
from weighbridge.testing.awkward import COMMISSIONS, SLIPPAGES, awkward_bars, awkward_weights

__all__ = ["refuses", "what_is_refused"]

BARS = awkward_bars(30, 2, seed=2, kinds=())
TARGETS = awkward_weights(BARS, seed=2)


def what_is_refused(adapter: Adapter) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each refusal is called, and what `run` is told beside or instead of good bars and targets."""
    can = adapter.capabilities
    hows: dict[str, frozenset[RebalanceMode]] = {"native": can.native_modes, "executor": can.executor_modes}
    for how, modes in hows.items():
        for mode in sorted(frozenset(RebalanceMode) - modes):
            yield f"{how}-{mode.name.lower()}", {"how": how, "rebalance": RebalanceConfig.unfiltered(mode)}
        if not modes:
            continue
        good: dict[str, Any] = {"how": how, "rebalance": RebalanceConfig.unfiltered(min(modes))}
        for model in (*COMMISSIONS, *SLIPPAGES):
            if type(model).__name__ not in can.costs:
                costs = Costs(commission=model) if isinstance(model, Commission) else Costs(slippage=model)
                yield f"{how}-{model}", {**good, "costs": costs}
        other = next(preset for preset in PRESETS.values() if not adapter.follows(preset))
        yield f"{how}-rules-of-others", {**good, "conventions": other}
        yield f"{how}-unknown-conventions", {**good, "conventions": "no such conventions"}
        for cash in (-1.0, float("nan"), "much"):
            yield f"{how}-cash-{cash}", {**good, "cash": cash}
        for field in sorted({*needed_fields(adapter.conventions[0], Costs())} - {"close"}):
            yield f"{how}-no-{field}", {**good, "bars": _without(field)}
        elsewhere = pd.DataFrame(0.5, BARS.index[:1], [*BARS.assets, "elsewhere"])
        yield f"{how}-unknown-asset", {**good, "targets": TargetWeights(elsewhere)}
        never = pd.DataFrame(0.5, BARS.index[:1] - pd.Timedelta(days=9), [*BARS.assets])
        yield f"{how}-unknown-bar", {**good, "targets": TargetWeights(never)}
        if not can.contracts:
            yield f"{how}-contracts", {**good, "contracts": {BARS.assets[0]: Contract(multiplier=5.0)}}
        if not can.fractional:
            yield f"{how}-fractions", {**good, "rebalance": good["rebalance"].replace(allow_fractional=True)}
    if can.native_modes:
        thresholds = RebalanceConfig(mode=min(can.native_modes), min_trade_value=500.0)
        yield "native-thresholds", {"how": "native", "rebalance": thresholds}
    yield "neither", {"how": "neither"}


def _without(field: str) -> Bars:
    names = {"close", "open", "high", "low", "volume"} - {field}
    frames: dict[str, Any] = {name: BARS.frame(name) for name in names}
    return Bars.from_frames(**frames)


def refuses(adapter: Adapter, name: str, told: dict[str, Any]) -> int:
    """`run` raises an error that is Weighbridge's, and runs where it is told nothing of the kind.

    An argument that it does not have is refused by Python; a mode that it does not declare by an `UnsupportedError`.
    """
    given: dict[str, Any] = {"bars": BARS, "targets": TARGETS, "cash": 100_000.0, **told}
    bars, targets = given.pop("bars"), given.pop("targets")
    undeclared = name.split("-")[-1].upper() in RebalanceMode.__members__
    kind = UnsupportedError if undeclared else WeighbridgeError
    try:
        adapter.run(bars, targets, **given)
    except kind:
        return 0
    except TypeError as error:
        if "contracts" in told and "contracts" in str(error):
            return 0
        raise AssertionError(f"{adapter.name} is told {told} and raises {error!r}, no WeighbridgeError") from error
    except Exception as error:
        raise AssertionError(f"{adapter.name} is told {told} and raises {error!r}, no {kind.__name__}") from error
    what = " ".join(part.upper() if undeclared and place else part for place, part in enumerate(name.split("-")))
    raise AssertionError(f"{adapter.name} {what}: it does not declare {what.partition(' ')[2]}, but runs")
