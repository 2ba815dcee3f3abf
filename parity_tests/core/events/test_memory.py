"""What a run holds in memory grows with its orders and fills, and not with bars x assets."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.core.events.material import Weights, rows_of
from weighbridge.parity.synthetic import synthetic_bars
from weighbridge.parity.synthetic_weights import synthetic_weights

# Cash, value, the row of the decision and the time of a bar: some 150 bytes.
BYTES_A_BAR = 400
# Ledger, queue and plan of an asset before anything is ordered.
BYTES_AN_ASSET = 2_000
# Columns of orders (4), fills (6), denials (4) and the queue (11); what doubles is there twice for a moment.
BYTES_A_FILL = 600
# Room for the first orders, taken at the start.
BYTES_AT_FIRST = 2_000_000


class Asking(Weights):
    """Ask for everything at every bar."""

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        broker.get_account_value(), broker.get_cash(), broker.positions, broker.pending_orders
        super().on_data(timestamp, data, context, broker)


def peak(bars: wb.Bars, strategy: wb.Strategy, **settings: Any) -> tuple[int, wb.RunRecord]:
    """Return the most bytes that were held at once during a run; what bars hold is not counted."""
    wb.Engine(bars.slice(0, 3), Weights({}), **settings).run()
    assert bars.complete
    assert bars.has_bar.all()
    tracemalloc.start()
    try:
        record = wb.Engine(bars, strategy, **settings).run()
        return tracemalloc.get_traced_memory()[1], record
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [Weights, Asking])
def test_a_run_without_orders_holds_a_few_numbers_a_bar(kind: Any) -> None:
    short, _ = peak(synthetic_bars(100, 500, seed=1), kind({}))
    long, _ = peak(synthetic_bars(100, 2500, seed=1), kind({}))
    wide, _ = peak(synthetic_bars(200, 500, seed=1), kind({}))
    assert short < BYTES_AT_FIRST
    assert long - short < BYTES_A_BAR * 2000
    assert wide - short < BYTES_AN_ASSET * 100
    # One array of bars x assets would be 1,600,000 bytes.
    assert BYTES_A_BAR * 2000 < 2000 * 100 * 8


def test_a_run_holds_what_it_filled() -> None:
    bars = synthetic_bars(50, 1500, seed=2)
    rows = rows_of(synthetic_weights(bars, seed=2, every=2))
    settings: dict[str, Any] = {"rebalance": wb.RebalanceConfig.unfiltered("snapshot"), "cash": 1e7}
    idle, _ = peak(bars, Weights({}), **settings)
    half, few = peak(bars, Weights(dict(list(rows.items())[:300])), **settings)
    busy, many = peak(bars, Weights(rows), **settings)
    fills, more = len(few.fill_table.bar), len(many.fill_table.bar)
    assert more > 2 * fills > 20_000
    assert half - idle < BYTES_A_FILL * fills
    assert busy - idle < BYTES_A_FILL * more
