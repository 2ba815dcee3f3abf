"""Errors as users of the command line see them: no traceback, a hint, exit status 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from weighbridge.exceptions import WeighbridgeError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["INPUT_ERROR", "NOT_A_PASS", "ReportingGroup", "error_console"]

NOT_A_PASS = 1
INPUT_ERROR = 2


def error_console() -> Console:
    """Return a console on standard error, where progress and errors go."""
    from rich.console import Console

    return Console(stderr=True)


class ReportingGroup(TyperGroup):
    """Print the project's own errors; anything else is a defect of ours and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except WeighbridgeError as error:
            from rich.text import Text

            console = error_console()
            console.print(Text(f"Error: {error.message}", style="bold red"), soft_wrap=True)
            if error.hint is not None:
                console.print(Text(f"Hint: {error.hint}"), soft_wrap=True)
            raise typer.Exit(INPUT_ERROR) from error
