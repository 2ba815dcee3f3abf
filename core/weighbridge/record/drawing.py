"""`RunRecord.plot`: a run as panels above each other, by plotly (extra `report`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from weighbridge.record.measured import MeasuredRecord
from weighbridge.record.statistics import allocation_of, costs_of, drawdown_of, library, turnover_of

__all__ = ["figure_of"]

# Pixels: a panel of height 1.0, and what title, legend and time axis take.
PANEL, REST = 130, 150

# Okabe and Ito's colours, told apart with any eyesight. What was asked for is grey, what came of it is coloured.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"


class Line(NamedTuple):
    """One curve; `steps` where a figure stands until the next one."""

    name: str
    values: pd.Series
    colour: str
    width: float = 1.5
    steps: bool = False
    filled: bool = False


class Panel(NamedTuple):
    """Curves over a common axis."""

    title: str
    form: str
    height: float
    lines: tuple[Line, ...]


def figure_of(record: MeasuredRecord) -> Any:
    """Return the figure; see `RunRecord.plot`."""
    graph = library("plotly.graph_objects", "plotly")
    subplots = library("plotly.subplots", "plotly")
    panels = [*_worth(record), *_allocation(record), *_costs(record)]
    heights = [panel.height for panel in panels]
    figure = subplots.make_subplots(
        rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.16 / len(panels), row_heights=heights
    )
    for row, panel in enumerate(panels, start=1):
        legend = "legend" if row == 1 else f"legend{row}"
        for line in panel.lines:
            figure.add_trace(_trace(graph, line, legend), row=row, col=1)
        figure.update_yaxes(title_text=panel.title, tickformat=panel.form, rangemode="tozero", row=row, col=1)
        # Beside its panel: one legend for all would not say which curve is where.
        top = next(figure.select_yaxes(row=row, col=1)).domain[1]
        figure.update_layout({legend: {"x": 1.01, "y": top, "yanchor": "top"}})
    about = record.provenance
    named = about.get("conventions", {}).get("name", "")
    figure.update_layout(
        title=f"{about.get('strategy') or about.get('subject', 'run')}, {named}".rstrip(", "),
        height=int(PANEL * sum(heights)) + REST,
        template="plotly_white",
        hovermode="x unified",
        hoversubplots="axis",
        margin={"t": 60, "b": 40},
    )
    return figure


def _trace(graph: Any, line: Line, legend: str) -> Any:
    return graph.Scatter(
        x=line.values.index,
        y=line.values.to_numpy(),
        name=line.name,
        legend=legend,
        mode="lines",
        line={"color": line.colour, "width": line.width, "shape": "hv" if line.steps else "linear"},
        fill="tozeroy" if line.filled else None,
    )


def _worth(record: MeasuredRecord) -> list[Panel]:
    return [
        Panel(
            "account currency",
            ",.0f",
            2.4,
            (Line("value", record.equity["value"], BLUE), Line("cash", record.equity["cash"], ORANGE)),
        ),
        Panel("drawdown", ".2~%", 1.0, (Line("drawdown", drawdown_of(record), RED, filled=True),)),
        Panel("turnover", ".2~%", 1.0, (Line("turnover", turnover_of(record), BLUE, filled=True),)),
    ]


def _allocation(record: MeasuredRecord) -> list[Panel]:
    """Compare sums over assets, which stay readable with hundreds of them, and the gaps of single ones."""
    allocation = allocation_of(record)
    if allocation is None or allocation.empty:
        return []
    if allocation.index[-1] < record.index[-1]:
        # A step lasts until the next decision, the last one until the end.
        allocation = pd.concat([allocation, allocation.iloc[-1:].set_axis(record.index[-1:])])
    signed = not allocation["gross_target"].equals(allocation["net_target"])
    sums = (("gross ", "gross", BLUE), ("net ", "net", GREEN)) if signed else (("", "gross", BLUE),)
    exposure = [
        line
        for prefix, column, colour in sums
        for line in (
            Line(f"{prefix}target", allocation[f"{column}_target"], GREY, 3.5, steps=True),
            Line(f"{prefix}realised", allocation[f"{column}_realised"], colour, steps=True),
        )
    ]
    gaps = (
        Line("misallocation", allocation["misallocation"], ORANGE, steps=True, filled=True),
        Line("largest gap", allocation["largest_gap"], RED, steps=True),
    )
    return [Panel("weights", ".2~%", 1.4, tuple(exposure)), Panel("gaps", ".2~%", 1.0, gaps)]


def _costs(record: MeasuredRecord) -> list[Panel]:
    paid = costs_of(record).cumsum()
    lines = [
        Line(name, paid[name], colour)
        for name, colour in (("commission", BLUE), ("slippage", ORANGE))
        if len(paid) and (paid[name] != 0.0).any() and not paid[name].isna().any()
    ]
    return [Panel("costs so far", ",.0f", 1.0, tuple(lines))] if lines else []
