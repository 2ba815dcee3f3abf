"""Costs as Backtrader knows them."""

from __future__ import annotations

from typing import Any

from weighbridge.costs import (
    Costs,
    FixedCommission,
    FixedSlippage,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
)
from weighbridge.exceptions import UnsupportedError

__all__ = ["DEFAULT_COSTS", "set_costs"]

DEFAULT_COSTS = Costs()
"""Backtrader charges nothing and slips nothing unless it is told to."""


def set_costs(broker: Any, costs: Costs) -> None:
    """Set a Backtrader broker up so that it charges and slips by the models of `costs`.

    Percent and per-share commissions are Backtrader's own schemes; a fixed amount and a minimum need a
    `CommInfoBase` of ours. Backtrader charges the closed and the opened part of a reversal apart.

    Raises:
        UnsupportedError: There is no such model in Backtrader.
    """
    from weighbridge_backtrader.comminfo import FixedAmount, PerShareWithMinimum, fixed_scheme

    per_share: Any = PerShareWithMinimum  # parameters of Backtrader classes are known at run time only
    fixed: Any = FixedAmount
    match costs.commission:
        case NoCommission():
            pass
        case PercentCommission(rate):
            broker.setcommission(commission=rate)
        case PerShareCommission(amount, 0.0):
            broker.setcommission(commission=amount, commtype=fixed_scheme(), stocklike=True)
        case PerShareCommission(amount, minimum):
            broker.addcommissioninfo(per_share(commission=amount, minimum=minimum))
        case FixedCommission(amount):
            broker.addcommissioninfo(fixed(commission=amount))
        case other:
            raise UnsupportedError(f"Backtrader has no commission {other!r}", hint="see ADAPTER.capabilities.costs")
    match costs.slippage:
        case NoSlippage():
            pass
        case PercentSlippage(rate):
            broker.set_slippage_perc(rate)
        case FixedSlippage(amount):
            broker.set_slippage_fixed(amount)
        case other:
            raise UnsupportedError(f"Backtrader has no slippage {other!r}", hint="see ADAPTER.capabilities.costs")
