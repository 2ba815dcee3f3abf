"""Strategies and bars that the tests of the event-driven engine share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

import weighbridge as wb

Rows = Mapping[pd.Timestamp, Mapping[str, float | None]]


def rows_of(targets: wb.TargetWeights) -> Rows:
    """The decisions as mappings: NaN becomes None, a row that decides nothing is left out."""
    return {
        time: {name: None if math.isnan(w) else float(w) for name, w in zip(targets.assets, row, strict=True)}
        for time, row in zip(targets.index, targets.weights, strict=True)
        if not np.isnan(row).all()
    }


class NoTable:
    """A broker that does not offer its account as a table: the executor plans in plain Python then."""

    table = None

    def __init__(self, broker: Any) -> None:
        self._broker = broker

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def on_next_bar(self, resume: Callable[[Any], bool]) -> None:
        self._broker.on_next_bar(lambda broker: resume(NoTable(broker)))


class Weights(wb.Strategy):
    """Ask for the weights of each decision: "compiled", by the "executor", by it with the "data" passed, or "plain"."""

    def __init__(self, rows: Rows, how: str = "compiled") -> None:
        self.rows = rows
        self.how = how

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        weights = self.rows.get(timestamp)
        if weights is None:
            return
        if self.how == "compiled":
            broker.rebalance_to_weights(weights)
        else:
            host = NoTable(broker) if self.how == "plain" else broker
            self.executor.execute(weights, data if self.how == "data" else None, host)


class Script(wb.Strategy):
    """Call a function at each bar: `act(bar, broker)`; keep what it returns."""

    def __init__(self, *acts: Callable[[Any], Any] | None) -> None:
        self.acts = acts
        self.got: list[Any] = []

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        act = self.acts[context.bar] if context.bar < len(self.acts) else None
        if act is not None:
            self.got.append(act(broker))


def bars_of(*candles: Sequence[float], **others: Sequence[Sequence[float]]) -> wb.Bars:
    """Bars of the asset "A", and of others, from (open, high, low, close)."""
    index = pd.bdate_range("2024-01-01", periods=len(candles))
    assets = {"A": candles, **others}
    values = np.array([assets[name] for name in assets], dtype=float)
    fields = ("open", "high", "low", "close")
    return wb.Bars.from_frames(
        **{name: pd.DataFrame(values[:, :, k].T, index, list(assets)) for k, name in enumerate(fields)}
    )


def flat(*prices: float) -> list[tuple[float, float, float, float]]:
    """Candles without a body."""
    return [(price,) * 4 for price in prices]


def run(bars: wb.Bars, *acts: Any, **settings: Any) -> tuple[wb.RunRecord, list[Any]]:
    """Run a script and return the record and what its calls returned."""
    strategy = Script(*acts)
    return wb.Engine(bars, strategy, **settings).run(), strategy.got


def filled(record: wb.RunRecord) -> list[tuple[int, float, float]]:
    """Bar, quantity and price of each fill."""
    fills = record.fills
    return list(zip(fills["bar"], fills["quantity"], fills["price"], strict=True))
