"""Which framework this is an adapter for, and whether it is installed."""

from __future__ import annotations

from weighbridge.parity.adapter import Framework
from weighbridge.settings.conventions import ZIPLINE

__all__ = ["FRAMEWORK"]

FRAMEWORK = Framework(
    name="zipline",
    distribution="zipline-reloaded",
    versions=">=3.2",
    extra="zipline",
    conventions=(ZIPLINE,),
    plain_function="order_target_percent",
)
