"""The two strategies that the harness compares. This module imports Zipline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zipline.api import order_target_percent

from weighbridge.parity.opened import Opened
from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge_zipline.broker import Broker
from weighbridge_zipline.memory import memory_of

__all__ = ["executing", "native"]


def native(setup: Opened, assets: tuple[Any, ...]) -> Callable[[Any, Any], None]:
    """Return a `handle_data` that calls `order_target_percent` for each weight of a decision.

    Reductions come before increases, and otherwise assets are in column order. A reduction is a trade whose
    target value, weight x portfolio value, is below the value of the position at the last price. An asset
    that has not begun or has ended trading is skipped (`data.can_trade`): ordering it would raise
    `CannotOrderDelistedAsset`.

    Args:
        setup: The run.
        assets: Zipline's asset for each column, None for a column without any bar.
    """
    bars, weights = iter(setup.row_of_bar.tolist()), setup.weights

    def handle_data(context: Any, data: Any) -> None:
        row = next(bars)
        if row < 0:
            return
        portfolio = context.portfolio
        reductions: list[tuple[Any, float]] = []
        increases: list[tuple[Any, float]] = []
        for asset, weight in zip(assets, weights[row].tolist(), strict=True):
            if asset is None or weight != weight or not data.can_trade(asset):
                continue
            held = portfolio.positions[asset].amount if asset in portfolio.positions else 0
            reduces = weight * portfolio.portfolio_value < held * data.current(asset, "price")
            (reductions if reduces else increases).append((asset, weight))
        for asset, weight in reductions + increases:
            order_target_percent(asset, weight)

    return handle_data


def executing(setup: Opened, assets: tuple[Any, ...]) -> Callable[[Any, Any], None]:
    """Return a `handle_data` that hands each decision to a `TargetWeightExecutor`.

    The row goes in as it is: what cannot be traded is the executor's to know. Names are those of the bars, so that
    columns without any bar, for which Zipline has no asset, have one too. The arguments are those of `native`.
    """
    bars, weights, names = iter(setup.row_of_bar.tolist()), setup.weights, setup.bars.assets
    executor = TargetWeightExecutor(setup.rebalance)

    def handle_data(context: Any, data: Any) -> None:
        row = next(bars)
        if row < 0:
            return
        memory = memory_of(context)
        if not memory.knows(names[0]):
            for sid, (name, asset) in enumerate(zip(names, assets, strict=True)):
                memory.add(name, sid, asset)
        asked = {n: None if w != w else w for n, w in zip(names, weights[row].tolist(), strict=True)}
        executor.execute(asked, broker=Broker(context, data))

    return handle_data
