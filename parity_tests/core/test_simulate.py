"""`simulate` on a few bars that are worked out by hand; the arithmetic stands beside the numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from weighbridge.exceptions import BarsError, ConfigError, TargetsError, UnsupportedError, WeighbridgeError
from weighbridge.rules.booking import Booking
from weighbridge.rules.cash import Cash
from weighbridge.settings.conventions import BACKTRADER, REFERENCE

NAN = math.nan
DAYS = pd.bdate_range("2020-01-06", periods=6)
plain = wb.RebalanceConfig.unfiltered


def frame(rows: list[list[float]], assets: str = "AB") -> pd.DataFrame:
    return pd.DataFrame(rows, index=DAYS[: len(rows)], columns=list(assets), dtype=float)


def bars_of(
    opens: list[list[float]], closes: list[list[float]], assets: str = "AB", **fields: list[list[float]]
) -> wb.Bars:
    more = {name: frame(rows, assets) for name, rows in fields.items()}
    return wb.Bars.from_frames(open=frame(opens, assets), close=frame(closes, assets), **more)  # type: ignore[arg-type]


def flat(*rows: list[float], assets: str = "AB") -> wb.Bars:
    """Bars whose open is their close."""
    return bars_of([*rows], [*rows], assets)


def targets_of(rows: dict[int, list[float]], assets: str = "AB") -> wb.TargetWeights:
    return wb.TargetWeights(pd.DataFrame([*rows.values()], index=DAYS[[*rows]], columns=list(assets), dtype=float))


def run(
    bars: wb.Bars, rows: dict[int, list[float]], config: Any = None, assets: str = "AB", **more: Any
) -> wb.RunRecord:
    return wb.simulate(bars, targets_of(rows, assets), rebalance=plain() if config is None else config, **more)


def fills(record: wb.RunRecord) -> list[tuple[Any, ...]]:
    """Bar, asset, quantity and price of each fill."""
    return list(record.fills[["bar", "asset", "quantity", "price"]].itertuples(index=False, name=None))


def denials(record: wb.RunRecord) -> list[tuple[Any, ...]]:
    return list(record.denials[["bar", "asset", "quantity", "rule"]].itertuples(index=False, name=None))


def test_reference_fills_at_the_next_open_and_cuts_to_cash() -> None:
    """Semantics 6.1. Sized at the closes of bar 0: 500 / 10 = 50 A, 500 / 20 = 25 B.

    bar 1: 50 A at 11 = 550, cash 450; 25 B at 20 = 500 > 450, cut to 22 = 440, cash 10; 3 are denied.
           value 10 + 50 x 12 + 22 x 22 = 1094
    bar 2: value 10 + 50 x 12 + 22 x 24 = 1138
    bar 3: value 10 + 50 x 13 + 22 x 24 = 1188
    """
    bars = bars_of(
        [[10, 20], [11, 20], [12, 25], [12, 24]],
        [[10, 20], [12, 22], [12, 24], [13, 24]],
    )
    record = run(bars, {0: [0.5, 0.5]}, cash=1000.0)
    assert fills(record) == [(1, "A", 50.0, 11.0), (1, "B", 22.0, 20.0)]
    assert denials(record) == [(1, "B", 3.0, "cut_to_cash")]
    assert record.cash.tolist() == [1000.0, 10.0, 10.0, 10.0]
    assert record.value.tolist() == [1000.0, 1094.0, 1138.0, 1188.0]
    assert record.positions.to_numpy().tolist() == [[0.0, 0.0], [50.0, 22.0], [50.0, 22.0], [50.0, 22.0]]
    orders = record.orders
    assert orders is not None
    assert orders[["bar", "asset", "quantity"]].to_numpy().tolist() == [[0, "A", 50.0], [0, "B", 25.0]]


@pytest.mark.parametrize(
    ("mode", "later", "cash", "value"),
    [
        # bar 2: 50 A sold at 12 = 600, 25 B bought at 20 = 500: cash 100.
        #        value 100 + 50 x 12 + 25 x 25 = 1325; bar 3: 100 + 600 + 25 x 26 = 1350
        ("snapshot", [(2, "A", -50.0, 12.0), (2, "B", 25.0, 20.0)], [100.0, 100.0], [1325.0, 1350.0]),
        # bar 2: 50 A sold: cash 600, value 600 + 50 x 12 = 1200. B sized at its close 25 of the frozen 1000: 20.
        # bar 3: 20 B at 25 = 500, cash 100, value 100 + 600 + 20 x 26 = 1220
        ("hybrid", [(2, "A", -50.0, 12.0), (3, "B", 20.0, 25.0)], [600.0, 100.0], [1200.0, 1220.0]),
        # bar 2: of the live 1200: 600 / 25 = 24.  bar 3: 24 B at 25 = 600, cash 0, value 600 + 24 x 26 = 1224
        ("incremental", [(2, "A", -50.0, 12.0), (3, "B", 24.0, 25.0)], [600.0, 0.0], [1200.0, 1224.0]),
    ],
)
@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_three_modes_differ(
    mode: str, later: list[Any], cash: list[float], value: list[float], conventions: str
) -> None:
    """Semantics 3.4 and 3.5. bar 0: all into A, 100 at 10 at bar 1; decided at the close of bar 1: halves."""
    bars = bars_of(
        [[10, 20], [10, 20], [12, 20], [12, 25]],
        [[10, 20], [10, 20], [12, 25], [12, 26]],
    )
    record = run(bars, {0: [1, 0], 1: [0.5, 0.5]}, plain(mode), cash=1000.0, conventions=conventions)
    assert fills(record) == [(1, "A", 100.0, 10.0), *later]
    assert denials(record) == []
    assert record.cash.tolist() == [1000.0, 0.0, *cash]
    assert record.value.tolist() == [1000.0, 1000.0, *value]


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("conventions", ["reference", "backtrader", "backtrader-coc", "backtrader-coo"])
def test_modes_coincide_where_prices_stand_still_and_cash_is_ample(mode: str, conventions: str) -> None:
    bars = flat(*[[10, 20]] * 5)
    record = run(bars, {0: [0.3, 0.1], 2: [0.1, 0.3]}, plain(mode), cash=1000.0, conventions=conventions)
    assert record.positions.iloc[-1].tolist() == [10.0, 15.0]
    assert record.value.tolist() == [1000.0] * 5


def test_backtrader_refuses_at_submission_and_the_imagined_cash_stays_spent() -> None:
    """FRAMEWORKS.md, submission check, at the closes of bar 0 with running cash.

    A 60 x 10: 1000 - 600 = 400. B 30 x 20: 400 - 600 = -200, refused. C 10 x 10: -300, refused too, although
    bar 1 fills 60 A at 11 = 660 and leaves 340.
    """
    record = run(
        bars_of([[10, 20, 10], [11, 20, 10]], [[10, 20, 10], [11, 20, 10]], "ABC"),
        {0: [0.6, 0.6, 0.1]},
        assets="ABC",
        conventions="backtrader",
        cash=1000.0,
    )
    assert fills(record) == [(1, "A", 60.0, 11.0)]
    assert denials(record) == [(1, "B", 30.0, "margin_at_submission"), (1, "C", 10.0, "margin_at_submission")]
    assert record.cash.tolist() == [1000.0, 340.0]


def test_backtrader_refuses_at_a_gapped_open_and_the_reference_cuts() -> None:
    """950 / 10 = 95 A were affordable at the close; 95 x 11 = 1045 is not at the open, 90 x 11 = 990 is."""
    bars = bars_of([[10, 20], [11, 20]], [[10, 20], [11, 20]])
    refused = run(bars, {0: [0.95, NAN]}, conventions="backtrader", cash=1000.0)
    assert fills(refused) == []
    assert denials(refused) == [(1, "A", 95.0, "margin_at_fill")]
    assert refused.value.tolist() == [1000.0, 1000.0]
    cut = run(bars, {0: [0.95, NAN]}, cash=1000.0)
    assert fills(cut) == [(1, "A", 90.0, 11.0)]
    assert denials(cut) == [(1, "A", 5.0, "cut_to_cash")]


def test_all_or_nothing_refusal_of_the_last_buy() -> None:
    """0.5 + 0.5 of 1000 leaves nothing for 1% commission: A costs 505, B 500 + 5 of 495, so it is refused whole."""
    costs = wb.Costs(commission=wb.PercentCommission(0.01))
    bars = flat(*[[10, 20]] * 2)
    record = run(bars, {0: [0.5, 0.5]}, conventions="backtrader", cash=1000.0, costs=costs)
    assert fills(record) == [(1, "A", 50.0, 10.0)]
    assert denials(record) == [(1, "B", 25.0, "margin_at_submission")]
    # The reference: 24 x 20.20 = 484.80 of 495.
    cut = run(bars, {0: [0.5, 0.5]}, cash=1000.0, costs=costs)
    assert fills(cut)[1] == (1, "B", 24.0, 20.0)
    assert cut.cash[1] == pytest.approx(10.2, rel=1e-14)


def test_backtrader_executes_the_closing_part_of_a_reversal_only() -> None:
    """-50 A at 10 leave cash 1500; 1.0 of 1000 asks for 150. At 11: closing 50 costs 500 + 50, cash 950;
    opening 100 costs 1100, and is dropped.
    """
    bars = bars_of([[10, 20], [10, 20], [11, 20]], [[10, 20], [10, 20], [11, 20]])
    record = run(bars, {0: [-0.5, NAN], 1: [1.0, NAN]}, conventions="backtrader", cash=1000.0)
    assert fills(record) == [(1, "A", -50.0, 10.0), (2, "A", 50.0, 11.0)]
    assert denials(record) == [(2, "A", 100.0, "margin_at_fill")]
    assert record.cash.tolist() == [1000.0, 1500.0, 950.0]
    assert record.value.tolist() == [1000.0, 1000.0, 950.0]


def test_backtrader_charges_both_parts_of_a_reversal() -> None:
    """-50 A at 10: 500 - 5 commission: cash 1495, value 995. Then 0.5: |497.5 + 500| // 10 = 99 units.

    At 9: closing 50 costs 500 - 50 = 450, and 4.50: 1040.50; opening 49 costs 441 and 4.41: 595.09.
    """
    bars = bars_of([[10, 20], [10, 20], [9, 20]], [[10, 20], [10, 20], [9, 20]])
    costs = wb.Costs(commission=wb.PercentCommission(0.01))
    record = run(bars, {0: [-0.5, NAN], 1: [0.5, NAN]}, conventions="backtrader", cash=1000.0, costs=costs)
    assert fills(record) == [(1, "A", -50.0, 10.0), (2, "A", 99.0, 9.0)]
    assert record.fills["commission"].tolist() == pytest.approx([5.0, 8.91], rel=1e-14)
    assert record.cash.tolist() == pytest.approx([1000.0, 1495.0, 595.09], rel=1e-14)
    assert record.value[2] == pytest.approx(595.09 + 49 * 9, rel=1e-14)


@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_an_order_waits_over_missing_bars(conventions: str) -> None:
    """Semantics 5.4. Decided at bar 0; A has no bars 1 and 2, and opens at 8 at bar 3. Until then it counts at 10."""
    bars = bars_of(
        [[10, 20], [NAN, 20], [NAN, 20], [8, 20]],
        [[10, 20], [NAN, 20], [NAN, 22], [9, 22]],
    )
    record = run(bars, {0: [0.5, 0.5]}, conventions=conventions, cash=1000.0)
    assert fills(record) == [(1, "B", 25.0, 20.0), (3, "A", 50.0, 8.0)]
    assert record.cash.tolist() == [1000.0, 500.0, 500.0, 100.0]
    assert record.value.tolist() == [1000.0, 1000.0, 500.0 + 550.0, 100.0 + 450.0 + 550.0]


@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_an_asset_that_stopped_trading_keeps_its_last_price(conventions: str) -> None:
    """Semantics 6.1 and 6.3: the sale of bar 1 is open at the end and comes to nothing."""
    bars = flat([10, 20], [10, 20], [NAN, 20], [NAN, 20])
    record = run(bars, {0: [0.5, NAN], 1: [0.0, NAN]}, conventions=conventions, cash=1000.0)
    assert fills(record) == [(1, "A", 50.0, 10.0)]
    assert record.value.tolist() == [1000.0] * 4
    orders = record.orders
    assert orders is not None
    assert orders["quantity"].tolist() == [50.0, -50.0]
    assert denials(record) == []


@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_an_asset_that_starts_late(conventions: str) -> None:
    """Semantics 2.5: without a price it is not traded, and counts for nothing; from its first bar on it is."""
    bars = flat([10, NAN], [10, 20], [10, 20], [10, 20])
    record = run(bars, {0: [0.5, 0.5], 1: [0.5, 0.5]}, conventions=conventions, cash=1000.0)
    assert fills(record) == [(1, "A", 50.0, 10.0), (2, "B", 25.0, 20.0)]
    late = plain(late_asset_policy="require_history", late_asset_min_bars=2)
    record = run(bars, {1: [0.5, 0.5], 2: [0.5, 0.5]}, late, conventions=conventions, cash=1000.0)
    assert fills(record) == [(2, "A", 50.0, 10.0), (3, "B", 25.0, 20.0)]


def test_a_bar_in_which_nothing_trades_is_no_event() -> None:
    """Semantics 6.2: cash and value stand, and the wait for a second phase does not run out."""
    bars = flat([10, 20], [10, 20], [NAN, NAN], [12, 20], [12, 20])
    record = run(bars, {0: [1.0, 0.0], 1: [0.5, 0.5]}, plain("hybrid"), cash=1000.0)
    # 50 A sold at 12 at bar 3; B is sized after it, 500 / 20, and bought at bar 4.
    assert fills(record) == [(1, "A", 100.0, 10.0), (3, "A", -50.0, 12.0), (4, "B", 25.0, 20.0)]
    assert record.value.tolist() == [1000.0, 1000.0, 1000.0, 1200.0, 1200.0]


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        # bar 2: A has no bar: its sale is cancelled, and 200 of cash buys 10 B at bar 3.
        (1, [(3, "B", 10.0, 20.0)]),
        # bar 3: A sold at 10; B 600 / 20 = 30 at bar 4.
        (2, [(3, "A", -40.0, 10.0), (4, "B", 30.0, 20.0)]),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
def test_second_phase_after_the_timeout(timeout: int, expected: list[Any], mode: str) -> None:
    """Semantics 3.5. 1200 at the start: 100 A at bar 1, cash 200; then halves."""
    bars = flat([10, 20], [10, 20], [NAN, 20], [10, 20], [10, 20])
    record = run(bars, {0: [0.8334, 0.0], 1: [0.5, 0.5]}, plain(mode, phase_timeout=timeout), cash=1200.0)
    assert fills(record) == [(1, "A", 100.0, 10.0), *expected]


@pytest.mark.parametrize(
    ("cancel", "account", "bought"),
    [(True, True, 50.0), (True, False, 50.0), (False, True, 50.0), (False, False, 100.0)],
)
@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_the_double_order(cancel: bool, account: bool, bought: float, mode: str, conventions: str) -> None:
    """Semantics 5.1 and 5.3: asked at bar 0 and again at bar 1, before A has its next bar; with both off, twice."""
    bars = flat([10, 20], [NAN, 20], [NAN, 20], [10, 20], [10, 20])
    config = plain(mode, cancel_before_rebalance=cancel, account_for_pending=account)
    record = run(bars, {0: [0.5, NAN], 1: [0.5, NAN]}, config, conventions=conventions, cash=1000.0)
    assert record.positions.iloc[-1].tolist() == [bought, 0.0]
    assert record.fills["bar"].unique().tolist() == [3]


def test_nan_leaves_alone_zero_closes_and_a_row_of_nan_is_no_decision() -> None:
    """Semantics 2.1."""
    bars = flat(*[[10, 20]] * 5)
    record = run(bars, {0: [0.5, 0.5], 1: [NAN, NAN], 2: [NAN, 0.0]}, wb.RebalanceConfig(), cash=1000.0)
    assert fills(record) == [(1, "A", 50.0, 10.0), (1, "B", 25.0, 20.0), (3, "B", -25.0, 20.0)]


def test_cheat_on_close_books_at_the_next_bar_at_the_close_of_the_decision() -> None:
    """Semantics 6.1: 50 A and 25 B at 10 and 20, whatever bar 1 opens at; A has no bar 1 and fills too (5.4)."""
    bars = bars_of([[10, 20], [NAN, 30]], [[10, 20], [NAN, 30]])
    record = run(bars, {0: [0.5, 0.5]}, conventions="backtrader-coc", cash=1000.0)
    assert fills(record) == [(1, "A", 50.0, 10.0), (1, "B", 25.0, 20.0)]
    assert record.value.tolist() == [1000.0, 500.0 + 25 * 30.0]


def test_cheat_on_open_decides_and_fills_at_the_open_with_the_value_of_the_closes_before() -> None:
    """Semantics 6.1. bar 0: 1000 at the opens 10 and 20: 50 and 25; at the closes 600 + 500.
    bar 1: 1100 of the closes before, at the opens 20 and 20: A |275 - 1000| // 20 = -36.
    """
    bars = bars_of([[10, 20], [20, 20]], [[12, 20], [20, 20]])
    record = run(bars, {0: [0.5, 0.5], 1: [0.25, NAN]}, conventions="backtrader-coo", cash=1000.0)
    assert fills(record) == [(0, "A", 50.0, 10.0), (0, "B", 25.0, 20.0), (1, "A", -36.0, 20.0)]
    assert record.cash.tolist() == [0.0, 720.0]
    assert record.value.tolist() == [1100.0, 720.0 + 14 * 20.0 + 500.0]


def test_commission_models_in_the_cash() -> None:
    """20 A at 10: fixed 3; per share 0.25 x 20 = 5; per share with a minimum of 9; half a percent of 200 is 1."""
    bars = flat(*[[10, 20]] * 2)
    for model, paid in (
        (wb.FixedCommission(3), 3.0),
        (wb.PerShareCommission(0.25), 5.0),
        (wb.PerShareCommission(0.25, minimum=9), 9.0),
        (wb.PercentCommission(0.005), 1.0),
    ):
        for conventions in ("reference", "backtrader"):
            record = run(bars, {0: [0.2, NAN]}, costs=wb.Costs(commission=model), cash=1000.0, conventions=conventions)
            assert record.fills["commission"].tolist() == [paid]
            assert record.cash.tolist() == [1000.0, 800.0 - paid]


def test_slippage_and_the_bars_limits() -> None:
    """20% up from 10 is 12, and Backtrader's bar ends at 11.5; 20% down is 8, and its bar ends at 9."""
    fields = {"high": [[10, 20], [11.5, 20], [11.5, 20]], "low": [[10, 20], [9, 20], [9, 20]]}
    prices = [[10.0, 20.0]] * 3
    bars = bars_of(prices, prices, **fields)  # type: ignore[arg-type]
    costs = wb.Costs(slippage=wb.PercentSlippage(0.2))
    rows = {0: [0.5, NAN], 1: [0.0, NAN]}
    assert fills(run(bars, rows, costs=costs, cash=1000.0)) == [(1, "A", 50.0, 12.0), (2, "A", -50.0, 8.0)]
    assert fills(run(bars, rows, costs=costs, cash=1000.0, conventions="backtrader")) == [
        (1, "A", 50.0, 11.5), (2, "A", -50.0, 9.0),
    ]  # fmt: skip
    fixed = wb.Costs(slippage=wb.FixedSlippage(0.5))
    assert fills(run(bars, rows, costs=fixed, cash=1000.0)) == [(1, "A", 50.0, 10.5), (2, "A", -50.0, 9.5)]


def test_mixed_conventions_are_worked_out_too() -> None:
    """The rules combine: average cost with cutting; plain cash with refusal, which refuses a whole order."""
    bars = bars_of([[10, 20], [11, 20]], [[10, 20], [11, 20]])
    cut = BACKTRADER.replace(name="cut", cash=Cash.CUT)
    assert fills(run(bars, {0: [0.95, NAN]}, conventions=cut, cash=1000.0)) == [(1, "A", 90.0, 11.0)]
    refused = REFERENCE.replace(name="refused", cash=Cash.REFUSED_TWICE)
    assert denials(run(bars, {0: [0.95, NAN]}, conventions=refused, cash=1000.0)) == [(1, "A", 95.0, "margin_at_fill")]
    averaged = REFERENCE.replace(name="averaged", booking=Booking.AVERAGE_COST)
    rows = {0: [0.5, 0.5]}
    assert run(bars, rows, conventions=averaged).value.tolist() == run(bars, rows).value.tolist()


def test_the_same_call_gives_the_same_record_and_leaves_its_input_alone() -> None:
    bars, targets = flat([10, 20], [11, 19], [12, 18]), targets_of({0: [0.5, 0.25], 1: [0.25, 0.5]})
    before = (bars.fingerprint(), targets.fingerprint())
    first, second = (wb.simulate(bars, targets, cash=12345.67) for _ in range(2))
    assert (bars.fingerprint(), targets.fingerprint()) == before
    pd.testing.assert_frame_equal(first.fills, second.fills)
    assert first.value.tobytes() == second.value.tobytes()
    assert first.provenance == second.provenance


def test_targets_that_never_decide_trade_nothing() -> None:
    record = run(flat([10, 20], [10, 20]), {0: [NAN, NAN]}, cash=7.0)
    assert (len(record.fills), record.value.tolist()) == (0, [7.0, 7.0])


# ---------------------------------------------------------------------------------------------------- wrong input

GOOD = pd.DataFrame([[10.0, 20.0]] * 3, index=DAYS[:3], columns=["A", "B"])
WEIGHTS = pd.DataFrame([[0.5, 0.5]], index=DAYS[:1], columns=["A", "B"])


def attempt(
    close: Any = None, opens: Any = None, weights: Any = None, without_open: bool = False, **more: Any
) -> wb.RunRecord:
    """Run good input with one thing changed."""
    close = GOOD if close is None else close
    fields = {} if without_open else {"open": close if opens is None else opens}
    bars = wb.Bars.from_frames(close=close, **fields)
    return wb.simulate(bars, wb.TargetWeights(WEIGHTS if weights is None else weights), **more)


def changed(row: int, column: int, value: Any, of: pd.DataFrame = GOOD) -> pd.DataFrame:
    copy = of.astype(object) if isinstance(value, str) else of.copy()
    copy.iloc[row, column] = value
    return copy


WRONG: dict[str, tuple[dict[str, Any], type[WeighbridgeError], str]] = {
    "unsorted dates": ({"close": GOOD.iloc[[0, 2, 1]]}, BarsError, "not sorted"),
    "duplicate dates": ({"close": GOOD.iloc[[0, 1, 1]]}, BarsError, "duplicate times"),
    "unsorted targets": (
        {"weights": pd.concat([WEIGHTS.set_axis(DAYS[1:2]), WEIGHTS])}, TargetsError, "not sorted",
    ),
    "duplicate targets": ({"weights": pd.concat([WEIGHTS, WEIGHTS])}, TargetsError, "duplicate times"),
    "unknown asset": ({"weights": WEIGHTS.rename(columns={"B": "Z"})}, TargetsError, "'Z'"),
    "infinite price": ({"close": changed(1, 1, math.inf)}, BarsError, "for 'B'"),
    "negative price": ({"close": changed(1, 0, -1.0)}, BarsError, "for 'A'"),
    "zero price": ({"close": changed(1, 0, 0.0)}, BarsError, "for 'A'"),
    "price of words": ({"close": changed(1, 0, "dear")}, BarsError, "'dear'"),
    "negative cash": ({"cash": -0.01}, ConfigError, "cash=-0.01"),
    "infinite cash": ({"cash": math.inf}, ConfigError, "cash=inf"),
    "no cash": ({"cash": math.nan}, ConfigError, "cash=nan"),
    "cash of words": ({"cash": "1000"}, ConfigError, "cash='1000'"),
    "cash that is true": ({"cash": True}, ConfigError, "cash=True"),
    "more cash than there is": ({"cash": 10**400}, ConfigError, "must be finite"),
    "weight of words": ({"weights": changed(0, 0, "half", WEIGHTS)}, TargetsError, "'half'"),
    "infinite weight": ({"weights": changed(0, 0, math.inf, WEIGHTS)}, TargetsError, "infinite"),
    "weight that is true": ({"weights": WEIGHTS > 0}, TargetsError, "True"),
    "unknown conventions": ({"conventions": "metatrader"}, ConfigError, "conventions='metatrader'"),
    "conventions of another kind": ({"conventions": ["reference"]}, ConfigError, "conventions=['reference']"),
    "a mode for a config": ({"rebalance": "hybrid"}, ConfigError, "rebalance is a str, not a RebalanceConfig"),
    "a rate for costs": ({"costs": 0.001}, ConfigError, "costs is a float, not a Costs"),
    "empty prices": ({"close": GOOD.iloc[:0]}, BarsError, "empty"),
    "no assets": ({"close": GOOD.iloc[:, :0]}, BarsError, "empty"),
    "empty targets": ({"weights": WEIGHTS.iloc[:0]}, TargetsError, "empty"),
    "time zones": ({"weights": WEIGHTS.tz_localize("UTC")}, TargetsError, "time zone UTC, and the bars in none"),
    "time zones again": (
        {"close": GOOD.tz_localize("Asia/Tokyo"), "weights": WEIGHTS.tz_localize("UTC")}, TargetsError, "Asia/Tokyo",
    ),
    "open in another zone": ({"opens": GOOD.tz_localize("UTC")}, BarsError, "open"),
    "no such bar": (
        {"weights": WEIGHTS.set_axis(DAYS[:1] + pd.Timedelta(hours=1))}, TargetsError, "2020-01-06 01:00:00",
    ),
    "after the end": ({"weights": WEIGHTS.set_axis(DAYS[5:6])}, TargetsError, "2020-01-13"),
    "nothing trades": (
        {"close": changed(1, 0, NAN).where(GOOD.index.to_series() != DAYS[1]), "weights": WEIGHTS.set_axis(DAYS[1:2])},
        TargetsError, "no asset trades",
    ),
    "no open": ({"without_open": True}, BarsError, "no open"),
    "open without close": ({"opens": changed(1, 0, NAN)}, BarsError, "for 'A'"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_named_with_what_to_do(name: str) -> None:
    """Issue 2: an error that names what, where and what to do."""
    changes, kind, named = WRONG[name]
    with pytest.raises(kind) as caught:
        attempt(**changes)
    assert type(caught.value) is kind
    assert named in caught.value.message
    assert caught.value.hint
    assert len(attempt().fills) == 2  # Good input passes, so it was the change.


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("wrong", [None, GOOD, "prices.csv", np.ones((3, 2))])
def test_frames_in_place_of_bars_and_targets(place: int, wrong: Any) -> None:
    arguments: list[Any] = [wb.Bars.from_frames(close=GOOD, open=GOOD), wb.TargetWeights(WEIGHTS)]
    arguments[place] = wrong
    with pytest.raises(ConfigError, match=("bars", "targets")[place]) as caught:
        wb.simulate(*arguments)
    assert "weighbridge." in str(caught.value.hint)


def test_an_unknown_mode() -> None:
    with pytest.raises(ConfigError, match="mode='eager' is not one of 'snapshot', 'incremental', 'hybrid'"):
        attempt(rebalance=wb.RebalanceConfig(mode="eager"))  # type: ignore[arg-type]


def test_slippage_within_the_bar_needs_high_and_low() -> None:
    costs = wb.Costs(slippage=wb.PercentSlippage(0.01))
    with pytest.raises(BarsError, match="no high, low"):
        attempt(conventions="backtrader", costs=costs)
    assert len(attempt(costs=costs).fills) == 2


def test_models_that_the_engine_does_not_know() -> None:
    class Stamp(wb.settings.costs.Commission):
        pass

    with pytest.raises(UnsupportedError, match="Stamp"):
        attempt(costs=wb.Costs(commission=Stamp()))
