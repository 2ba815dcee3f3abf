"""Wrong input is named: what, where, and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from exchange_calendars import get_calendar
from zipline.api import order, symbol

from parity_tests.adapters.zipline.helpers import NAN, bars_of, walk
from weighbridge.data.bars import Bars
from weighbridge.exceptions import (
    BarsError,
    ConfigError,
    ExecutionError,
    FileError,
    UnknownAssetError,
    UnsupportedError,
    WeighbridgeError,
)
from weighbridge.settings.costs import Costs, Slippage
from weighbridge_zipline import run_on_frames


def explained(error: pytest.ExceptionInfo[WeighbridgeError]) -> str:
    """Return the message; every error of ours says what to do."""
    assert error.value.hint
    return str(error.value)


def test_dates_that_are_no_sessions_are_named_and_the_data_s_own_dates_offered() -> None:
    bars = bars_of({"A": [10.0] * 12}, start="2015-01-12")
    with pytest.raises(BarsError) as error:
        run_on_frames(bars, calendar="XNYS")
    # Martin Luther King Day.
    assert "1 of 12 dates are no sessions of 'XNYS': 2015-01-19" in explained(error)
    assert "calendar=None" in explained(error)
    assert len(run_on_frames(bars)) == 12


def test_weekends_run_on_the_data_s_own_dates() -> None:
    index = pd.date_range("2015-01-01", periods=10)
    bars = Bars.from_frames(close=pd.DataFrame({"A": np.arange(10.0) + 1.0}, index=index))
    assert len(run_on_frames(bars, costs=Costs())) == 10


def test_sessions_that_the_bars_lack_are_named_or_run_empty(xnys: pd.DatetimeIndex) -> None:
    bars = walk(10, 1, xnys.delete([3, 5]))
    with pytest.raises(BarsError) as error:
        run_on_frames(bars, calendar="XNYS")
    assert "lack 2 of 12 sessions of 'XNYS': 2015-01-07, 2015-01-09" in explained(error)
    seen: list[float] = []
    performance = run_on_frames(
        bars,
        handle_data=lambda context, data: seen.append(data.current(symbol("A0"), "close")),
        calendar="XNYS",
        missing_sessions="empty",
    )
    assert len(performance) == 12
    assert np.flatnonzero(np.isnan(seen)).tolist() == [3, 5]


def test_more_dates_than_fit_a_line_are_counted() -> None:
    index = pd.date_range("2015-01-01", periods=40)
    bars = Bars.from_frames(close=pd.DataFrame({"A": np.arange(40.0) + 1.0}, index=index))
    with pytest.raises(BarsError, match=r"14 of 40 dates .* 2015-01-01, 2015-01-03, .*, \.\.\."):
        run_on_frames(bars, calendar="XNYS")


@pytest.mark.parametrize(
    ("calendar", "kind", "said"),
    [
        ("XXXX", ConfigError, "calendar='XXXX' is not known"),
        ("24/7", UnsupportedError, "midnight"),
        (get_calendar("XNYS", side="left"), ConfigError, "side='left'"),
    ],
)
def test_calendars_that_do_not_do(calendar: Any, kind: type[WeighbridgeError], said: str) -> None:
    with pytest.raises(kind) as error:
        run_on_frames(bars_of({"A": [10.0] * 5}), calendar=calendar)
    assert said in explained(error)


def test_a_calendar_reaches_back_to_the_data() -> None:
    index = pd.DatetimeIndex(["1985-01-02", "1985-01-03", "1985-01-04"])
    bars = Bars.from_frames(close=pd.DataFrame({"A": [1.0, 2.0, 3.0]}, index=index))
    assert len(run_on_frames(bars, calendar="XNYS", costs=Costs())) == 3


def test_bars_within_a_day_are_refused() -> None:
    index = pd.date_range("2015-01-05 09:30", periods=5, freq="min")
    bars = Bars.from_frames(close=pd.DataFrame({"A": [10.0] * 5}, index=index))
    with pytest.raises(UnsupportedError) as error:
        run_on_frames(bars)
    assert "5 times are no midnight, the first is 2015-01-05 09:30:00" in explained(error)


def test_dates_with_a_time_zone_are_dates() -> None:
    index = pd.date_range("2015-01-05", periods=5, tz="America/New_York")
    bars = Bars.from_frames(close=pd.DataFrame({"A": [10.0] * 5}, index=index))
    assert str(run_on_frames(bars, costs=Costs()).index[0].date()) == "2015-01-05"


def test_an_unknown_symbol_names_those_that_are_known() -> None:
    with pytest.raises(UnknownAssetError) as error:
        run_on_frames(bars_of({"A": [10.0] * 3, "B": [10.0] * 3}), lambda context: symbol("ZZZ"))
    assert "ZZZ" in explained(error)
    assert "'A', 'B'" in explained(error)


@pytest.mark.parametrize("when", [0, 3])
def test_an_asset_ordered_outside_its_life(when: int) -> None:
    bars = bars_of({"A": [NAN, 10.0, 10.0, NAN], "B": [1.0] * 4})
    bar = iter(range(4))

    def handle_data(context: Any, data: Any) -> None:
        if next(bar) == when:
            context.order_percent(symbol("A"), 0.5)

    if when == 3:
        # Zipline itself only logs this one.
        assert run_on_frames(bars, handle_data=handle_data)["transactions"].map(len).sum() == 0
        return
    with pytest.raises(ExecutionError) as error:
        run_on_frames(bars, handle_data=handle_data)
    assert "started trading on 2015-01-06" in explained(error)


def test_an_order_beyond_zipline_s_limit() -> None:
    with pytest.raises(ExecutionError, match="Can't order more than"):
        run_on_frames(bars_of({"A": [1.0] * 3}), handle_data=lambda context, data: order(symbol("A"), 10**12))


def test_bars_without_the_volume_that_the_costs_need() -> None:
    with pytest.raises(BarsError) as error:
        run_on_frames(bars_of({"A": [10.0] * 3}, volume=None))
    assert "no volume, and the slippage model FixedBasisPointsSlippage needs it" in explained(error)


def test_bars_without_a_field_that_the_algorithm_reads() -> None:
    with pytest.raises(BarsError, match="'open'"):
        run_on_frames(bars_of({"A": [10.0] * 3}), handle_data=lambda c, data: data.current(symbol("A"), "open"))


def test_prices_of_zero_never_become_bars() -> None:
    with pytest.raises(BarsError, match=r"A|zero"):
        bars_of({"A": [10.0, 0.0, 10.0]})


def test_names_that_zipline_does_not_tell_apart() -> None:
    with pytest.raises(BarsError) as error:
        run_on_frames(bars_of({"a": [10.0] * 3, "A": [10.0] * 3}))
    assert "'a', 'A' are one symbol" in explained(error)


class OtherSlippage(Slippage):
    """A model that Zipline does not have."""


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"cash": 0.0}, ConfigError, "above 0"),
        ({"cash": -1.0}, ConfigError, "cash=-1.0"),
        ({"cash": "much"}, ConfigError, "cash='much'"),
        ({"missing_sessions": "skip"}, ConfigError, "missing_sessions='skip'"),
        ({"start": "2015-01-06"}, ConfigError, "bundle"),
        ({"bundle": "mine"}, ConfigError, "exclude each other"),
        ({"costs": Costs(slippage=OtherSlippage())}, UnsupportedError, "OtherSlippage"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], kind: type[WeighbridgeError], said: str) -> None:
    with pytest.raises(kind) as error:
        run_on_frames(bars_of({"A": [10.0] * 3}), **options)
    assert said in explained(error)


def test_neither_bars_nor_bundle() -> None:
    with pytest.raises(ConfigError, match="there is no data"):
        run_on_frames(None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"asset": "Z"}, "'Z'"),
        ({"date": "2015-01-10"}, "is no date of the bars"),
        ({"date": "2015-01-05"}, "outside the asset's life"),
        ({"ratio": 0.0}, "not a number above 0"),
        ({"ratio": NAN}, "not a number above 0"),
    ],
)
def test_splits_that_cannot_be(row: dict[str, Any], said: str) -> None:
    bars = bars_of({"A": [NAN, 10.0, 10.0]})
    splits = pd.DataFrame([{"date": "2015-01-06", "asset": "A", "ratio": 0.5, **row}])
    with pytest.raises((ConfigError, UnknownAssetError)) as error:
        run_on_frames(bars, splits=splits)
    assert said in explained(error)


def test_dividends_lack_a_column_or_are_paid_too_early() -> None:
    bars = bars_of({"A": [10.0] * 3})
    with pytest.raises(ConfigError, match="amount"):
        run_on_frames(bars, dividends=pd.DataFrame({"date": ["2015-01-06"], "asset": ["A"]}))
    early = pd.DataFrame({"date": ["2015-01-06"], "asset": ["A"], "amount": [1.0], "pay_date": ["2015-01-05"]})
    with pytest.raises(ConfigError, match="pay_date"):
        run_on_frames(bars, dividends=early)


def test_a_bundle_that_is_not_registered(tmp_path: Any) -> None:
    with pytest.raises(FileError) as error:
        run_on_frames(None, bundle="nobody", environ={"ZIPLINE_ROOT": str(tmp_path)})
    assert "bundle='nobody' is not registered" in explained(error)
