"""A rebalance of its own, compiled, by the executor with arrays, and by it in plain Python: the same orders.

Semantics 3 to 5 with everything at once: decisions at consecutive bars and twice in one, orders of the user's at market
and at limits, stops, and bars that are missing.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from parity_tests.adapters.zipline.material import COSTS as PART_COSTS
from parity_tests.adapters.zipline.material import awkward_bars as bars_with_volumes
from parity_tests.core.events.material import NoTable
from weighbridge.testing import assert_records_equal

CONVENTIONS = ("reference", "backtrader", "backtrader-coc", "backtrader-coo", "zipline")
WAYS = ("compiled", "arrays", "plain")


class Busy(wb.Strategy):
    """Act at random, by a seed, whatever the way of rebalancing is."""

    def __init__(self, seed: int, way: str, orders: bool) -> None:
        self.random, self.way, self.orders = random.Random(seed), way, orders
        self.lowest = 0.0
        self.phases: set[str] = set()
        self.reasons = wb.Reason.NONE

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        choose = self.random
        if self.orders and choose.random() < 0.3:
            asset = choose.choice(context.assets)
            price = broker.get_price(asset)
            quantity = choose.choice([-30, 40, 200])
            kind = choose.choice(["market", "limit", "stop"])
            limit, stop = price * choose.choice([0.9, 0.99, 1.02]), price * (1.05 if quantity > 0 else 0.95)
            if price == price:
                broker.submit_order(
                    asset,
                    quantity,
                    kind,
                    limit_price=limit if kind == "limit" else None,
                    stop_price=stop if kind == "stop" else None,
                )
        for _ in range(choose.choice([0, 1, 1, 2])):
            weights = {
                asset: choose.choice([None, 0.0, 0.05, choose.uniform(0.0, 0.5)])
                for asset in context.assets
                if choose.random() < 0.8
            }
            self.ask(weights, data if choose.random() < 0.5 else None, broker)
        self.lowest = min([self.lowest, *(held.quantity for held in broker.positions.values())])

    def ask(self, weights: dict[str, float | None], data: Any, broker: Any) -> None:
        if self.way == "compiled":
            broker.rebalance_to_weights(weights)
            return
        host = NoTable(broker) if self.way == "plain" else broker
        plan = self.executor.preview(weights, data, host)
        sent = self.executor.execute(weights, data, host)
        assert [(order.asset, order.quantity) for order in sent] == [(t.asset, t.quantity) for t in plan.now]
        pending = {order.host: order for order in broker.pending_orders}
        assert [pending[order.host] for order in sent] == sent
        for trade in plan.trades:
            self.phases.add(trade.phase)
            self.reasons |= trade.reasons


@pytest.mark.parametrize("conventions", CONVENTIONS)
@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("orders", [False, True])
def test_every_way_leaves_the_same_record(conventions: str, mode: str, orders: bool) -> None:
    seen = wb.Reason.NONE
    for seed in range(6):
        choose = random.Random(seed)
        config = wb.RebalanceConfig(
            mode=mode,
            min_trade_value=choose.choice([0.0, 500.0]),
            min_weight_change=0.0,
            round_lots=seed == 3,
            lot_size=10,
            allow_short=seed == 5,
            unlisted=choose.choice(["hold", "close"]),
            cancel_before_rebalance=choose.random() < 0.5,
            account_for_pending=choose.random() < 0.5,
            phase_timeout=choose.choice([1, 3]),
        )
        if conventions == "zipline":
            bars = bars_with_volumes(60, 4, seed=seed, missing=0.1, zero_volume=0.2, volume=3e3, ended=1)
            costs = choose.choice(list(PART_COSTS.values()))
        else:
            bars = awkward_bars(60, 4, seed=seed, missing=0.2)
            costs = choose.choice(list(COSTS.values()))
        records: list[wb.RunRecord] = []
        for way in WAYS:
            strategy = Busy(seed, way, orders)
            engine = wb.Engine(bars, strategy, conventions=conventions, rebalance=config, costs=costs, cash=20_000.0)
            records.append(engine.run())
            seen |= strategy.reasons
            if not orders and not config.allow_short:
                assert strategy.lowest == 0.0
        for way, record in zip(WAYS[1:], records[1:], strict=True):
            assert_records_equal(records[0], record, scenario=f"seed {seed}, {way}")
            assert records[0].orders is not None
            assert record.orders is not None
            assert records[0].orders.equals(record.orders)
        assert len(records[0].fills) > 20
    assert wb.Reason.NOT_HELD_YET in seen
    assert wb.Reason.PENDING_ORDER in seen
