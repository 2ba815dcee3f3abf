"""The executor in a busy Zipline algorithm and in the event-driven engine: the same record, and no short position.

Semantics 3 to 6 in one: rebalances at consecutive bars and twice in one bar, orders that fill in parts, second phases,
market and limit orders of the user's own.
"""

from __future__ import annotations

from typing import Any

import pytest
from zipline.api import order, symbol

import weighbridge as wb
from parity_tests.adapters.busy import Busy, Own, busy_acts, busy_config
from parity_tests.adapters.zipline.material import COSTS, awkward_bars
from weighbridge_zipline import Broker, run_on_frames

CASH = 200_000.0


def in_zipline(
    bars: wb.Bars, acts: list[list[Any]], config: wb.RebalanceConfig, costs: wb.Costs
) -> tuple[list[Any], list[float], float]:
    """Return (bar, asset, units, price) of the fills, the value of each bar, and the lowest position."""
    lowest = 0.0

    def initialize(context: Any) -> None:
        context.bar = -1
        context.executor = wb.TargetWeightExecutor(config)

    def handle_data(context: Any, data: Any) -> None:
        nonlocal lowest
        context.bar += 1
        lowest = min([lowest, *(float(held.amount) for held in context.portfolio.positions.values())])
        port = Broker(context, data)
        for act in acts[context.bar]:
            if isinstance(act, Own):
                if data.can_trade(symbol(act.asset)):
                    order(symbol(act.asset), act.quantity, limit_price=act.limit)
                continue
            plan = context.executor.preview(act.weights, broker=port)
            sent = context.executor.execute(act.weights, broker=port)
            assert [(o.asset, o.quantity) for o in sent] == [(t.asset, t.quantity) for t in plan.now]

    performance = run_on_frames(bars, initialize, handle_data, costs=costs, cash=CASH)
    fills = [
        (bar, fill["sid"].symbol, fill["amount"], fill["price"])
        for bar, found in enumerate(performance["transactions"])
        for fill in found
    ]
    return fills, performance["portfolio_value"].tolist(), lowest


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("costs", ["defaults", "volume_share", "percent"])
@pytest.mark.parametrize("own", [False, True], ids=["alone", "with_own_orders"])
def test_zipline_and_the_engine_do_the_same(mode: str, costs: str, own: bool) -> None:
    reasons = wb.Reason.NONE
    for seed in range(4):
        bars = awkward_bars(50, 4, seed=seed, missing=0.1, zero_volume=0.2, volume=3e3, late=1, ended=1)
        acts, config = busy_acts(bars, seed, own=own), busy_config(mode, seed)
        fills, values, lowest = in_zipline(bars, acts, config, COSTS[costs])
        strategy = Busy(acts)
        settings: dict[str, Any] = {"conventions": "zipline", "rebalance": config, "costs": COSTS[costs], "cash": CASH}
        record = wb.Engine(bars, strategy, **settings).run()
        columns = ["bar", "asset", "quantity", "price"]
        # What Zipline sells of an asset that has ended is no transaction of its.
        ended = dict(zip(bars.assets, bars.last_bar + 1, strict=True))
        ours = [tuple(row) for row in record.fills[columns].itertuples(index=False) if row.bar != ended[row.asset]]
        assert ours == [row for row in fills if row[0] != ended[row[1]]]
        assert record.value.tolist() == values
        assert len(fills) > 20
        reasons |= strategy.reasons
        if not own:
            assert lowest == 0.0
    assert wb.Reason.NOT_HELD_YET in reasons
    assert wb.Reason.PENDING_ORDER in reasons
