"""The two strategies that the harness compares. This module imports Backtrader."""

from __future__ import annotations

import math
from typing import Any

import backtrader as bt

from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge.rules.fill import Fill
from weighbridge_backtrader.broker import Broker

__all__ = ["ExecutorStrategy", "NativeStrategy"]


class _Recorded(bt.Strategy):
    """Call `decide` at the decision bars, from the first bar on, and keep the books.

    Every feed is looked up in the broker as it begins, in feed order or that of the conventions' `lookups`, so that the
    broker's sums have an order that does not depend on what is traded first.
    """

    params = (("recording", None), ("setup", None))

    def __init__(self) -> None:
        setup = self.p.setup
        self._rows, self._weights = setup.row_of_bar, setup.weights
        self._at_open = setup.conventions.fill is Fill.SAME_OPEN
        first = {name: place for place, name in enumerate(setup.conventions.lookups)}
        self._columns = [self.p.recording.column(feed) for feed in self.datas]
        names = [setup.bars.assets[column] for column in self._columns]
        places = sorted(range(len(names)), key=lambda place: first.get(names[place], len(first)))
        self._fresh = [self.datas[place] for place in places]

    def prenext(self) -> None:
        self.next()

    def prenext_open(self) -> None:
        self.next_open()

    def next_open(self) -> None:
        if self._at_open:
            self._decide_at(len(self))

    def next(self) -> None:
        bar = self._bar(len(self) - 1)
        self.p.recording.close_of_bar(bar, self.broker.getcash(), self.broker.getvalue())
        if self._at_open:
            self._look_up()
        else:
            self._decide_at(len(self) - 1)

    def _bar(self, call: int) -> int:
        return int(self.p.recording.awake[call])

    def _look_up(self) -> None:
        if self._fresh:
            for feed in self._fresh:
                if len(feed):
                    self.getposition(feed)
            self._fresh = [feed for feed in self._fresh if not len(feed)]

    def _decide_at(self, call: int) -> None:
        self._look_up()
        self._now = self._bar(call)
        row = self._rows[self._now]
        if row >= 0:
            weights = self._weights[row]
            self.decide([(feed, weights[c]) for feed, c in zip(self.datas, self._columns, strict=True)])

    def decide(self, targets: list[tuple[Any, float]]) -> None:
        """Act on one row of weights, a feed and its weight at a time; NaN leaves the feed alone."""
        raise NotImplementedError

    def buy(self, *args: Any, **kwargs: Any) -> Any:
        return self._noted(super().buy(*args, **kwargs))

    def sell(self, *args: Any, **kwargs: Any) -> Any:
        return self._noted(super().sell(*args, **kwargs))

    def _noted(self, order: Any) -> Any:
        if order is not None:
            self.p.recording.order(self._now if self._at_open else self._bar(len(self) - 1), order)
        return order

    def notify_order(self, order: Any) -> None:
        # With quicknotify the broker speaks before the strategy has counted the bar.
        call = len(self) if self.cerebro.p.quicknotify else len(self) - 1
        self.p.recording.notification(self._bar(call), order)


class NativeStrategy(_Recorded):
    """A rotation as Backtrader's documentation would write it: no line of our sizing."""

    def decide(self, targets: list[tuple[Any, float]]) -> None:
        """Call `order_target_percent` for each feed, reductions first and otherwise in feed order."""
        value = self.broker.getvalue()
        reductions: list[tuple[Any, float]] = []
        increases: list[tuple[Any, float]] = []
        for feed, weight in targets:
            if len(feed) and not math.isnan(weight):
                # What `order_target_value` compares with: futures-like, a short position is worth its margin too.
                held = self.broker.getvalue([feed]) if weight else self.getposition(feed).size
                (reductions if weight * value < held else increases).append((feed, weight))
        for feed, weight in reductions + increases:
            self.order_target_percent(feed, target=weight)


class ExecutorStrategy(_Recorded):
    """The same decisions through `TargetWeightExecutor`."""

    def __init__(self) -> None:
        super().__init__()
        self.executor = TargetWeightExecutor(self.p.setup.rebalance)
        self.broker_port = Broker(self)

    def decide(self, targets: list[tuple[Any, float]]) -> None:
        """Execute the row as it is: what cannot be traded yet is the executor's to know."""
        weights = {feed: None if math.isnan(weight) else weight for feed, weight in targets}
        self.executor.execute(weights, broker=self.broker_port)
