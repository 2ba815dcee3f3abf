"""One random case through a framework and through the engine, and what the comparison finds."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

import weighbridge as wb
from parity_tests.campaign.building import Built, built
from parity_tests.campaign.cases import Case, drawn
from weighbridge.parity.compare import compare

__all__ = ["FRAMEWORKS", "Outcome", "tried"]

FRAMEWORKS = ("backtrader", "vectorbt", "zipline")
# Cheat-on-open has no native way: `order_target_percent` compares with the close of a bar that has only opened.
_EXECUTOR_ONLY = frozenset({"backtrader-coo"})
_HOW = ("native", "executor")


class Outcome(NamedTuple):
    """Hold what came of a case: the verdict's name, "refused" or "failed"; and what there is to say of it."""

    case: Case
    framework: str
    how: str
    verdict: str
    fills: int
    text: str

    @property
    def agrees(self) -> bool:
        """Say whether framework and engine did the same; refusing on both sides and trading nothing is the same."""
        return self.verdict in ("identical", "within", "empty", "refused")


@cache
def _adapter(framework: str) -> Any:
    return import_module(f"weighbridge_{framework}").ADAPTER


def _drawn_for(framework: str, seed: int) -> tuple[Case, str]:
    """Draw a case that a framework says it can run, and how it is to run it."""
    adapter = _adapter(framework)
    # Apart from the numbers that the case itself is drawn from.
    random = np.random.default_rng([seed, 1])
    presets = [one.name for one in adapter.conventions]
    preset = str(random.choice(presets))
    how = "executor" if preset in _EXECUTOR_ONLY else str(random.choice(_HOW))
    modes = sorted(mode.name.lower() for mode in adapter.capabilities.native_modes)
    native = str(random.choice(modes)) if how == "native" else None
    return drawn(seed, preset=preset, small=True, native=native), how


def tried(framework: str, seed: int) -> Outcome:
    """Run a seed through a framework and through the engine."""
    case, how = _drawn_for(framework, seed)
    known = {model["model"] for model in case.costs.values()}
    assert known <= _adapter(framework).capabilities.costs, (framework, known)
    try:
        given = built(case)
    except wb.WeighbridgeError as error:
        return Outcome(case, framework, how, "failed", 0, f"the case cannot be built: {error}")
    sides = [_ran(lambda: _in_framework(framework, how, given)), _ran(lambda: _in_engine(given))]
    errors = [side if isinstance(side, str) else "" for side in sides]
    if all(errors):
        return Outcome(case, framework, how, "refused", 0, "\n".join(errors))
    if any(errors):
        who = framework if errors[0] else "the engine"
        return Outcome(case, framework, how, "failed", 0, f"{who} alone: {errors[0] or errors[1]}")
    tolerances = _adapter(framework).tolerances if how == "native" else ()
    found = compare(*sides, scenario=f"seed {seed}", tolerances=tolerances)
    return Outcome(case, framework, how, found.verdict.value, found.fills, found.explain())


def _in_framework(framework: str, how: str, given: Built) -> wb.RunRecord:
    return _adapter(framework).run(given.bars, given.targets, how=how, **given.settings, **given.more)


def _in_engine(given: Built) -> wb.RunRecord:
    return wb.simulate(given.bars, given.targets, **given.settings, **given.more)


def _ran(run: Any) -> wb.RunRecord | str:
    with warnings.catch_warnings():
        # Frameworks warn of their own sources; what they make of a case is in the record.
        warnings.simplefilter("ignore")
        try:
            return run()
        except Exception as error:  # noqa: BLE001  a framework may raise anything, and the campaign goes on
            return f"{type(error).__name__}: {error}"
