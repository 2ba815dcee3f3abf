"""`weighbridge simulate`: prices and target weights in, a run record out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from weighbridge.cli.options import (
    CashOption,
    CommissionOption,
    SlippageOption,
    cash_from,
    costs_from,
    mode_from,
)

if TYPE_CHECKING:
    from rich.table import Table

    from weighbridge.record.run_record import RunRecord
    from weighbridge.settings.config import RebalanceConfig

__all__ = ["simulate"]


def simulate(
    prices: Annotated[str, typer.Option(metavar="FILE", help="Prices, .csv or .parquet.")],
    weights: Annotated[str, typer.Option(metavar="FILE", help="Target weights, .csv or .parquet.")],
    output: Annotated[str, typer.Option(metavar="DIR", help="Folder for the run record.")],
    conventions: Annotated[
        str, typer.Option(metavar="NAME", help="Whose rules: reference, backtrader, ...")
    ] = "reference",
    mode: Annotated[
        str | None, typer.Option(metavar="NAME", help="snapshot, incremental (the default) or hybrid.")
    ] = None,
    unfiltered: Annotated[
        bool, typer.Option("--unfiltered", help="No thresholds, caps or restrictions; snapshot unless --mode.")
    ] = False,
    cash: CashOption = None,
    commission: CommissionOption = None,
    slippage: SlippageOption = None,
    splits: Annotated[
        str | None, typer.Option(metavar="FILE", help="Splits of raw prices: date, asset, ratio (0.5: two for one).")
    ] = None,
    dividends: Annotated[
        str | None, typer.Option(metavar="FILE", help="Cash dividends: date, asset, amount and maybe pay_date.")
    ] = None,
) -> None:
    """Run target weights through the reference engine and write the record."""
    from rich.console import Console

    from weighbridge.data.bars import Bars
    from weighbridge.data.files import read_frame
    from weighbridge.data.targets import TargetWeights
    from weighbridge.engine.simulation import simulate as run_engine
    from weighbridge.record.provenance import with_digests
    from weighbridge.settings.conventions import conventions_named

    rules = conventions_named(conventions)
    config = _config(mode, unfiltered=unfiltered)
    costs, amount = costs_from(commission, slippage), cash_from(cash)
    bars, targets = Bars.from_file(prices), TargetWeights.from_file(weights)
    record = run_engine(
        bars,
        targets,
        conventions=rules,
        rebalance=config,
        costs=costs,
        cash=amount,
        splits=None if splits is None else read_frame(splits),
        dividends=None if dividends is None else read_frame(dividends),
    )
    path = with_digests(record, bars, targets).save(output)
    console = Console()
    console.print(_summary(record, amount))
    console.print(f"Record: {path}", soft_wrap=True, markup=False)


def _config(mode: str | None, *, unfiltered: bool) -> RebalanceConfig:
    from weighbridge.settings.config import RebalanceConfig

    config = RebalanceConfig.unfiltered() if unfiltered else RebalanceConfig()
    return config if mode is None else config.replace(mode=mode_from(mode))


def _summary(record: RunRecord, cash: float) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    from weighbridge.record.statistics import allocation_of

    final = float(record.value[-1])
    allocation = allocation_of(record)
    astray = math.nan if allocation is None else float(allocation["misallocation"].mean())
    earned = "none" if cash == 0.0 else f"{(final / cash - 1.0) * 100:,.2f} %"
    table = Table(show_header=False, box=SIMPLE, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name, value in (
        ("Final value", f"{final:,.2f}"),
        ("Return", earned),
        ("Fills", f"{len(record.fill_table.bar):,}"),
        ("Denials", f"{len(record.denial_table.bar):,}"),
        ("Commission paid", f"{float(record.fill_table.commission.sum()):,.2f}"),
        ("Slippage", "not known" if record.slippage is None else f"{float(record.slippage.sum()):,.2f}"),
        ("Not where asked, on average", "not known" if math.isnan(astray) else f"{astray * 100:,.2f} %"),
    ):
        table.add_row(name, value)
    return table
