"""Which framework this is an adapter for, and whether it is installed."""

from __future__ import annotations

from weighbridge.parity.adapter import Framework
from weighbridge.settings.conventions import BACKTRADER, BACKTRADER_COC, BACKTRADER_COO

__all__ = ["FRAMEWORK"]

FRAMEWORK = Framework(
    name="backtrader",
    distribution="backtrader",
    versions=">=1.9.78",
    extra="backtrader",
    conventions=(BACKTRADER, BACKTRADER_COC, BACKTRADER_COO),
    plain_function="order_target_percent",
)
