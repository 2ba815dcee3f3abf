"""The conformance suite for adapters of others, on packages written for the occasion."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from weighbridge.exceptions import MissingExtraError
from weighbridge.testing import check_adapter

SOURCE = """
from __future__ import annotations

from dataclasses import replace

from weighbridge.parity.adapter import Adapter, Capabilities, Framework
from weighbridge.parity.opened import opened
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import BACKTRADER
from weighbridge.settings.costs import Costs
from weighbridge.exceptions import UnsupportedError
from weighbridge.engine.simulation import simulate

DEFAULT_COSTS = Costs()

FRAMEWORK = Framework(
    name="sample",
    distribution="hypothesis",
    versions=">=1.0",
    extra="sample",
    conventions=(BACKTRADER, ),
    plain_function="it",
)


class Broker:
    pass


def run(bars, targets, *, how, rebalance=None, costs=None, cash=1e6, conventions=None):
    if how == "native" and rebalance is not None and rebalance.mode is not RebalanceMode.SNAPSHOT:
        raise UnsupportedError("native knows SNAPSHOT only")
    if costs not in (None, Costs()):
        raise UnsupportedError("nothing costs anything here")
    setup = opened(FRAMEWORK, bars, targets, how, rebalance=rebalance, cash=cash, conventions=conventions)
    rebalance = setup.rebalance
    return told(simulate(bars, targets, conventions=BACKTRADER, rebalance=rebalance, costs=costs, cash=cash))


def told(record):
    return replace(record, provenance={**record.provenance, "framework": "hypothesis"})


ADAPTER = Adapter(
    name="sample",
    distribution="hypothesis",
    versions=">=1",
    extra="sample",
    conventions=(BACKTRADER,),
    capabilities=Capabilities(
        native_modes=frozenset({RebalanceMode.SNAPSHOT}),
        executor_modes=frozenset(RebalanceMode),
        costs=frozenset({"NoCommission", "NoSlippage"}),
        fractional=True,
        orders=True,
    ),
    default_costs=DEFAULT_COSTS,
    run=run,
)
"""

Make = Callable[[str], ModuleType]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Write a package with this source and import it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source: str) -> ModuleType:
        (tmp_path / "sample_adapter.py").write_text(source, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module("sample_adapter")

    yield write
    sys.modules.pop("sample_adapter", None)


def test_a_good_adapter_conforms(make: Make) -> None:
    check_adapter(make(SOURCE).ADAPTER)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("class Broker:", "class Port:", "does not offer Broker"),
        ("default_costs=DEFAULT_COSTS", "default_costs=replace(DEFAULT_COSTS)", None),
        ("conventions=(BACKTRADER,),", "conventions=(),", "no conventions"),
        (
            "return told(simulate(bars, targets,",
            "targets = targets if targets.weights.any() else type(targets)(targets.frame + 0.5)\n"
            "    return told(simulate(bars, targets,",
            "traded although every target was 0.0",
        ),
        ("native_modes=frozenset({RebalanceMode.SNAPSHOT})", "native_modes=frozenset(RebalanceMode)", "could not run"),
        ("executor_modes=frozenset(RebalanceMode)", "executor_modes=frozenset()", "does not declare SNAPSHOT"),
        ("rebalance=rebalance, costs=costs, cash=cash))", "rebalance=rebalance, cash=cash / 2))", "its value changed"),
        ("from weighbridge.parity.adapter", "import hypothesis\nfrom weighbridge.parity.adapter", "without hypothesis"),
    ],
)
def test_what_is_missing_is_named(make: Make, old: str, new: str, message: str | None) -> None:
    assert old in SOURCE
    adapter = make(SOURCE.replace(old, new, 1)).ADAPTER
    if message is None:
        check_adapter(adapter)
        return
    with pytest.raises(AssertionError, match=message):
        check_adapter(adapter)


def test_an_adapter_whose_framework_is_missing_cannot_be_checked(make: Make) -> None:
    adapter = make(SOURCE.replace('"hypothesis"', '"no-such-distribution"')).ADAPTER
    with pytest.raises(MissingExtraError):
        check_adapter(adapter)
