"""Figures of a run, computed by hand."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from weighbridge.analysis import drawdown_of, returns_of, turnover_of
from weighbridge.exceptions import MissingExtraError, RecordError
from weighbridge.record import DenialTable, FillTable

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
    }
    assert list(stats.index) == list(expected)
    assert stats.to_dict() == pytest.approx(expected)


def test_a_run_of_one_bar_has_no_rates() -> None:
    stats = record([100.0]).stats()
    assert stats["total_return"] == 0.0
    assert stats[["annual_return", "sharpe_ratio", "annual_turnover"]].isna().all()


def test_plot_draws_the_record() -> None:
    figure = RUN.plot()
    lines = {trace.name: list(trace.y) for trace in figure.data}
    assert list(lines) == ["value", "cash", "drawdown", "turnover"]
    assert lines["value"] == [100.0, 110.0, 88.0, 96.8, 121.0]
    assert lines["drawdown"] == pytest.approx([0.0, 0.0, -0.2, -0.12, 0.0])


def test_a_lost_portfolio_has_no_returns() -> None:
    with pytest.raises(RecordError, match="no returns"):
        record([100.0, -5.0]).stats()


@pytest.mark.parametrize(("module", "call"), [("empyrical", "stats"), ("plotly.graph_objects", "plot")])
def test_a_missing_library_names_the_extra(module: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"weighbridge\[report\]"):
        getattr(RUN, call)()
