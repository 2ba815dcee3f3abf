"""Weighbridge inside Zipline (zipline-reloaded 3.2 and later).

`Broker` for algorithms; `run_on_frames` runs any algorithm on `Bars`, without a bundle; `run` runs a decision stream
for the harness.

    def initialize(context):
        context.executor = TargetWeightExecutor(RebalanceConfig(min_trade_value=100))
        schedule_function(rebalance, date_rules.month_start())

    def rebalance(context, data):
        context.executor.execute({"AAPL": 0.60, "MSFT": 0.35}, broker=weighbridge_zipline.Broker(context, data))

    performance = weighbridge_zipline.run_on_frames(bars, initialize)

Importing this package does not import Zipline.
"""

from __future__ import annotations

from weighbridge_zipline.adapter import ADAPTER
from weighbridge_zipline.broker import Broker
from weighbridge_zipline.costs import DEFAULT_COSTS
from weighbridge_zipline.frames import run_on_frames
from weighbridge_zipline.run import run

__all__ = ["ADAPTER", "DEFAULT_COSTS", "Broker", "run", "run_on_frames"]
