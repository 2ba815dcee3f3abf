"""What a busy user does bar by bar: rebalances once, twice or not at all, and sends orders at market and at limits."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import weighbridge as wb

__all__ = ["Busy", "Own", "Rebalance", "busy_acts", "busy_config"]


class Rebalance(NamedTuple):
    """Execute these weights, by asset."""

    weights: dict[str, float | None]


class Own(NamedTuple):
    """An order of one's own; None at market."""

    asset: str
    quantity: int
    limit: float | None


def busy_acts(bars: wb.Bars, seed: int, *, own: bool) -> list[list[Any]]:
    """Draw what is done at each bar; limits are on either side of the close."""
    choose = random.Random(seed)
    acts: list[list[Any]] = []
    for bar in range(bars.n_bars):
        row: list[Any] = []
        if own and choose.random() < 0.4:
            column = choose.randrange(bars.n_assets)
            close = float(bars.close[bar, column])
            limit = round(close * choose.choice([0.97, 0.995, 1.01]), 2) if choose.random() < 0.7 else None
            quantity = choose.choice([-20, 30, 150])
            if close == close:
                row.append(Own(bars.assets[column], quantity, limit))
        for _ in range(choose.choice([0, 1, 1, 2])):
            drawn = {asset: choose.choice([None, 0.0, 0.05, choose.uniform(0.0, 0.6)]) for asset in bars.assets}
            row.append(Rebalance({asset: weight for asset, weight in drawn.items() if choose.random() < 0.8}))
        acts.append(row)
    return acts


def busy_config(mode: str, seed: int) -> wb.RebalanceConfig:
    """Draw settings without shorts."""
    choose = random.Random(seed)
    return wb.RebalanceConfig(
        mode=mode,
        min_trade_value=choose.choice([0.0, 500.0]),
        min_weight_change=0.0,
        unlisted=choose.choice(["hold", "close"]),
        cancel_before_rebalance=choose.random() < 0.5,
        account_for_pending=choose.random() < 0.5,
        phase_timeout=choose.choice([1, 3]),
    )


class Busy(wb.Strategy):
    """The busy user in the event-driven engine."""

    def __init__(self, acts: list[list[Any]]) -> None:
        self.acts = acts
        self.reasons = wb.Reason.NONE

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        for act in self.acts[context.bar]:
            if isinstance(act, Own):
                kind = "market" if act.limit is None else "limit"
                broker.submit_order(act.asset, act.quantity, kind, limit_price=act.limit)
            else:
                for trade in self.executor.preview(act.weights, None, broker).trades:
                    self.reasons |= trade.reasons
                self.executor.execute(act.weights, None, broker)
