"""Signals beside prices: the named extra fields of `Bars`, and what a strategy sees of them."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from weighbridge.exceptions import BarsError
from weighbridge.testing import assert_records_equal

NAN = math.nan
DAYS = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06"])
CLOSE = pd.DataFrame({"A": [10.0, 11.0, 12.0], "B": [NAN, 20.0, 21.0]}, index=DAYS)
MOMENTUM = pd.DataFrame({"A": [NAN, -0.5, 0.0], "B": [1.5, -2.0, NAN]}, index=DAYS)
RANK = pd.DataFrame({"A": [1, 2, 2], "B": [2, 1, 1]}, index=DAYS)


def bars(**more: Any) -> wb.Bars:
    return wb.Bars.from_frames(close=CLOSE, open=CLOSE, fields={"rank": RANK, "momentum": MOMENTUM}, **more)


def test_they_are_arrays_like_prices_with_any_sign_and_nan_anywhere() -> None:
    made = bars()
    assert list(made.fields) == ["momentum", "rank"]
    for name, frame in (("momentum", MOMENTUM), ("rank", RANK)):
        values = made.fields[name]
        np.testing.assert_array_equal(values, frame.to_numpy(dtype=float))
        assert (values.dtype, values.flags.c_contiguous, values.flags.writeable) == (np.float64, True, False)
        assert made.values(name) is values
        np.testing.assert_array_equal(made.frame(name).to_numpy(), frame.to_numpy(dtype=float))
    assert "momentum" in repr(made)
    with pytest.raises(TypeError):
        made.fields["momentum"] = np.zeros((3, 2))  # type: ignore[index]


def test_their_columns_may_come_in_another_order() -> None:
    other = wb.Bars.from_frames(close=CLOSE, open=CLOSE, fields={"momentum": MOMENTUM[["B", "A"]], "rank": RANK})
    assert other.fingerprint() == bars().fingerprint()


def test_slices_selections_and_pickles_carry_them() -> None:
    made = bars()
    cut = made.slice(1, 3).select(["B"])
    np.testing.assert_array_equal(cut.fields["momentum"], [[-2.0], [NAN]])
    assert cut.fields["rank"].flags.c_contiguous
    assert not cut.fields["rank"].flags.writeable
    copy = pickle.loads(pickle.dumps(made))
    assert copy.fingerprint() == made.fingerprint()
    assert not copy.fields["rank"].flags.writeable


def test_digests_follow_names_and_numbers() -> None:
    plain = wb.Bars.from_frames(close=CLOSE, open=CLOSE)
    renamed = wb.Bars.from_frames(close=CLOSE, open=CLOSE, fields={"rank": RANK, "speed": MOMENTUM})
    changed = wb.Bars.from_frames(close=CLOSE, open=CLOSE, fields={"rank": RANK, "momentum": MOMENTUM * 2})
    assert len({made.fingerprint() for made in (plain, bars(), renamed, changed)}) == 4


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_long_frames_and_files_hold_the_ones_that_are_named(tmp_path: Path, suffix: str) -> None:
    rows = [
        {"date": day, "asset": asset, "close": CLOSE.loc[day, asset], "open": CLOSE.loc[day, asset],
         "Momentum": MOMENTUM.loc[day, asset], "rank": RANK.loc[day, asset], "sector": "steel"}
        for day in DAYS
        for asset in "AB"
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    expected = wb.Bars.from_frames(close=CLOSE, open=CLOSE, fields={"Momentum": MOMENTUM, "rank": RANK})
    assert wb.Bars.from_long(frame, fields=["rank", "Momentum"]).fingerprint() == expected.fingerprint()
    path = tmp_path / f"long{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    assert wb.Bars.from_file(path, fields=["Momentum", "rank"]).fingerprint() == expected.fingerprint()
    assert not wb.Bars.from_file(path).fields
    with pytest.raises(BarsError, match="no column 'beta'"):
        wb.Bars.from_long(frame, fields=["beta"])


def test_a_wide_file_has_none(tmp_path: Path) -> None:
    CLOSE.rename_axis("time").to_csv(tmp_path / "wide.csv")
    with pytest.raises(BarsError, match="closing prices alone"):
        wb.Bars.from_file(tmp_path / "wide.csv", fields=["rank"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([RANK], "fields is a list, not a mapping"),
        ({"close": RANK}, "cannot be named 'close'"),
        ({" ": RANK}, "cannot be named ' '"),
        ({3: RANK}, "cannot be named 3"),
        ({"rank": RANK.iloc[1:]}, "rank and close have different times"),
        ({"rank": RANK[["A"]]}, "rank and close have different assets"),
        ({"rank": RANK.astype(float).replace(1.0, -math.inf)}, "rank is infinite at 2020-01-02 for 'A'"),
        ({"rank": RANK.astype(str)}, "rank is not a number at 2020-01-02 for 'A'"),
        ({"rank": [1, 2]}, "rank is a list, not a pandas DataFrame"),
    ],
)
def test_wrong_ones_are_named(fields: Any, message: str) -> None:
    with pytest.raises(BarsError, match=message) as raised:
        wb.Bars.from_frames(close=CLOSE, fields=fields)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("rank", "fields='rank' is one text"),
        (["rank", "rank"], "cannot be named 'rank'"),
        (["volume"], "cannot be named 'volume'"),
    ],
)
def test_wrong_names_are_named(names: Any, message: str) -> None:
    with pytest.raises(BarsError, match=message):
        wb.Bars.from_long(pd.DataFrame(), fields=names)


def test_what_is_not_there_is_asked_for_by_name() -> None:
    with pytest.raises(BarsError, match="no beta") as raised:
        bars().require("rank", "beta")
    assert "fields={'beta': ...}" in str(raised.value.hint)


class Looking(wb.Strategy):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        shown = {asset: dict(data[asset].fields) for asset in data}
        self.seen.append((shown, data.history("rank")[:, 1].tolist()))


def test_a_strategy_sees_those_of_the_bar_at_its_close() -> None:
    strategy = Looking()
    wb.Engine(bars(), strategy).run()
    (first, ranks), (second, _), (third, _) = strategy.seen
    # B does not trade at the first bar: it is not in the mapping, and its signals are in the history.
    assert first == {"A": {"momentum": pytest.approx(NAN, nan_ok=True), "rank": 1.0}}
    assert ranks == [2.0]
    assert second == {"A": {"momentum": -0.5, "rank": 2.0}, "B": {"momentum": -2.0, "rank": 1.0}}
    assert third["A"] == {"momentum": 0.0, "rank": 2.0}


def test_a_strategy_sees_those_of_the_bar_before_at_the_open() -> None:
    """Semantics 8.9."""
    strategy = Looking()
    wb.Engine(bars(), strategy, conventions="backtrader-coo").run()
    (first, none), (second, ranks), (third, _) = strategy.seen
    assert all(math.isnan(value) for value in first["A"].values())
    assert none == []
    # The row of the first bar, although B did not trade there.
    assert second["B"] == {"momentum": 1.5, "rank": 2.0}
    assert ranks == [2.0]
    assert third["A"] == {"momentum": -0.5, "rank": 2.0}


def test_a_bar_can_be_kept_and_copied() -> None:
    class Keeping(wb.Strategy):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            assert pickle.loads(pickle.dumps(data["A"])).close == data["A"].close

    for made in (bars(), wb.Bars.from_frames(close=CLOSE, open=CLOSE)):
        wb.Engine(made, Keeping()).run()


def test_no_result_depends_on_them() -> None:
    """Semantics 8.9."""
    targets = wb.TargetWeights(pd.DataFrame({"A": [0.5]}, index=DAYS[:1]))
    plain = wb.Bars.from_frames(close=CLOSE, open=CLOSE)
    assert_records_equal(wb.simulate(plain, targets), wb.simulate(bars(), targets))
