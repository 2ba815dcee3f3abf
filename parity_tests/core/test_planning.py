"""The plan of a rebalance and the executor that sends it, in a host whose every number is written here.

Second phases, pending orders and time: test_executor.py.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weighbridge as wb
from parity_tests.core.fake_host import DEFERRED, KNOWN, NAN, FakeHost, Key, sent
from weighbridge.exceptions import ConfigError, ExecutionError, TargetsError, UnknownAssetError
from weighbridge.rules.reasons import Reason, sentence

plain = wb.RebalanceConfig.unfiltered


def execute(host: FakeHost, weights: Any, config: wb.RebalanceConfig, data: Any = None) -> list[tuple[str, float]]:
    """Preview, execute, check that one was the other, and return what was submitted; the orders are taken back."""
    tickets = list(host.tickets)
    executor = wb.TargetWeightExecutor(config)
    before = host.snapshot()
    plan = executor.preview(weights, data, host)
    assert host.snapshot() == before
    orders = executor.execute(weights, data, host)
    planned = [(trade.asset, trade.quantity) for trade in plan.now]
    assert [(order.asset, order.quantity) for order in orders] == planned
    assert sent(host) == planned
    host.tickets = tickets
    return planned


def only(host: FakeHost, weights: Any, config: wb.RebalanceConfig, asset: str = "A") -> wb.PlannedTrade:
    """Return what the plan says of one asset."""
    plan = wb.TargetWeightExecutor(config).preview(weights, broker=host)
    [trade] = [trade for trade in plan.trades if trade.asset == asset]
    return trade


def test_reason_short_not_allowed() -> None:
    """Semantics 2.4: a negative weight counts as 0.0, so what is held is sold; 50 at 10.00."""
    host = FakeHost({"A": 10.0}, {"A": 50.0}, money=500.0)
    trade = only(host, {"A": -0.5}, wb.RebalanceConfig())
    assert trade.reasons == Reason.SHORT_NOT_ALLOWED
    assert (trade.quantity, trade.target_weight, trade.traded_weight) == (-50.0, -0.5, 0.0)
    assert (trade.value, trade.price, trade.current_weight) == (500.0, 10.0, 0.5)
    # With shorts allowed: -500 / 10 - 50 = -100 units.
    assert execute(host, {"A": -0.5}, wb.RebalanceConfig(allow_short=True)) == [("A", -100.0)]


def test_reason_capped_single_weight() -> None:
    """Semantics 2.4: 0.3 of 1000 at 10 is 30 units, long or short."""
    host = FakeHost({"A": 10.0, "B": 10.0}, money=1000.0)
    config = plain(max_single_weight=0.3)
    assert only(host, {"A": 0.8}, config).reasons == Reason.CAPPED_SINGLE_WEIGHT
    assert execute(host, {"A": 0.8, "B": -0.8}, config) == [("B", -30.0), ("A", 30.0)]
    assert only(host, {"A": 0.3}, config).reasons == Reason.NONE


def test_reason_scaled_to_leverage() -> None:
    """Semantics 2.4: 0.8 + |-0.8| is scaled to 0.5 each; 500 is 50 units at 10 and 25 at 20."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0)
    config = plain(max_gross_leverage=1.0)
    assert only(host, {"A": 0.8, "B": -0.8}, config).reasons == Reason.SCALED_TO_LEVERAGE
    assert execute(host, {"A": 0.8, "B": -0.8}, config) == [("B", -25.0), ("A", 50.0)]
    assert execute(FakeHost({"A": 10.0}, money=1000.0), {"A": 1.5}, plain()) == [("A", 150.0)]


@pytest.mark.parametrize(
    ("config", "reasons"),
    [(plain(), Reason.NONE), (plain(missing_price_policy="skip"), Reason.MISSING_PRICE)],
)
def test_reason_missing_price(config: wb.RebalanceConfig, reasons: Reason) -> None:
    """Semantics 2.5: never without a price; with the last one unless the policy is to skip."""
    host = FakeHost({"A": 10.0, "B": NAN}, money=1000.0, traded={"A": False})
    trade = only(host, {"A": 0.5}, config)
    assert trade.reasons == reasons
    assert trade.quantity == (0.0 if reasons else 50.0)
    without = only(host, {"B": 0.5}, config, "B")
    assert (without.phase, without.reasons, without.quantity) == ("skipped", Reason.MISSING_PRICE, 0.0)
    assert without.current_weight == 0.0


def test_reason_late_asset() -> None:
    """Semantics 2.5: traded from its third bar on."""
    config = plain(late_asset_policy="require_history", late_asset_min_bars=3)
    for seen, quantity in ((1, 0.0), (2, 0.0), (3, 50.0)):
        trade = only(FakeHost({"A": 10.0}, money=1000.0, bars_seen=seen), {"A": 0.5}, config)
        assert trade.quantity == quantity
        assert trade.reasons == (Reason.NONE if quantity else Reason.LATE_ASSET)


def test_reason_below_min_trade_value() -> None:
    """Semantics 4.2: 9 units at 10.00 are 90 and below 100; 10 units are 100 and not below."""
    host = FakeHost({"A": 10.0}, money=10_000.0)
    config = plain(min_trade_value=100.0)
    assert only(host, {"A": 0.009}, config).reasons == Reason.BELOW_MIN_TRADE_VALUE
    assert execute(host, {"A": 0.010}, config) == [("A", 10.0)]
    host = FakeHost({"A": 10.0}, {"A": 100.0}, money=9_000.0)
    assert execute(host, {"A": 0.091}, config) == []  # 9 units of 100 too many.
    assert execute(host, {"A": 0.090}, config) == [("A", -10.0)]


def test_reason_below_min_weight_change() -> None:
    """Semantics 4.2: prepared weight less held weight; a quarter held of 1024, in numbers that are exact."""
    config = plain(min_weight_change=0.125)
    for weight, quantity in ((0.3125, 0.0), (0.375, 128.0), (0.1875, 0.0), (0.125, -128.0)):
        trade = only(FakeHost({"A": 1.0}, {"A": 256.0}, money=768.0), {"A": weight}, config)
        assert trade.quantity == quantity
        assert trade.reasons == (Reason.NONE if quantity else Reason.BELOW_MIN_WEIGHT_CHANGE)


def test_reason_rounds_to_zero() -> None:
    """Semantics 4.1: 500 at 600 is no whole unit, and 55 units are no lot of 100."""
    trade = only(FakeHost({"A": 600.0}, money=1000.0), {"A": 0.5}, plain())
    assert (trade.phase, trade.reasons) == ("skipped", Reason.ROUNDS_TO_ZERO)
    assert only(FakeHost({"A": 10.0}, money=1000.0), {"A": 0.55}, plain(round_lots=True)).reasons == (
        Reason.ROUNDS_TO_ZERO
    )


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
def test_reason_cut_to_cash(mode: str) -> None:
    """Semantics 3.6: 600 of B wanted, 400 of cash; 40 units at 10, and with 1% commission 39: 393.90 and not 404."""
    for rate, quantity in ((0.0, 40.0), (0.01, 39.0)):
        host = FakeHost({"A": 10.0, "B": 10.0}, {"A": 60.0}, money=400.0, rate=rate)
        trade = only(host, {"B": 0.6}, plain(mode), "B")
        assert (trade.quantity, trade.reasons) == (quantity, Reason.CUT_TO_CASH)
        assert trade.value == quantity * 10.0
    # SNAPSHOT leaves it to the host (semantics 3).
    assert execute(host, {"B": 0.6}, plain("snapshot")) == [("B", 60.0)]
    # Nothing at all is affordable: no order, and the reason is still said.
    poor = only(FakeHost({"A": 10.0, "B": 10.0}, {"A": 60.0}, money=9.0), {"B": 0.6}, plain(mode), "B")
    assert (poor.phase, poor.reasons) == ("skipped", Reason.CUT_TO_CASH)


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
def test_filters_look_at_what_the_cash_leaves_of_a_trade(mode: str) -> None:
    """Semantics 4.2: 60 units are cut to 9, and 90 is below 100."""
    host = FakeHost({"A": 10.0, "B": 10.0}, {"A": 60.0}, money=99.0)
    trade = only(host, {"B": 0.6}, plain(mode, min_trade_value=100.0), "B")
    assert trade.reasons == Reason.CUT_TO_CASH | Reason.BELOW_MIN_TRADE_VALUE
    assert trade.phase == "skipped"


def test_reason_pending_order() -> None:
    """Semantics 5.3: 20 in an open limit order count, so 30 more are ordered for a target of 50."""
    host = FakeHost({"A": 10.0}, money=1000.0)
    host.other_order("A", 20.0, "limit")
    trade = only(host, {"A": 0.5}, plain(account_for_pending=True))
    assert (trade.quantity, trade.reasons, trade.current_weight) == (30.0, Reason.PENDING_ORDER, 0.2)
    assert only(host, {"A": 0.5}, plain()).quantity == 50.0


def test_reason_target_reached() -> None:
    host = FakeHost({"A": 10.0, "B": 10.0}, {"A": 50.0}, money=500.0)
    for weight, asset in ((0.5, "A"), (0.0, "B")):
        trade = only(host, {asset: weight}, plain(), asset)
        assert (trade.phase, trade.reasons) == ("skipped", Reason.TARGET_REACHED)


def test_reason_not_held_yet() -> None:
    """Semantics 4.6: 60 A held and 40 in an open order to buy; 80 shall go, 60 of them do."""
    host = FakeHost({"A": 10.0}, {"A": 60.0}, money=400.0)
    host.other_order("A", 40.0, "market")
    trade = only(host, {"A": 0.2}, wb.RebalanceConfig())
    assert trade.reasons == Reason.NOT_HELD_YET | Reason.PENDING_ORDER
    assert (trade.quantity, trade.phase) == (-60.0, "now")
    assert execute(host, {"A": 0.2}, plain(account_for_pending=True)) == [("A", -80.0)]


def test_every_reason_has_a_test_and_a_sentence() -> None:
    for reason in Reason:
        assert f"test_reason_{reason.name}".lower() in globals()
        assert sentence(reason).endswith(".")
    assert Reason(0).names == ()
    assert (Reason.CUT_TO_CASH | Reason.LATE_ASSET).names == ("late_asset", "cut_to_cash")


def test_increases_share_the_cash_in_column_order() -> None:
    """Semantics 3.2 and 3.6: of 1000, A takes 600 + 6 commission, B is cut to 19 x 20.20 = 383.80 of 394."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0, rate=0.01)
    assert execute(host, {"B": 0.5, "A": 0.6}, plain("hybrid")) == [("A", 60.0), ("B", 19.0)]


def test_cash_that_open_orders_to_buy_need_is_not_spent() -> None:
    """Semantics 3.6: 10 A in an open limit order need 100 of 1000: 900 buys 45 B at 20."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0)
    host.other_order("A", 10.0, "limit")
    assert execute(host, {"B": 1.0}, plain("hybrid", account_for_pending=True)) == [("B", 45.0)]
    assert execute(host, {"B": 1.0}, plain("hybrid")) == [("B", 50.0)]


def test_reductions_go_first_each_group_in_the_hosts_order() -> None:
    """Semantics 3.2: of 1000 each, D and B are reduced (B to a short), C and A are increased."""
    host = FakeHost(dict.fromkeys("CDAB", 10.0), {"D": 50.0}, money=500.0)
    weights = {"A": 0.2, "B": -0.2, "C": 0.1, "D": 0.1}
    expected = [("D", -40.0), ("B", -20.0), ("C", 10.0), ("A", 20.0)]
    assert execute(host, weights, plain()) == expected
    # Deferred and not all at once (semantics 3.4): the increases wait.
    plan = wb.TargetWeightExecutor(plain("hybrid")).preview(weights, broker=host)
    assert [(trade.asset, trade.quantity) for trade in plan.now] == expected[:2]
    assert [trade.asset for trade in plan.waits] == ["C", "A"]
    assert all(trade.quantity == 0.0 for trade in plan.waits)


def test_known_price_hybrid() -> None:
    """Semantics 3.3: 500 A sold at 10 less 10% brings 4500; frozen 10,000: B 3000 / 20, C 1000 / 10, at once."""
    host = FakeHost({"A": 10.0, "B": 20.0, "C": 10.0}, {"A": 1000.0}, slip=0.1, conventions=KNOWN)
    weights = {"A": 0.5, "B": 0.3, "C": 0.1}
    assert execute(host, weights, plain("hybrid")) == [("A", -500.0), ("B", 150.0), ("C", 100.0)]
    assert host.waiting == 0
    # B for 150 x 22 = 3300 leaves 1200; C at 11: 109 x 11 = 1199.
    assert execute(host, {**weights, "C": 0.2}, plain("hybrid"))[-1] == ("C", 109.0)


def test_known_price_incremental() -> None:
    """Semantics 3.3: the value is 10,000, after the sale 9500 (B: 2850 / 20), after B's 142 x 2 lost 9216 (C: 92)."""
    host = FakeHost({"A": 10.0, "B": 20.0, "C": 10.0}, {"A": 1000.0}, slip=0.1, conventions=KNOWN)
    weights = {"A": 0.5, "B": 0.3, "C": 0.1}
    assert execute(host, weights, plain("incremental")) == [("A", -500.0), ("B", 142.0), ("C", 92.0)]
    # Commission instead: 1% of 5000 is 50; 9950 x 0.3 / 20 = 149.25; less 29.80: 9920.20 x 0.1 / 10 = 99.2.
    host.slip, host.rate, host.tickets = 0.0, 0.01, []
    assert execute(host, weights, plain("incremental")) == [("A", -500.0), ("B", 149.0), ("C", 99.0)]
    assert execute(host, weights, plain("hybrid")) == [("A", -500.0), ("B", 150.0), ("C", 100.0)]


def test_weights_that_sum_to_a_little_more_than_one() -> None:
    """Semantics 2.4: 0.6 + 0.4000001 is scaled to 1: 599.99994 and 400.00006 of 1000, so 59 and 40 units at 10."""
    host = FakeHost({"A": 10.0, "B": 10.0}, money=1000.0)
    config = wb.RebalanceConfig(min_trade_value=0.0)
    weights = {"A": 0.6, "B": 0.4000001}
    assert execute(host, weights, config) == [("A", 59.0), ("B", 40.0)]
    assert only(host, weights, config).reasons == Reason.SCALED_TO_LEVERAGE
    total = sum(only(host, weights, config, asset).traded_weight for asset in "AB")
    assert total == pytest.approx(1.0, abs=1e-15)


def test_headroom_comes_last() -> None:
    """Semantics 2.4: 2.0 is cut to 0.8, scaled with 0.8 of the other to 0.5, and times 0.9 it is 450."""
    host = FakeHost({"A": 10.0, "B": 10.0}, money=1000.0)
    config = plain(max_single_weight=0.8, max_gross_leverage=1.0, headroom=0.9)
    assert execute(host, {"A": 2.0, "B": 0.8}, config) == [("A", 45.0), ("B", 45.0)]
    trade = only(host, {"A": 2.0, "B": 0.8}, config)
    assert trade.reasons == Reason.CAPPED_SINGLE_WEIGHT | Reason.SCALED_TO_LEVERAGE
    assert (trade.target_weight, trade.traded_weight) == (2.0, 0.45)


def test_whole_fractional_and_lots() -> None:
    """Semantics 4.1: 500 at 30 is 16, 16 2/3 or, in lots of 5, 15; lots are of the traded quantity."""
    host = FakeHost({"A": 30.0}, money=1000.0)
    assert execute(host, {"A": 0.5}, plain()) == [("A", 16.0)]
    assert execute(host, {"A": 0.5}, plain(allow_fractional=False)) == [("A", 16.0)]
    assert execute(host, {"A": 0.5}, plain(allow_fractional=True)) == [("A", 500 / 30)]
    assert execute(host, {"A": 0.5}, plain(round_lots=True, lot_size=5)) == [("A", 15.0)]
    host = FakeHost({"A": 10.0}, {"A": 37.0}, money=630.0)
    assert execute(host, {"A": 0.5}, plain(round_lots=True, lot_size=5)) == [("A", 10.0)]  # 13 wanted.
    assert execute(host, {"A": 0.1}, plain(round_lots=True, lot_size=5)) == [("A", -25.0)]  # -27 wanted.


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("conventions", [DEFERRED, KNOWN])
@pytest.mark.parametrize("held", [37.0, 0.0001234, -3.0])
def test_zero_closes_odd_lots_and_dust(mode: str, conventions: Any, held: float) -> None:
    """Semantics 4.3: neither the least value, nor the least change, nor lots, nor whole units keep a remainder."""
    host = FakeHost({"A": 1.0}, {"A": held}, money=1e6, conventions=conventions)
    config = wb.RebalanceConfig(mode=mode, round_lots=True, min_trade_value=1e5, min_weight_change=0.5)  # type: ignore[arg-type]
    assert execute(host, {"A": 0.0}, config) == [("A", -held)]
    assert execute(host, {"A": -0.0}, config) == [("A", -held)]
    assert execute(host, {}, config) == [("A", -held)]


def test_a_short_is_opened_covered_and_reversed() -> None:
    """1000 of value: -500 at 10 is -50; held -50 is covered by 50, and turned to +20 by 70."""
    short = FakeHost({"A": 10.0}, {"A": -50.0}, money=1500.0)
    assert execute(FakeHost({"A": 10.0}, money=1000.0), {"A": -0.5}, plain()) == [("A", -50.0)]
    assert execute(short, {"A": 0.0}, plain()) == [("A", 50.0)]
    assert execute(short, {"A": 0.2}, plain()) == [("A", 70.0)]
    assert execute(short, {"A": -0.7}, plain()) == [("A", -20.0)]


def test_unlisted_positions_are_closed_or_held() -> None:
    """Semantics 2.2; None mentions an asset without asking for anything (2.1)."""
    host = FakeHost({"A": 10.0, "B": 10.0, "C": 10.0}, {"A": 20.0, "B": -10.0}, money=900.0)
    assert execute(host, {"C": 0.1}, wb.RebalanceConfig(mode="snapshot", min_trade_value=0.0)) == [
        ("A", -20.0), ("B", 10.0), ("C", 10.0),
    ]  # fmt: skip
    hold = wb.RebalanceConfig(mode="snapshot", min_trade_value=0.0, unlisted="hold")
    assert execute(host, {"C": 0.1}, hold) == [("C", 10.0)]
    assert execute(host, {"A": None, "B": None}, wb.RebalanceConfig()) == []
    assert execute(host, {}, hold) == []


def test_an_unlisted_short_is_closed_although_shorts_are_not_allowed() -> None:
    host = FakeHost({"A": 10.0}, {"A": -10.0}, money=1100.0)
    assert execute(host, {}, wb.RebalanceConfig()) == [("A", 10.0)]


@given(order=st.permutations("ABCDE"), mode=st.sampled_from(["snapshot", "hybrid", "incremental"]), known=st.booleans())
def test_the_order_of_the_mapping_does_not_matter(order: list[str], mode: str, known: bool) -> None:
    """Semantics 2.3."""
    weights: dict[str, float | None] = {"A": 0.3, "B": 0.1, "C": None, "D": 0.25, "E": -0.7}

    def orders(names: Any) -> list[tuple[str, float]]:
        host = FakeHost(
            dict(zip("ABCDE", (7.0, 11.0, 13.0, 3.0, 5.0), strict=True)),
            {"B": 50.0, "C": 9.0, "E": 20.0},
            money=500.0,
            rate=0.01,
            conventions=KNOWN if known else DEFERRED,
        )
        return execute(host, {name: weights[name] for name in names}, wb.RebalanceConfig(mode=mode))  # type: ignore[arg-type]

    assert orders(order) == orders("ABCDE") != []


@st.composite
def hosts(draw: st.DrawFn) -> FakeHost:
    price = st.floats(0.5, 500.0) | st.just(NAN)
    prices = {asset: draw(price) for asset in "ABCD"}
    unit = st.integers(-50, 50).map(float) | st.floats(-50.0, 50.0)
    held = {asset: draw(unit) for asset, price in prices.items() if price == price and draw(st.booleans())}
    host = FakeHost(
        prices,
        held,
        money=draw(st.floats(0.0, 1e5)),
        rate=draw(st.sampled_from([0.0, 0.001, 0.05])),
        slip=draw(st.sampled_from([0.0, 0.01])),
        conventions=draw(st.sampled_from([DEFERRED, KNOWN])),
    )
    for asset in held:
        if draw(st.booleans()):
            host.other_order(asset, draw(unit), draw(st.sampled_from(["limit", "stop"])))
    return host


@settings(max_examples=200)
@given(
    host=hosts(),
    weights=st.dictionaries(st.sampled_from("ABCD"), st.none() | st.floats(-1.0, 1.0) | st.just(0.0)),
    config=st.builds(
        wb.RebalanceConfig,
        mode=st.sampled_from(list(wb.RebalanceMode)),
        min_trade_value=st.sampled_from([0.0, 100.0]),
        allow_fractional=st.sampled_from([None, True]),
        allow_short=st.booleans(),
        max_gross_leverage=st.sampled_from([None, 1.0]),
        unlisted=st.sampled_from(["close", "hold"]),
    ),
)
def test_preview_is_execute_and_changes_nothing(host: FakeHost, weights: Any, config: wb.RebalanceConfig) -> None:
    planned = execute(host, weights, config)
    assert len({asset for asset, _ in planned}) == len(planned)
    assert all(quantity != 0.0 and math.isfinite(quantity) for _, quantity in planned)


def test_plan_as_a_frame_and_as_a_table() -> None:
    host = FakeHost({"A": 10.0, "B": 20.0, "C": 1e4}, {"A": 100.0}, money=1000.0)
    plan = wb.TargetWeightExecutor(plain("hybrid", max_single_weight=0.5)).preview(
        {"A": 0.25, "B": 0.75, "C": 0.1}, broker=host
    )
    frame = plan.to_frame()
    expected = pd.DataFrame(
        {
            "asset": ["A", "B", "C"],
            "phase": ["now", "waits", "waits"],
            "quantity": [-50.0, 0.0, 0.0],
            "price": [10.0, 20.0, 1e4],
            "value": [500.0, 0.0, 0.0],
            "current_weight": [0.5, 0.0, 0.0],
            "target_weight": [0.25, 0.75, 0.1],
            "traded_weight": [0.25, 0.5, 0.1],
            "reasons": ["", "capped_single_weight", ""],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)
    lines = str(plan).splitlines()
    assert lines[0] == "Plan at value 2,000.00"
    assert lines[1].split() == list(expected.columns)
    assert lines[2].split() == ["A", "now", "-50", "10.0000", "500.00", "50.00%", "25.00%", "25.00%"]
    assert lines[3].split()[:2] == ["B", "waits"]
    assert lines[3].split()[-1] == "capped_single_weight"
    assert lines[5:] == [f"  capped_single_weight: {sentence(Reason.CAPPED_SINGLE_WEIGHT)}"]
    assert (len(plan.now), len(plan.waits), len(plan.skipped)) == (1, 2, 0)


def test_a_plan_of_nothing() -> None:
    plan = wb.TargetWeightExecutor().preview({}, broker=FakeHost({"A": 10.0}, money=5.0))
    assert str(plan) == "Plan at value 5.00: nothing to do"
    assert len(plan.to_frame()) == 0
    assert list(plan.to_frame().columns)[:3] == ["asset", "phase", "quantity"]


@pytest.mark.parametrize(
    "bar",
    [
        20.0,
        20,
        np.int64(20),
        np.float32(20.0),
        {"close": 20.0, "open": 1.0},
        SimpleNamespace(close=20),
        pd.Series({"open": 1.0, "close": 20.0}),
    ],
)
def test_data_takes_the_place_of_the_hosts_prices(bar: Any) -> None:
    """500 at 20 and not at 10; the other asset keeps its price."""
    host = FakeHost({"A": 10.0, "B": 10.0}, money=1000.0)
    data = {Key("A"): bar}
    assert execute(host, {"A": 0.5, "B": 0.5}, plain(), data) == [("A", 25.0), ("B", 50.0)]
    assert host.prices["A"] == 10.0


def test_data_makes_a_bar_of_now_and_nan_does_not() -> None:
    host = FakeHost({"A": NAN, "B": 10.0}, money=1000.0, traded={"A": False, "B": False})
    config = plain(missing_price_policy="skip")
    assert execute(host, {"A": 0.5, "B": 0.5}, config, {"A": 20.0, "B": NAN}) == [("A", 25.0)]


@pytest.mark.parametrize(
    ("bar", "named"),
    [
        (0.0, "0.0"),
        (-1.0, "-1.0"),
        (math.inf, "inf"),
        ("20", "'20'"),
        (True, "True"),
        (None, "None"),
        ({}, "{}"),
        ({"close": "dear"}, "dear"),
        (SimpleNamespace(open=1.0), "namespace"),
        (10**400, "neither a price"),
    ],
)
def test_data_that_is_no_price(bar: Any, named: str) -> None:
    host = FakeHost({"A": 10.0}, money=1000.0)
    with pytest.raises(TargetsError) as caught:
        wb.TargetWeightExecutor().execute({"A": 0.5}, {"A": bar}, host)
    assert named in caught.value.message
    assert caught.value.hint
    assert host.log == []


@pytest.mark.parametrize(
    "weight",
    [math.nan, math.inf, -math.inf, np.float64("nan"), "0.5", b"0.5", "", True, False, np.True_, [0.5], {}, ...,
     1j, pd.NA, pd.NaT, 10**400, Decimal("nan")],
    ids=repr,
)  # fmt: skip
def test_a_weight_that_is_no_finite_number(weight: Any) -> None:
    """Semantics 2.1: None leaves an asset alone; NaN is an error here. Nothing is submitted or cancelled."""
    host = FakeHost({"A": 10.0, "B": 10.0}, money=1000.0, stuck={"B"})
    executor = wb.TargetWeightExecutor(plain(cancel_before_rebalance=True))
    executor.execute({"B": 0.5}, broker=host)
    host.next_bar()
    before = host.snapshot()
    for call in (executor.preview, executor.execute):
        with pytest.raises(TargetsError) as caught:
            call({"A": weight, "B": 0.1}, broker=host)
        assert f"target weight of 'A' is {weight!r}, not a finite number" in caught.value.message
        assert "None leaves the asset alone" in str(caught.value.hint)
    assert host.snapshot() == before


@pytest.mark.parametrize("weight", [0.5, np.float32(0.5), Fraction(1, 2), Decimal("0.5"), np.float64(0.5)], ids=repr)
def test_numbers_of_any_kind_are_weights(weight: Any) -> None:
    assert execute(FakeHost({"A": 10.0}, money=1000.0), {"A": weight}, plain()) == [("A", 50.0)]
    for whole in (1, np.int64(1)):
        assert execute(FakeHost({"A": 10.0}, money=1000.0), {"A": whole}, plain()) == [("A", 100.0)]


def test_a_series_is_a_mapping() -> None:
    """What an optimiser returns."""
    host = FakeHost({"A": 10.0, "B": 10.0}, {"B": 5.0}, money=950.0)
    assert execute(host, pd.Series({"A": 0.5}), wb.RebalanceConfig(mode="snapshot")) == [("B", -5.0), ("A", 50.0)]


@pytest.mark.parametrize("targets", [None, [("A", 0.5)], 0.5, "A", {"A"}])
def test_targets_that_are_no_mapping(targets: Any) -> None:
    with pytest.raises(TargetsError, match="not a mapping") as caught:
        wb.TargetWeightExecutor().execute(targets, broker=FakeHost({"A": 10.0}))
    assert caught.value.hint


@pytest.mark.parametrize("values", [(0.5, 0.5), (0.5, None), (None, 0.5), (None, None)])
def test_two_keys_for_one_asset(values: Any) -> None:
    host = FakeHost({"A": 10.0}, money=1000.0)
    with pytest.raises(TargetsError, match="two target weights name the asset 'A'"):
        wb.TargetWeightExecutor().execute(dict(zip(("A", Key("A")), values, strict=True)), broker=host)
    assert host.log == []


def test_an_asset_that_nobody_knows() -> None:
    host = FakeHost({"A": 10.0}, {"A": 5.0}, money=1000.0)
    executor = wb.TargetWeightExecutor()
    for weights, data in (({"Z": 0.5}, None), ({"A": 0.5, "Z": None}, None), ({"A": 0.5}, {"Z": 1.0})):
        for call in (executor.preview, executor.execute):
            with pytest.raises(UnknownAssetError, match="'Z'"):
                call(weights, data, host)
    assert host.log == []


def test_no_broker() -> None:
    for call in (wb.TargetWeightExecutor().preview, wb.TargetWeightExecutor().execute):
        with pytest.raises(ExecutionError, match="no broker was passed") as caught:
            call({"A": 0.5})
        assert "broker=" in str(caught.value.hint)


@pytest.mark.parametrize("config", ["hybrid", {"mode": "hybrid"}, wb.RebalanceMode.HYBRID, 1])
def test_a_config_that_is_none(config: Any) -> None:
    with pytest.raises(ConfigError, match="RebalanceConfig"):
        wb.TargetWeightExecutor(config)


def test_hosts_own_keys_and_names_are_the_same() -> None:
    host = FakeHost({"A": 10.0, "B": 10.0}, {"A": 10.0}, money=900.0)
    config = wb.RebalanceConfig(mode="snapshot")
    assert execute(host, {Key("B"): 0.5}, config) == execute(host, {"B": 0.5}, config) == [("A", -10.0), ("B", 50.0)]


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_an_account_of_nothing_trades_nothing(mode: str) -> None:
    assert execute(FakeHost({"A": 10.0}), {"A": 0.5}, plain(mode)) == []
