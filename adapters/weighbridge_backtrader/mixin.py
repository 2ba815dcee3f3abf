"""A mixin for strategies that would rather call one method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge.rebalance.orders import Order
from weighbridge.settings.config import RebalanceConfig
from weighbridge_backtrader.broker import Broker

__all__ = ["TargetWeightMixin"]


class TargetWeightMixin:
    """Give a `bt.Strategy` the method `order_target_weights`.

    class Rotation(TargetWeightMixin, bt.Strategy):
        rebalance_config = RebalanceConfig(min_trade_value=100)

        def next(self):
            self.order_target_weights({"AAPL": 0.60, "MSFT": 0.35})
    """

    rebalance_config: RebalanceConfig | None = None

    def order_target_weights(self, target_weights: Mapping[Any, float | None]) -> list[Order]:
        """Execute target weights; arguments, result and errors are those of `TargetWeightExecutor.execute`."""
        pair = vars(self).get("weighbridge_pair")
        if pair is None:
            pair = (TargetWeightExecutor(self.rebalance_config), Broker(self))
            vars(self)["weighbridge_pair"] = pair
        executor, host = pair
        return executor.execute(target_weights, broker=host)
