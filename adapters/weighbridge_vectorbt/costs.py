"""Costs as VectorBT knows them: three numbers."""

from __future__ import annotations

from typing import NamedTuple

from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.costs import (
    Costs,
    FixedCommission,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
)

__all__ = ["DEFAULT_COSTS", "SUPPORTED", "OrderCosts", "order_costs"]

DEFAULT_COSTS = Costs()
"""VectorBT charges nothing and slips nothing unless it is told to (`settings["portfolio"]`)."""

SUPPORTED = frozenset({"FixedCommission", "NoCommission", "NoSlippage", "PercentCommission", "PercentSlippage"})
"""Names of the cost models that VectorBT has."""


class OrderCosts(NamedTuple):
    """Arguments of `Portfolio.from_orders`: fraction of value, amount per order, fraction of price."""

    fees: float
    fixed_fees: float
    slippage: float


def order_costs(costs: Costs) -> OrderCosts:
    """Return costs as arguments of `Portfolio.from_orders`.

    VectorBT charges each order once, whether it closes, opens or reverses, at the slipped price.

    Raises:
        UnsupportedError: VectorBT has no such model.
    """
    fees = fixed_fees = slippage = 0.0
    match costs.commission:
        case NoCommission():
            pass
        case PercentCommission(rate):
            fees = rate
        case FixedCommission(amount):
            fixed_fees = amount
        case other:
            raise UnsupportedError(
                f"VectorBT has no commission like {other!r}",
                hint="pass PercentCommission, FixedCommission or NoCommission",
            )
    match costs.slippage:
        case NoSlippage():
            pass
        case PercentSlippage(rate):
            slippage = rate
        case other:
            raise UnsupportedError(
                f"VectorBT has no slippage like {other!r}", hint="pass PercentSlippage or NoSlippage"
            )
    return OrderCosts(fees, fixed_fees, slippage)
