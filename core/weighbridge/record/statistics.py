"""What a run was worth, what it cost and how near it came to what was asked: `RunRecord.stats` (extra `report`)."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pandas as pd

from weighbridge.exceptions import MissingExtraError, RecordError
from weighbridge.record.measured import MeasuredRecord
from weighbridge.record.measures import multipliers_of

__all__ = ["allocation_of", "costs_of", "drawdown_of", "library", "returns_of", "stats_of", "turnover_of"]

SECONDS_PER_YEAR = 365.25 * 86_400.0  # The Julian year: leap days included.


def library(name: str, distribution: str) -> Any:
    """Import a module that statistics or plots need.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{distribution} is not installed, which statistics and plots of a run need",
            hint='pip install "weighbridge[report]"',
        ) from error


def returns_of(record: MeasuredRecord) -> pd.Series:
    """Return the simple return of each bar; that of the first is against the starting cash, where it is known."""
    start = float(record.provenance.get("cash", record.value[0] if len(record.value) else math.nan))
    if not np.all(record.value > 0.0) or start <= 0.0:
        raise RecordError(
            "a portfolio worth nothing or less has no returns", hint="look at record.equity: where was it lost?"
        )
    before = np.concatenate(([start], record.value[:-1]))
    return pd.Series(record.value / before - 1.0, index=record.index, name="return")


def drawdown_of(record: MeasuredRecord) -> pd.Series:
    """Return for each bar the value against its highest before, less 1: 0.0 at a new high, -0.2 is 20% below."""
    growth = returns_of(record).add(1.0).cumprod()
    return growth.div(growth.cummax().clip(lower=1.0)).sub(1.0).rename("drawdown")


def turnover_of(record: MeasuredRecord) -> pd.Series:
    """Return for each bar what was traded as a fraction of the value at its end."""
    traded = _by_bar(record, _traded(record))
    return pd.Series(traded / record.value, index=record.index, name="turnover")


def costs_of(record: MeasuredRecord) -> pd.DataFrame:
    """Return commission and slippage of each bar, account currency; slippage is NaN where it is not known."""
    slippage = record.measured.slippage
    unknown = np.full(len(record.index), math.nan)
    columns = {
        "commission": _by_bar(record, record.fill_table.commission),
        "slippage": unknown if slippage is None else _by_bar(record, slippage),
    }
    return pd.DataFrame(columns, index=record.index)


def allocation_of(record: MeasuredRecord) -> pd.DataFrame | None:
    """Return for each decision what was asked for and what came of it, summed over assets; None if not known.

    Columns, fractions of value: gross (sum of absolute weights) and net (sum of weights) of target and realised, the
    largest absolute gap of an asset, and the misallocation: half of the absolute gaps of assets and cash (semantics
    10.3). One row for each decision with a row in `record.weights`; NaN where a realised weight is.
    """
    table = record.measured.weight_table
    if table is None:
        return None
    bars, first = np.unique(table.bar, return_index=True)
    gap = table.realised - table.target

    def total(values: Any) -> Any:
        return np.add.reduceat(values, first) if len(first) else values

    columns = {
        "gross_target": total(np.abs(table.target)),
        "gross_realised": total(np.abs(table.realised)),
        "net_target": total(table.target),
        "net_realised": total(table.realised),
        "largest_gap": np.maximum.reduceat(np.abs(gap), first) if len(first) else gap,
        "misallocation": (total(np.abs(gap)) + np.abs(total(gap))) / 2.0,
    }
    return pd.DataFrame(columns, index=record.index[bars])


def _traded(record: MeasuredRecord) -> Any:
    """Return the absolute value of each fill."""
    table = record.fill_table
    return np.abs(table.quantity) * table.price * multipliers_of(record)[table.asset]


def _by_bar(record: MeasuredRecord, of_fills: Any) -> Any:
    return np.bincount(record.fill_table.bar, weights=of_fills, minlength=len(record.index))


def bars_per_year(index: pd.DatetimeIndex) -> float:
    """Return how many bars a year has, by the time from the first to the last; NaN with fewer than two."""
    if len(index) < 2:
        return math.nan
    return (len(index) - 1) / ((index[-1] - index[0]).total_seconds() / SECONDS_PER_YEAR)


def stats_of(record: MeasuredRecord) -> pd.Series:
    """Return the figures of a run; see `RunRecord.stats`."""
    yearly = bars_per_year(record.index)
    figures = {
        "bars": len(record.index),
        "bars_per_year": yearly,
        **_return_figures(record, yearly),
        **_cost_figures(record, yearly),
        **_weight_figures(record),
    }
    return pd.Series({name: float(figure) for name, figure in figures.items()}, name="stats")


def _return_figures(record: MeasuredRecord, yearly: float) -> dict[str, float]:
    empyrical = library("empyrical", "empyrical-reloaded")
    returns = returns_of(record)
    ratios = {
        name: getattr(empyrical, name)(returns, annualization=yearly) if yearly == yearly else math.nan
        for name in ("annual_return", "annual_volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio")
    }
    return {
        "total_return": empyrical.cum_returns_final(returns),
        **ratios,
        "max_drawdown": empyrical.max_drawdown(returns),
    }


def _cost_figures(record: MeasuredRecord, yearly: float) -> dict[str, float]:
    traded, commission = float(_traded(record).sum()), float(record.fill_table.commission.sum())
    slippage = math.nan if record.measured.slippage is None else float(record.measured.slippage.sum())
    costs = commission + slippage
    return {
        "annual_turnover": float(turnover_of(record).mean()) * yearly,
        "fills": len(record.fill_table.bar),
        "denials": len(record.denial_table.bar),
        "traded_value": traded,
        "commission": commission,
        "commission_fraction": commission / traded if traded else 0.0,
        "slippage": slippage,
        "costs": costs,
        "cost_fraction": costs / traded if traded else 0.0,
        "annual_cost_bp": costs / float(record.value.mean()) / len(record.value) * yearly * 1e4,
    }


def _weight_figures(record: MeasuredRecord) -> dict[str, float]:
    table, allocation = record.measured.weight_table, allocation_of(record)
    if table is None or allocation is None:
        return dict.fromkeys(("mean_weight_gap", "max_weight_gap", "mean_misallocation"), math.nan)
    gap = np.abs(table.realised - table.target)
    gap = gap[~np.isnan(gap)]
    return {
        "mean_weight_gap": float(gap.mean()) if len(gap) else math.nan,
        "max_weight_gap": float(gap.max()) if len(gap) else math.nan,
        "mean_misallocation": float(allocation["misallocation"].mean()),
    }
