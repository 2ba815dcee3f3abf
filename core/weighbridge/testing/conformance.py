"""What every adapter is held to, and the equality of two records."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import packages_distributions

import numpy as np
import pandas as pd

from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import UnsupportedError
from weighbridge.parity.adapter import Adapter
from weighbridge.parity.compare import Tolerance, Verdict, compare
from weighbridge.parity.harness import run_parity
from weighbridge.parity.scenarios import Scenario
from weighbridge.parity.subjects import Subject, run_subject
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.costs import Costs

__all__ = ["assert_records_equal", "check_adapter", "conformance_scenarios"]

PARTS = ("ADAPTER", "DEFAULT_COSTS", "Broker", "run")
"""What an adapter package offers."""


def assert_records_equal(
    left: RunRecord,
    right: RunRecord,
    *,
    scenario: str = "",
    tolerances: Iterable[Tolerance] = (),
    allow_empty: bool = False,
) -> None:
    """Fail unless two records are the same, bit for bit or within declared tolerances.

    Args:
        left: A record.
        right: Another one of the same bars and assets.
        scenario: What the message calls the case.
        tolerances: Fields that need not have the same bits, each with its reason.
        allow_empty: Accept two records without fills, which show nothing.

    Raises:
        AssertionError: They differ, or are empty; the message says where they first part.
        ParityError: The records are not of the same bars and assets.
    """
    found = compare(left, right, scenario=scenario, tolerances=tolerances)
    if not (found.verdict.agrees or (allow_empty and found.verdict is Verdict.EMPTY)):
        raise AssertionError(found.explain())


def conformance_scenarios() -> tuple[Scenario, ...]:
    """Return the two small scenarios of `check_adapter`: a plain one, and one asking for more than there is."""
    bars = synthetic_bars(4, 80, seed=7)
    return tuple(
        Scenario(
            name=name,
            why=why,
            bars=bars,
            targets=synthetic_weights(bars, seed=8, every=5, gross=gross),
            costs=Costs(),
            cash=100_000.0,
            rebalance=RebalanceConfig.unfiltered(),
        )
        for name, why, gross in (
            ("conformance-plain", "Weights that the cash covers.", 0.9),
            ("conformance-over-allocated", "Weights that the cash does not cover.", 1.6),
        )
    )


def check_adapter(
    adapter: Adapter, *, package: str | None = None, tolerances: Sequence[Tolerance] | None = None
) -> None:
    """Check what the harness and users rely on in an adapter. Its framework must be installed.

    The package offers `ADAPTER`, `DEFAULT_COSTS`, `Broker` and `run`; it can be imported without the framework;
    in every mode that it declares, its runs equal the engine's and trade something; a mode that it does not
    declare raises `UnsupportedError`; and decisions that ask for nothing leave a record without fills.

    Args:
        adapter: The package's `ADAPTER`.
        package: The package's name; where `adapter.run` is defined if None.
        tolerances: Fields in which the native run need not have the engine's bits; what it declares if None.

    Raises:
        AssertionError: Something is not as it must be.
        MissingExtraError: The framework is not installed.
    """
    adapter.require()
    name = package or adapter.run.__module__.partition(".")[0]
    _check_parts(adapter, name)
    _check_import_without_framework(adapter, name)
    allowed = adapter.tolerances if tolerances is None else tuple(tolerances)
    report = run_parity([adapter], conformance_scenarios(), progress=None, tolerances={adapter.name: allowed})
    if not report.passed:
        texts = [row.explain() for row in report.rows if not row.verdict.agrees]
        raise AssertionError("\n\n".join([*report.failures, *texts]))
    _check_modes(adapter)
    _check_idle(adapter)


def _check_parts(adapter: Adapter, package: str) -> None:
    module = importlib.import_module(package)
    missing = [part for part in PARTS if not hasattr(module, part)]
    assert not missing, f"{package} does not offer {', '.join(missing)}"
    assert module.ADAPTER is adapter, f"{package}.ADAPTER is not the adapter that is checked"
    assert adapter.default_costs == module.DEFAULT_COSTS, f"{package}.DEFAULT_COSTS is not ADAPTER.default_costs"
    assert adapter.conventions, f"{package}.ADAPTER names no conventions"
    can = adapter.capabilities
    assert can.native_modes | can.executor_modes, f"{package}.ADAPTER declares no mode"


# The import machinery says of these modules that they are not there.
_WITHOUT = """
import importlib, sys
package, banned = sys.argv[1], set(sys.argv[2:])
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in banned:
            raise ImportError(f"{name} is not installed")
sys.meta_path.insert(0, Absent())
assert importlib.import_module(package).ADAPTER
"""


def _check_import_without_framework(adapter: Adapter, package: str) -> None:
    modules = [module for module, owners in packages_distributions().items() if adapter.distribution in owners]
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, package, *modules],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{package} cannot be imported without {adapter.distribution}:\n{done.stderr}"


def _check_modes(adapter: Adapter) -> None:
    case = conformance_scenarios()[0]
    can = adapter.capabilities
    declared: dict[str, frozenset[RebalanceMode]] = {"native": can.native_modes, "executor": can.executor_modes}
    native = Subject(adapter=adapter, how="native", conventions=adapter.conventions[0])
    executor = Subject(adapter=adapter, how="executor", conventions=adapter.conventions[0])
    for subject in (native, executor):
        for mode in sorted(frozenset(RebalanceMode) - declared[str(subject.how)]):
            try:
                run_subject(subject, case, mode)
            except UnsupportedError:
                continue
            raise AssertionError(f"{subject.name} does not declare {mode.name}, but runs in it")


def _check_idle(adapter: Adapter) -> None:
    bars = synthetic_bars(2, 20, seed=9)
    zeros = pd.DataFrame(np.zeros((4, 2)), index=bars.index[::5], columns=pd.Index(bars.assets))
    how = "native" if adapter.capabilities.native_modes else "executor"
    mode = min(adapter.capabilities.native_modes or adapter.capabilities.executor_modes)
    record = adapter.run(bars, TargetWeights(zeros), how=how, rebalance=RebalanceConfig.unfiltered(mode), cash=1e5)
    assert len(record.fills) == 0, f"{adapter.name} traded although every target was 0.0"
    assert compare(record, record).verdict is Verdict.EMPTY
