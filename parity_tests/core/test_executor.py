"""The executor over time: second phases, orders that are left standing, asking twice. Every number is worked out here.

The usual account: 100 A at 10.00 and no cash, so a value of 1000; half of it shall go into B at 20.00.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.core.fake_host import KNOWN, NAN, FakeHost, Ticket, sent
from weighbridge.rules.sequence import Sequence
from weighbridge.settings.conventions import REFERENCE

plain = wb.RebalanceConfig.unfiltered
HALF = {"A": 0.5, "B": 0.5}
TWO_PHASES = ["hybrid", "incremental"]


def usual(**changes: Any) -> FakeHost:
    return FakeHost({"A": 10.0, "B": 20.0}, {"A": 100.0}, **changes)


def started(host: FakeHost, mode: str, weights: Any = None, **config: Any) -> wb.TargetWeightExecutor:
    executor = wb.TargetWeightExecutor(plain(mode, **config))
    executor.execute(HALF if weights is None else weights, broker=host)
    return executor


def test_snapshot_sends_everything_at_once() -> None:
    """Semantics 3.4."""
    host = usual()
    started(host, "snapshot")
    assert sent(host) == [("A", -50.0), ("B", 25.0)]
    assert host.waiting == 0


@pytest.mark.parametrize(
    ("mode", "prices", "increases"),
    [
        # A sold at 12 brings 600. Frozen: 500 / 20. Live: 600 + 50 x 12 = 1200, half of it / 20.
        ("hybrid", {"A": 12.0}, [("B", 25.0)]),
        ("incremental", {"A": 12.0}, [("B", 30.0)]),
        # B sized with the prices of then: 500 / 25 and 600 / 25.
        ("hybrid", {"A": 12.0, "B": 25.0}, [("B", 20.0)]),
        ("incremental", {"A": 12.0, "B": 25.0}, [("B", 24.0)]),
        # A sold at 8 brings 400: 25 are cut to 20. Live: 400 + 400 = 800, half of it / 20 is 20 anyway.
        ("hybrid", {"A": 8.0}, [("B", 20.0)]),
        ("incremental", {"A": 8.0}, [("B", 20.0)]),
    ],
)
def test_second_phase_frozen_or_live(mode: str, prices: dict[str, float], increases: list[tuple[str, float]]) -> None:
    """Semantics 3.5: increases against the frozen value in HYBRID, against the host's value now in INCREMENTAL."""
    host = usual()
    started(host, mode)
    assert sent(host) == [("A", -50.0)]
    assert host.waiting == 1
    host.next_bar(**prices)
    assert sent(host) == increases
    host.next_bar()
    assert sent(host) == []
    assert host.waiting == 0
    assert host.held == {"A": 50.0, "B": increases[0][1]}


@pytest.mark.parametrize(("mode", "quantity"), [("hybrid", 24.0), ("incremental", 24.0)])
def test_second_phase_pays_commission(mode: str, quantity: float) -> None:
    """Semantics 3.6: 1% of 500 leaves 495. 25 B would cost 505, 24 cost 484.80. Live: 995 / 2 / 20 = 24.9."""
    host = usual(rate=0.01)
    started(host, mode)
    sent(host)
    host.next_bar()
    assert sent(host) == [("B", quantity)]


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_increases_go_at_once_where_nothing_is_reduced(mode: str) -> None:
    """Semantics 3.4."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0)
    started(host, mode)
    assert sent(host) == [("A", 50.0), ("B", 25.0)]
    assert host.waiting == 0


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_second_phase_where_nothing_is_increased(mode: str) -> None:
    """Semantics 3.5: reductions that are stuck are cancelled, whether anything waits for them or not."""
    host = usual()
    started(host, mode, {"A": 0.5, "B": 0.0}, phase_timeout=2)
    assert sent(host) == [("A", -50.0)]
    host.next_bar()
    assert (host.log, host.waiting) == ([], 0)
    host = usual(stuck={"A"})
    started(host, mode, {"A": 0.5, "B": 0.0}, phase_timeout=2)
    sent(host)
    host.next_bar()
    assert (host.log, host.waiting) == ([], 1)
    host.next_bar()
    assert (host.log, host.waiting) == ([("cancel", "A", -50.0)], 0)


def test_a_snapshot_cancels_nothing() -> None:
    """Semantics 3.5: its orders stand, as those of the native functions do."""
    host = usual(stuck={"A"})
    started(host, "snapshot", {"A": 0.5})
    sent(host)
    for _ in range(3):
        host.next_bar()
    assert (host.log, host.waiting) == ([], 0)


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_asking_twice_waits_for_the_reductions_of_both(mode: str) -> None:
    """Semantics 3.5: A is stuck; what was sent at the first call is cancelled with what was sent at the second."""
    host = usual(stuck={"A"}, money=200.0)
    executor = started(host, mode, phase_timeout=2)
    executor.execute({"A": 0.25, "B": 0.5}, broker=host)
    assert sent(host) == [("A", -40.0), ("A", -30.0)]
    host.next_bar()
    assert host.log == []
    host.next_bar()
    assert host.log == [("cancel", "A", -40.0), ("cancel", "A", -30.0), ("submit", "B", 10.0)]


MODES = ["snapshot", *TWO_PHASES]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("bought", "sold"), [(40.0, 20.0), (10.0, 0.0), (0.0, 0.0)])
def test_what_is_not_held_yet_is_not_sold(mode: str, bought: float, sold: float) -> None:
    """Semantics 4.6: 50 A held, 40 on their way, 20 shall stay: 50 go; of the 40 come `bought`, and 20 of them stay.

    Value 1000: 50 A at 10 and 500 of cash; 0.2 of it is 20 A.
    """
    host = FakeHost({"A": 10.0}, {"A": 50.0}, money=500.0)
    executor = wb.TargetWeightExecutor(plain(mode, allow_short=False))
    executor.execute({"A": 0.9}, broker=host)
    executor.execute({"A": 0.2}, broker=host)
    assert sent(host) == [("A", 40.0), ("A", -50.0)]
    # The host cuts the order to buy.
    host.tickets[0].left = bought
    if not bought:
        del host.tickets[0]
    host.next_bar()
    # Nothing else is there to be sold against: what was bought is what is held.
    assert host.held == {"A": bought}
    assert sent(host) == ([("A", -sold)] if sold else [])
    host.next_bar()
    assert host.held == {"A": bought - sold}
    assert (host.log, host.waiting) == ([], 0)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_held_at_the_second_phase_either_is_left(mode: str) -> None:
    """Semantics 3.5: there is no third phase; the next rebalance finds what has come meanwhile."""
    host = FakeHost({"A": 10.0}, money=1000.0, stuck={"A"})
    executor = wb.TargetWeightExecutor(plain(mode, allow_short=False, account_for_pending=True))
    executor.execute({"A": 0.5}, broker=host)
    executor.execute({"A": 0.0}, broker=host)
    assert sent(host) == [("A", 50.0)]
    assert host.waiting == 1
    host.next_bar()
    assert (host.log, host.waiting) == ([], 0)
    host.stuck.clear()
    host.next_bar()
    executor.execute({"A": 0.0}, broker=host)
    assert sent(host) == [("A", -50.0)]


def test_a_sale_that_waits_keeps_to_the_filters() -> None:
    """Semantics 4.2, 4.6: 30 A held, 170 to come, 40 shall stay. One lot of 160 goes; 30 are none, so it waits."""
    host = FakeHost({"A": 10.0}, {"A": 30.0}, money=1700.0)
    config = plain("snapshot", allow_short=False, round_lots=True)
    executor = wb.TargetWeightExecutor(config)
    host.tickets.append(Ticket("A", 170.0))
    plan = executor.preview({"A": 0.2}, broker=host)
    assert [trade.phase for trade in plan.trades] == ["skipped"]  # 40 of 30: nothing to sell, and no lot to buy.
    executor = wb.TargetWeightExecutor(config.replace(account_for_pending=True))
    plan = executor.preview({"A": 0.2}, broker=host)
    assert [(trade.phase, trade.quantity) for trade in plan.trades] == [("waits", 0.0)]
    executor.execute({"A": 0.2}, broker=host)
    host.next_bar()
    assert sent(host) == [("A", -100.0)]
    # 30 held are worth 300, and less than 400 is not worth a trade: everything waits.
    host = FakeHost({"A": 10.0}, {"A": 30.0}, money=1700.0)
    host.tickets.append(Ticket("A", 170.0))
    executor = wb.TargetWeightExecutor(plain(allow_short=False, account_for_pending=True, min_trade_value=400.0))
    executor.execute({"A": 0.2}, broker=host)
    assert host.log == []
    host.next_bar()
    assert sent(host) == [("A", -160.0)]


@pytest.mark.parametrize("mode", MODES)
def test_own_sales_are_never_sold_again(mode: str) -> None:
    """Semantics 4.6: open sales that do not count for the target (5.3) still hold their units."""
    host = usual(stuck={"A"})
    executor = started(host, mode, {"A": 0.4}, allow_short=False, phase_timeout=9)
    assert sent(host) == [("A", -60.0)]
    for _ in range(3):
        host.next_bar()
        executor.execute({"A": 0.4}, broker=host)
    assert sent(host) == [("A", -40.0)]
    host.stuck.clear()
    host.next_bar()
    assert host.held == {"A": 0.0}


def test_where_the_price_is_known_nothing_waits() -> None:
    """Semantics 3.3, 4.6: everything goes out in one bar, and the rest is left to the next rebalance."""
    host = FakeHost({"A": 10.0}, {"A": 50.0}, money=500.0, conventions=KNOWN)
    executor = wb.TargetWeightExecutor(plain(allow_short=False))
    executor.execute({"A": 0.9}, broker=host)
    plan = executor.preview({"A": 0.2}, broker=host)
    executor.execute({"A": 0.2}, broker=host)
    assert sent(host) == [("A", 40.0), ("A", -50.0)]
    assert (host.waiting, plan.goes_on) == (0, False)
    assert wb.Reason.NOT_HELD_YET in plan.now[0].reasons
    host.next_bar()
    executor.execute({"A": 0.2}, broker=host)
    assert sent(host) == [("A", -20.0)]


@pytest.mark.parametrize("mode", TWO_PHASES)
@pytest.mark.parametrize(
    ("orders", "quantity"),
    [
        # 1000 of cash, half of it for B at 20, is 25 whatever else is wanted, unless cash is wanted elsewhere.
        ([], 25.0),
        # 60 A at the market: 600 at 10, and 1% of it: 394 are left, and 20.2 a piece.
        ([("A", 60.0, None)], 19.0),
        # At a limit of 8: 480 and 4.80; 515.2 is enough for 25 at 20.2.
        ([("A", 60.0, 8.0)], 25.0),
        # At a limit of 12, above the market: 720 and 7.20; 272.8 / 20.2.
        ([("A", 60.0, 12.0)], 13.0),
        # Both: 606 and 30 x 8 and 2.40; 151.6 / 20.2.
        ([("A", 60.0, None), ("A", 30.0, 8.0)], 7.0),
        # A sale does not make room: what it brings has not arrived.
        ([("A", 60.0, 12.0), ("A", -10.0, None)], 13.0),
        # One of B itself: 10 at 15 are on their way, 15 are wanted, and 848.5 are there.
        ([("B", 10.0, 15.0)], 15.0),
    ],
)
def test_open_orders_to_buy_take_their_cash_at_their_limit(
    mode: str, orders: list[tuple[str, float, float | None]], quantity: float
) -> None:
    """Semantics 3.6."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0, rate=0.01)
    for asset, units, limit in orders:
        host.other_order(asset, units, "market" if limit is None else "limit", limit)
    started(host, mode, {"B": 0.5}, account_for_pending=True)
    assert sent(host) == [("B", quantity)]


def test_an_order_for_an_asset_without_a_price_takes_no_cash() -> None:
    """Semantics 3.6: at market it cannot fill; at a limit of 8 it may."""
    host = FakeHost({"A": NAN, "B": 20.0}, money=1000.0)
    host.other_order("A", 60.0, "market")
    started(host, "hybrid", {"B": 1.0}, account_for_pending=True)
    assert sent(host) == [("B", 50.0)]
    host = FakeHost({"A": NAN, "B": 20.0}, money=1000.0)
    host.other_order("A", 60.0, "limit", 8.0)
    started(host, "hybrid", {"B": 1.0}, account_for_pending=True)
    assert sent(host) == [("B", 26.0)]


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_prices_of_ones_own_are_for_the_first_phase(mode: str) -> None:
    """Semantics 3.5: B sized with 40 would be 12; the second phase takes the host's 20."""
    host = usual()
    executor = wb.TargetWeightExecutor(plain(mode))
    executor.execute(HALF, {"A": 10.0, "B": 40.0}, host)
    assert sent(host) == [("A", -50.0)]
    host.next_bar()
    assert sent(host) == [("B", 25.0)]


@pytest.mark.parametrize("mode", TWO_PHASES)
@pytest.mark.parametrize("timeout", [1, 2, 4])
def test_timeout_cancels_the_rest_and_goes_on_with_what_there_is(mode: str, timeout: int) -> None:
    """Semantics 3.5: value 1200, so 40 A shall go and 30 B come; A is stuck, and 200 of cash buys 10 B."""
    host = usual(money=200.0, stuck={"A"})
    started(host, mode, phase_timeout=timeout)
    assert sent(host) == [("A", -40.0)]
    for _ in range(timeout - 1):
        host.next_bar()
        assert host.log == []
        assert host.waiting == 1
    host.next_bar()
    assert host.log == [("cancel", "A", -40.0), ("submit", "B", 10.0)]
    assert host.waiting == 0


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_timeout_after_a_partial_fill(mode: str) -> None:
    """Semantics 3.5: 20 of 50 A are sold at 10, the other 30 are cancelled; 200 buys 10 B."""
    host = usual(stuck={"A"})
    started(host, mode)
    host.fill(host.tickets[0], -20.0)
    sent(host)
    host.next_bar()
    assert host.log == [("cancel", "A", -30.0), ("submit", "B", 10.0)]
    # What is missing comes with the next rebalance: 800 of A held, 500 wanted.
    host.stuck.clear()
    host.next_bar()
    sent(host)
    started(host, mode)
    assert sent(host) == [("A", -30.0)]


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_second_phase_goes_as_soon_as_the_reductions_have_filled(mode: str) -> None:
    """Semantics 3.5: not only after the timeout."""
    host = usual(stuck={"A"})
    started(host, mode, phase_timeout=9)
    host.next_bar()
    assert sent(host) == [("A", -50.0)]
    host.stuck.clear()
    host.next_bar()
    assert sent(host) == [("B", 25.0)]


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_second_phase_after_the_host_refused_a_reduction(mode: str) -> None:
    host = usual(money=200.0, refuses={"A"})
    executor = wb.TargetWeightExecutor(plain(mode))
    assert executor.execute(HALF, broker=host) == []
    assert sent(host) == [("A", -40.0)]
    host.next_bar()
    assert host.log == [("submit", "B", 10.0)]


def test_an_asset_keeps_its_side() -> None:
    """Semantics 3.1: B was an increase; at 200 the 15 held are worth more than its target, and nothing is sold."""
    host = FakeHost({"A": 10.0, "B": 20.0}, {"A": 70.0, "B": 15.0})
    started(host, "hybrid")
    assert sent(host) == [("A", -20.0)]
    host.next_bar(B=200.0)
    assert sent(host) == []


def test_a_cover_waits_for_cash_too() -> None:
    """Semantics 3.1: closing a short is an increase. 100 A at 10, -40 B at 20, 800 of cash: value 1000."""
    host = FakeHost({"A": 10.0, "B": 20.0}, {"A": 100.0, "B": -40.0}, money=800.0)
    started(host, "hybrid", {"A": 0.5, "B": 0.0})
    assert sent(host) == [("A", -50.0)]
    host.next_bar(B=30.0)
    assert sent(host) == [("B", 40.0)]  # 1200 of 1300.


@pytest.mark.parametrize("mode", TWO_PHASES)
@pytest.mark.parametrize("policy", ["use_last", "skip"])
def test_second_phase_of_an_asset_without_a_bar(mode: str, policy: str) -> None:
    """Semantics 2.5."""
    host = usual()
    started(host, mode, missing_price_policy=policy)
    sent(host)
    host.traded["B"] = False
    host.next_bar()
    assert sent(host) == ([] if policy == "skip" else [("B", 25.0)])


@pytest.mark.parametrize("lost", [NAN, 20.0])
def test_second_phase_by_order_value_goes_by_that_of_then(lost: float) -> None:
    """Semantics 3.5: at first 190 for C and 200 for B, then 160 for B and 210 for C; no price is no obstacle to either.

    A sold at 10 brings 400. X, of which nothing is held, is asked for 150.
    """
    by_value = REFERENCE.replace(name="by value", sequence=Sequence.BY_ORDER_VALUE)
    prices = {"A": 10.0, "C": 20.0, "X": 20.0, "B": 20.0}
    host = FakeHost(prices, {"A": 60.0, "B": 10.0, "C": 10.0}, conventions=by_value)
    started(host, "hybrid", {"A": 0.2, "B": 0.4, "C": 0.39, "X": 0.15}, max_gross_leverage=2.0)
    assert sent(host) == [("A", -40.0)]
    host.next_bar(B=24.0, C=18.0, X=lost)
    # 150 / 20, 160 / 24 and 210 / 18; without X all are below the cash, with it C is cut to (400 - 140 - 144) / 18.
    assert sent(host) == ([("B", 6.0), ("C", 11.0)] if lost != lost else [("X", 7.0), ("B", 6.0), ("C", 6.0)])


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_a_new_execute_replaces_an_unfinished_rebalance(mode: str) -> None:
    """Semantics 3.7: all into A instead; nothing of B ever goes out."""
    host = usual(stuck={"A"})
    executor = started(host, mode, phase_timeout=3, cancel_before_rebalance=True)
    host.next_bar()
    assert sent(host) == [("A", -50.0)]
    executor.execute({"A": 1.0, "B": 0.0}, broker=host)
    assert host.log == [("cancel", "A", -50.0)]
    for _ in range(4):
        host.next_bar()
    assert sent(host) == []
    assert host.held == {"A": 100.0}


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_replacing_does_not_shorten_the_wait(mode: str) -> None:
    """Semantics 3.5 and 3.7: the host still calls for the replaced one, which is no bar waited for the new one."""
    host = usual(stuck={"A"}, money=200.0)
    executor = started(host, mode, phase_timeout=3, cancel_before_rebalance=True)
    host.next_bar()
    executor.execute(HALF, broker=host)
    host.log.clear()
    for _ in range(2):
        host.next_bar()
        assert host.log == []
    host.next_bar()
    assert host.log == [("cancel", "A", -40.0), ("submit", "B", 10.0)]


def test_replacing_by_a_snapshot_of_nothing() -> None:
    host = usual(stuck={"A"})
    executor = started(host, "hybrid", phase_timeout=2)
    executor.execute({}, broker=host)
    sent(host)
    host.stuck.clear()
    host.next_bar()
    host.next_bar()
    assert sent(host) == []


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_a_preview_does_not_disturb_an_unfinished_rebalance(mode: str) -> None:
    host = usual()
    executor = started(host, mode)
    before = host.snapshot()
    executor.preview({"A": 0.0}, broker=host)
    assert host.snapshot() == before
    sent(host)
    host.next_bar()
    assert sent(host) == [("B", 25.0)]


def open_units(host: FakeHost, asset: str) -> float:
    return sum(ticket.left for ticket in host.tickets if ticket.asset == asset)


SETTINGS = list(product(["snapshot", "hybrid", "incremental"], [False, True], [False, True]))


@pytest.mark.parametrize(("mode", "cancel", "account"), SETTINGS)
def test_asking_twice_at_one_bar_does_not_order_twice(mode: str, cancel: bool, account: bool) -> None:
    """Semantics 5.2: in any setting."""
    host = usual()
    executor = started(host, mode, cancel_before_rebalance=cancel, account_for_pending=account)
    first = sent(host)
    for _ in range(3):
        executor.execute(HALF, broker=host)
    assert host.log == []
    assert [(ticket.asset, ticket.left) for ticket in host.tickets] == first


@pytest.mark.parametrize(("mode", "cancel", "account"), SETTINGS)
def test_changing_ones_mind_at_one_bar_orders_the_difference(mode: str, cancel: bool, account: bool) -> None:
    """Semantics 5.2: 50 A go, then 80 shall have gone."""
    host = usual()
    executor = started(host, mode, {"A": 0.5}, cancel_before_rebalance=cancel, account_for_pending=account)
    executor.execute({"A": 0.2}, broker=host)
    assert host.log == [("submit", "A", -50.0), ("submit", "A", -30.0)]


@pytest.mark.parametrize(("mode", "cancel", "account"), SETTINGS)
def test_asking_again_before_a_fill_at_the_next_bar(mode: str, cancel: bool, account: bool) -> None:
    """Semantics 5.1 and 5.3: cancelled and ordered anew, or counted; with both off twice, as native functions do."""
    host = usual(stuck={"A"})
    executor = started(
        host, mode, {"A": 0.5}, cancel_before_rebalance=cancel, account_for_pending=account, phase_timeout=9
    )
    host.next_bar()
    host.log.clear()
    executor.execute({"A": 0.5}, broker=host)
    if cancel:
        assert host.log == [("cancel", "A", -50.0), ("submit", "A", -50.0)]
    else:
        assert host.log == ([] if account else [("submit", "A", -50.0)])
    assert open_units(host, "A") == (-100.0 if not cancel and not account else -50.0)


@pytest.mark.parametrize(("mode", "cancel", "account"), SETTINGS)
def test_protective_stops_are_never_touched_nor_counted(mode: str, cancel: bool, account: bool) -> None:
    """Semantics 5.1 and 5.3."""
    host = usual()
    stop = host.other_order("A", -100.0, "stop")
    executor = started(host, mode, cancel_before_rebalance=cancel, account_for_pending=account)
    assert ("A", -50.0) in sent(host)
    for _ in range(3):
        host.next_bar()
        executor.execute({"A": 0.4}, broker=host)
    assert stop in host.tickets
    assert stop.left == -100.0
    assert all(entry[0] != "cancel" or entry[2] != -100.0 for entry in host.log)


@pytest.mark.parametrize("cancel", [False, True])
@pytest.mark.parametrize("account", [False, True])
def test_limit_orders_of_others_count_and_stay(cancel: bool, account: bool) -> None:
    """Semantics 5.1 and 5.3: 10 of the 25 wanted are on their way already."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0)
    limit = host.other_order("B", 10.0, "limit")
    started(host, "snapshot", {"B": 0.5}, cancel_before_rebalance=cancel, account_for_pending=account)
    assert host.log == [("submit", "B", 15.0 if account else 25.0)]
    assert limit in host.tickets


def test_an_order_that_is_half_filled_counts_for_its_rest() -> None:
    """Semantics 5.3: 20 of 50 are sold and 30 open; 40 are to be held, so 10 more go."""
    host = usual(stuck={"A"})
    executor = started(host, "snapshot", {"A": 0.5}, account_for_pending=True)
    host.fill(host.tickets[0], -20.0)
    host.next_bar()
    host.log.clear()
    executor.execute({"A": 0.4}, broker=host)
    assert host.log == [("submit", "A", -10.0)]


def test_unlisted_positions_on_their_way_are_turned_back() -> None:
    """Semantics 2.2, 4.6, 5.2: 50 A were ordered at this bar, and the next mapping does not mention A."""
    for short in (True, False):
        host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0)
        executor = wb.TargetWeightExecutor(wb.RebalanceConfig(mode="snapshot", allow_short=short))
        executor.execute({"A": 0.5}, broker=host)
        executor.execute({"B": 0.5}, broker=host)
        assert sent(host) == [("A", 50.0), *([("A", -50.0)] if short else []), ("B", 25.0)]
        host.next_bar()
        assert sent(host) == ([] if short else [("A", -50.0)])


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_asking_twice_does_not_lose_the_increases(mode: str) -> None:
    """Semantics 3.4: the sale of the first call counts as filled, but what it brings has not arrived."""
    host = usual()
    executor = started(host, mode)
    executor.execute(HALF, broker=host)
    assert sent(host) == [("A", -50.0)]
    host.next_bar()
    assert sent(host) == [("B", 25.0)]


def test_a_negative_value_sells_nothing_that_is_not_there() -> None:
    """Semantics 4.6: half of -2000 would be a short position of 100 A."""
    host = FakeHost({"A": 10.0}, money=-2000.0)
    executor = wb.TargetWeightExecutor(wb.RebalanceConfig(mode="snapshot"))
    plan = executor.preview({"A": 0.5}, broker=host)
    assert plan.now == ()
    assert wb.Reason.SHORT_NOT_ALLOWED in plan.skipped[0].reasons


@pytest.mark.parametrize("mode", TWO_PHASES)
def test_known_prices_need_no_second_bar(mode: str) -> None:
    """Semantics 3.3."""
    host = usual(conventions=KNOWN)
    started(host, mode)
    assert sent(host) == [("A", -50.0), ("B", 25.0)]
    assert host.waiting == 0


def test_one_executor_serves_rebalance_after_rebalance() -> None:
    """1000 in halves, then A doubles: of 50 x 20 + 500 = 1500, 750 / 20 - 50 = -12.5, truncated."""
    host = FakeHost({"A": 10.0, "B": 20.0}, money=1000.0)
    executor = started(host, "hybrid", cancel_before_rebalance=True)
    host.next_bar()
    host.next_bar(A=20.0)
    assert host.value() == 1500.0
    sent(host)
    executor.execute(HALF, broker=host)
    assert sent(host) == [("A", -12.0)]


def test_an_asset_that_starts_late_is_bought_when_it_is_there() -> None:
    host = FakeHost({"A": 10.0, "B": NAN}, money=1000.0)
    executor = started(host, "hybrid", {"B": 0.5})
    assert host.log == []
    host.next_bar(B=20.0)
    executor.execute({"B": 0.5}, broker=host)
    assert sent(host) == [("B", 25.0)]
