"""What an open order gets of a bar: price, quantity and commission, operation by operation. Zipline's models.

An order may fill in parts, at several bars; a commission then depends on what it has filled and paid before.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import FIXED, NO_COST, PER_SHARE, PERCENT, cost_parameters
from weighbridge.settings.costs import (
    Costs,
    FixedBasisPointsSlippage,
    FixedSlippage,
    PercentSlippage,
    VolumeShareSlippage,
)

__all__ = ["VOLUME_SHARE", "PartCosts", "filled_part", "part_commission", "part_costs"]

BASIS_POINTS, VOLUME_SHARE = 4, 5


class PartCosts(NamedTuple):
    """Commission and slippage as kinds and amounts; `limit` is the share of a bar's volume.

    `two` is the exponent of the volume share: a number of the run, since a compiler makes a product of a constant
    square, and that differs from the C library's power in the last bit about once in a thousand.
    """

    commission_kind: int
    commission_amount: float
    commission_minimum: float
    slippage_kind: int
    slippage_amount: float
    limit: float
    two: float


def part_costs(costs: Costs) -> PartCosts:
    """Flatten the cost models.

    Raises:
        UnsupportedError: A model that the engine does not know.
    """
    match costs.slippage:
        case FixedBasisPointsSlippage(basis_points, limit):
            slippage = (BASIS_POINTS, basis_points / 10000.0, limit)
        case VolumeShareSlippage(limit, impact):
            slippage = (VOLUME_SHARE, impact, limit)
        case PercentSlippage(rate):
            slippage = (PERCENT, rate, math.inf)
        case FixedSlippage(amount):
            slippage = (FIXED, amount, math.inf)
        case other:
            flat = cost_parameters(Costs(slippage=other))
            slippage = (flat.slippage_kind, flat.slippage_amount, math.inf)
    flat = cost_parameters(Costs(commission=costs.commission))
    return PartCosts(flat.commission_kind, flat.commission_amount, flat.commission_minimum, *slippage, 2.0)


@rule
def filled_part(
    kind: int, amount: float, limit: float, two: float, left: float, close: float, volume: float, taken: float
) -> tuple[float, float, bool]:
    """Return price and signed quantity of a fill, and whether the asset's volume of the bar is used up.

    `left` is what is left of the order, `taken` what orders of the asset have got of this bar. Zipline,
    `finance/slippage.py`: `NoSlippage`, `FixedSlippage`, `FixedBasisPointsSlippage`, `VolumeShareSlippage`.
    """
    direction = 1.0 if left > 0.0 else -1.0
    if kind == NO_COST:
        return close, left, False
    if kind == PERCENT:
        return close + close * (amount * direction), left, False
    if kind == FIXED:
        return close + amount * direction, left, False
    if kind == BASIS_POINTS:
        quantity = min(abs(left), np.trunc(limit * volume) - taken)
        if quantity == 0.0:
            return close, 0.0, True
        return close + close * (amount * direction), quantity * direction, False
    remaining = limit * volume - taken
    if remaining < 1.0:
        return close, 0.0, True
    quantity = np.trunc(min(remaining, abs(left)))
    if quantity < 1.0:
        return close, 0.0, False
    share = min((taken + quantity) / volume, limit)
    impact = math.pow(share, two) * (amount * direction) * close
    return close + impact, quantity * direction, False


@rule
def part_commission(
    kind: int, amount: float, minimum: float, quantity: float, price: float, filled: float, paid: float
) -> float:
    """Return what a fill adds to an order's commission; `filled` and `paid` are the order's before it.

    Zipline, `finance/commission.py`: `PerDollar`, `PerTrade`, and `PerShare`, whose minimum is paid at the first
    fill and covers later ones as long as it is not exceeded.
    """
    if kind == PERCENT:
        return abs(quantity) * (price * amount)
    if kind == PER_SHARE:
        added = abs(quantity * amount)
        if paid == 0.0:
            return max(minimum, added)
        total = abs(filled * amount) + added
        return 0.0 if total < minimum else total - paid
    if kind == FIXED:
        return amount if paid == 0.0 else 0.0
    return 0.0
