from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from weighbridge.data.bars import Bars
from weighbridge.exceptions import BarsError, FileError, WeighbridgeError

GOOD = "date,A,B\n2020-01-02,1,2\n2020-01-03,1.5,2.5\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"PK\x03\x04\x00\x00", "is binary"),
        (b"date,A\n2020-01-02,\xff\n", "is not UTF-8 text: byte 18"),
        (b"A,B\n1,2\n", "no column of times among 'A', 'B'"),
        (b"date,A,A\n2020-01-02,1,2\n", "the column 'A' more than once"),
        (b"date,A\n2020-01-02,1,2,3\n", "is not a CSV table"),
        (b"date,A\n2020-01-02,1\n2020-01-03,1,2\n", "is not a CSV table"),
        (b'date,A\n2020-01-02,"1\n', "is not a CSV table"),
        (b"date,A\nyesterday,1\n", "times that cannot be read"),
        (b"date,A\n03/04/2020,1\n", "times that cannot be read"),
        (b"date,A\n2020-01-02,1\n,2\n", "has no time in row 1"),
        (b"date,A\n2020-06-01T00:00-04:00,1\n2020-12-01T00:00-05:00,1\n", "times that cannot be read"),
        (b"date,asset,Close,close\n2020-01-02,A,1,1\n", "differ only in case"),
        (b"asset,close\nA,1\n", "no column of times"),
    ],
)
def test_csv_that_is_wrong_is_a_file_error(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        Bars.from_file(path)
    assert message in caught.value.message
    assert "prices.csv" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("date,A\n", "close is empty"),
        ("date,A\n2020-01-02,one\n", "close is not a number at 2020-01-02 for 'A': 'one' (str)"),
        ("date,A\n2020-01-02,True\n", "close is not a number at 2020-01-02 for 'A': True (bool)"),
        ("date,A\n2020-01-02,inf\n", "close is infinite"),
        ("date,\n2020-01-02,1\n", "column 0 of close is named ''"),
        ("date,asset,price\n2020-01-02,A,1\n", "no column 'close'"),
        ("date,asset,close\n2020-01-02,,1\n", "no asset in row 0"),
        ("date,A\n2020-01-03,1\n2020-01-02,1\n", "not sorted"),
        ("date,A\n9999-01-02,1\n", ""),
    ],
)
def test_prices_in_csv_that_are_wrong_name_the_file(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(content)
    with pytest.raises((BarsError, FileError)) as caught:
        Bars.from_file(path)
    assert message in caught.value.message
    assert "prices.csv" in caught.value.message


def test_paths_that_are_no_table_are_file_errors(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "prices.xlsx").write_bytes(b"PK")
    (tmp_path / "text.parquet").write_text(GOOD)
    (tmp_path / "empty.parquet").touch()
    for path in (
        "none.csv",
        "folder.csv",
        "prices.xlsx",
        "text.parquet",
        "empty.parquet",
        "x" * 5000 + ".csv",
    ):
        with pytest.raises(FileError) as caught:
            Bars.from_file(tmp_path / path)
        assert path in caught.value.message
        assert caught.value.hint
    for strange in (7, None, "nul\0.csv"):
        with pytest.raises(FileError):
            Bars.from_file(strange)  # type: ignore[arg-type]


def test_a_damaged_parquet_file_is_ours_to_report(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    pd.DataFrame({"A": [1.0, 2.0]}, index=pd.DatetimeIndex(["2020-01-02", "2020-01-03"])).to_parquet(path)
    whole = path.read_bytes()
    assert Bars.from_file(path).n_bars == 2
    for cut in (1, 4, 50, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(FileError, match=r"prices\.parquet is not a Parquet table"):
            Bars.from_file(path)


def test_parquet_with_other_kinds_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    dates = pd.to_datetime(["2020-01-02", "2020-01-02", "2020-01-03"])
    frame = pd.DataFrame({"time": dates, "asset": ["A", "B", "A"], "close": [1.0, 2.0, 1.5]})
    expected = Bars.from_long(frame, time="time").fingerprint()
    convert: list[Callable[[], pd.DataFrame]] = [
        lambda: frame.assign(time=list(dates.date)),
        lambda: frame.assign(time=dates.strftime("%Y-%m-%d")),
        lambda: frame.assign(asset=frame["asset"].astype("category")),
        lambda: frame.assign(close=frame["close"].astype("Float64")),
        lambda: frame.assign(time=dates.as_unit("ms")),
    ]
    for make in convert:
        make().to_parquet(path, index=False)
        assert Bars.from_file(path).fingerprint() == expected
    frame.assign(time=[0, 1, 2]).to_parquet(path, index=False)
    with pytest.raises(WeighbridgeError, match="holds times as int64"):
        Bars.from_file(path)


def test_csv_reads_iso_times_in_one_zone(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("timestamp,A\n2020-01-02T15:30:00+00:00,1\n2020-01-02T16:30:00+00:00,2\n")
    bars = Bars.from_file(path)
    assert str(bars.index.tz) == "UTC"
    assert bars.index[1] == pd.Timestamp("2020-01-02 16:30", tz="UTC")
    path.write_text("date,A,B\n20200102,1,\n20200103,,2\n")
    assert Bars.from_file(path).has_bar.tolist() == [[True, False], [False, True]]
