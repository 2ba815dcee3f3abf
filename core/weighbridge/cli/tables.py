"""`weighbridge docs-tables`: the tables of the documentation that are generated."""

from __future__ import annotations

from typing import Annotated

import typer

from weighbridge.cli.errors import NOT_A_PASS, error_console
from weighbridge.cli.parity import parity_with_progress

__all__ = ["docs_tables"]


def docs_tables(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit status 1 if it is stale.")] = False,
    readme: Annotated[str, typer.Option(metavar="FILE", help="The file that holds the table.")] = "README.md",
    framework: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A framework; all that are installed if not given.")
    ] = None,
) -> None:
    """Run the built-in scenarios and put the parity table between the markers of the README."""
    from weighbridge.parity.report import table_is_current, write_table
    from weighbridge.parity.scenarios import built_in_scenarios

    report = parity_with_progress(framework, built_in_scenarios(), None)
    if not report.passed:
        error_console().print(f"Not a pass: {'; '.join(report.failures)}", style="bold red", markup=False)
        raise typer.Exit(NOT_A_PASS)
    if not check:
        typer.echo(f"Wrote the parity table of {write_table(readme, report)}")
    elif table_is_current(readme, report):
        typer.echo(f"The parity table of {readme} is current")
    else:
        error_console().print(
            f"The parity table of {readme} is stale: run weighbridge docs-tables", style="bold red", markup=False
        )
        raise typer.Exit(NOT_A_PASS)
