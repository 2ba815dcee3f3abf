"""Whatever is fed to Bars and TargetWeights, they take it or raise one of the project's own errors."""

from __future__ import annotations

import decimal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import WeighbridgeError

DAYS = pd.bdate_range("2020-01-01", periods=4)
BARS = Bars.from_frames(close=pd.DataFrame(10.0, index=DAYS, columns=["A", "B", "C"]))
GOOD_LONG = BARS.frame("close").rename_axis("date").reset_index().melt("date", value_name="close")

# Each run tries the same inputs, so that a failure is found by whoever causes it and not by the next one.
thorough = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@contextmanager
def only_our_errors() -> Iterator[None]:
    """Let the project's own errors pass, with message and hint; anything else, and any warning, fails."""
    caught: list[WeighbridgeError] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            yield
        except WeighbridgeError as error:
            caught.append(error)
    assert all(error.message and error.hint for error in caught)


class Rude:
    """A cell that raises at every question."""

    def __repr__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]


numbers = st.one_of(st.floats(width=64), st.floats(0.01, 1e6), st.integers(-(10**20), 10**20), st.just(10**400))
cells = st.one_of(
    numbers,
    st.none(),
    st.booleans(),
    st.text(max_size=3),
    st.complex_numbers(),
    st.dates(),
    st.decimals(allow_nan=True),
    st.sampled_from([pd.NA, pd.NaT, np.float32("inf"), [1.0], (), {}, b"1", pd.Timestamp("2020"), Rude()]),
)


def column(n_rows: int) -> st.SearchStrategy[Any]:
    """Draw a column of one of the kinds that pandas knows."""

    def of(elements: st.SearchStrategy[Any], dtype: Any) -> st.SearchStrategy[Any]:
        make: Callable[[list[Any]], Any] = lambda values: pd.Series(values, dtype=dtype)  # noqa: E731
        return st.lists(elements, min_size=n_rows, max_size=n_rows).map(make)

    floats, small = st.floats(width=64), st.integers(-3, 100)
    return st.one_of(
        of(st.floats(0.01, 1e6), "float64"),
        of(floats, "float64"),
        of(st.floats(width=32), "float32"),
        of(small, "int8"),
        of(st.integers(0, 2**64 - 1), "uint64"),
        of(st.booleans(), "bool"),
        of(st.complex_numbers(), "complex128"),
        of(st.text(max_size=3), "str"),
        of(small | st.none(), "Int64"),
        of(floats | st.none(), "Float64"),
        of(st.booleans() | st.none(), "boolean"),
        of(floats, pd.SparseDtype("float64", np.nan)),
        of(st.sampled_from([1.0, 2.0, None]), "category"),
        of(st.integers(0, 2**40), "datetime64[ns]"),
        of(st.integers(0, 2**40), "timedelta64[ns]"),
        of(floats | st.none(), "double[pyarrow]"),
        of(cells, "object"),
    )


def index(n_rows: int) -> st.SearchStrategy[pd.Index]:
    """Draw an index: good times, times that are wrong in some way, or no times."""

    def of(elements: st.SearchStrategy[Any], make: Callable[[Any], pd.Index]) -> st.SearchStrategy[pd.Index]:
        return st.lists(elements, min_size=n_rows, max_size=n_rows).map(make)

    days = st.integers(0, 5)
    return st.one_of(
        st.just(pd.bdate_range("2020-01-01", periods=n_rows)),
        st.just(pd.date_range("2020-01-01", periods=n_rows, tz="America/New_York")),
        of(days, lambda values: pd.DatetimeIndex([f"2020-01-0{1 + value}" for value in values])),
        of(
            days | st.none(),
            lambda values: pd.to_datetime(pd.Series(values, dtype="Int64"), unit="D").pipe(pd.Index),
        ),
        of(st.integers(-(2**40), 2**40), lambda values: pd.DatetimeIndex(np.array(values, "datetime64[s]"))),
        of(st.integers(-(2**62), 2**62), lambda values: pd.DatetimeIndex(np.array(values, "datetime64[us]"))),
        of(days, pd.Index),
        of(st.text(max_size=2), lambda values: pd.Index(values, dtype=object)),
        of(st.floats(width=64), pd.Index),
        of(days, lambda values: pd.PeriodIndex.from_ordinals(values, freq="D")),
        of(days, lambda values: pd.MultiIndex.from_arrays([values, values])),
    )


def names(n_columns: int) -> st.SearchStrategy[Any]:
    """Draw the names of columns: good ones most of the time."""

    def of(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(elements, min_size=n_columns, max_size=n_columns).map(lambda n: pd.Index(n, dtype=object))

    pairs = st.just(pd.MultiIndex.from_arrays([range(n_columns), list("ABCD")[:n_columns]]))
    odd = st.one_of(st.none(), st.integers(), st.floats(width=64), st.text(max_size=2), st.just(pd.NaT))
    good = st.just(pd.Index(list("ABCD")[:n_columns]))
    return st.one_of(good, good, good, of(st.sampled_from("AB")), of(odd), pairs)


@st.composite
def frames(draw: st.DrawFn) -> Any:
    n_rows, n_columns = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    if draw(st.integers(0, 19)) == 0:
        return draw(st.sampled_from([None, 7, "frame", {}, [], np.ones((2, 2)), pd.Series([1.0]), pd.DataFrame]))
    # Mostly one kind of fault at a time: two at once hide each other.
    fault = draw(st.sampled_from(["cells", "index", "names", "all", "none"]))
    good = st.lists(st.floats(0.01, 1e6), min_size=n_rows, max_size=n_rows).map(pd.Series)
    kind = column(n_rows) if fault in ("cells", "all") else good
    frame = pd.DataFrame({position: draw(kind) for position in range(n_columns)}, index=range(n_rows))
    frame.index = draw(index(n_rows)) if fault in ("index", "all") else pd.bdate_range("2020-01-01", periods=n_rows)
    frame.columns = draw(names(n_columns)) if fault in ("names", "all") else pd.Index(list("ABCD")[:n_columns])
    return frame


@thorough
@given(close=frames(), other=frames(), field=st.sampled_from(["open", "high", "low", "volume"]))
def test_frames_into_bars(close: Any, other: Any, field: Any) -> None:
    with only_our_errors():
        Bars.from_frames(close=close)
    with only_our_errors():
        Bars.from_frames(close=close, **{field: other})
    with only_our_errors():
        Bars.from_frames(close=BARS.frame("close"), **{field: other})


@thorough
@given(frame=frames())
def test_what_passes_is_what_engines_are_promised(frame: Any) -> None:
    with only_our_errors():
        bars = Bars.from_frames(close=frame)
        assert np.isfinite(bars.close[bars.has_bar]).all()
        assert (bars.close[bars.has_bar] > 0).all()
        assert bars.index.is_unique
        assert bars.index.is_monotonic_increasing
        assert bars.close.shape == (bars.n_bars, bars.n_assets) == (len(frame), len(frame.columns))
        assert bars.close.flags.c_contiguous
        assert repr(bars)
        assert len(bars.fingerprint()) == 64


@thorough
@given(frame=frames())
def test_frames_into_target_weights(frame: Any) -> None:
    with only_our_errors():
        targets = TargetWeights(frame)
        assert not np.isinf(targets.weights).any()
        assert repr(targets)
        row_of_bar, weights = targets.on(BARS)
        assert row_of_bar.shape == (BARS.n_bars,)
        assert weights.shape == (len(frame), BARS.n_assets)


@thorough
@given(
    values=st.data(),
    replaced=st.sets(st.sampled_from(["date", "asset", "close"])),
    dropped=st.sets(st.sampled_from(["date", "asset", "close"]), max_size=1),
)
def test_long_frames_into_bars(values: st.DataObject, replaced: set[str], dropped: set[str]) -> None:
    frame = GOOD_LONG.copy()
    for name in sorted(replaced):
        frame[name] = values.draw(column(len(frame)))
    with only_our_errors():
        Bars.from_long(frame.drop(columns=sorted(dropped)))
    with only_our_errors():
        Bars.from_long(values.draw(frames()))


CSV = [
    "date,A,B\n2020-01-02,1,2\n2020-01-03,1.5,\n",
    "time,asset,open,high,low,close,volume\n2020-01-02,A,1,2,0.5,1.5,10\n2020-01-03,A,1,2,0.5,1.5,0\n",
    "time,asset,weight\n2020-01-02,A,0.5\n2020-01-03,B,-0.5\n",
]


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw the bytes of a file with pieces cut out, put in or doubled."""
    content = whole
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.integers(0, 12)))
        piece = draw(
            st.one_of(
                st.binary(max_size=3),
                st.sampled_from(
                    [b",", b"\n", b'"', b"\r", b"-", b"1e999", b"NaN", b"NA", b"\xef\xbb\xbf", b"\0", b";"]
                ),
                st.just(content[start:stop] * 2),
            )
        )
        content = content[:start] + piece + content[stop:]
    return content


@thorough
@given(content=st.one_of(*(damaged(text.encode()) for text in CSV), st.binary(max_size=60)))
@example(content=b'date,A\n2020-01-02,"')
@example(content=b"date\n2020-01-02\n")
@example(content=b"\xef\xbb\xbfdate,A\n2020-01-02,1\n")
def test_csv_into_both(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with only_our_errors():
        Bars.from_file(path)
    with only_our_errors():
        TargetWeights.from_file(path)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "table.parquet"
    GOOD_LONG.to_parquet(path)
    return path.read_bytes()


@thorough
@given(data=st.data())
def test_parquet_into_both(data: st.DataObject, parquet: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(data.draw(damaged(parquet)))
    with only_our_errors():
        Bars.from_file(path)
    with only_our_errors():
        TargetWeights.from_file(path)


@thorough
@given(frame=frames())
def test_any_frame_saved_as_parquet_into_both(frame: Any, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    try:
        frame.to_parquet(path)
    except Exception:  # noqa: BLE001 - not every frame can be saved, and that is not what is tested
        return
    with only_our_errors():
        Bars.from_file(path)
    with only_our_errors():
        TargetWeights.from_file(path)


def test_decimals_are_refused_like_any_other_object() -> None:
    frame = pd.DataFrame({"A": [decimal.Decimal("0.5")]}, index=DAYS[:1])
    with pytest.raises(WeighbridgeError, match="Decimal"):
        TargetWeights(frame)
