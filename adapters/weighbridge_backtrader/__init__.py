"""Weighbridge inside Backtrader: `Broker` for strategies, `run` for the harness, `ADAPTER`, `DEFAULT_COSTS`.

    class Rotation(bt.Strategy):
        def __init__(self):
            self.executor = TargetWeightExecutor(RebalanceConfig(min_trade_value=100))
            self.broker_port = weighbridge_backtrader.Broker(self)

        def next(self):
            self.executor.execute({"AAPL": 0.60, "MSFT": 0.35}, broker=self.broker_port)

Importing this package does not import Backtrader.
"""

from __future__ import annotations

from weighbridge_backtrader.adapter import ADAPTER
from weighbridge_backtrader.broker import Broker
from weighbridge_backtrader.costs import DEFAULT_COSTS
from weighbridge_backtrader.mixin import TargetWeightMixin
from weighbridge_backtrader.run import run

__all__ = ["ADAPTER", "DEFAULT_COSTS", "Broker", "TargetWeightMixin", "run"]
