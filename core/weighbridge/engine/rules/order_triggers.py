"""When limit and stop orders may fill that are looked at once a bar, at its close. Zipline's rules.

Zipline, `Order.check_order_triggers`, `finance/execution.py`, `finance/slippage.py`.
"""

from __future__ import annotations

import math
import sys

from weighbridge.engine.compiled import rule

__all__ = ["price_in_cents", "triggered", "worse_than_limit"]

TICK = 0.01
# How far beyond a cent a price still counts as that cent: 0.95 of one, less what keeps the bound open.
SHIFT = (0.95 - 0.5) * TICK - sys.float_info.epsilon * 10
# Zipline, `tolerant_equals`: nearer to zero than this is zero.
NOTHING = 10e-7


@rule
def price_in_cents(price: float, down: bool) -> float:
    """Round a price to cents, down where that is better for the order. Zipline, `asymmetric_round_price`.

    Limits of buys and stops of sells go down unless 0.95 of a cent is lost by it; the others go up likewise.
    """
    cents = (price - (SHIFT if down else -SHIFT)) / TICK
    rounded = TICK * (math.ceil(cents) if cents % 1 >= 0.5 else round(cents))
    return 0.0 if abs(rounded) <= NOTHING else rounded


@rule
def triggered(buys: bool, limit: float, stop: float, close: float) -> tuple[bool, bool]:
    """Return whether an order may fill from now on, and whether a stop-limit order is a limit order from now on.

    NaN is no such price. Once triggered, an order is not looked at again, whatever the prices of later bars are.
    """
    if stop == stop:
        reached = close >= stop if buys else close <= stop
        if limit != limit or not reached:
            return reached, False
        return (close <= limit if buys else close >= limit), True
    return (close <= limit if buys else close >= limit), False


@rule
def worse_than_limit(buys: bool, limit: float, price: float) -> bool:
    """Say whether a fill price is beyond the limit (NaN or 0.0: none). Only `VolumeShareSlippage` asks."""
    if limit != limit or limit == 0.0:
        return False
    return price > limit if buys else price < limit
