"""Figures of a run, computed by hand."""

from __future__ import annotations

import dataclasses
import math
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from weighbridge.exceptions import MissingExtraError, RecordError
from weighbridge.record.statistics import allocation_of, costs_of, drawdown_of, returns_of, turnover_of
from weighbridge.record.tables import DenialTable, FillTable, Measures, WeightTable

EMPTY = np.empty(0, dtype=np.int64)


def record(values: list[float], start: float = 100.0) -> wb.RunRecord:
    """One fill of 5 x 10 at bar 1 and one of -2 x 15 at bar 3, each charged 0.5; bars half a Julian year apart."""
    index = pd.DatetimeIndex([pd.Timestamp("2020-01-01") + k * pd.Timedelta(days=182.625) for k in range(len(values))])
    fills = FillTable(
        bar=np.array([1, 3]),
        asset=np.array([0, 0]),
        quantity=np.array([5.0, -2.0]),
        price=np.array([10.0, 15.0]),
        commission=np.array([0.5, 0.5]),
        position=np.array([5.0, 3.0]),
    )
    if len(values) < 4:
        fills = FillTable(*(column[:0] for column in fills))
    denials = DenialTable(EMPTY, EMPTY, np.empty(0), np.empty(0, dtype=object))
    money = np.array(values)
    return wb.RunRecord(index, ("A",), fills, denials, money, money, provenance={"cash": start})


RUN = record([100.0, 110.0, 88.0, 96.8, 121.0])


def test_returns_drawdown_and_turnover() -> None:
    assert returns_of(RUN).to_list() == pytest.approx([0.0, 0.1, -0.2, 0.1, 0.25])
    # 88 / 110 and 96.8 / 110 below the high of 110.
    assert drawdown_of(RUN).to_list() == pytest.approx([0.0, 0.0, -0.2, -0.12, 0.0])
    assert turnover_of(RUN).to_list() == pytest.approx([0.0, 50 / 110, 0.0, 30 / 96.8, 0.0])


def test_a_loss_at_the_first_bar_counts() -> None:
    first = record([90.0, 99.0])
    assert returns_of(first).to_list() == pytest.approx([-0.1, 0.1])
    assert drawdown_of(first).to_list() == pytest.approx([-0.1, -0.01])
    assert first.stats()["max_drawdown"] == pytest.approx(-0.1)


def test_stats() -> None:
    stats = RUN.stats()
    returns = np.array([0.0, 0.1, -0.2, 0.1, 0.25])
    # Five bars span two years: two bars a year.
    expected = {
        "bars": 5,
        "bars_per_year": 2.0,
        "total_return": 0.21,
        "annual_return": 1.21 ** (2 / 5) - 1.0,
        "annual_volatility": returns.std(ddof=1) * np.sqrt(2),
        "sharpe_ratio": returns.mean() / returns.std(ddof=1) * np.sqrt(2),
        # Mean over the root mean square of the losses, both a year.
        "sortino_ratio": returns.mean() * 2 / (np.sqrt(0.04 / 5) * np.sqrt(2)),
        "calmar_ratio": (1.21 ** (2 / 5) - 1.0) / 0.2,
        "max_drawdown": -0.2,
        "annual_turnover": (50 / 110 + 30 / 96.8) / 5 * 2,
        "fills": 2,
        "denials": 0,
        "traded_value": 80.0,
        "commission": 1.0,
        "commission_fraction": 0.0125,
        # Nobody knows what the fills were measured against, nor what was asked for.
        "slippage": math.nan,
        "costs": math.nan,
        "cost_fraction": math.nan,
        "annual_cost_bp": math.nan,
        "mean_weight_gap": math.nan,
        "max_weight_gap": math.nan,
        "mean_misallocation": math.nan,
    }
    assert list(stats.index) == list(expected)
    assert stats.to_dict() == pytest.approx(expected, nan_ok=True)


def measured(weights: Any = None, slippage: Any = (1.5, 0.5), **changes: Any) -> wb.RunRecord:
    """The same run with weights by (bar, target, realised), and the slippage of its two fills."""
    rows = [(0, 1.0, 0.75), (2, 0.5, 0.625), (4, 0.25, math.nan)] if weights is None else weights
    bar, target, realised = (np.array(column) for column in zip(*rows, strict=True))
    table = WeightTable(bar, np.zeros(len(bar), dtype=np.int64), target, realised)
    measures = Measures(table, None if slippage is None else np.array(slippage))
    return dataclasses.replace(RUN, measures=measures, **changes)


def test_costs() -> None:
    """Semantics 10.5."""
    stats = measured().stats()
    # 2 in slippage and 1 in commission for 80 traded; over 5 / 2 years, of a mean value of 515.8 / 5.
    expected = {
        "slippage": 2.0,
        "costs": 3.0,
        "cost_fraction": 3.0 / 80.0,
        "annual_cost_bp": 3.0 / 2.5 / (515.8 / 5) * 10_000,
    }
    assert stats[[*expected]].to_dict() == pytest.approx(expected)
    assert costs_of(measured()).to_numpy().tolist() == [[0, 0], [0.5, 1.5], [0, 0], [0.5, 0.5], [0, 0]]


def test_costs_are_not_known_without_every_slippage() -> None:
    for unknown in (None, (1.0, math.nan)):
        stats = measured(slippage=unknown).stats()
        assert stats[["slippage", "costs", "cost_fraction", "annual_cost_bp"]].isna().all()
        assert stats["commission"] == 1.0


def test_contracts_multiply_what_is_traded() -> None:
    run = measured(provenance={"cash": 100.0, "contracts": {"A": {"multiplier": 50.0, "margin": 5.0}}})
    stats = run.stats()
    assert stats["traded_value"] == 80.0 * 50
    assert stats["commission_fraction"] == 1.0 / 4000
    assert turnover_of(run).to_list() == [0.0, 2500 / 110, 0.0, 1500 / 96.8, 0.0]


def test_gaps_between_target_and_realised_weights() -> None:
    """Semantics 10.3."""
    stats = measured().stats()
    assert stats["mean_weight_gap"] == (0.25 + 0.125) / 2
    assert stats["max_weight_gap"] == 0.25
    # One asset: what it lacks lies in cash.
    assert stats["mean_misallocation"] == (0.25 + 0.125) / 2
    nothing_known = measured(weights=[(4, 0.25, math.nan)]).stats()
    assert nothing_known[["mean_weight_gap", "max_weight_gap", "mean_misallocation"]].isna().all()


def test_allocation_sums_over_assets() -> None:
    index = RUN.index
    table = WeightTable(
        bar=np.array([1, 1, 1, 3, 3]),
        asset=np.array([0, 1, 2, 0, 2]),
        target=np.array([0.5, -0.25, 0.25, 0.5, 0.5]),
        realised=np.array([0.625, -0.25, 0.0, 0.25, 0.75]),
    )
    run = dataclasses.replace(RUN, assets=("A", "B", "C"), measures=Measures(table))
    allocation = allocation_of(run)
    assert allocation is not None
    assert allocation.index.equals(index[[1, 3]])
    assert allocation.to_dict("list") == {
        "gross_target": [1.0, 1.0],
        "gross_realised": [0.875, 1.0],
        "net_target": [0.5, 1.0],
        "net_realised": [0.375, 1.0],
        "largest_gap": [0.25, 0.25],
        # Gaps of 1/8 and -1/4, and 1/8 too much cash; then 1/4 from one asset in the other.
        "misallocation": [0.25, 0.25],
    }


def test_a_run_of_one_bar_has_no_rates() -> None:
    stats = record([100.0]).stats()
    assert stats["total_return"] == 0.0
    assert stats[["annual_return", "sharpe_ratio", "annual_turnover"]].isna().all()


def test_plot_draws_the_record() -> None:
    figure = RUN.plot()
    lines = {trace.name: list(trace.y) for trace in figure.data}
    assert list(lines) == ["value", "cash", "drawdown", "turnover", "commission"]
    assert lines["value"] == [100.0, 110.0, 88.0, 96.8, 121.0]
    assert lines["drawdown"] == pytest.approx([0.0, 0.0, -0.2, -0.12, 0.0])
    assert lines["commission"] == [0.0, 0.5, 0.5, 1.0, 1.0]


def test_plot_draws_what_was_asked_for_and_what_came_of_it() -> None:
    figure = measured().plot()
    lines = {trace.name: trace for trace in figure.data}
    assert [*lines][4:] == ["target", "realised", "misallocation", "largest gap", "commission", "slippage"]
    assert list(lines["target"].y) == [1.0, 0.5, 0.25]
    assert list(lines["realised"].y)[:2] == [0.75, 0.625]
    assert list(lines["largest gap"].y)[:2] == [0.25, 0.125]
    assert list(lines["slippage"].y) == [0.0, 1.5, 1.5, 2.0, 2.0]
    # Each panel has its curves and its legend.
    panels = [(trace.yaxis, trace.legend) for trace in figure.data]
    assert [*dict.fromkeys(panels)] == [("y", "legend"), *((f"y{row}", f"legend{row}") for row in range(2, 7))]


def test_zeros_asked_of_an_empty_portfolio_have_no_gaps() -> None:
    prices = pd.DataFrame({"A": [10.0, 11.0, 12.0]}, pd.bdate_range("2024-01-01", periods=3))
    bars = wb.Bars.from_frames(close=prices, open=prices)
    run = wb.simulate(bars, wb.TargetWeights(prices * 0.0))
    allocation = allocation_of(run)
    assert allocation is not None
    assert allocation.empty
    assert run.stats()[["slippage", "costs", "cost_fraction"]].to_list() == [0.0, 0.0, 0.0]
    assert math.isnan(run.stats()["mean_weight_gap"])
    assert [trace.name for trace in run.plot().data] == ["value", "cash", "drawdown", "turnover"]


def test_plot_tells_gross_and_net_apart_where_something_is_short() -> None:
    figure = measured(weights=[(0, -0.5, -0.25), (2, 0.5, 0.5)]).plot()
    lines = {trace.name: list(trace.y) for trace in figure.data}
    # The last step lasts until the end of the run.
    assert lines["gross target"] == [0.5, 0.5, 0.5]
    assert lines["gross realised"] == [0.25, 0.5, 0.5]
    assert lines["net target"] == [-0.5, 0.5, 0.5]
    assert lines["net realised"] == [-0.25, 0.5, 0.5]
    assert next(trace for trace in figure.data if trace.name == "net target").x[-1] == RUN.index[-1]


def test_a_lost_portfolio_has_no_returns() -> None:
    with pytest.raises(RecordError, match="no returns"):
        record([100.0, -5.0]).stats()


@pytest.mark.parametrize(("module", "call"), [("empyrical", "stats"), ("plotly.graph_objects", "plot")])
def test_a_missing_library_names_the_extra(module: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"weighbridge\[report\]"):
        getattr(RUN, call)()
