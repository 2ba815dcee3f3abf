"""The executor in a busy Backtrader strategy and in the event-driven engine: the same record, and no short position.

Semantics 3 to 5 in one: rebalances at consecutive bars and twice in one bar, counted and cancelled orders, refusals,
second phases, market and limit orders of the user's own.
"""

from __future__ import annotations

from typing import Any

import backtrader as bt
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from parity_tests.adapters.busy import Busy, Own, busy_acts, busy_config
from weighbridge.record.run_record import RunRecord
from weighbridge.testing import assert_records_equal
from weighbridge_backtrader.costs import set_costs
from weighbridge_backtrader.feeds import add_feeds
from weighbridge_backtrader.recording import Recording

CASH = 20_000.0


class BusyInBacktrader(bt.Strategy):
    """The same in Backtrader."""

    params = (("recording", None), ("acts", None), ("config", None), ("at_open", False))

    def __init__(self) -> None:
        self.executor = wb.TargetWeightExecutor(self.p.config)
        self.port = weighbridge_backtrader.Broker(self)
        self.fresh = list(self.datas)
        self.noting = 0

    def prenext(self) -> None:
        self.next()

    def prenext_open(self) -> None:
        self.next_open()

    def next_open(self) -> None:
        if self.p.at_open:
            self.act(int(self.p.recording.awake[len(self)]))

    def next(self) -> None:
        bar = int(self.p.recording.awake[len(self) - 1])
        self.p.recording.close_of_bar(bar, self.broker.getcash(), self.broker.getvalue())
        if not self.p.at_open:
            self.act(bar)

    def act(self, bar: int) -> None:
        self.noting = bar
        for feed in [feed for feed in self.fresh if len(feed)]:
            self.getposition(feed)
            self.fresh.remove(feed)
        for act in self.p.acts[bar]:
            if isinstance(act, Own):
                side = self.buy if act.quantity > 0 else self.sell
                kind = bt.Order.Market if act.limit is None else bt.Order.Limit
                side(data=self.getdatabyname(act.asset), size=abs(act.quantity), exectype=kind, price=act.limit)
            else:
                plan = self.executor.preview(act.weights, broker=self.port)
                sent = self.executor.execute(act.weights, broker=self.port)
                assert [(order.asset, order.quantity) for order in sent] == [(t.asset, t.quantity) for t in plan.now]

    def buy(self, *args: Any, **kwargs: Any) -> Any:
        return self.noted(super().buy(*args, **kwargs))

    def sell(self, *args: Any, **kwargs: Any) -> Any:
        return self.noted(super().sell(*args, **kwargs))

    def noted(self, order: Any) -> Any:
        if order is not None:
            bar = self.noting if self.p.at_open else int(self.p.recording.awake[len(self) - 1])
            self.p.recording.order(bar, order)
        return order

    def notify_order(self, order: Any) -> None:
        self.p.recording.notification(int(self.p.recording.awake[len(self) - 1]), order)


@pytest.mark.parametrize("conventions", ["backtrader", "backtrader-coc", "backtrader-coo"])
@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("own", [False, True], ids=["alone", "with_own_orders"])
def test_backtrader_and_the_engine_do_the_same(conventions: str, mode: str, own: bool) -> None:
    reasons = wb.Reason.NONE
    denied = 0
    for seed in range(5):
        # Where an asset misses a bar Backtrader tries a limit order on its last bar again (semantics 8).
        bars = awkward_bars(70, 4, seed=seed, missing=0.0 if own else 0.2, late=1, ended=0 if own else 1)
        acts, config = busy_acts(bars, seed, own=own), busy_config(mode, seed)
        costs = list(COSTS.values())[seed]
        brain = bt.Cerebro(stdstats=False, cheat_on_open=conventions == "backtrader-coo")
        brain.broker.setcash(CASH)
        brain.broker.set_coc(conventions == "backtrader-coc")
        set_costs(brain.broker, costs)
        add_feeds(brain, bars)
        recording = Recording(bars, CASH)
        at_open = conventions == "backtrader-coo"
        brain.addstrategy(BusyInBacktrader, recording=recording, acts=acts, config=config, at_open=at_open)
        brain.run()
        expected = RunRecord(index=bars.index, assets=bars.assets, **recording.tables())
        strategy = Busy(acts)
        settings: dict[str, Any] = {"conventions": conventions, "rebalance": config, "costs": costs, "cash": CASH}
        got = wb.Engine(bars, strategy, **settings).run()
        assert len(expected.fills) > 30
        assert_records_equal(expected, got, scenario=f"seed {seed}, {config}")
        reasons |= strategy.reasons
        denied += len(expected.denials)
        if not own:
            assert expected.positions.to_numpy().min() == 0.0
    # Where the fill price is known, what the plan works out is what happens.
    assert bool(denied) == (own or mode == "snapshot" or conventions == "backtrader")
    assert wb.Reason.NOT_HELD_YET in reasons
    assert wb.Reason.PENDING_ORDER in reasons
