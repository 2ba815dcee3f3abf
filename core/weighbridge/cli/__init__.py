"""The command `weighbridge`.

One file for each command; what is slow to import is imported when a command runs. Exit status: 0 for success, 1 for
a comparison that is not a pass or a table that is stale, 2 for input that is wrong.
"""

from __future__ import annotations

from typing import Annotated

import typer

from weighbridge.cli.engines import engines
from weighbridge.cli.errors import ReportingGroup
from weighbridge.cli.parity import parity
from weighbridge.cli.simulate import simulate
from weighbridge.cli.tables import docs_tables

__all__ = ["app"]

app = typer.Typer(
    cls=ReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(parity)
app.command()(simulate)
app.command()(engines)
app.command("docs-tables")(docs_tables)


def _print_version(wanted: bool) -> None:
    if wanted:
        from weighbridge.record.provenance import own_version

        typer.echo(f"weighbridge {own_version()}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Target portfolio weights into orders, the same way everywhere, and proof of it."""
