"""Costs as Backtrader knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.contracts import Contract
from weighbridge.settings.costs import Costs, FixedSlippage, NoSlippage, PercentSlippage

__all__ = ["DEFAULT_COSTS", "set_costs"]

DEFAULT_COSTS = Costs()
"""Backtrader charges nothing and slips nothing unless it is told to."""


def set_costs(broker: Any, costs: Costs, contracts: Mapping[str, Contract] | None = None) -> None:
    """Set a Backtrader broker up so that it charges and slips by the models of `costs`.

    Percent and per-share commissions are Backtrader's own schemes; a fixed amount and a minimum need a
    `CommInfoBase` of ours. Backtrader charges the closed and the opened part of a reversal apart. A contract is a
    scheme of its feed's own: futures-like with a margin, else stock-like.

    Raises:
        UnsupportedError: There is no such model in Backtrader.
    """
    from weighbridge_backtrader.comminfo import scheme

    broker.addcommissioninfo(scheme(costs.commission, Contract()))
    for name, contract in (contracts or {}).items():
        broker.addcommissioninfo(scheme(costs.commission, contract), name=name)
    match costs.slippage:
        case NoSlippage():
            pass
        case PercentSlippage(rate):
            broker.set_slippage_perc(rate)
        case FixedSlippage(amount):
            broker.set_slippage_fixed(amount)
        case other:
            raise UnsupportedError(f"Backtrader has no slippage {other!r}", hint="see ADAPTER.capabilities.costs")
