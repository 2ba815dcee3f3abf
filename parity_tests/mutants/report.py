"""What became of the mutants, on the terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table as Grid

from parity_tests.mutants.campaign import KILLED, LIVED, TIMEOUT, Baseline, Outcome
from parity_tests.mutants.mutants import Mutant
from parity_tests.mutants.table import Equivalent

__all__ = ["Verdict", "show_baselines", "show_outcomes"]

EQUIVALENT = "equivalent"
# Of all mutants, those listed as equivalent included.
WANTED = 0.95


class Verdict:
    """The outcomes against the list of equivalents, and whether they are good enough."""

    def __init__(self, outcomes: list[Outcome], every: list[Mutant], equivalents: tuple[Equivalent, ...]) -> None:
        listed = {item.key for item in equivalents}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.living: list[Outcome] = []
        self.stale: list[str] = []
        for outcome in outcomes:
            is_listed = outcome.mutant.key in listed
            verdict = EQUIVALENT if is_listed and outcome.verdict == LIVED else outcome.verdict
            self.counts[outcome.mutant.file, verdict] += 1
            if verdict == LIVED:
                self.living.append(outcome)
            elif is_listed and verdict != EQUIVALENT:
                mutant = outcome.mutant
                self.stale.append(
                    f"{mutant.file}, {mutant.function}: {mutant.becomes}\n  is {verdict} {outcome.killer}"
                )
        there = {mutant.key for mutant in every}
        for item in equivalents:
            if item.key not in there:
                self.stale.append(f"{item.file}, {item.function}: {item.becomes}\n  is no mutant of: {item.was}")

    def total(self, *verdicts: str) -> int:
        """Count the mutants with one of the verdicts."""
        return sum(count for (_, verdict), count in self.counts.items() if verdict in verdicts)

    @property
    def share(self) -> float:
        """Return the share of the mutants that were killed."""
        everything = self.counts.total()
        return self.total(KILLED, TIMEOUT) / everything if everything else 0.0

    @property
    def good(self) -> bool:
        """Say whether enough are killed and every other one is listed."""
        return self.share >= WANTED and not self.living and not self.stale


def show_baselines(console: Console, originals: dict[str, Baseline]) -> None:
    """Say how long the tests take, and which do not count because they fail when nothing is compiled."""
    tests = {name for original in originals.values() for name in original.durations}
    slowest = max(originals, key=lambda file: originals[file].seconds)
    console.print(
        f"{len(tests)} tests of {len(originals)} files; the longest {originals[slowest].seconds:.1f} s: {slowest}"
    )
    failed = sorted({name for original in originals.values() for name in original.failed})
    if failed:
        console.print(f"{len(failed)} tests fail without compiling, on the original: they kill nothing", style="yellow")
        for name in failed:
            console.print(f"  {name}", markup=False, highlight=False)


def show_outcomes(console: Console, verdict: Verdict, originals: dict[str, str], seconds: float) -> None:
    """Show the counts by file, every living mutant and every stale entry."""
    columns = (KILLED, TIMEOUT, LIVED, EQUIVALENT)
    grid = Grid("file", *columns)
    for column in grid.columns[1:]:
        column.justify = "right"
    for file in sorted({file for file, _ in verdict.counts}):
        grid.add_row(file, *(str(verdict.counts[file, column] or "") for column in columns))
    grid.add_section()
    grid.add_row("all", *(str(verdict.total(column)) for column in columns))
    console.print(grid)
    for outcome in verdict.living:
        mutant = outcome.mutant
        console.print(f"{mutant.number} lived in {mutant.function}", style="red", highlight=False)
        console.print(Syntax(mutant.diff(originals[mutant.file]), "diff", background_color="default"))
    for line in verdict.stale:
        console.print(f"stale: {line}", style="red", markup=False, highlight=False)
    killed, everything = verdict.total(KILLED, TIMEOUT), verdict.counts.total()
    console.print(f"{killed} of {everything} mutants killed ({verdict.share:.1%}) in {seconds:.0f} s")
