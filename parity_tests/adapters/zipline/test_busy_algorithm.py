"""The executor in a busy Zipline algorithm: rebalances at consecutive bars and twice in one, orders that fill in parts.

Semantics 4.6 and 6.4, and preview = execute.
"""

from __future__ import annotations

from typing import Any

import pytest
from zipline.api import order, symbol

import weighbridge as wb
from parity_tests.adapters.busy import Own, busy_acts, busy_config
from parity_tests.adapters.zipline.material import COSTS, awkward_bars
from weighbridge_zipline import Broker, run_on_frames


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("costs", ["defaults", "volume_share", "percent"])
@pytest.mark.parametrize("own", [False, True], ids=["alone", "with_own_orders"])
def test_nothing_is_sold_that_is_not_held(mode: str, costs: str, own: bool) -> None:
    reasons = wb.Reason.NONE
    fills = 0
    for seed in range(4):
        bars = awkward_bars(50, 4, seed=seed, missing=0.1, zero_volume=0.2, volume=3e3, late=1, ended=1)
        acts, config = busy_acts(bars, seed, own=own), busy_config(mode, seed)
        lowest: list[float] = [0.0]

        def initialize(context: Any, config: wb.RebalanceConfig = config) -> None:
            context.bar = -1
            context.executor = wb.TargetWeightExecutor(config)

        def handle_data(context: Any, data: Any, acts: list[list[Any]] = acts, lowest: list[float] = lowest) -> None:
            nonlocal reasons
            context.bar += 1
            lowest += [float(held.amount) for held in context.portfolio.positions.values()]
            port = Broker(context, data)
            for act in acts[context.bar]:
                if isinstance(act, Own):
                    # What is sold beside a rebalance may be sold twice: that is the user's to look after (4.6).
                    if act.quantity > 0 and data.can_trade(symbol(act.asset)):
                        order(symbol(act.asset), act.quantity, limit_price=act.limit)
                    continue
                plan = context.executor.preview(act.weights, broker=port)
                sent = context.executor.execute(act.weights, broker=port)
                assert [(o.asset, o.quantity) for o in sent] == [(t.asset, t.quantity) for t in plan.now]
                for trade in plan.trades:
                    reasons |= trade.reasons

        performance = run_on_frames(bars, initialize, handle_data, costs=COSTS[costs], cash=200_000.0)
        fills += sum(map(len, performance["transactions"]))
        assert min(lowest) == 0.0
    assert fills > 100
    assert wb.Reason.NOT_HELD_YET in reasons
    assert wb.Reason.PENDING_ORDER in reasons
