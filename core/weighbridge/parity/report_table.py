"""The parity table: one line for each framework and scenario, for the terminal, for Markdown and for HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weighbridge.parity.compare import Verdict
from weighbridge.parity.outcome import ParityReport, ParityRow
from weighbridge.parity.subjects import Claim

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "LEGEND",
    "SIGNS",
    "ParityLine",
    "lines_of",
    "markdown_table",
    "overview_table",
    "summary_of",
    "terminal_table",
]

SIGNS = {
    Verdict.IDENTICAL: "✓",
    Verdict.WITHIN: "≈",
    Verdict.DECLARED: "≠",
    Verdict.DIFFERENT: "✗",
    Verdict.STALE: "?",
    Verdict.EMPTY: "∅",
    Verdict.FAILED: "!",
}

LEGEND = (
    "S, I, H: modes snapshot, incremental, hybrid. ✓ every bit is the same, ≈ within a declared tolerance, "
    "≠ different as declared, ✗ different, ? declared and not different, ∅ nothing traded, ! could not run, "
    "empty: does not apply."
)


@dataclass(frozen=True, kw_only=True)
class ParityLine:
    """Hold all comparisons of one framework in one scenario.

    Attributes:
        framework: The adapter's name.
        scenario: The scenario's name.
        fills: Fills compared, summed over the comparisons.
        denials: Denials compared, likewise.
        cells: For each claim the verdicts and their modes, e.g. "✓ S I H".
        agrees: Whether all of them agree.
    """

    framework: str
    scenario: str
    fills: int
    denials: int
    cells: tuple[str, ...]
    agrees: bool


def lines_of(report: ParityReport) -> tuple[ParityLine, ...]:
    """Gather the rows of a report, in the order in which they were compared."""
    groups: dict[tuple[str, str], list[ParityRow]] = {}
    for row in report.rows:
        groups.setdefault((row.framework, row.scenario), []).append(row)
    return tuple(
        ParityLine(
            framework=framework,
            scenario=scenario,
            fills=sum(row.fills for row in rows),
            denials=sum(row.denials for row in rows),
            cells=tuple(_cell([row for row in rows if row.claim is claim]) for claim in Claim),
            agrees=all(row.verdict.agrees for row in rows),
        )
        for (framework, scenario), rows in groups.items()
    )


def _cell(rows: Sequence[ParityRow]) -> str:
    parts = [
        " ".join([SIGNS[verdict], *(row.mode.name[0] for row in rows if row.verdict is verdict)])
        for verdict in Verdict
        if any(row.verdict is verdict for row in rows)
    ]
    return "  ".join(parts)


def summary_of(report: ParityReport) -> str:
    """Return one sentence: what was compared with what, how much of it, and whether it agrees."""
    names = ", ".join(f"{name} {version}" for name, version in report.versions.items()) or "no framework"
    fills, denials = (sum(getattr(row, what) for row in report.rows) for what in ("fills", "denials"))
    bad = sum(not row.verdict.agrees for row in report.rows)
    result = "all agree" if report.passed else f"{bad} do not agree" if bad else "not a pass"
    return (
        f"{len(report.rows)} comparisons of {names} with the reference engine over {len(report.scenarios)} "
        f"scenarios, {fills:,} fills and {denials:,} denials compared: {result}."
    )


def markdown_table(report: ParityReport) -> str:
    """Return the table and its legend as Markdown; nothing in it depends on the machine or on the time."""
    several = len(report.versions) > 1
    head = [
        *(["framework"] if several else []),
        "scenario",
        "fills",
        "denials",
        *(claim.value for claim in Claim),
    ]
    ruler = ["---:" if name in ("fills", "denials") else ":---" for name in head]
    body = [
        [
            *([line.framework] if several else []),
            line.scenario,
            f"{line.fills:,}",
            f"{line.denials:,}",
            *line.cells,
        ]
        for line in lines_of(report)
    ]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ruler, *body))
    return f"{summary_of(report)}\n\n{table}\n\n{LEGEND}\n"


def overview_table(report: ParityReport) -> str:
    """Return one line for each framework as Markdown: how many comparisons of each claim had which verdict."""
    head = ["framework", "scenarios", "fills", *(claim.value for claim in Claim)]
    ruler = [":---", "---:", "---:", *(":---" for _ in Claim)]
    body: list[list[str]] = []
    for framework, version in report.versions.items():
        rows = [row for row in report.rows if row.framework == framework]
        counts = [
            "  ".join(
                f"{SIGNS[verdict]} {found}"
                for verdict in Verdict
                if (found := sum(row.claim is claim and row.verdict is verdict for row in rows))
            )
            for claim in Claim
        ]
        scenarios = len({row.scenario for row in rows})
        body.append([f"{framework} {version}", str(scenarios), f"{sum(row.fills for row in rows):,}", *counts])
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ruler, *body))
    signs = (
        "✓ every bit is the same, ≈ within a declared tolerance, ≠ different as declared, ✗ different, "
        "? declared and not different, ∅ nothing traded, ! could not run."
    )
    found = [row.comparison for row in report.rows if row.comparison is not None]
    reasons = {
        f"(≈ {one.field} of {row.framework} within {one.relative:g} relative: {one.reason})"
        for row in report.rows
        if row.comparison is not None
        for one in row.comparison.tolerances
    } | {f"(≠ {one.declared})" for one in found if one.verdict is Verdict.DECLARED}
    return "\n".join([summary_of(report), "", table, "", " ".join([signs, *sorted(reasons)])]) + "\n"


def terminal_table(report: ParityReport) -> Table:
    """Return the table for rich; its legend is apart."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    lines = lines_of(report)
    several = len({line.framework for line in lines}) > 1
    widest = min(max((len(line.scenario) for line in lines), default=0), 30)
    table = Table(header_style="bold", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    if several:
        table.add_column("framework", no_wrap=True)
    table.add_column("scenario", overflow="fold", min_width=widest)
    table.add_column("fills", justify="right", no_wrap=True)
    table.add_column("denials", justify="right", no_wrap=True)
    for claim in Claim:
        # In two lines, so that all columns of the built-in scenarios fit into 80 characters.
        table.add_column(claim.value.replace(" = ", "\n= "), no_wrap=True)
    for line in lines:
        who = [line.framework] if several else []
        cells = [*who, line.scenario, f"{line.fills:,}", f"{line.denials:,}", *line.cells]
        table.add_row(*cells, style=None if line.agrees else "bold red")
    return table
