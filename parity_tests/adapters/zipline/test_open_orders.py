"""Open orders in Zipline: partial fills, limits, sales that wait or are stuck. Every number is worked out here.

Semantics 3.5, 3.6, 4.6 and 6.4.
"""

from __future__ import annotations

from typing import Any

import pytest
from zipline.api import order, symbol

import weighbridge as wb
from parity_tests.adapters.zipline.helpers import bars_of
from parity_tests.adapters.zipline.test_strategy_use import ask, fills, run
from weighbridge_zipline import Broker

plain = wb.RebalanceConfig.unfiltered
MODES = ["snapshot", "hybrid", "incremental"]
A_TENTH = wb.Costs(slippage=wb.FixedBasisPointsSlippage(0.0, 0.1))


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
@pytest.mark.parametrize(
    ("limit", "quantity"),
    [
        (None, 20),  # 60 at 10.00 are 600: 400 are left for B at 20.00.
        (8.0, 26),  # 480 at most: 520 are left.
        (12.0, 14),  # 720 at most, although it will fill at 10.00: 280 are left.
    ],
)
def test_own_orders_to_buy_take_their_cash_at_their_limit(mode: str, limit: float | None, quantity: int) -> None:
    """Semantics 3.6."""

    def decide(context: Any, data: Any) -> None:
        order(symbol("A"), 60, limit_price=limit)
        orders = context.executor.execute({"B": 1.0}, broker=Broker(context, data))
        assert [(o.asset, o.quantity) for o in orders] == [("B", quantity)]

    bars = bars_of({"A": [10.0] * 4, "B": [20.0] * 4})
    performance, _ = run(bars, {0: decide}, plain(mode, account_for_pending=True))
    assert (1, "B", quantity, 20.0) in fills(performance)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cancel", [False, True])
def test_partial_fills_correct_themselves_at_the_next_rebalance(mode: str, cancel: bool) -> None:
    """30 of 90 have filled; the same target again: 60 more are on their way, or ordered anew, and 90 are held."""
    config = plain(mode, cancel_before_rebalance=cancel, account_for_pending=True)
    bars = bars_of({"A": [10.0] * 7}, 300.0)
    performance, _ = run(bars, {0: ask(A=0.9), 1: ask(A=0.9), 2: ask(A=0.9)}, config, costs=A_TENTH)
    assert [fill[:3] for fill in fills(performance)] == [(1, "A", 30), (2, "A", 30), (3, "A", 30)]


@pytest.mark.parametrize("mode", MODES)
def test_a_sale_waits_for_what_fills_in_parts(mode: str) -> None:
    """Semantics 4.6: 30 of 90 are held, none shall be: 30 go, in the bar's 30 that the order to buy has first.

    At bar 2 the buy takes the volume; 60 are held then, 30 of them in the sale, and 30 more are sold by the second
    phase; what comes afterwards stays, since there is no third.
    """
    config = plain(mode, allow_short=False, account_for_pending=True, phase_timeout=1)
    bars = bars_of({"A": [10.0] * 9}, 300.0)
    performance, _ = run(bars, {0: ask(A=0.9), 1: ask(A=0.0)}, config, costs=A_TENTH)
    amounts = [fill[:3] for fill in fills(performance)]
    held = 0
    for _, _, amount in amounts:
        held += amount
        assert held >= 0
    assert amounts[:3] == [(1, "A", 30), (2, "A", 30), (3, "A", 30)]
    # In the other modes the first sale, stuck behind the buy, is cancelled at bar 2, and all 60 that are held go then.
    assert amounts[3:] == [(4, "A", -30), (5, "A", -30)]


@pytest.mark.parametrize(("timeout", "sold"), [(1, []), (2, []), (3, [(5, "A", -30, 10.0)])])
def test_a_sale_that_is_stuck_is_cancelled_although_nothing_waits(timeout: int, sold: list[Any]) -> None:
    """Semantics 3.5: there is no volume at bars 3 and 4."""
    bars = bars_of({"A": [10.0] * 7}, {"A": [1e6, 1e6, 1e6, 0.0, 0.0, 1e6, 1e6]})
    performance, _ = run(bars, {0: ask(A=0.5), 2: ask(A=0.2)}, plain("hybrid", phase_timeout=timeout))
    assert fills(performance) == [(1, "A", 50, 10.0), *sold]
