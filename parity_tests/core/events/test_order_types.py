"""Order types with gaps, computed by hand (semantics 8): bar 0 decides, later bars fill or do not."""

from __future__ import annotations

from typing import Any

import pytest

import weighbridge as wb
from parity_tests.core.events.material import bars_of, filled, flat, run

START = (100.0, 100.0, 100.0, 100.0)


def order(quantity: float, type: str, **prices: float) -> Any:
    return lambda broker: broker.submit_order("A", quantity, type, **prices)


def after(candle: tuple[float, ...], quantity: float, type: str, **prices: float) -> list[tuple[int, float, float]]:
    """Submit at bar 0 and show bar 1."""
    return filled(run(bars_of(START, candle), order(quantity, type, **prices))[0])


# What is asked for, the candle (open, high, low, close), and the price of the fill (None: it waits).
CASES = [
    # 8.1: a limit fills at the open where a gap is better than asked.
    ("limit", 10, {"limit_price": 98.0}, (97.0, 99.0, 96.0, 98.5), 97.0),
    ("limit", 10, {"limit_price": 98.0}, (99.0, 101.0, 97.5, 100.0), 98.0),
    ("limit", 10, {"limit_price": 98.0}, (99.0, 101.0, 98.5, 100.0), None),
    ("limit", 10, {"limit_price": 98.0}, (98.0, 101.0, 98.0, 100.0), 98.0),
    ("limit", -10, {"limit_price": 102.0}, (104.0, 105.0, 103.0, 104.0), 104.0),
    ("limit", -10, {"limit_price": 102.0}, (101.0, 102.0, 100.0, 101.0), 102.0),
    ("limit", -10, {"limit_price": 102.0}, (101.0, 101.9, 100.0, 101.0), None),
    # 8.2: a stop fills at the open where a gap is worse than asked.
    ("stop", -10, {"stop_price": 95.0}, (90.0, 92.0, 89.0, 91.0), 90.0),
    ("stop", -10, {"stop_price": 95.0}, (97.0, 98.0, 94.0, 96.0), 95.0),
    ("stop", -10, {"stop_price": 95.0}, (97.0, 98.0, 95.5, 96.0), None),
    ("stop", 10, {"stop_price": 105.0}, (108.0, 109.0, 107.0, 108.0), 108.0),
    ("stop", 10, {"stop_price": 105.0}, (104.0, 105.0, 103.0, 104.0), 105.0),
    ("stop", 10, {"stop_price": 105.0}, (104.0, 104.9, 103.0, 104.0), None),
    # 8.3: the gap triggers it, and it is a limit from the open on.
    ("stop_limit", -10, {"stop_price": 95.0, "limit_price": 94.0}, (94.5, 95.5, 93.0, 94.0), 94.5),
    ("stop_limit", -10, {"stop_price": 95.0, "limit_price": 94.0}, (90.0, 94.0, 89.0, 91.0), 94.0),
    ("stop_limit", -10, {"stop_price": 95.0, "limit_price": 94.0}, (90.0, 93.9, 89.0, 91.0), None),
    ("stop_limit", -10, {"stop_price": 95.0, "limit_price": 94.0}, (97.0, 98.0, 94.5, 96.0), 95.0),
    ("stop_limit", 10, {"stop_price": 105.0, "limit_price": 104.0}, (104.5, 106.0, 102.0, 103.0), 104.0),
    ("stop_limit", 10, {"stop_price": 105.0, "limit_price": 104.0}, (102.5, 106.0, 102.0, 103.0), None),
    # 8.4: the first stop is the close before less the distance.
    ("trailing_stop", -10, {"trail_amount": 4.0}, (99.0, 99.5, 95.5, 97.0), 96.0),
    ("trailing_stop", -10, {"trail_amount": 4.0}, (94.0, 96.5, 93.0, 95.0), 94.0),
    ("trailing_stop", 10, {"trail_percent": 0.03}, (101.0, 104.0, 100.0, 101.0), 103.0),
]


@pytest.mark.parametrize(("type", "quantity", "prices", "candle", "price"), CASES)
def test_the_next_bar(
    type: str, quantity: float, prices: dict[str, float], candle: tuple[float, ...], price: float | None
) -> None:
    assert after(candle, quantity, type, **prices) == ([] if price is None else [(1, quantity, price)])


def test_a_trailing_stop_follows_the_close_and_never_goes_back() -> None:
    # Stops: 96 at first, then 108 - 4 = 104 after bar 1; bar 2 closes at 105, and 101 would be a step back.
    candles = [START, (101.0, 109.0, 100.0, 108.0), (107.0, 107.5, 104.5, 105.0), (104.5, 105.0, 103.0, 103.5)]
    record, _ = run(bars_of(*candles), order(-10, "trailing_stop", trail_amount=4.0))
    assert filled(record) == [(3, -10.0, 104.0)]


def test_a_triggered_stop_limit_stays_a_limit() -> None:
    # Bar 1 triggers it at 95 and closes below 96, its limit; bar 2 never falls to 95 again and reaches 96.
    candles = [START, (97.0, 97.5, 94.0, 94.5), (95.5, 96.5, 95.2, 96.0)]
    record, _ = run(bars_of(*candles), order(-10, "stop_limit", stop_price=95.0, limit_price=96.0))
    assert filled(record) == [(2, -10.0, 96.0)]


def test_slippage_stops_at_the_limit_but_not_at_a_stop() -> None:
    bars = bars_of(START, (97.8, 99.0, 96.0, 98.0))
    costs = wb.Costs(slippage=wb.FixedSlippage(0.5))
    record, _ = run(bars, order(10, "limit", limit_price=98.0), costs=costs)
    assert filled(record) == [(1, 10.0, 98.0)]
    record, _ = run(bars, order(-10, "stop", stop_price=97.0), costs=costs)
    assert filled(record) == [(1, -10.0, 96.5)]
    record, _ = run(bars, order(-10, "stop", stop_price=96.2), costs=costs, conventions="backtrader")
    assert filled(record) == [(1, -10.0, 96.0)]


def test_an_order_waits_for_the_bars_of_its_asset() -> None:
    gone = [START, (float("nan"),) * 4, (80.0, 81.0, 79.0, 80.0)]
    bars = bars_of(*gone, B=flat(10.0, 10.0, 10.0))
    record, _ = run(bars, order(-10, "stop", stop_price=95.0))
    assert filled(record) == [(2, -10.0, 80.0)]


def test_the_cash_rule_meets_a_limit_order() -> None:
    """Semantics 8.5."""
    bars = bars_of(START, (97.0, 99.0, 96.0, 98.0))
    record, _ = run(bars, order(20, "limit", limit_price=98.0), cash=1000.0)
    assert filled(record) == [(1, 10.0, 97.0)]
    assert list(record.denials["rule"]) == ["cut_to_cash"]
    # Backtrader admits it at its own price: 20 x 98 is more than there is.
    record, _ = run(bars, order(20, "limit", limit_price=98.0), cash=1950.0, conventions="backtrader")
    assert filled(record) == []
    assert list(record.denials["rule"]) == ["margin_at_submission"]


@pytest.mark.parametrize("conventions", ["backtrader-coc", "backtrader-coo"])
def test_where_the_price_is_known_only_market_orders_fill_at_it(conventions: str) -> None:
    bars = bars_of(START, (97.0, 99.0, 96.0, 98.0), (95.0, 96.0, 94.0, 95.0))

    def both(broker: Any) -> None:
        broker.submit_order("A", 1)
        broker.submit_order("A", 10, "limit", limit_price=98.0)

    record, _ = run(bars, both, conventions=conventions)
    if conventions == "backtrader-coc":
        # The market order at the close of the decision, 100; the limit order at the next bar's open, 97.
        assert filled(record) == [(1, 1.0, 100.0), (1, 10.0, 97.0)]
    else:
        # The bar that was decided at its open is the first that the limit order meets; its low does not reach 98.
        assert filled(record) == [(0, 1.0, START[0]), (1, 10.0, 97.0)]


def test_an_order_at_the_open_meets_the_bar_that_it_was_submitted_at() -> None:
    bars = bars_of((100.0, 103.0, 96.0, 101.0), flat(101.0)[0])
    record, _ = run(bars, order(10, "limit", limit_price=98.0), conventions="backtrader-coo")
    assert filled(record) == [(0, 10.0, 98.0)]


def test_an_order_with_a_price_needs_the_whole_bar() -> None:
    bars = bars_of(START, START)
    bare = wb.Bars.from_frames(close=bars.frame("close"), open=bars.frame("open"))
    with pytest.raises(wb.WeighbridgeError, match="no high, low"):
        run(bare, order(1, "limit", limit_price=98.0))
