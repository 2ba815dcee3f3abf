"""`weighbridge parity`: run scenarios through every subject, compare, report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from weighbridge.cli.errors import NOT_A_PASS, error_console
from weighbridge.cli.options import (
    CashOption,
    CommissionOption,
    OutputOption,
    SlippageOption,
    cash_from,
    costs_from,
    mode_from,
)
from weighbridge.exceptions import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from weighbridge.parity.adapter import Adapter
    from weighbridge.parity.outcome import ParityReport
    from weighbridge.parity.scenarios import Scenario
    from weighbridge.settings.config import RebalanceMode

__all__ = ["parity", "parity_with_progress"]


def parity(
    framework: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A framework; all that are installed if not given.")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A built-in scenario; all if not given.")
    ] = None,
    mode: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="snapshot, incremental or hybrid; all if not given.")
    ] = None,
    prices: Annotated[str | None, typer.Option(metavar="FILE", help="Your own prices, .csv or .parquet.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="Your own target weights.")] = None,
    cash: CashOption = None,
    commission: CommissionOption = None,
    slippage: SlippageOption = None,
    require: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A framework that may not be skipped.")
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help="A framework and the Python interpreter that has it: vectorbt=PATH."),
    ] = None,
    output: OutputOption = None,
    list_scenarios: Annotated[bool, typer.Option("--list", help="List the built-in scenarios and stop.")] = False,
) -> None:
    """Compare frameworks, the executor inside them and the reference engine, bit for bit.

    With --prices and --weights on your own data, else on the built-in scenarios. Exit status 0 only if all that must
    agree does and something was traded.
    """
    from rich.console import Console

    console = Console()
    if list_scenarios:
        _list(console)
        return
    modes = None if mode is None else [mode_from(text) for text in mode]
    scenarios = _scenarios(scenario, prices, weights, cash, commission, slippage)
    if output is not None:
        from weighbridge.parity.report import check_output

        check_output(output)
    report = parity_with_progress(_frameworks(framework, python), scenarios, modes, require or ())
    _print(console, report)
    if output is not None:
        from weighbridge.parity.report import write_report

        written = write_report(report, output)
        for note in written.notes:
            console.print(note, style="yellow", markup=False)
        console.print(
            f"Report: {written.page or written.files[0].with_name('report.md')}", soft_wrap=True, markup=False
        )
    if not report.passed:
        raise typer.Exit(NOT_A_PASS)


def parity_with_progress(
    frameworks: Sequence[str | Adapter] | None,
    scenarios: tuple[Scenario, ...],
    modes: list[RebalanceMode] | None,
    require: list[str] | tuple[str, ...] = (),
) -> ParityReport:
    """Run the harness with a progress bar on standard error."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from weighbridge.parity.harness import run_parity

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    console = error_console()
    # Without a terminal there is nobody to watch, and a log would only get empty lines.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def progress(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        return run_parity(frameworks, scenarios, modes, require=require, progress=progress)


def _frameworks(names: list[str] | None, pythons: list[str] | None) -> Sequence[str | Adapter] | None:
    """Return the frameworks that take part, those in other interpreters as adapters that call them there."""
    if not pythons:
        return names
    from weighbridge.parity.adapter import adapter_named, adapters
    from weighbridge.parity.workers import adapter_elsewhere

    found: dict[str, str | Adapter] = {name: name for name in (adapters() if names is None else names)}
    for text in pythons:
        name, _, path = text.partition("=")
        if not path:
            raise ConfigError(f"--python {text!r} names no interpreter", hint="write --python vectorbt=PATH")
        found[name] = adapter_elsewhere(adapter_named(name), path)
    return list(found.values())


def _scenarios(
    names: list[str] | None,
    prices: str | None,
    weights: str | None,
    cash: str | None,
    commission: str | None,
    slippage: str | None,
) -> tuple[Scenario, ...]:
    from weighbridge.parity.scenarios import built_in_scenarios, scenario_from_files

    if prices is None and weights is None:
        for option, value in {"--cash": cash, "--commission": commission, "--slippage": slippage}.items():
            if value is not None:
                raise ConfigError(f"{option} is for your own files", hint="pass --prices and --weights too, or drop it")
        return built_in_scenarios(names)
    if prices is None or weights is None:
        raise ConfigError("--prices and --weights belong together", hint="pass both of them")
    if names is not None:
        raise ConfigError("--scenario names built-in data, --prices your own", hint="pass one or the other")
    return (scenario_from_files(prices, weights, costs=costs_from(commission, slippage), cash=cash_from(cash)),)


def _list(console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from weighbridge.parity.scenarios import built_in_whys

    table = Table("scenario", "why", box=SIMPLE_HEAD, pad_edge=False)
    table.columns[0].no_wrap = True
    for name, why in built_in_whys().items():
        table.add_row(name, why)
    console.print(table)


def _print(console: Console, report: ParityReport) -> None:
    from weighbridge.parity.report_table import LEGEND, summary_of, terminal_table

    console.print(terminal_table(report))
    console.print(LEGEND, style="dim", markup=False)
    for skipped in report.skipped:
        console.print(f"Skipped {skipped.framework}: {skipped.reason}", style="yellow", markup=False)
    for scenario, name in report.not_for:
        console.print(f"{scenario} does not apply to {name}.", style="dim", markup=False)
    first = next((row for row in report.rows if not row.verdict.agrees), None)
    if first is not None:
        console.print(first.explain(), markup=False, highlight=False, soft_wrap=True)
    console.print(summary_of(report), style="bold green" if report.passed else "bold red", markup=False)
    for failure in report.failures:
        console.print(f"  {failure}", style="red", markup=False)
