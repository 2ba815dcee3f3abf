"""Positions as a strategy sees them: average price, bars held, best and worst excursion; numbers by hand."""

from __future__ import annotations

import math
from typing import Any

import weighbridge as wb
from parity_tests.core.events.material import bars_of, flat, run

NAN = (math.nan,) * 4


def buy(quantity: float) -> Any:
    return lambda broker: broker.submit_order("A", quantity)


def look(broker: Any) -> Any:
    held = broker.get_position("A")
    return held.quantity, held.average_price, held.bars_held, held.best_excursion, held.worst_excursion


def test_a_reduction_keeps_the_average_and_the_bars() -> None:
    """Semantics 8.11."""
    candles = [*flat(10, 10), (12.0, 15.0, 9.0, 12.0), (11.0, 12.0, 11.0, 11.0)]
    _, got = run(bars_of(*candles), buy(10), buy(-4), None, look)
    # 6 left of 10 bought at 10, two bars ago; high 15 and low 9 since.
    assert got[-1] == (6.0, 10.0, 3, 6 * 5.0, 6 * -1.0)


def test_closed_and_opened_again_it_begins_anew() -> None:
    candles = [*flat(10), (10.0, 99.0, 1.0, 10.0), *flat(10), (20.0, 21.0, 19.0, 20.0)]
    _, got = run(bars_of(*candles), buy(10), buy(-10), buy(5), look)
    assert got[-1] == (5.0, 20.0, 1, 5.0, -5.0)


def test_bars_that_the_asset_misses_are_not_held() -> None:
    bars = bars_of((10.0,) * 4, (10.0,) * 4, NAN, (12.0, 12.0, 11.0, 12.0), B=flat(5, 5, 5, 5))
    _, got = run(bars, buy(10), None, look, look)
    assert [(held[2], held[3]) for held in got[-2:]] == [(1, 0.0), (2, 20.0)]


def test_without_highs_and_lows_the_closes_count() -> None:
    bars = bars_of((10.0,) * 4, (10.0, 99.0, 1.0, 11.0), (12.0, 99.0, 1.0, 8.0))
    bare = wb.Bars.from_frames(close=bars.frame("close"), open=bars.frame("open"))
    _, got = run(bare, buy(1), None, look)
    assert got[-1] == (1.0, 10.0, 2, 1.0, -2.0)


def test_a_short_is_at_its_best_at_the_low() -> None:
    """Semantics 8.11."""
    _, got = run(bars_of(*flat(10), (10.0, 13.0, 8.0, 10.0)), buy(-10), look)
    assert got[-1] == (-10.0, 10.0, 1, 20.0, -30.0)


def test_what_was_asked_for_stays_as_of_then() -> None:
    kept: list[Any] = []

    def keep(broker: Any) -> None:
        kept.append(broker.get_position("A"))

    def later(broker: Any) -> Any:
        then = kept[0]
        return then.quantity, then.price, then.bars_held, then.best_excursion

    # Read for the first time two bars later, when the position is closed and the price has doubled.
    _, got = run(bars_of(*flat(10), (10.0, 11.0, 10.0, 10.0), *flat(20, 20)), buy(10), keep, buy(-10), later)
    assert kept[0].quantity == 10.0
    assert got[-1] == (10.0, 10.0, 1, 10.0)


def test_at_an_open_the_bar_that_has_only_opened_is_not_held() -> None:
    candles = [(10.0, 12.0, 9.0, 11.0), (10.0, 99.0, 1.0, 50.0)]
    _, got = run(bars_of(*candles), buy(10), look, conventions="backtrader-coo")
    # Bought at the open of bar 0, the whole of which is over; the open of bar 1 is all that is known of it.
    assert got[-1] == (10.0, 10.0, 1, 20.0, -10.0)


def test_at_the_close_of_the_decision_the_next_bar_is_the_first_that_is_held() -> None:
    candles = [(10.0, 50.0, 1.0, 10.0), (11.0, 12.0, 9.0, 11.0)]
    _, got = run(bars_of(*candles), buy(10), look, conventions="backtrader-coc")
    assert got[-1] == (10.0, 10.0, 1, 20.0, -10.0)


def test_all_that_is_held_is_a_mapping_that_stays_as_of_then() -> None:
    kept: list[Any] = []
    bars = bars_of(*flat(10, 10, 20, 20), B=flat(5, 5, 6, 7))

    def both(broker: Any) -> None:
        broker.submit_order("B", 4)
        broker.submit_order("A", 10)

    def keep(broker: Any) -> None:
        kept.append(broker.positions)
        assert list(broker.positions) == ["A", "B"]
        assert broker.positions["A"] == broker.get_position("A")
        assert "C" not in broker.positions
        broker.close_position("A")

    def later(broker: Any) -> Any:
        assert list(broker.positions) == ["B"]
        assert broker.positions.get("A") is None
        then = kept[0]
        return len(then), then["A"].quantity, then["A"].bars_held, then["A"].market_value, then["B"].price

    _, got = run(bars, both, keep, None, later)
    assert got[-1] == (2, 10.0, 1, 100.0, 5.0)
