from __future__ import annotations

import pickle
import time
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighbridge.data.bars import Bars
from weighbridge.exceptions import BarsError, FileError, UnknownAssetError

NAN = float("nan")
DAYS = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"]).as_unit("ns")


def wide(a: list[float], b: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"A": a, "B": b}, index=DAYS, dtype=float)


def frames() -> dict[str, pd.DataFrame]:
    """Two assets over four bars; B is listed at the second and misses the third."""
    return {
        "open": wide([10, 11, 12, 13], [NAN, 20, NAN, 22]),
        "high": wide([11, 12, 13, 14], [NAN, 21, NAN, 23]),
        "low": wide([9, 10, 11, 12], [NAN, 19, NAN, 21]),
        "close": wide([10.5, 11.5, 12.5, 13.5], [NAN, 20.5, NAN, 22.5]),
        "volume": wide([100, 0, 300, 400], [0, 10, NAN, 30]),
    }


def long_frame() -> pd.DataFrame:
    rows = [
        {"date": day, "asset": asset, **{name: frame.loc[day, asset] for name, frame in frames().items()}}
        for day in DAYS
        for asset in "AB"
    ]
    return pd.DataFrame(rows).dropna(subset="close")


def test_arrays_hold_the_frames() -> None:
    bars = Bars.from_frames(**frames())
    assert (bars.n_bars, bars.n_assets, bars.assets) == (4, 2, ("A", "B"))
    assert bars.index.name == "time"
    assert bars.index.dtype == np.dtype("datetime64[ns]")
    for name, frame in frames().items():
        values = getattr(bars, name)
        expected = frame.mask(frames()["close"].isna())  # A volume of 0 where there is no bar counts as NaN.
        np.testing.assert_array_equal(values, expected.to_numpy())
        assert values.dtype == np.float64
        assert values.flags.c_contiguous
        assert not values.flags.writeable
    pd.testing.assert_frame_equal(bars.frame("low"), frames()["low"], check_names=False, check_freq=False)


def test_where_assets_trade() -> None:
    bars = Bars.from_frames(close=frames()["close"].assign(C=NAN))
    assert not bars.complete
    np.testing.assert_array_equal(bars.has_bar, [[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 1, 0]])
    np.testing.assert_array_equal(bars.first_bar, [0, 1, 4])
    np.testing.assert_array_equal(bars.last_bar, [3, 3, -1])
    assert bars.has_bar is bars.has_bar
    whole = bars.select(["A"])
    assert whole.complete
    assert whole.has_bar.all()
    assert (whole.first_bar, whole.last_bar) == ([0], [3])


def test_bars_cannot_be_changed_from_within_or_without() -> None:
    close = frames()["close"]
    bars = Bars.from_frames(close=close)
    close.iloc[0, 0] = 99.0
    assert bars.close[0, 0] == 10.5
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0, 0] = 1.0
    with pytest.raises(FrozenInstanceError):
        bars.close = np.ones((4, 2))  # type: ignore[misc]
    copy = bars.frame("close")
    copy.iloc[0, 0] = 99.0
    assert bars.close[0, 0] == 10.5


def test_integers_narrow_floats_and_nullable_columns_are_numbers() -> None:
    close = pd.DataFrame(
        {
            "A": np.array([1, 2, 3, 4], dtype=np.int32),
            "B": np.array([1.5, 2.5, 3.5, 4.5], dtype=np.float32),
            "C": pd.array([1, 2, None, 4], dtype="Int64"),
            "D": pd.Series([1, 2.5, None, NAN], dtype=object, index=DAYS).to_numpy(),
        },
        index=DAYS,
    )
    expected = [[1, 1.5, 1, 1], [2, 2.5, 2, 2.5], [3, 3.5, NAN, NAN], [4, 4.5, 4, NAN]]
    np.testing.assert_array_equal(Bars.from_frames(close=close).close, expected)


def test_columns_may_come_in_another_order() -> None:
    given = frames()
    given["open"] = given["open"][["B", "A"]]
    assert Bars.from_frames(**given).fingerprint() == Bars.from_frames(**frames()).fingerprint()


def test_long_and_wide_are_the_same() -> None:
    shuffled = long_frame().sample(frac=1.0, random_state=1)
    assert Bars.from_long(shuffled).fingerprint() == Bars.from_frames(**frames()).fingerprint()
    renamed = shuffled.rename(columns={"date": "t", "asset": "ticker"})
    assert Bars.from_long(renamed, time="t", asset="ticker").assets == ("A", "B")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_hold_the_same_as_frames(tmp_path: Path, suffix: str) -> None:
    def save(frame: pd.DataFrame, name: str, **options: Any) -> Path:
        path = tmp_path / (name + suffix)
        frame.to_csv(path, **options) if suffix == ".csv" else frame.to_parquet(path, **options)
        return path

    expected = Bars.from_frames(**frames()).fingerprint()
    assert Bars.from_file(save(long_frame(), "long", index=False)).fingerprint() == expected
    titled = long_frame().rename(columns=str.title)
    assert Bars.from_file(save(titled, "titled", index=False)).fingerprint() == expected
    indexed = long_frame().set_index(["date", "asset"])
    assert Bars.from_file(str(save(indexed, "indexed"))).fingerprint() == expected
    closes = Bars.from_frames(close=frames()["close"]).fingerprint()
    assert Bars.from_file(save(frames()["close"], "nameless")).fingerprint() == closes
    assert Bars.from_file(save(frames()["close"].rename_axis("Date"), "dated")).fingerprint() == closes


def test_csv_keeps_every_bit_and_every_ticker(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    prices = [0.1, 1 / 3, 81.30000000000001, 5e-324, 1.7976931348623157e308, 4.186662803811]
    tickers = ["NA", "TRUE", "005930", "null", "1e5", "A,B"]
    rows = [f'2020-01-02,"{ticker}",{price!r}\n' for ticker, price in zip(tickers, prices, strict=True)]
    path.write_text("date,asset,close\n" + "".join(rows), encoding="utf-8-sig")
    bars = Bars.from_file(path)
    assert dict(zip(bars.assets, bars.close[0].tolist(), strict=True)) == dict(zip(tickers, prices, strict=True))


def test_slice_select_and_require() -> None:
    bars = Bars.from_frames(**frames())
    part = bars.slice(1, 3)
    assert part.index.equals(DAYS[1:3])
    assert part.volume is not None
    np.testing.assert_array_equal(part.volume, [[0, 10], [300, NAN]])
    assert not part.close.flags.writeable
    assert bars.slice(-1).n_bars == 1
    other = bars.select(["B", "A"])
    assert other.assets == ("B", "A")
    assert other.close.flags.c_contiguous
    np.testing.assert_array_equal(other.close, bars.close[:, ::-1])
    bars.require("open", "volume")
    closes = Bars.from_frames(close=frames()["close"])
    with pytest.raises(BarsError, match=r"no open, volume(.|\n)*Hint: .*open="):
        closes.require("open", "close", "volume")
    with pytest.raises(BarsError, match="no high"):
        closes.frame("high")
    with pytest.raises(BarsError, match="no typical"):
        closes.frame("typical")
    with pytest.raises(BarsError, match="no bar is left"):
        bars.slice(3, 3)
    with pytest.raises(UnknownAssetError, match=r"'Z'(.|\n)*Hint: one of 'A', 'B'"):
        bars.select(["A", "Z"])
    with pytest.raises(BarsError, match="cannot select"):
        bars.select([])


def test_fingerprint_follows_the_contents() -> None:
    bars = Bars.from_frames(**frames())
    assert pickle.loads(pickle.dumps(bars)).fingerprint() == bars.fingerprint()
    assert not pickle.loads(pickle.dumps(bars)).close.flags.writeable
    nudged = frames()
    nudged["close"].iloc[3, 1] = np.nextafter(22.5, 23)
    others = [
        Bars.from_frames(**nudged),
        Bars.from_frames(close=frames()["close"]),
        Bars.from_frames(close=frames()["close"].rename(columns={"A": "C"})),
        Bars.from_frames(close=frames()["close"].tz_localize("UTC")),
        Bars.from_frames(close=frames()["close"].shift(freq="D")),
        bars.slice(1),
    ]
    assert len({bars.fingerprint(), *(other.fingerprint() for other in others)}) == 7


def broken(name: str, row: int, column: int, value: object) -> dict[str, pd.DataFrame]:
    given = frames()
    given[name] = given[name].astype(object) if isinstance(value, str) else given[name]
    given[name].iloc[row, column] = value
    return given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (broken("close", 1, 0, np.inf), "close is infinite at 2020-01-03 for 'A'"),
        (broken("open", 1, 0, -np.inf), "open is infinite at 2020-01-03 for 'A'"),
        (broken("low", 1, 1, -2.0), "low is negative at 2020-01-03 for 'B': -2.0"),
        (broken("volume", 0, 0, -1.0), "volume is negative at 2020-01-02 for 'A'"),
        (broken("open", 3, 1, 0.0), "open is zero at 2020-01-07 for 'B'"),
        (broken("high", 3, 1, 20.0), "high 20.0 is below low 21.0 at 2020-01-07 for 'B'"),
        (broken("open", 3, 1, NAN), "open is missing at 2020-01-07 for 'B', and close is there"),
        (broken("volume", 3, 1, NAN), "volume is missing at 2020-01-07 for 'B', and close is there"),
        (broken("high", 2, 1, 23.0), "close is missing at 2020-01-06 for 'B', and high is there"),
        (broken("volume", 2, 1, 5.0), "close is missing at 2020-01-06 for 'B', and volume is there"),
        (broken("close", 3, 1, "22.5"), "close is not a number at 2020-01-07 for 'B': '22.5' (str)"),
    ],
)
def test_a_wrong_cell_is_named(given: dict[str, pd.DataFrame], message: str) -> None:
    with pytest.raises(BarsError) as caught:
        Bars.from_frames(**given)
    assert message in caught.value.message
    assert caught.value.hint


CLOSE = frames()["close"].dropna()


@pytest.mark.parametrize(
    ("close", "message"),
    [
        (CLOSE.iloc[::-1], "close is not sorted: 2020-01-03 (row 1) comes after 2020-01-07"),
        (CLOSE.iloc[[0, 1, 1]], "close has duplicate times, the first is 2020-01-07 (row 2)"),
        (CLOSE.set_axis(pd.DatetimeIndex(["2020-01-02", None])), "close has no time (NaT) in row 1"),
        (CLOSE.set_axis([0, 1]), "not a DatetimeIndex"),
        (CLOSE.set_axis(["2020-01-02", "2020-01-03"]), "not a DatetimeIndex"),
        (CLOSE.set_axis(pd.PeriodIndex(["2020", "2021"], freq="Y")), "is a PeriodIndex"),
        (CLOSE.iloc[:0], "close is empty: 0 rows x 2 columns"),
        (CLOSE[[]], "close is empty: 2 rows x 0 columns"),
        (CLOSE.set_axis(["A", "A"], axis=1), "close has the column 'A' more than once"),
        (CLOSE.set_axis(["A", 7], axis=1), "column 1 of close is named 7"),
        (CLOSE.set_axis(["A", " "], axis=1), "column 1 of close is named ' '"),
        (CLOSE.set_axis(pd.MultiIndex.from_tuples([("x", "A"), ("x", "B")]), axis=1), "column 0 of close"),
        (CLOSE.astype(str), "close is not a number at 2020-01-03 for 'A': '11.5' (str)"),
        (CLOSE > 0, "close is not a number at 2020-01-03 for 'A': True (bool)"),
        (CLOSE.astype(complex), "close is not a number at 2020-01-03 for 'A': (11.5+0j) (complex)"),
        (CLOSE["A"], "close is a Series, not a pandas DataFrame"),
        (None, "close is a NoneType, not a pandas DataFrame"),
    ],
)
def test_a_wrong_frame_is_named(close: Any, message: str) -> None:
    with pytest.raises(BarsError) as caught:
        Bars.from_frames(close=close)
    assert message in caught.value.message
    assert caught.value.hint


def test_frames_that_do_not_match_are_named() -> None:
    close, opening = frames()["close"], frames()["open"]
    cases = [
        (
            opening.iloc[1:],
            "different times: 1 are in only one of them, the first is 2020-01-02, only in close",
        ),
        (
            opening.assign(C=1.0),
            "different assets: 1 are in only one of them, the first is 'C', only in open",
        ),
        (opening.tz_localize("UTC"), "open is in time zone UTC, and close in none"),
    ]
    for frame, message in cases:
        with pytest.raises(BarsError, match=message):
            Bars.from_frames(close=close, open=frame)


def test_long_frames_that_are_wrong_are_named() -> None:
    frame = long_frame().reset_index(drop=True)
    cases: list[tuple[Any, str]] = [
        (frame.drop(columns="close"), "no column 'close'"),
        (frame.drop(columns="date"), "no column 'date'"),
        (frame.iloc[:0], "is empty"),
        (frame.assign(date=frame["date"].astype(str)), "not of timestamps"),
        (frame.assign(date=pd.NaT), "no date in row 0"),
        (frame.assign(asset=None), "no asset in row 0"),
        (frame.assign(asset=7), "names an asset in row 0 with a int"),
        (pd.concat([frame, frame.tail(1)]), "'B' more than once at 2020-01-07"),
        (frame.assign(close=frame["close"].astype(str)), "not a number in row 0 of 'close'"),
        (frame.set_axis([*frame.columns[:-1], "open"], axis=1), "'open' more than once"),
        ("prices.csv", "is a str"),
    ]
    for wrong, message in cases:
        with pytest.raises(BarsError, match=message):
            Bars.from_long(wrong)


def test_prices_wrong_in_a_file_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,A\n2020-01-02,-1\n")
    with pytest.raises(BarsError, match=r"prices\.csv: close is negative at 2020-01-02 for 'A'"):
        Bars.from_file(path)
    with pytest.raises(FileError, match="is not there"):
        Bars.from_file(tmp_path / "none.csv")


def test_many_complete_bars_are_checked_in_milliseconds() -> None:
    index = pd.bdate_range("2010-01-01", periods=2520)
    close = pd.DataFrame(np.full((2520, 250), 10.0), index=index, columns=[f"A{i}" for i in range(250)])
    given = {"close": close, "open": close, "high": close + 1, "low": close - 1, "volume": close}
    spent: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        Bars.from_frames(**given)
        spent.append(time.perf_counter() - start)
    # Some 6 ms on a desktop. A check cell by cell takes seconds; 0.5 s tells the two apart on any machine.
    assert min(spent) < 0.5
