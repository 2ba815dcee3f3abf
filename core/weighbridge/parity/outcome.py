"""What the harness found: a row for each comparison, and a report that says whether it is a pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from weighbridge.parity.compare import Comparison, Verdict
from weighbridge.parity.scenarios import Scenario
from weighbridge.parity.subjects import Claim
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceMode

__all__ = ["ParityReport", "ParityRow", "Skipped"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ParityRow:
    """Hold one comparison of the report.

    Attributes:
        scenario: The scenario's name.
        framework: The adapter's name.
        claim: What must hold.
        mode: The mode in which both sides ran.
        left: Name of the left subject.
        right: Name of the right subject.
        verdict: FAILED if a subject could not run, else as the comparison found.
        comparison: What was found; None if a subject could not run.
        error: What the subject that could not run said, else "".
        left_record: The left run, None if it failed.
        right_record: The right run, None if it failed.
        left_seconds: Time that the left run took, first use included.
        right_seconds: Time that the right run took, first use included.
    """

    scenario: str
    framework: str
    claim: Claim
    mode: RebalanceMode
    left: str
    right: str
    verdict: Verdict
    comparison: Comparison | None
    error: str
    left_record: RunRecord | None
    right_record: RunRecord | None
    left_seconds: float
    right_seconds: float

    @property
    def fills(self) -> int:
        """Return the number of fills compared."""
        return 0 if self.comparison is None else self.comparison.fills

    @property
    def denials(self) -> int:
        """Return the number of denials compared."""
        return 0 if self.comparison is None else self.comparison.denials

    @property
    def bars(self) -> int:
        """Return the number of bars compared."""
        return 0 if self.comparison is None else self.comparison.bars

    def explain(self) -> str:
        """Return what a person needs to know of this comparison."""
        head = f"[{self.framework}, {self.mode.name}: {self.claim.value}] "
        if self.comparison is None:
            return f"{head}{self.left} against {self.right}, scenario {self.scenario}: {self.error}"
        return head + self.comparison.explain()


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Name a framework that took no part, and say why."""

    framework: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class ParityReport:
    """Hold all comparisons.

    Attributes:
        rows: One for each comparison.
        scenarios: What was run.
        versions: Framework -> version, of those that took part.
        skipped: Frameworks that are not installed.
        not_for: (scenario, framework) pairs that do not apply: a setting or a cost model it does not have, or
            no mode asked for.
    """

    rows: tuple[ParityRow, ...]
    scenarios: tuple[Scenario, ...]
    versions: Mapping[str, str]
    skipped: tuple[Skipped, ...]
    not_for: tuple[tuple[str, str], ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """Say in one line each why this report is not a pass."""
        problems = [
            f"{row.scenario}, {row.framework}, {row.mode.name}: {row.claim.value}: {row.verdict.value}"
            for row in self.rows
            if not row.verdict.agrees
        ]
        fills: Counter[tuple[str, Claim]] = Counter()
        for row in self.rows:
            fills[row.framework, row.claim] += row.fills
        problems += [
            f"{framework}: {claim.value}: nothing was traded" for (framework, claim), n in fills.items() if not n
        ]
        compared = {row.framework for row in self.rows}
        problems += [f"{name}: no comparison was made" for name in self.versions if name not in compared]
        if not self.versions:
            problems.append("no framework took part")
        return tuple(problems)

    @property
    def passed(self) -> bool:
        """Say whether all that must agree does, and each claim was tried on something that traded."""
        return not self.failures
