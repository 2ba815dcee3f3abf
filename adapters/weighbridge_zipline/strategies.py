"""The two strategies that the harness compares. This module imports Zipline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zipline.api import order_target_percent

from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge.settings.config import RebalanceConfig
from weighbridge_zipline.broker import Broker
from weighbridge_zipline.memory import memory_of

__all__ = ["executing", "native"]


def native(
    assets: tuple[Any, ...], row_of_bar: NDArray[np.int64], weights: NDArray[np.float64]
) -> Callable[[Any, Any], None]:
    """Return a `handle_data` that calls `order_target_percent` for each weight of a decision.

    Reductions come before increases, and otherwise assets are in column order. A reduction is a trade whose
    target value, weight x portfolio value, is below the value of the position at the last price. An asset
    that has not begun or has ended trading is skipped (`data.can_trade`): ordering it would raise
    `CannotOrderDelistedAsset`.

    Args:
        assets: Zipline's asset for each column, None for a column without any bar.
        row_of_bar: Row of `weights` decided at each bar, -1 for none, (n_bars,).
        weights: (n_rows, n_assets), fraction of portfolio value; NaN leaves the asset alone.
    """
    bars = iter(row_of_bar.tolist())

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


def executing(
    names: tuple[str, ...],
    assets: tuple[Any, ...],
    row_of_bar: NDArray[np.int64],
    weights: NDArray[np.float64],
    config: RebalanceConfig,
) -> Callable[[Any, Any], None]:
    """Return a `handle_data` that hands each decision to a `TargetWeightExecutor`.

    The row goes in as it is: what cannot be traded is the executor's to know. Names are those of the bars, so that
    columns without any bar, for which Zipline has no asset, have one too. The other arguments are those of `native`.
    """
    bars = iter(row_of_bar.tolist())
    executor = TargetWeightExecutor(config)

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
