from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from parity_tests.parity.fakes import changed, record, with_value, without
from weighbridge.exceptions import ParityError
from weighbridge.parity.cells import same_bits, ulps_between
from weighbridge.parity.compare import Tolerance, Verdict, compare
from weighbridge.parity.divergence import Divergence
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import AdjustmentTable, DenialTable, FillTable, OrderTable
from weighbridge.testing import assert_records_equal

LEFT = record()
ULP_ABOVE_5 = float(np.nextafter(5.0, 6.0))


def first(right: RunRecord, left: RunRecord = LEFT) -> Divergence:
    found = compare(left, right)
    assert found.verdict is Verdict.DIFFERENT
    assert found.divergence is not None
    return found.divergence


def place(found: Divergence) -> tuple[int, str | None, str, str]:
    return found.bar, found.asset, found.table, found.field


def test_equal_records_are_identical() -> None:
    found = compare(LEFT, record("right"), scenario="by hand")
    assert found.verdict is Verdict.IDENTICAL
    assert found.divergence is None
    assert (found.bars, found.fills, found.denials, found.orders) == (5, 3, 1, 4)
    assert found.explain() == "left against right, scenario by hand: identical, 5 bars, 3 fills"


@pytest.mark.parametrize(
    ("table", "row", "field", "value", "expected"),
    [
        ("fill", 1, "quantity", 21.0, (1, "B", "fills", "quantity")),
        ("fill", 1, "price", ULP_ABOVE_5, (1, "B", "fills", "price")),
        ("fill", 2, "commission", 0.13, (3, "A", "fills", "commission")),
        ("fill", 2, "position", 1.0, (3, "A", "fills", "position")),
        ("fill", 2, "bar", 4, (3, "A", "fills", "bar")),
        ("denial", 0, "rule", "margin_at_fill", (2, "B", "denials", "rule")),
        ("denial", 0, "quantity", 4.0, (2, "B", "denials", "quantity")),
        ("order", 3, "quantity", -9.0, (2, "A", "orders", "quantity")),
    ],
)
def test_a_changed_field_is_located(
    table: str, row: int, field: str, value: object, expected: tuple[int, str, str, str]
) -> None:
    assert place(first(changed(LEFT, table, row, **{field: value}))) == expected


def test_both_values_time_and_distance_are_told() -> None:
    found = first(changed(LEFT, "fill", 1, price=ULP_ABOVE_5))
    assert (found.left, found.right, found.ulps) == (5.0, ULP_ABOVE_5, 1)
    assert found.time == pd.Timestamp("2020-01-07")
    assert list(found.left_rows["price"]) == [10.0, 5.0, 12.0]
    assert list(found.right_rows["price"]) == [10.0, ULP_ABOVE_5, 12.0]


@pytest.mark.parametrize(("series", "bar"), [("cash", 0), ("value", 4)])
def test_cash_and_value_are_compared_at_every_bar(series: str, bar: int) -> None:
    number = float(np.nextafter(getattr(LEFT, series)[bar], 0.0))
    found = first(with_value(LEFT, series, bar, number))
    assert place(found) == (bar, None, series, series)
    assert found.ulps == 1


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("fill", 0, (1, "A", "fills", "row")),
        ("fill", 1, (1, "B", "fills", "row")),
        ("fill", 2, (3, "A", "fills", "row")),
        ("denial", 0, (2, "B", "denials", "row")),
        ("order", 2, (1, "B", "orders", "row")),
    ],
)
def test_a_missing_row_is_located_on_either_side(table: str, row: int, expected: tuple[int, str, str, str]) -> None:
    lacking = without(LEFT, table, row)
    on_right, on_left = first(lacking), first(LEFT, lacking)
    assert place(on_right) == place(on_left) == expected
    assert on_right.right is None
    assert on_left.left is None
    assert "quantity" in str(on_right.left)


def test_a_changed_sequence_within_a_bar_is_a_difference() -> None:
    order = np.array([1, 0, 2])
    right = replace(LEFT, fill_table=FillTable(*(column[order] for column in LEFT.fill_table)))
    found = first(right)
    assert place(found) == (1, "A", "fills", "asset")
    assert (found.left, found.right) == ("A", "B")


def test_the_earliest_bar_comes_first_whatever_the_table() -> None:
    right = with_value(changed(LEFT, "order", 3, quantity=-9.0), "value", 1, 1.0)
    assert place(first(right)) == (1, None, "value", "value")


@pytest.mark.parametrize(("fill", "table"), [("next_open", "fills"), ("same_open", "orders")])
def test_within_a_bar_the_course_of_events_decides(fill: str, table: str) -> None:
    """A deferred fill comes before the orders of its bar, an immediate one after them."""
    left = replace(LEFT, provenance={"subject": "left", "conventions": {"fill": fill}})
    right = changed(changed(left, "fill", 0, price=11.0), "order", 2, quantity=6.0)
    assert first(right, left).table == table


def test_adjustments_are_compared_and_come_first_in_a_bar() -> None:
    split = AdjustmentTable(np.array([1, 3]), np.array([1, 0]), np.array([40.0, 5.0]))
    left = replace(LEFT, adjustment_table=split)
    assert compare(left, replace(left)).verdict is Verdict.IDENTICAL
    right = changed(changed(left, "adjustment", 1, position=6.0), "fill", 2, price=11.0)
    assert place(first(right, left)) == (3, "A", "adjustments", "position")
    assert place(first(changed(left, "adjustment", 0, bar=2), left)) == (1, "B", "adjustments", "bar")
    assert place(first(LEFT, left)) == place(first(left, LEFT)) == (1, "B", "adjustments", "row")
    with pytest.raises(AssertionError, match=r"adjustments\.position"):
        assert_records_equal(left, right)


def test_orders_are_compared_only_if_both_sides_have_them() -> None:
    right = replace(changed(LEFT, "order", 0, quantity=11.0), order_table=None)
    found = compare(LEFT, right)
    assert found.verdict is Verdict.IDENTICAL
    assert found.orders is None


def test_no_fills_on_either_side_is_not_a_pass() -> None:
    none = np.array([], dtype=np.int64)
    idle = replace(
        LEFT,
        order_table=None,
        fill_table=FillTable(none, none, *([np.array([])] * 4)),
        denial_table=DenialTable(none, none, np.array([]), np.array([], dtype=object)),
    )
    found = compare(idle, idle)
    assert found.verdict is Verdict.EMPTY
    assert not found.verdict.agrees
    assert "shows nothing" in found.explain()
    with pytest.raises(AssertionError, match="shows nothing"):
        assert_records_equal(idle, idle)
    assert_records_equal(idle, idle, allow_empty=True)
    assert place(first(idle)) == (1, "A", "fills", "row")


def test_any_nan_equals_any_nan_and_no_number() -> None:
    payload = np.array([0x7FF8000000000001], dtype=np.int64).view(np.float64)
    assert same_bits(np.array([np.nan]), payload).all()
    left = with_value(LEFT, "value", 2, np.nan)
    assert compare(left, left).verdict is Verdict.IDENTICAL
    found = first(left)
    assert place(found) == (2, None, "value", "value")
    assert found.ulps is None


def test_the_sign_of_zero_counts_except_where_it_is_noise() -> None:
    assert compare(LEFT, changed(LEFT, "fill", 2, position=-0.0)).verdict is Verdict.IDENTICAL
    left = changed(LEFT, "fill", 0, commission=0.0)
    assert compare(left, changed(left, "fill", 0, commission=-0.0)).verdict is Verdict.IDENTICAL
    left = with_value(LEFT, "cash", 4, 0.0)
    assert place(first(with_value(left, "cash", 4, -0.0), left)) == (4, None, "cash", "cash")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1.0, 1.0, 0),
        (0.0, -0.0, 0),
        (5e-324, -5e-324, 2),
        (1.0, 1.0 + 2.0**-52, 1),
        (1.0, 2.0, 2**52),
        (1.0, float("nan"), None),
        (float("inf"), 1.0, None),
        (1, 1.0, None),
    ],
)
def test_ulps(left: float, right: float, expected: int | None) -> None:
    assert ulps_between(left, right) == expected


def test_a_declared_tolerance_is_within_and_says_why() -> None:
    near = with_value(LEFT, "value", 3, 1019.68 * (1.0 + 1e-12))
    allowed = Tolerance(field="value", relative=1e-9, reason="rebuilt from rounded records")
    found = compare(LEFT, near, tolerances=[allowed])
    assert found.verdict is Verdict.WITHIN
    assert found.tolerances == (allowed,)
    assert "rebuilt from rounded records" in found.explain()
    assert compare(LEFT, LEFT, tolerances=[allowed]).verdict is Verdict.IDENTICAL
    far = with_value(LEFT, "value", 3, 1019.68 * (1.0 + 1e-6))
    assert compare(LEFT, far, tolerances=[allowed]).verdict is Verdict.DIFFERENT
    assert compare(LEFT, with_value(near, "cash", 3, 1.0), tolerances=[allowed]).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reason": " "}, "no reason"),
        ({"relative": 0.0}, "out of bounds"),
        ({"relative": float("nan")}, "out of bounds"),
        ({"field": "rule"}, "holds numbers"),
    ],
)
def test_a_tolerance_needs_a_reason_and_a_bound(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ParityError, match=message):
        Tolerance(**{"field": "value", "relative": 1e-9, "reason": "rounding", **settings})


@pytest.mark.parametrize(
    ("right", "message"),
    [
        (replace(LEFT, assets=("A", "C")), "'B' against 'C'"),
        (replace(LEFT, assets=("A", "B", "C")), "one is longer"),
        (replace(LEFT, index=LEFT.index.shift(1, freq="D")), "bar 0 is 2020-01-06"),
        (replace(LEFT, index=LEFT.index.tz_localize("UTC")), "time zones None and UTC"),
        (
            replace(LEFT, index=LEFT.index[:4], cash=LEFT.cash[:4], value=LEFT.value[:4]),
            "5 and 4 bars",
        ),
    ],
)
def test_records_of_different_bars_or_assets_cannot_be_compared(right: RunRecord, message: str) -> None:
    with pytest.raises(ParityError, match=message):
        compare(LEFT, right)


def test_an_explanation_names_engines_scenario_place_and_both_values() -> None:
    text = compare(LEFT, changed(record("right"), "fill", 1, price=ULP_ABOVE_5), scenario="by hand").explain()
    for part in (
        "left against right, scenario by hand",
        "bar 1 (2020-01-07",
        "asset B",
        "fills.price",
        "1 ulp",
        "5.000000000000001",
        "around it in left",
        "around it in right",
    ):
        assert part in text
    assert "np.float64" not in text


def test_assert_records_equal_explains_itself() -> None:
    assert_records_equal(LEFT, record("right"))
    with pytest.raises(AssertionError, match=r"bar 3 .*asset A, fills\.quantity"):
        assert_records_equal(LEFT, changed(LEFT, "fill", 2, quantity=-9.0))


def large(n_assets: int, n_bars: int, n_fills: int) -> RunRecord:
    random = np.random.default_rng(1)
    bar = np.sort(random.integers(0, n_bars, n_fills))
    asset = random.integers(0, n_assets, n_fills)
    numbers = [random.random(n_fills) for _ in range(4)]
    none = np.array([], dtype=np.int64)
    return RunRecord(
        index=pd.date_range("2010-01-01", periods=n_bars, name="time"),
        assets=tuple(f"A{i}" for i in range(n_assets)),
        order_table=OrderTable(bar, asset, numbers[0]),
        fill_table=FillTable(bar, asset, *numbers),
        denial_table=DenialTable(none, none, np.array([]), np.array([], dtype=object)),
        cash=random.random(n_bars),
        value=random.random(n_bars),
    )


def test_a_large_comparison_is_fast() -> None:
    left = large(250, 2520, 30_000)
    last = len(left.fill_table.bar) - 1
    right = changed(left, "fill", last, price=2.0)
    begin = time.perf_counter()
    assert compare(left, left).verdict is Verdict.IDENTICAL
    same = time.perf_counter() - begin
    begin = time.perf_counter()
    assert first(right, left).field == "price"
    different = time.perf_counter() - begin
    # Measured on two slow cores: 0.5 ms and 4 ms. The bounds leave room for a busy machine.
    assert same < 0.1
    assert different < 0.5
