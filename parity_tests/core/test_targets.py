from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dateutil.tz import tzoffset

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights, WeightProvider
from weighbridge.exceptions import FileError, TargetsError

NAN = float("nan")
DAYS = pd.bdate_range("2020-01-01", periods=6)
BARS = Bars.from_frames(close=pd.DataFrame(10.0, index=DAYS, columns=["A", "B", "C"]))


def weights() -> pd.DataFrame:
    """B before A, no column for C; the second row decides nothing, the third leaves A alone and closes B."""
    return pd.DataFrame({"B": [0.4, NAN, 0.0], "A": [0.6, NAN, NAN]}, index=DAYS[[0, 2, 5]])


def test_weights_are_kept_as_they_are() -> None:
    frame = weights()
    targets = TargetWeights(frame)
    frame.iloc[0, 0] = 9.0
    assert targets.assets == ("B", "A")
    assert targets.index.name == "time"
    assert not targets.weights.flags.writeable
    np.testing.assert_array_equal(targets.weights, weights().to_numpy())
    pd.testing.assert_frame_equal(targets.frame, weights(), check_names=False, check_index_type=False)


def test_rows_are_laid_over_bars() -> None:
    row_of_bar, over_bars = TargetWeights(weights()).on(BARS)
    assert row_of_bar.dtype == np.int64
    np.testing.assert_array_equal(row_of_bar, [0, -1, -1, -1, -1, 2])
    np.testing.assert_array_equal(over_bars, [[0.6, 0.4, NAN], [NAN, NAN, NAN], [NAN, 0.0, NAN]])


def test_time_units_do_not_matter_but_zones_do() -> None:
    seconds = weights().set_axis(weights().index.as_unit("s"))
    assert TargetWeights(seconds).fingerprint() == TargetWeights(weights()).fingerprint()
    np.testing.assert_array_equal(TargetWeights(seconds).on(BARS)[0], [0, -1, -1, -1, -1, 2])
    with pytest.raises(TargetsError, match="time zone UTC, and the bars in none"):
        TargetWeights(weights().tz_localize("UTC")).on(BARS)
    paris = Bars.from_frames(close=BARS.frame("close").tz_localize("Europe/Paris"))
    with pytest.raises(TargetsError, match="time zone UTC, and the bars in Europe/Paris"):
        TargetWeights(weights().tz_localize("UTC")).on(paris)
    row_of_bar, _ = TargetWeights(weights().tz_localize("Europe/Paris")).on(paris)
    np.testing.assert_array_equal(row_of_bar, [0, -1, -1, -1, -1, 2])


def test_what_the_bars_lack_is_named() -> None:
    with pytest.raises(TargetsError, match=r"2 assets that the bars lack, the first is 'X'(.|\n)*'A', 'B', 'C'"):
        TargetWeights(weights().assign(X=0.0, Y=0.0)).on(BARS)
    weekend = weights().set_axis(pd.DatetimeIndex(["2020-01-01", "2020-01-04", "2020-01-05"]))
    with pytest.raises(TargetsError, match=r"2 times of the target weights are no bar, the first is 2020-01-04"):
        TargetWeights(weekend).on(BARS)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (weights().replace(0.6, np.inf), "infinite at 2020-01-01 for 'A'"),
        (weights().replace(0.6, -np.inf), "infinite at 2020-01-01 for 'A'"),
        (weights().astype(str), "not a number at 2020-01-01 for 'B': '0.4' (str)"),
        (weights() > 0, "not a number at 2020-01-01 for 'B': True (bool)"),
        (weights().iloc[::-1], "not sorted: 2020-01-03 (row 1) comes after 2020-01-08"),
        (weights().iloc[[0, 0]], "duplicate times, the first is 2020-01-01 (row 1)"),
        (weights().iloc[:0], "empty: 0 rows x 2 columns"),
        (weights().reset_index(drop=True), "is a RangeIndex, not a DatetimeIndex"),
        (weights().set_axis(["A", "A"], axis=1), "the column 'A' more than once"),
        (weights().set_axis(["A", 7], axis=1), "column 1 of the frame of target weights is named 7"),
        ({"A": 0.6}, "is a dict, not a pandas DataFrame"),
    ],
)
def test_a_wrong_frame_is_named(frame: Any, message: str) -> None:
    with pytest.raises(TargetsError) as caught:
        TargetWeights(frame)
    assert message in caught.value.message
    assert caught.value.hint


def test_fingerprint_follows_the_contents_and_survives_pickling() -> None:
    targets = TargetWeights(weights())
    copy = pickle.loads(pickle.dumps(targets))
    assert copy.fingerprint() == targets.fingerprint()
    assert not copy.weights.flags.writeable
    others = [
        weights().replace(0.6, np.nextafter(0.6, 1)),
        weights()[["A", "B"]],
        weights().iloc[:2],
        weights().tz_localize("UTC"),
    ]
    assert len({targets.fingerprint(), *(TargetWeights(other).fingerprint() for other in others)}) == 5


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_hold_the_same_as_frames(tmp_path: Path, suffix: str) -> None:
    wide, long = tmp_path / f"wide{suffix}", tmp_path / f"long{suffix}"
    frame = weights()[["A", "B"]].rename_axis("time")
    melted = frame.reset_index().melt("time", var_name="asset", value_name="weight")
    if suffix == ".csv":
        frame.to_csv(wide)
        melted.to_csv(long, index=False)
    else:
        frame.to_parquet(wide)
        melted.to_parquet(long, index=False)
    expected = TargetWeights(frame).fingerprint()
    assert TargetWeights.from_file(wide).fingerprint() == expected
    assert TargetWeights.from_file(long).fingerprint() == expected


def test_files_that_are_wrong_are_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("time,A\n2020-01-01,inf\n")
    with pytest.raises(TargetsError, match=r"weights\.csv: the weight is infinite at 2020-01-01 for 'A'"):
        TargetWeights.from_file(path)
    with pytest.raises(FileError, match="is not there"):
        TargetWeights.from_file(tmp_path / "none.parquet")


def test_a_provider_is_what_says_weights() -> None:
    class Half:
        def weights_at(self, time: pd.Timestamp) -> Mapping[str, float] | None:
            return {"A": 0.5} if time.day_of_week == 0 else None

    assert isinstance(Half(), WeightProvider)
    assert not isinstance(object(), WeightProvider)


def test_fixed_offsets_are_the_same_zone_whatever_they_are_called() -> None:
    """A Parquet file gives a fixed offset back under another name than pandas has for it."""
    offset = timezone(timedelta(hours=5, minutes=30))
    index = pd.date_range("2024-01-01", periods=2, tz=offset)
    again = index.tz_convert(tzoffset(None, 19_800))
    bars = Bars.from_frames(close=pd.DataFrame({"A": [1.0, 2.0]}, index))
    row_of_bar, _ = TargetWeights(pd.DataFrame({"A": [0.5]}, again[:1])).on(bars)
    assert row_of_bar.tolist() == [0, -1]
