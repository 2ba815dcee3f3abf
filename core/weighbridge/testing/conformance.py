"""The conformance suite: each claim for all that is declared: rules, costs, modes, capabilities, kinds of prices."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import packages_distributions
from itertools import product

from weighbridge.exceptions import WeighbridgeError
from weighbridge.parity.adapter import Adapter
from weighbridge.parity.compare import Tolerance
from weighbridge.testing import claims
from weighbridge.testing.awkward import COMMISSIONS, SLIPPAGES, STREAMS, costs_among
from weighbridge.testing.refusals import refuses, what_is_refused

__all__ = ["ConformanceCase", "check_adapter", "conformance_cases"]

PARTS = ("ADAPTER", "DEFAULT_COSTS", "Broker", "run")
"""What an adapter package offers."""


@dataclass(frozen=True)
class ConformanceCase:
    """One claim about an adapter; `str` names it.

    Attributes:
        name: What it is about.
        claim: States it: returns how many fills it compared, or fails.
    """

    name: str
    claim: Callable[[], int]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def check(self) -> int:
        """State the claim; return how many fills it compared.

        Raises:
            AssertionError: It does not hold; the message says where.
        """
        try:
            return self.claim()
        except WeighbridgeError as error:
            raise AssertionError(f"{self.name}: could not run: {error}") from error


def conformance_cases(adapter: Adapter, *, package: str | None = None, seeds: int = 1) -> tuple[ConformanceCase, ...]:
    """Return all that an adapter must show of what it declares. Its framework must be installed when they are checked.

        @pytest.mark.parametrize("case", conformance_cases(ADAPTER), ids=str)
        def test_conformance(case):
            case.check()

    Args:
        adapter: The package's `ADAPTER`.
        package: The package's name; where `adapter.run` is defined if None.
        seeds: How many draws of prices and weights each stream of decisions is tried with.
    """
    name = package or adapter.run.__module__.partition(".")[0]
    parts = (
        ConformanceCase("offers-its-parts", partial(_offers_its_parts, adapter, name)),
        ConformanceCase("imports-without-framework", partial(_imports_without_framework, adapter, name)),
    )
    if not adapter.conventions:
        return parts
    return (*parts, *_cases(adapter, seeds))


def _cases(adapter: Adapter, seeds: int) -> Iterator[ConformanceCase]:
    def case(name: str, claim: Callable[..., int], *arguments: object) -> ConformanceCase:
        return ConformanceCase(name, partial(claim, adapter, *arguments))

    can = adapter.capabilities
    costs = costs_among(can.costs)
    yield case("nothing-asked", claims.nothing_asked_nothing_traded)
    for number, rules in enumerate(adapter.conventions):
        # Each convention has its share of the costs, the default one all of them.
        share = costs if number == 0 else costs[number % len(costs) :: len(adapter.conventions)]
        for (stream, models), seed in product(product(STREAMS, share), range(seeds)):
            name = f"{rules.name}-{stream}-{models.commission}-{models.slippage}-{seed}"
            yield case(name, claims.one_record_of_three, rules, stream, models, seed)
    for kind in sorted(can.awkward):
        yield case(f"prices-{kind}", claims.any_kind_of_prices, (kind,))
    yield case("one-asset", claims.any_size, 60, 1, 2, 1e5)
    yield case("many-assets", claims.any_size, 250, 50, 21, 1e7)
    if can.executor_modes:
        for changes in claims.FIELDS:
            yield case(
                "-".join(f"{name}={value}" for name, value in changes.items()), claims.a_field_of_the_config, changes
            )
        if can.fractional:
            yield case("fractions", claims.fractions_too)
    if can.contracts:
        yield case("contracts", claims.contracts_too)
    for name, told in what_is_refused(adapter):
        yield case(f"refuses-{name}", refuses, name, told)


def check_adapter(
    adapter: Adapter, *, package: str | None = None, tolerances: tuple[Tolerance, ...] | None = None
) -> None:
    """Check all of `conformance_cases`, one after the other.

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
    _offers_its_parts(adapter, name)
    held = adapter if tolerances is None else replace(adapter, tolerances=tolerances)
    for case in conformance_cases(held, package=name)[1:]:
        case.check()


def _offers_its_parts(adapter: Adapter, package: str) -> int:
    module = importlib.import_module(package)
    missing = [part for part in PARTS if not hasattr(module, part)]
    assert not missing, f"{package} does not offer {', '.join(missing)}"
    assert module.ADAPTER is adapter, f"{package}.ADAPTER is not the adapter that is checked"
    assert adapter.default_costs == module.DEFAULT_COSTS, f"{package}.DEFAULT_COSTS is not ADAPTER.default_costs"
    assert adapter.conventions, f"{package}.ADAPTER names no conventions"
    can = adapter.capabilities
    assert can.native_modes | can.executor_modes, f"{package}.ADAPTER declares no mode"
    known = {type(model).__name__ for model in (*COMMISSIONS, *SLIPPAGES)}
    assert can.costs <= known, f"{package}.ADAPTER declares costs that are none of core's: {sorted(can.costs - known)}"
    return 0


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


def _imports_without_framework(adapter: Adapter, package: str) -> int:
    # A framework may come with its adapter, in one distribution.
    owned = packages_distributions().items()
    modules = [module for module, owners in owned if adapter.distribution in owners and module != package]
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, package, *modules],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{package} cannot be imported without {adapter.distribution}:\n{done.stderr}"
    return 0
