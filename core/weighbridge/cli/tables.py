"""`weighbridge docs-tables`: the tables of the documentation that are generated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from weighbridge.cli.errors import NOT_A_PASS, error_console
from weighbridge.cli.parity import parity_with_progress

__all__ = ["docs_tables"]


def docs_tables(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit status 1 if one is stale.")] = False,
    readme: Annotated[str, typer.Option(metavar="FILE", help="The file with the parity table.")] = "README.md",
    semantics: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file with the reasons and denials, to write these too.")
    ] = None,
    conventions: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file with the tables of the rules, to write these too.")
    ] = None,
    matrix: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file with the table of every scenario, to write it too.")
    ] = None,
    framework: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A framework; all that are installed if not given.")
    ] = None,
) -> None:
    """Run the built-in scenarios and put the parity table, and others, between the markers of the documents."""
    from weighbridge.cli.rule_tables import rule_tables
    from weighbridge.parity.markers import around, is_current, put_between
    from weighbridge.parity.report_table import markdown_table, overview_table
    from weighbridge.parity.scenarios import built_in_scenarios
    from weighbridge.rules.reasons import DenialRule, Reason, sentences_table

    tables: dict[tuple[Path, str], str] = {}
    if semantics is not None:
        tables[Path(semantics), "reasons"] = sentences_table(Reason)
        tables[Path(semantics), "denials"] = sentences_table(DenialRule)
    if conventions is not None:
        tables |= {(Path(conventions), name): text for name, text in rule_tables().items()}
    overview = (Path(readme), "parity-table")
    full = None if matrix is None else (Path(matrix), "parity-matrix")
    for path, name in (*tables, overview, *([] if full is None else [full])):
        around(path, name)
    report = parity_with_progress(framework, built_in_scenarios(), None)
    if not report.passed:
        error_console().print(f"Not a pass: {'; '.join(report.failures)}", style="bold red", markup=False)
        raise typer.Exit(NOT_A_PASS)
    tables[overview] = overview_table(report)
    if full is not None:
        tables[full] = markdown_table(report)
    stale = [place for place, text in tables.items() if not is_current(*place, text)]
    if not check:
        for place in tables:
            typer.echo(f"Wrote {place[1]} of {put_between(*place, tables[place])}")
    elif stale:
        names = ", ".join(f"{name} of {path}" for path, name in stale)
        error_console().print(f"Stale: {names}; run weighbridge docs-tables", style="bold red", markup=False)
        raise typer.Exit(NOT_A_PASS)
    else:
        typer.echo("Every generated table is current")
