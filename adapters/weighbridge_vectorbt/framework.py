"""Which framework this is an adapter for, and whether it is installed."""

from __future__ import annotations

from weighbridge.parity.adapter import Framework

__all__ = ["FRAMEWORK"]

FRAMEWORK = Framework(name="vectorbt", distribution="vectorbt", versions=">=0.28.5,<2", extra="vectorbt")
