"""The order in which a strategy first looks its feeds up: what Backtrader makes of it, and the engine does the same."""

from __future__ import annotations

import random
from typing import Any

import backtrader as bt
import numpy as np
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.loops import NAN, UNFILTERED, bars_of, decide, in_backtrader
from weighbridge.settings.conventions import BACKTRADER
from weighbridge.testing import assert_records_equal
from weighbridge_backtrader.feeds import add_feeds
from weighbridge_backtrader.strategies import NativeStrategy


class LookedUp(NativeStrategy):
    """The same rotation by somebody who looks the feeds up in another order as they begin."""

    params = (("lookups", ()),)
    seen: tuple[str, ...]

    def next(self) -> None:
        for name in self.p.lookups:
            feed = self.getdatabyname(name)
            if len(feed):
                self.getposition(feed)
        super().next()

    def stop(self) -> None:
        type(self).seen = tuple(feed._name for feed in self.broker.positions)


def flat_prices(seed: int, late: bool) -> tuple[wb.Bars, wb.TargetWeights]:
    """Return constant prices and weights in twentieths: of 840,840 each target is a whole number of units."""
    choose = np.random.default_rng(seed)
    names = [str(name) for name in choose.permutation(list("ABCDEFGH"))]
    tenths = choose.choice([1, 2, 3, 6, 7, 11, 13, 14, 21, 22, 26, 33, 39, 77], len(names), replace=False)
    prices = {name: [int(price) / 10.0] * 40 for name, price in zip(names, tenths, strict=True)}
    if late:
        for name in names[:2]:
            start = int(choose.integers(2, 15))
            prices[name] = [NAN] * start + prices[name][start:]
    bars = bars_of(prices)
    rows = {bar: dict.fromkeys(names, 0.0) for bar in range(0, 38, 2)}
    for row in rows.values():
        for name in names:
            row[name] = int(choose.integers(-3, 4)) / 20.0
    return bars, decide(bars, rows)


@pytest.mark.parametrize("late", [False, True], ids=["from_the_start", "late"])
@pytest.mark.parametrize("order", ["feeds", "reversed", "by_name", "random"])
def test_the_order_of_first_lookups_is_a_rule(order: str, late: bool) -> None:
    """`BackBroker.positions` is a dictionary, and `_get_value` adds in its order: the last bit decides a floor."""
    other_fills = 0
    for seed in range(8):
        bars, targets = flat_prices(seed, late)
        lookups = list(bars.assets)
        if order == "reversed":
            lookups.reverse()
        elif order == "by_name":
            lookups.sort()
        elif order == "random":
            random.Random(seed).shuffle(lookups)
        arguments: dict[str, Any] = {"costs": wb.Costs(), "cash": 840_840.0}
        native = in_backtrader(bars, targets, LookedUp, lookups=lookups, **arguments)
        usual = weighbridge_backtrader.run(bars, targets, how="native", **arguments)
        other_fills += not native.fills.equals(usual.fills)
        if order == "feeds":
            rules = BACKTRADER
            assert_records_equal(native, usual)
        else:
            rules = BACKTRADER.replace(name=f"backtrader, {order}", lookups=LookedUp.seen)
        assert_records_equal(native, wb.simulate(bars, targets, conventions=rules, rebalance=UNFILTERED, **arguments))
    assert bool(other_fills) == (order != "feeds")


class Asks(bt.Strategy):
    """Do one thing with the third feed at the first bar, and see which entries the broker then has."""

    params = (("ask", None),)
    entries: list[list[str]]

    def __init__(self) -> None:
        type(self).entries = []

    def next(self) -> None:
        if len(self) == 1:
            self.p.ask(self, self.datas[2])
        self.entries.append([feed._name for feed in self.broker.positions])


AT_ONCE = {
    "getposition": lambda strategy, feed: strategy.getposition(feed),
    "getpositionbyname": lambda strategy, feed: strategy.getpositionbyname("C"),
    "close": lambda strategy, feed: strategy.close(feed),
    "getvalue": lambda strategy, feed: strategy.broker.getvalue([feed]),
    "order_target_size": lambda strategy, feed: strategy.order_target_size(feed, 0),
    "order_target_percent": lambda strategy, feed: strategy.order_target_percent(feed, 0.0),
}
AT_ADMISSION = {
    "buy": lambda strategy, feed: strategy.buy(feed, size=1),
    "refused": lambda strategy, feed: strategy.buy(feed, size=1e9),
}
NEVER = {
    "getvalue": lambda strategy, feed: strategy.broker.getvalue(),
    "getcash": lambda strategy, feed: strategy.broker.getcash(),
    "getpositions": lambda strategy, feed: strategy.getpositions(),
    "getcommissioninfo": lambda strategy, feed: strategy.broker.getcommissioninfo(feed),
}


@pytest.mark.parametrize(
    ("ask", "entries"),
    [
        *[pytest.param(ask, [["C"], ["C"]], id=f"{name} at once") for name, ask in AT_ONCE.items()],
        *[pytest.param(ask, [[], ["C"]], id=f"{name} at admission") for name, ask in AT_ADMISSION.items()],
        *[pytest.param(ask, [[], []], id=f"{name} never") for name, ask in NEVER.items()],
    ],
)
def test_what_looks_a_feed_up(ask: Any, entries: list[list[str]]) -> None:
    brain = bt.Cerebro(stdstats=False)
    add_feeds(brain, bars_of({name: [10.0, 10.0] for name in "ABC"}))
    brain.addstrategy(Asks, ask=ask)
    brain.run()
    assert Asks.entries == entries
