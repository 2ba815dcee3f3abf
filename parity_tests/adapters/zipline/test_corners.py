"""Where Zipline itself stops, and that the engine stops there too (semantics 6.7)."""

from __future__ import annotations

from typing import Any

import pytest

import weighbridge as wb
import weighbridge_zipline
from parity_tests.adapters.zipline.helpers import bars_of, decide
from weighbridge.exceptions import ExecutionError
from weighbridge.testing import assert_records_equal

NAN = float("nan")
UNFILTERED = wb.RebalanceConfig.unfiltered("snapshot")
# `InnerPosition.amount` is a 64-bit integer; a float tells whole numbers apart up to here only.
MOST_UNITS = 2.0**53


def both(bars: wb.Bars, rows: dict[int, dict[str, float]], **options: Any) -> list[Any]:
    """Return the records of Zipline and of the engine, or what they raise."""
    targets = decide(bars, rows)
    found: list[Any] = []
    for run in (
        lambda: weighbridge_zipline.run(bars, targets, how="native", **options),
        lambda: wb.simulate(bars, targets, conventions="zipline", rebalance=UNFILTERED, **options),
    ):
        try:
            found.append(run())
        except (ArithmeticError, ExecutionError) as error:
            found.append(error)
    return found


# A short sale of 100 units at 10 of a cash of 1,000: at 20 nothing is left.
WORTHLESS = {
    "held": ([10.0, 10.0, 20.0, 20.0], {0: {"A": -1.0}}),
    "bought_back": ([10.0, 10.0, 20.0, 20.0, 20.0], {0: {"A": -1.0}, 1: {"A": 0.0}}),
    "decided_there": ([10.0, 10.0, 20.0, 20.0], {0: {"A": -1.0}, 2: {"A": 0.5}}),
    "recovering": ([10.0, 10.0, 20.0, 19.0, 18.0], {0: {"A": -1.0}}),
    # 1e-14 is not 0.0, but 1 + (1e-14 - 1,000) / 1,000 is.
    "next_to_nothing": ([10.0, 10.0, 1e-16, 10.0], {0: {"A": 1.0}}),
}


@pytest.mark.parametrize("case", WORTHLESS)
def test_a_value_of_nothing_ends_the_run(case: str) -> None:
    """`Ledger.todays_returns` divides by 1 + the total return at the start of the session, which is 0.0."""
    prices, rows = WORTHLESS[case]
    native, engine = both(bars_of({"A": prices}), rows, cash=1000.0)
    # Once Zipline's adapter says it in words, it is an error of Weighbridge, caused by this one.
    cause = native.__cause__ if isinstance(native, ExecutionError) else native
    assert isinstance(cause, ZeroDivisionError)
    assert isinstance(engine, ExecutionError)
    bars = bars_of({"A": prices})
    assert str(bars.index[3].date()) in str(engine), "the session after the one that ended without value"
    assert "Hint:" in str(engine)


def test_zipline_says_so_in_the_adapters_words() -> None:
    for how in ("native", "executor"):
        with pytest.raises(ExecutionError, match="value"):
            weighbridge_zipline.run(
                bars_of({"A": [10.0, 10.0, 20.0, 20.0]}),
                decide(bars_of({"A": [10.0, 10.0, 20.0, 20.0]}), {0: {"A": -1.0}}),
                how=how,
                cash=1000.0,
            )


@pytest.mark.parametrize(
    ("prices", "rows"),
    [
        # At the last session nobody divides any more.
        ([10.0, 10.0, 20.0], {0: {"A": -1.0}}),
        # Below nothing is not nothing: Zipline trades on.
        ([10.0, 10.0, 30.0, 30.0, 40.0, 40.0], {0: {"A": -1.0}, 2: {"A": 0.5}}),
        # Neither is 2**-51 of what there was.
        ([10.0, 10.0, 20.0 - 2.0**-48, 19.0, 18.0], {0: {"A": -1.0}}),
    ],
)
def test_and_what_does_not_end_it(prices: list[float], rows: dict[int, dict[str, float]]) -> None:
    native, engine = both(bars_of({"A": prices}), rows, cash=1000.0)
    assert_records_equal(native, engine)


def test_units_beyond_a_c_long_end_the_run() -> None:
    """`Position.update` stores the sum in an `np.int64_t`; sales have no bound of their own in `order`."""
    native, engine = both(bars_of({"A": [0.001] * 4}), {0: {"A": -1.0}}, cash=1e17)
    assert isinstance(native, ExecutionError)
    assert isinstance(native.__cause__, OverflowError)
    assert isinstance(engine, ExecutionError)
    assert "'A'" in str(engine)


def test_units_that_a_float_can_count() -> None:
    native, engine = both(bars_of({"A": [1.0] * 4}), {0: {"A": -1.0}}, cash=MOST_UNITS)
    assert native.fills["quantity"].tolist() == [-MOST_UNITS]
    assert_records_equal(native, engine)


def test_units_that_a_float_cannot_count_are_an_error_of_the_engine() -> None:
    """Zipline counts on: two sales of which neither is too large wait for the bar at which both fill."""
    bars = bars_of({"A": [1.0, 1.0, NAN, 1.0, 1.0], "B": [1.0] * 5}, None)
    rows = {1: {"A": -(MOST_UNITS - 1.0) / MOST_UNITS}, 2: {"A": -2.0 / MOST_UNITS}}
    native, engine = both(bars, rows, cash=MOST_UNITS)
    assert native.fills["quantity"].tolist() == [-(MOST_UNITS - 1.0), -2.0]
    assert isinstance(engine, ExecutionError)
    assert "'A'" in str(engine)


def test_an_account_that_runs_away_is_bounded() -> None:
    """A positive weight of a negative value sells, ten times as many units at every bar; nothing bounds one sale."""
    prices = [1.5**bar for bar in range(80)]
    rows = {bar: {"A": -30.0 if bar == 0 else 30.0} for bar in range(79)}
    native, engine = both(bars_of({"A": prices}), rows, cash=1e6)
    assert isinstance(native, ExecutionError)
    assert isinstance(native.__cause__, OverflowError)
    assert isinstance(engine, ExecutionError)
    assert "'A'" in str(engine)
