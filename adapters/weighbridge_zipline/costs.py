"""Costs as Zipline knows them."""

from __future__ import annotations

from typing import Any

from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.costs import (
    Commission,
    Costs,
    FixedBasisPointsSlippage,
    FixedCommission,
    FixedSlippage,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
    Slippage,
    VolumeShareSlippage,
)

__all__ = ["DEFAULT_COSTS", "blotter_models"]

# `SimulationBlotter.__init__`: PerShare() and FixedBasisPointsSlippage(), with the defaults of those classes.
DEFAULT_COSTS = Costs(
    commission=PerShareCommission(0.001, minimum=0.0),
    slippage=FixedBasisPointsSlippage(basis_points=5.0, volume_limit=0.1),
)
"""What an algorithm pays in Zipline unless it sets something else; it needs the volume of the bars."""


def blotter_models(costs: Costs) -> dict[str, Any]:
    """Return the arguments with which a `SimulationBlotter` charges and slips by the models of `costs`.

    Zipline charges each fill of an order apart. `PerShareCommission` takes its minimum once for an order, at
    the first fill, and no more before the fills together exceed it; `FixedCommission` is taken at the first
    fill only.

    Raises:
        UnsupportedError: There is no such model in Zipline.
    """
    return {"equity_commission": _commission(costs.commission), "equity_slippage": _slippage(costs.slippage)}


def _commission(model: Commission) -> Any:
    from zipline.finance import commission

    match model:
        case NoCommission():
            return commission.NoCommission()
        case PercentCommission(rate):
            return commission.PerDollar(cost=rate)
        case PerShareCommission(amount, minimum):
            return commission.PerShare(cost=amount, min_trade_cost=minimum)
        case FixedCommission(amount):
            return commission.PerTrade(cost=amount)
        case other:
            raise UnsupportedError(f"Zipline has no commission {other!r}", hint="see ADAPTER.capabilities.costs")


def _slippage(model: Slippage) -> Any:
    from zipline.finance import slippage

    from weighbridge_zipline.models import UnlimitedPercentSlippage

    match model:
        case NoSlippage():
            return slippage.NoSlippage()
        case PercentSlippage(rate):
            return UnlimitedPercentSlippage(rate)
        case FixedSlippage(amount):
            # Zipline takes half the spread on each side; doubling and halving are exact.
            return slippage.FixedSlippage(spread=2.0 * amount)
        case FixedBasisPointsSlippage(basis_points, volume_limit):
            return slippage.FixedBasisPointsSlippage(basis_points, volume_limit)
        case VolumeShareSlippage(volume_limit, price_impact):
            return slippage.VolumeShareSlippage(volume_limit, price_impact)
        case other:
            raise UnsupportedError(f"Zipline has no slippage {other!r}", hint="see ADAPTER.capabilities.costs")
