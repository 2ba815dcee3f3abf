"""Which framework this is an adapter for, and whether it is installed."""

from __future__ import annotations

from weighbridge.parity.adapter import Framework
from weighbridge_sample.rules import HALFCASH

FRAMEWORK = Framework(
    name="sample",
    distribution="weighbridge-sample",  # Halfcash comes with it
    versions=">=1.0",
    extra="sample",
    conventions=(HALFCASH,),
    plain_function="order_target_percent",
)
