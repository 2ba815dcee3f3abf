"""Subjects: whatever can produce a run; and claims: which of them must be equal (DESIGN section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from weighbridge.engine.simulation import simulate
from weighbridge.exceptions import ParityError
from weighbridge.parity.adapter import Adapter, How
from weighbridge.parity.scenarios import Scenario
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import Conventions

__all__ = ["Claim", "Comparable", "Subject", "claims_on", "conventions_for", "run_subject"]


class Claim(Enum):
    """What must hold, bit for bit."""

    NATIVE_IS_ENGINE = "native = engine"
    """The framework's own functions, in each mode that they follow, do what the engine does."""
    EXECUTOR_IS_NATIVE = "executor = native"
    """In such a mode the executor inside the framework does what the framework's own functions do."""
    EXECUTOR_IS_ENGINE = "executor = engine"
    """In every mode in which it runs there, the executor does what the engine does."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Name what makes a run: a framework with its own functions or with the executor inside, or the engine.

    Attributes:
        adapter: The framework, or None for the engine.
        how: "native" or "executor", or None for the engine.
        conventions: The rules that the engine follows, or that the framework is set to.
    """

    adapter: Adapter | None = None
    how: How | None = None
    conventions: Conventions

    def __post_init__(self) -> None:
        """Refuse half a framework."""
        if (self.adapter is None) != (self.how is None):
            raise ParityError("a framework needs `how`, the engine has none", hint="pass both of them or neither")

    @property
    def name(self) -> str:
        """Return what reports call it."""
        return f"engine ({self.conventions.name})" if self.adapter is None else f"{self.adapter.name} {self.how}"


@dataclass(frozen=True, kw_only=True)
class Comparable:
    """Hold two subjects that must agree in a mode, and the claim that says so."""

    claim: Claim
    left: Subject
    right: Subject
    mode: RebalanceMode


def run_subject(subject: Subject, scenario: Scenario, mode: RebalanceMode) -> RunRecord:
    """Run a scenario by one subject, in a mode.

    Raises:
        WeighbridgeError: As `simulate` and the adapter's `run` do.
    """
    config = scenario.config(mode)
    if subject.adapter is None or subject.how is None:
        return simulate(
            scenario.bars,
            scenario.targets,
            conventions=subject.conventions,
            rebalance=config,
            costs=scenario.costs,
            cash=scenario.cash,
            splits=scenario.actions.get("splits"),
            dividends=scenario.actions.get("dividends"),
        )
    return subject.adapter.run(
        scenario.bars,
        scenario.targets,
        how=subject.how,
        rebalance=config,
        costs=scenario.costs,
        cash=scenario.cash,
        conventions=subject.conventions,
        **scenario.actions,
    )


def conventions_for(adapter: Adapter, scenario: Scenario) -> Conventions | None:
    """Return the conventions under which a framework runs a scenario; None where it is not for it.

    A scenario is not for a framework that has no such setting, or none of the cost models.
    """
    models = {type(scenario.costs.commission).__name__, type(scenario.costs.slippage).__name__}
    if not models <= adapter.capabilities.costs:
        return None
    rules = adapter.conventions[0]
    if scenario.conventions:
        name = scenario.conventions.get(adapter.name)
        if name is None:
            return None
        rules = adapter.rules_named(name)
    if scenario.limits is None:
        return rules
    return None if rules.limits is None else rules.replace(limits=scenario.limits)


def claims_on(adapter: Adapter, scenario: Scenario, modes: Iterable[RebalanceMode]) -> Iterator[Comparable]:
    """Yield what must agree when a framework runs a scenario; nothing where the scenario is not for it."""
    conventions = conventions_for(adapter, scenario)
    if conventions is None:
        return
    native = Subject(adapter=adapter, how="native", conventions=conventions)
    executor = Subject(adapter=adapter, how="executor", conventions=conventions)
    engine = Subject(conventions=conventions)
    can = adapter.capabilities
    for mode in sorted(scenario.modes & frozenset(modes)):
        native_here = scenario.native and mode in can.native_modes
        if native_here:
            yield Comparable(claim=Claim.NATIVE_IS_ENGINE, left=native, right=engine, mode=mode)
        if mode in can.executor_modes:
            if native_here:
                yield Comparable(claim=Claim.EXECUTOR_IS_NATIVE, left=executor, right=native, mode=mode)
            yield Comparable(claim=Claim.EXECUTOR_IS_ENGINE, left=executor, right=engine, mode=mode)
