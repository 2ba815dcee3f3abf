"""What a run was worth: `RunRecord.stats` and `RunRecord.plot`, by empyrical and plotly (extra `report`)."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weighbridge.exceptions import MissingExtraError, RecordError

if TYPE_CHECKING:
    from weighbridge.record import RunRecord

__all__ = ["drawdown_of", "figure_of", "returns_of", "stats_of", "turnover_of"]

SECONDS_PER_YEAR = 365.25 * 86_400.0  # The Julian year: leap days included.


def _module(name: str, distribution: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{distribution} is not installed, which statistics and plots of a run need",
            hint='pip install "weighbridge[report]"',
        ) from error


def returns_of(record: RunRecord) -> pd.Series:
    """Return the simple return of each bar; that of the first is against the starting cash, where it is known."""
    start = float(record.provenance.get("cash", record.value[0] if len(record.value) else math.nan))
    if not np.all(record.value > 0.0) or start <= 0.0:
        raise RecordError(
            "a portfolio worth nothing or less has no returns", hint="look at record.equity: where was it lost?"
        )
    before = np.concatenate(([start], record.value[:-1]))
    return pd.Series(record.value / before - 1.0, index=record.index, name="return")


def drawdown_of(record: RunRecord) -> pd.Series:
    """Return for each bar the value against its highest before, less 1: 0.0 at a new high, -0.2 is 20% below."""
    growth = returns_of(record).add(1.0).cumprod()
    return growth.div(growth.cummax().clip(lower=1.0)).sub(1.0).rename("drawdown")


def turnover_of(record: RunRecord) -> pd.Series:
    """Return for each bar what was traded (sum of |quantity| x price) as a fraction of the value at its end."""
    table = record.fill_table
    traded = np.zeros(len(record.index))
    np.add.at(traded, table.bar, np.abs(table.quantity) * table.price)
    return pd.Series(traded / record.value, index=record.index, name="turnover")


def bars_per_year(index: pd.DatetimeIndex) -> float:
    """Return how many bars a year has, by the time from the first to the last; NaN with fewer than two."""
    if len(index) < 2:
        return math.nan
    return (len(index) - 1) / ((index[-1] - index[0]).total_seconds() / SECONDS_PER_YEAR)


def stats_of(record: RunRecord) -> pd.Series:
    """Return the figures of a run; see `RunRecord.stats`."""
    empyrical = _module("empyrical", "empyrical-reloaded")
    returns = returns_of(record)
    yearly = bars_per_year(record.index)
    table = record.fill_table
    traded = np.abs(table.quantity) * table.price
    ratios = {
        name: getattr(empyrical, function)(returns, annualization=yearly) if yearly == yearly else math.nan
        for name, function in (
            ("annual_return", "annual_return"),
            ("annual_volatility", "annual_volatility"),
            ("sharpe_ratio", "sharpe_ratio"),
            ("sortino_ratio", "sortino_ratio"),
            ("calmar_ratio", "calmar_ratio"),
        )
    }
    figures = {
        "bars": len(record.index),
        "bars_per_year": yearly,
        "total_return": empyrical.cum_returns_final(returns),
        **ratios,
        "max_drawdown": empyrical.max_drawdown(returns),
        "annual_turnover": float(turnover_of(record).mean()) * yearly,
        "fills": len(table.bar),
        "denials": len(record.denial_table.bar),
        "traded_value": float(traded.sum()),
        "commission": float(table.commission.sum()),
        "commission_fraction": float(table.commission.sum() / traded.sum()) if len(traded) else 0.0,
    }
    return pd.Series({name: float(figure) for name, figure in figures.items()}, name="stats")


def figure_of(record: RunRecord) -> Any:
    """Return value and cash, drawdown and turnover over time; see `RunRecord.plot`."""
    graph = _module("plotly.graph_objects", "plotly")
    subplots = _module("plotly.subplots", "plotly")
    figure = subplots.make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.04, row_heights=[0.6, 0.2, 0.2]
    )
    drawn = (
        (1, "value", record.equity["value"]),
        (1, "cash", record.equity["cash"]),
        (2, "drawdown", drawdown_of(record)),
        (3, "turnover", turnover_of(record)),
    )
    for row, name, values in drawn:
        trace = graph.Scatter(x=values.index, y=values.to_numpy(), name=name, mode="lines")
        figure.add_trace(trace, row=row, col=1)
    for row, title, form in ((1, "account currency", ",.0f"), (2, "drawdown", ".0%"), (3, "turnover", ".0%")):
        figure.update_yaxes(title_text=title, tickformat=form, row=row, col=1)
    about = record.provenance
    named = about.get("conventions", {}).get("name", "")
    figure.update_layout(title=f"{about.get('strategy') or about.get('subject', 'run')}, {named}".rstrip(", "))
    return figure
