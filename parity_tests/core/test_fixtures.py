from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighbridge.exceptions import FileError
from weighbridge.parity import embedded
from weighbridge.parity.embedded import embedded_actions, embedded_bars, splits_and_dividends

FIXTURES = Path(__file__).parents[2] / "fixtures"
PROVENANCE: dict[str, Any] = json.loads((FIXTURES / "provenance.json").read_text(encoding="utf-8"))


def cutter() -> ModuleType:
    """Load fixtures/cut.py, which is a script and not part of any package."""
    spec = importlib.util.spec_from_file_location("cut", FIXTURES / "cut.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["cut"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(PROVENANCE["files"]))
def test_files_are_those_of_the_provenance(name: str) -> None:
    about = PROVENANCE["files"][name]
    assert hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest() == about["sha256"]
    frame = pd.read_csv(FIXTURES / name) if name.endswith(".csv") else pd.read_parquet(FIXTURES / name)
    assert len(frame) == about["rows"]
    assert list(frame.columns) == about["columns"]
    if name.endswith(".parquet"):
        days = frame["time"].dt.strftime("%Y-%m-%d")
        rows = frame.assign(time=days).itertuples(index=False)
        text = "".join(",".join(map(str, row)) + "\n" for row in rows)
        assert hashlib.sha256(text.encode()).hexdigest() == about["content_sha256"]


def test_the_prose_agrees_with_the_provenance() -> None:
    prose = (FIXTURES / "PROVENANCE.md").read_text(encoding="utf-8")
    assert PROVENANCE["source"]["wheel_sha256"] in prose
    assert PROVENANCE["source"]["file_sha256"] in prose
    for asset, about in PROVENANCE["assets"].items():
        cells = [
            asset,
            about["first"],
            about["last"],
            f"{about['rows']:,}",
            about["splits"],
            about["dividends"],
        ]
        assert re.search(r"\| " + r" \| ".join(map(str, cells)) + r" \|", prose)


def test_prices_load_as_whole_bars() -> None:
    bars = embedded_bars()
    bars.require("open", "high", "low", "close", "volume")
    assert bars.assets == ("AAPL", "FB", "GOOG", "IBM", "MSFT")
    assert (bars.index[0], bars.index[-1]) == (pd.Timestamp("2000-03-01"), pd.Timestamp("2013-03-01"))
    listed = {"FB": "2012-05-18", "GOOG": "2004-08-19"}
    for asset, first, last in zip(bars.assets, bars.first_bar, bars.last_bar, strict=True):
        assert bars.index[first] == pd.Timestamp(listed.get(asset, "2000-03-01"))
        assert last == bars.n_bars - 1
        assert bars.has_bar[first:, bars.assets.index(asset)].all()
    assert {asset: about["rows"] for asset, about in PROVENANCE["assets"].items()} == dict(
        zip(bars.assets, bars.has_bar.sum(axis=0).tolist(), strict=True)
    )
    # FB's first day is well known: it opened at 42.05 and closed at 38.23, to the cent.
    day, column = bars.first_bar[1], 1
    assert bars.open is not None
    assert bars.open[day, column] == 42.05
    assert bars.close[day, column] == pytest.approx(38.23, abs=0.005)


def test_open_and_close_lie_within_high_and_low() -> None:
    bars = embedded_bars()
    assert bars.open is not None
    assert bars.high is not None
    assert bars.low is not None
    traded = bars.has_bar
    assert (np.maximum(bars.open, bars.close)[traded] <= bars.high[traded]).all()
    assert (np.minimum(bars.open, bars.close)[traded] >= bars.low[traded]).all()


def test_splits_are_the_three_that_are_known() -> None:
    actions = embedded_actions()
    splits = actions[actions["kind"] == "split"]
    # Ex-dates as the companies announced them; both halve the price at the open of that day.
    assert list(splits[["time", "asset", "value"]].itertuples(index=False, name=None)) == [
        (pd.Timestamp("2000-06-21"), "AAPL", 2.0),
        (pd.Timestamp("2003-02-18"), "MSFT", 2.0),
        (pd.Timestamp("2005-02-28"), "AAPL", 2.0),
    ]
    close = embedded_bars().frame("close")
    for time, asset, value in splits[["time", "asset", "value"]].itertuples(index=False, name=None):
        ratio = close[asset].shift().loc[time] / close[asset].loc[time]
        assert ratio == pytest.approx(value, rel=0.1)  # 10%: more than any of the three moved on that day.


@pytest.mark.parametrize(
    ("day", "asset", "value"),
    [
        ("2003-02-19", "MSFT", 0.08),  # Microsoft's first dividend
        ("2004-11-15", "MSFT", 3.08),  # the special dividend of 3.00 and the quarterly 0.08
        ("2012-08-09", "AAPL", 2.65),  # Apple's first since 1995
        ("2012-11-07", "AAPL", 2.65),
        ("2013-02-06", "IBM", 0.85),
        ("2000-05-08", "IBM", 0.13),
    ],
)
def test_dividends_that_are_known_are_there(day: str, asset: str, value: float) -> None:
    actions = embedded_actions()
    found = actions[(actions["time"] == pd.Timestamp(day)) & (actions["asset"] == asset)]
    assert found[["kind", "value"]].to_numpy().tolist() == [["dividend", value]]


def test_actions_explain_every_move_of_the_adjusted_close() -> None:
    prices = pd.read_parquet(FIXTURES / "prices.parquet")
    close = prices.pivot(index="time", columns="asset", values="close")
    adjusted = prices.pivot(index="time", columns="asset", values="adjusted_close")
    factor = pd.DataFrame(1.0, index=close.index, columns=close.columns)
    for time, asset, kind, value in embedded_actions().itertuples(index=False, name=None):
        factor.loc[time, asset] *= value if kind == "split" else 1.0 + value / close.loc[time, asset]
    moved = (adjusted / close) / (adjusted / close).shift()
    # 1e-11: the source writes about 14 digits, and each ratio takes four of its numbers.
    unexplained = (moved / factor - 1.0).abs().to_numpy()
    assert np.nanmax(unexplained) < 1e-11
    # Nothing to compare with before an asset's first bar, and at it.
    assert (np.isnan(unexplained).sum(axis=0) == embedded_bars().first_bar + 1).all()
    assert embedded_actions().equals(embedded_actions().sort_values(["time", "asset"], kind="stable"))


def test_csv_and_parquet_hold_the_same_actions() -> None:
    text = pd.read_csv(FIXTURES / "actions.csv", parse_dates=["time"])
    pd.testing.assert_frame_equal(text, embedded_actions(), check_dtype=False, check_exact=True)


def test_an_installation_without_the_files_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "FOLDERS", (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(FileError, match=r"prices\.parquet is neither in .*a nor in .*b"):
        embedded_bars()


def test_the_cutter_refuses_another_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "bokeh_sampledata-2026.1-py3-none-any.whl"
    wheel.write_bytes(b"another")
    with pytest.raises(SystemExit, match="the wheel has SHA-256"):
        cutter().read_prices(wheel)


def test_the_cutter_tells_splits_from_dividends_and_stops_at_neither() -> None:
    cut = cutter()

    def price(day: int, close: float, adjusted: float) -> Any:
        return cut.Price(datetime(2020, 1, day), "A", close, close, close, close, 100, adjusted)

    # By hand, backwards from the last bar: 2:1 on the 4th, 1:5 on the 3rd, 0.50 on the 2nd (10.50 / 10.00).
    factor = 1 / 2 * 5
    rows = [
        price(1, 11, 11 * factor / 1.05),
        price(2, 10, 10 * factor),
        price(3, 50, 25.0),
        price(4, 26, 26.0),
    ]
    assert list(cut.derive_actions(rows)) == [
        (datetime(2020, 1, 2), "A", "dividend", 0.5),
        (datetime(2020, 1, 3), "A", "split", 0.2),
        (datetime(2020, 1, 4), "A", "split", 2.0),
    ]
    with pytest.raises(SystemExit, match="neither a split nor a dividend"):
        list(cut.derive_actions([price(1, 10, 10), price(2, 10, 10.00123)]))
    with pytest.raises(SystemExit, match="broken or repeated row"):
        cut.check_prices([price(1, 10, 10), price(1, 10, 10)])
    with pytest.raises(SystemExit, match="broken or repeated row"):
        cut.check_prices([price(1, 0.0, 10)])


def test_actions_in_the_columns_that_simulate_takes() -> None:
    bars = embedded_bars()
    frames = splits_and_dividends(bars)
    # Apple: two new shares for one old in 2000 and in 2005; Microsoft in 2003.
    assert frames["splits"].to_numpy().tolist() == [
        [pd.Timestamp("2000-06-21"), "AAPL", 0.5],
        [pd.Timestamp("2003-02-18"), "MSFT", 0.5],
        [pd.Timestamp("2005-02-28"), "AAPL", 0.5],
    ]
    assert len(frames["dividends"]) == 92
    few = splits_and_dividends(bars.slice(0, 500).select(["IBM", "AAPL"]))
    assert few["splits"]["date"].tolist() == [pd.Timestamp("2000-06-21")]
    assert set(few["dividends"]["asset"]) == {"IBM"}
