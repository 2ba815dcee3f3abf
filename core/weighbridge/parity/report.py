"""What a parity report is written to: a page to open, Markdown, JSON, and the records that differ."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from weighbridge.parity.outcome import ParityReport
from weighbridge.parity.report_data import HEIGHT, WIDTH, curves_of, report_as_dict
from weighbridge.parity.report_files import make_folder, records_in, remove_records, slug, write_text
from weighbridge.parity.report_table import LEGEND, SIGNS, lines_of, markdown_table, summary_of
from weighbridge.parity.subjects import Claim

__all__ = ["WrittenReport", "check_output", "write_report"]


@dataclass(frozen=True, kw_only=True)
class WrittenReport:
    """Hold what was written.

    Attributes:
        page: report.html, or None without jinja2.
        files: All files and record folders, the page included.
        notes: What was left out, and how to get it.
    """

    page: Path | None
    files: tuple[Path, ...]
    notes: tuple[str, ...]


def check_output(folder: str | os.PathLike[str]) -> None:
    """Make the output folder and see whether a report could go there: before the work rather than after it.

    Raises:
        FileError: It could not.
    """
    records_in(make_folder(Path(folder)) / "records")


def write_report(report: ParityReport, folder: str | os.PathLike[str]) -> WrittenReport:
    """Write report.html (needs jinja2), report.md and report.json, and both records of each difference.

    Raises:
        FileError: The folder cannot be written, or holds something else called `records`.
    """
    import json

    target = Path(folder)
    text = json.dumps(report_as_dict(report), indent=2, allow_nan=False) + "\n"
    files = [
        write_text(target / "report.json", text),
        write_text(target / "report.md", _markdown(report)),
        *_write_records(report, target / "records"),
    ]
    page, notes = None, ()
    html = _html(report)
    if html is None:
        notes = ('report.html needs jinja2: pip install "weighbridge[report]"; wrote report.md and report.json',)
    else:
        page = write_text(target / "report.html", html)
        files.insert(0, page)
    return WrittenReport(page=page, files=tuple(files), notes=notes)


def _write_records(report: ParityReport, folder: Path) -> list[Path]:
    remove_records(folder)
    written: list[Path] = []
    for row in report.rows:
        if row.verdict.agrees:
            continue
        for name, record in ((row.left, row.left_record), (row.right, row.right_record)):
            path = folder / slug(row.scenario, row.framework, row.mode.name.lower(), name)
            if record is not None and path not in written:
                written.append(record.save(path))
    return written


def _markdown(report: ParityReport) -> str:
    parts = ["# Parity report", markdown_table(report).rstrip()]
    if report.failures:
        parts += ["## Why this is not a pass", "\n".join(f"- {line}" for line in report.failures)]
    bad = [row for row in report.rows if not row.verdict.agrees]
    if bad:
        parts += ["## First differences", *(f"```text\n{row.explain()}\n```" for row in bad)]
    if report.skipped:
        parts += ["## Skipped", "\n".join(f"- {one.framework}: {one.reason}" for one in report.skipped)]
    parts += ["## Scenarios", "\n".join(f"- **{case.name}**: {case.why}" for case in report.scenarios)]
    return "\n\n".join(parts) + "\n"


def _html(report: ParityReport) -> str | None:
    try:
        import jinja2
    except ImportError:
        return None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("weighbridge.parity"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        data=report_as_dict(report),
        summary=summary_of(report),
        lines=lines_of(report),
        claims=[claim.value for claim in Claim],
        curves={case.name: curves_of(report, case.name) for case in report.scenarios},
        signs=SIGNS,
        legend=LEGEND,
        width=WIDTH,
        height=HEIGHT,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
