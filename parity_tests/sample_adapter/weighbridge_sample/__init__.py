"""Weighbridge inside Halfcash. Importing this package does not import Halfcash."""

from __future__ import annotations

from weighbridge_sample.adapter import ADAPTER
from weighbridge_sample.broker import Broker
from weighbridge_sample.costs import DEFAULT_COSTS
from weighbridge_sample.run import run

__all__ = ["ADAPTER", "DEFAULT_COSTS", "Broker", "run"]
