"""Weighbridge inside Zipline (zipline-reloaded 3.2 and later).

`run_on_frames` runs any Zipline algorithm on `Bars`, without a bundle; `run` runs a decision stream for the
harness.

    def initialize(context):
        context.asset = symbol("AAPL")

    def handle_data(context, data):
        order_target_percent(context.asset, 0.60)

    performance = weighbridge_zipline.run_on_frames(bars, initialize, handle_data)

Importing this package does not import Zipline.
"""

from __future__ import annotations

from weighbridge_zipline.adapter import ADAPTER
from weighbridge_zipline.costs import DEFAULT_COSTS
from weighbridge_zipline.frames import run_on_frames
from weighbridge_zipline.run import run

__all__ = ["ADAPTER", "DEFAULT_COSTS", "run", "run_on_frames"]
