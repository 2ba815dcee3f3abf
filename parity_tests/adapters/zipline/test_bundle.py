"""A registered bundle instead of bars: a real csvdir ingestion in a temporary root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zipline.api import order, symbol
from zipline.data import bundles
from zipline.data.bundles.csvdir import csvdir_equities

from parity_tests.adapters.zipline.helpers import walk
from weighbridge import Plan, Reason, RebalanceConfig, TargetWeightExecutor
from weighbridge.data.bars import Bars
from weighbridge.exceptions import ConfigError, FileError
from weighbridge_zipline import Broker, run_on_frames

# Zipline's csvdir ingestion uses pandas spellings of the past.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

NAME = "weighbridge-test"


@pytest.fixture
def root(tmp_path: Path, xnys: pd.DatetimeIndex) -> Iterator[tuple[dict[str, str], Bars]]:
    """Return the environment of an ingested bundle, and the bars it was made of."""
    bars = walk(40, 2, xnys)
    folder = tmp_path / "csv" / "daily"
    folder.mkdir(parents=True)
    for column, asset in enumerate(bars.assets):
        frame = pd.DataFrame(
            {field: getattr(bars, field)[:, column] for field in ("open", "high", "low", "close", "volume")},
            index=pd.Index(bars.index, name="date"),
        )
        frame.assign(dividend=0.0, split=1.0).to_csv(folder / f"{asset}.csv")
    environ = {"ZIPLINE_ROOT": str(tmp_path / "root")}
    bundles.register(NAME, csvdir_equities(["daily"], str(tmp_path / "csv")), calendar_name="XNYS")
    try:
        bundles.ingest(NAME, environ=environ)
        yield environ, bars
    finally:
        bundles.unregister(NAME)


def buy_once(context: Any, data: Any) -> None:
    if not context.portfolio.positions and not context.blotter.open_orders:
        order(symbol("A1"), 100)


def test_an_algorithm_runs_on_a_bundle_and_sees_its_rounded_prices(root: tuple[dict[str, str], Bars]) -> None:
    environ, bars = root
    performance = run_on_frames(None, handle_data=buy_once, bundle=NAME, environ=environ)
    assert len(performance) == 40
    (fill,) = performance["transactions"].iloc[1]
    assert fill["price"] != bars.close[1, 1] * 1.0005
    assert fill["price"] == pytest.approx(np.round(bars.close[1, 1], 3) * 1.0005, abs=1e-3)


def test_the_executor_runs_on_a_bundle_and_counts_bars_before_the_run(root: tuple[dict[str, str], Bars]) -> None:
    environ, _ = root
    config = RebalanceConfig(mode="hybrid", late_asset_policy="require_history", late_asset_min_bars=9)
    plans: list[Plan] = []

    def initialize(context: Any) -> None:
        context.executor = TargetWeightExecutor(config)

    def handle_data(context: Any, data: Any) -> None:
        port = Broker(context, data)
        plans.append(context.executor.preview({"A0": 0.5, "A1": 0.3}, broker=port))
        context.executor.execute({"A0": 0.5, "A1": 0.3}, broker=port)

    # The bundle begins on 2 January: the 12th, where the run begins, is its seventh session.
    performance = run_on_frames(None, initialize, handle_data, bundle=NAME, environ=environ, start="2015-01-12")
    assert [len(plan.now) for plan in plans[:4]] == [0, 0, 2, 0]
    assert plans[1].skipped[0].reasons == Reason.LATE_ASSET
    assert [len(fills) for fills in performance["transactions"][:5]] == [0, 0, 0, 2, 0]


def test_start_and_end_cut_the_run(root: tuple[dict[str, str], Bars]) -> None:
    environ, _ = root
    performance = run_on_frames(None, bundle=NAME, environ=environ, start="2015-01-10", end="2015-01-20")
    assert [str(day.date()) for day in performance.index[[0, -1]]] == ["2015-01-12", "2015-01-20"]
    with pytest.raises(ConfigError, match="no session from 2016"):
        run_on_frames(None, bundle=NAME, environ=environ, start="2016-01-10")


def test_a_bundle_that_was_never_ingested(root: tuple[dict[str, str], Bars], tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no data"):
        run_on_frames(None, bundle=NAME, environ={"ZIPLINE_ROOT": str(tmp_path / "other")})
