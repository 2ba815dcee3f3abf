"""Limit, stop, stop-limit and trailing-stop orders of a user's own: the engine against Backtrader, bit for bit.

No bar is missing here: where an asset has none, Backtrader tries these orders on its last bar again, even on one from
before the order was submitted. The engine lets them wait (semantics 8).
"""

from __future__ import annotations

from typing import Any

import backtrader as bt
import numpy as np
import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from weighbridge.record.run_record import RunRecord
from weighbridge.testing import assert_records_equal
from weighbridge_backtrader.costs import set_costs
from weighbridge_backtrader.feeds import add_feeds
from weighbridge_backtrader.recording import Recording

TYPES = {
    "market": bt.Order.Market,
    "limit": bt.Order.Limit,
    "stop": bt.Order.Stop,
    "stop_limit": bt.Order.StopLimit,
    "trailing_stop": bt.Order.StopTrail,
}


def orders_of(bars: wb.Bars, seed: int) -> dict[int, list[tuple[int, str, float, dict[str, float]]]]:
    """Random orders by bar: column, type, quantity, prices around the close, on either side of it."""
    random = np.random.default_rng(seed)
    plan: dict[int, list[Any]] = {}
    for bar in range(bars.n_bars):
        for column in range(bars.n_assets):
            close = bars.close[bar, column]
            if np.isnan(close) or random.random() > 0.35:
                continue
            kind = list(TYPES)[random.integers(len(TYPES))]
            near = [float(np.round(close * (1 + random.normal(0, 0.015)), 2)) for _ in range(2)]
            prices: dict[str, float] = {}
            if "limit" in kind:
                prices["limit_price"] = near[0]
            if kind.startswith("stop"):
                prices["stop_price"] = near[1]
            if kind == "trailing_stop":
                name, distance = (("trail_amount", 0.75), ("trail_percent", 0.015))[random.integers(2)]
                prices[name] = distance
            quantity = float(random.integers(1, 200)) * (1 if random.random() < 0.55 else -1)
            plan.setdefault(bar, []).append((column, kind, quantity, prices))
    return plan


class Orders(wb.Strategy):
    def __init__(self, plan: dict[int, list[Any]]) -> None:
        self.plan = plan

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        for column, kind, quantity, prices in self.plan.get(context.bar, ()):
            broker.submit_order(context.assets[column], quantity, kind, **prices)


class Backtrader(bt.Strategy):
    params = (("recording", None), ("plan", None), ("at_open", False))

    def __init__(self) -> None:
        self.fresh = list(self.datas)

    def prenext(self) -> None:
        self.next()

    def prenext_open(self) -> None:
        self.next_open()

    def bar(self) -> int:
        return int(self.p.recording.awake[len(self) - 1])

    def next_open(self) -> None:
        # The bar is counted after this call.
        if self.p.at_open:
            self.order(int(self.p.recording.awake[len(self)]))

    def next(self) -> None:
        bar = self.bar()
        self.p.recording.close_of_bar(bar, self.broker.getcash(), self.broker.getvalue())
        if not self.p.at_open:
            self.order(bar)

    def order(self, bar: int) -> None:
        for feed in [feed for feed in self.fresh if len(feed)]:
            self.getposition(feed)
            self.fresh.remove(feed)
        for column, kind, quantity, prices in self.p.plan.get(bar, ()):
            feed = next(feed for feed in self.datas if self.p.recording.column(feed) == column)
            price = {"stop_limit": "stop_price", "stop": "stop_price", "limit": "limit_price"}.get(kind)
            order = (self.buy if quantity > 0 else self.sell)(
                data=feed,
                size=abs(int(quantity)),
                exectype=TYPES[kind],
                price=None if price is None else prices[price],
                plimit=prices["limit_price"] if kind == "stop_limit" else None,
                trailamount=prices.get("trail_amount"),
                trailpercent=prices.get("trail_percent"),
            )
            self.p.recording.order(bar, order)

    def notify_order(self, order: Any) -> None:
        self.p.recording.notification(self.bar(), order)


@pytest.mark.parametrize("conventions", ["backtrader", "backtrader-coc", "backtrader-coo"])
@pytest.mark.parametrize("costs", ["free", "percent", "fixed"])
@pytest.mark.parametrize("seed", range(4))
def test_every_type_fills_as_in_backtrader(seed: int, costs: str, conventions: str) -> None:
    check(seed, costs, conventions, 9_000.0)  # Too little for some of them.


@pytest.mark.parametrize("conventions", ["backtrader", "backtrader-coc", "backtrader-coo"])
@pytest.mark.parametrize("seed", range(4))
def test_every_type_of_contracts_too(seed: int, conventions: str) -> None:
    """Semantics 9: admitted and settled by margin and leverage at prices of their own."""
    contracts = {"A0": wb.Contract(multiplier=5.0, margin=100.0), "A1": wb.Contract(leverage=2.0)}
    check(seed, "percent", conventions, 20_000.0, contracts)


def check(
    seed: int, costs: str, conventions: str, cash: float, contracts: dict[str, wb.Contract] | None = None
) -> None:
    bars = awkward_bars(90, 3, seed=seed, late=1, ended=0, missing=0.0)
    plan = orders_of(bars, seed)
    at_open = conventions == "backtrader-coo"
    brain = bt.Cerebro(stdstats=False, cheat_on_open=at_open)
    brain.broker.set_coc(conventions == "backtrader-coc")
    brain.broker.setcash(cash)
    set_costs(brain.broker, COSTS[costs], contracts)
    add_feeds(brain, bars)
    recording = Recording(bars, cash)
    brain.addstrategy(Backtrader, recording=recording, plan=plan, at_open=at_open)
    brain.run()
    expected = RunRecord(index=bars.index, assets=bars.assets, **recording.tables())
    got = wb.Engine(
        bars, Orders(plan), conventions=conventions, costs=COSTS[costs], cash=cash, contracts=contracts
    ).run()
    assert len(expected.fills) > 30
    assert len(expected.denials) > 0
    assert_records_equal(expected, got, scenario=f"seed {seed}, {costs}, {conventions}")
