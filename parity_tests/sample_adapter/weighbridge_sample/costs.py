"""Costs as Halfcash knows them."""

from __future__ import annotations

from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.costs import Costs, NoCommission, NoSlippage, PercentCommission

DEFAULT_COSTS = Costs()
"""Halfcash charges nothing unless it is told to."""


def rate_of(costs: Costs) -> float:
    """Return what Halfcash calls `commission`; it has no other costs."""
    match costs:
        case Costs(commission=NoCommission(), slippage=NoSlippage()):
            return 0.0
        case Costs(commission=PercentCommission(rate), slippage=NoSlippage()):
            return rate
        case _:
            raise UnsupportedError(f"Halfcash has no {costs!r}", hint="see ADAPTER.capabilities.costs")
