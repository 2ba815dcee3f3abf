"""The rule of parts: how much of an order a bar fills."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from weighbridge.rules.compiled import rule
from weighbridge.rules.costs import BASIS_POINTS, VOLUME_SHARE, Terms
from weighbridge.rules.seats import Rules
from weighbridge.rules.slipping import slipped

__all__ = ["Parts", "part_of"]


class Parts(IntEnum):
    """How much of an order a bar fills."""

    WHOLE = 0
    """All of it. Backtrader, VectorBT."""
    BY_VOLUME = 1
    """What the slippage model's share of the volume allows; the rest stays open. Zipline `finance/slippage.py`."""


@rule
def part_of(
    rules: Rules, terms: Terms, left: float, price: float, volume: float, taken: float
) -> tuple[float, float, bool]:
    """Return price and signed quantity of a fill, and whether the asset's volume of the bar is used up.

    `left` is what is left of the order, `taken` what orders of the asset have got of this bar. Zipline:
    `FixedBasisPointsSlippage`, `VolumeShareSlippage`.
    """
    if rules.parts == Parts.WHOLE:
        return slipped(rules, terms, left, price), left, False
    if terms.slippage < BASIS_POINTS:
        return slipped(rules, terms, left, price), left, False
    direction = 1.0 if left > 0.0 else -1.0
    if terms.slippage != VOLUME_SHARE:
        quantity = min(abs(left), np.trunc(terms.volume_limit * volume) - taken)
        if quantity == 0.0:
            return price, 0.0, True
        return slipped(rules, terms, left, price), quantity * direction, False
    remaining = terms.volume_limit * volume - taken
    if remaining < 1.0:
        return price, 0.0, True
    quantity = np.trunc(min(remaining, abs(left)))
    if quantity < 1.0:
        return price, 0.0, False
    share = min((taken + quantity) / volume, terms.volume_limit)
    impact = math.pow(share, terms.two) * (terms.amount * direction) * price
    return price + impact, quantity * direction, False
