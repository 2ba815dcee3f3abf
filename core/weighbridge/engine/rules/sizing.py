"""From a target value to a quantity, and from a quantity to one that the cash covers."""

from __future__ import annotations

import math
from typing import Any

from weighbridge.engine.compiled import rule
from weighbridge.engine.rules.costs import predicted_commission
from weighbridge.settings.conventions import Sizing

__all__ = [
    "QUANTITY_DIFFERENCE_SNAPPED",
    "VALUE_DIFFERENCE_FLOORED",
    "affordable_quantity",
    "cash_after_buying",
    "sized_quantity",
    "truncated",
]

VALUE_DIFFERENCE_FLOORED = int(Sizing.VALUE_DIFFERENCE_FLOORED)
QUANTITY_DIFFERENCE_SNAPPED = int(Sizing.QUANTITY_DIFFERENCE_SNAPPED)

# Zipline, `round_if_near_integer`: a quantity this close to a whole number is that number.
NEAR_WHOLE = 1e-4
# Zipline, `tolerant_equals(price, 0)`: a price up to here buys nothing, and any target closes the position.
NO_PRICE = 10e-7


@rule
def truncated(number: float) -> float:
    """Cut the fraction off; from 2**53 on a floating-point number has none, and would not fit a machine integer."""
    return float(int(number)) if abs(number) < 9007199254740992.0 else number


@rule
def snapped(number: float) -> float:
    """Return the whole number that is within 1e-4, else cut the fraction off. Zipline, `round_order`."""
    whole = truncated(number)
    if whole == number or abs(number) >= 9007199254740992.0:
        return whole
    # The other neighbour is looked at in any case: whether it is nearer is a coin's toss, which no processor foresees.
    beyond = whole + math.copysign(1.0, number)
    return beyond if abs(number - beyond) <= NEAR_WHOLE else whole


@rule
def sized_quantity(
    sizing: int,
    step: float,
    target_value: float,
    position_value: float,
    position: float,
    unit_value: float,
    leverage: float,
) -> float:
    """Return the signed quantity that leads from a position to its target value.

    Backtrader, `Strategy.order_target_value` and `CommInfoBase.getsize`: int(leverage * (difference // price)),
    so both directions round towards fewer units. Reference: target value / price - quantity, truncated. Zipline,
    `TradingAlgorithm._calculate_order_value_amount`: the same, snapped.
    """
    if sizing == VALUE_DIFFERENCE_FLOORED:
        difference = abs(target_value - position_value)
        units = truncated(leverage * (difference // unit_value)) if step > 0.0 else leverage * (difference / unit_value)
        quantity = units if target_value > position_value else -units
    elif sizing == QUANTITY_DIFFERENCE_SNAPPED:
        wanted = target_value / unit_value if unit_value > NO_PRICE else 0.0
        quantity = snapped(wanted - position)
    else:
        quantity = target_value / unit_value - position
        if step > 0.0:
            quantity = truncated(quantity)
    if step > 1.0:
        quantity = truncated(quantity / step) * step
    return quantity


@rule
def cash_after_buying(
    cash: float, quantity: float, unit_cost: float, price: float, costs: Any, asset: int, with_it: float = 0.0
) -> float:
    """Return the cash that is left, in the operations of plain accounting, so that what fits here fits there.

    `with_it` are units of the same order that cost nothing here, and are charged together with `quantity`.
    """
    return cash - quantity * unit_cost - predicted_commission(costs, asset, quantity + with_it, price)


@rule
def affordable_quantity(
    wanted: float,
    unit_cost: float,
    price: float,
    cash: float,
    step: float,
    costs: Any,
    asset: int,
    with_it: float = 0.0,
) -> float:
    """Return the largest quantity up to `wanted` > 0 which the cash covers, commission at `price` included.

    Found by bisection, which asks of a commission only that it does not fall as the quantity grows; so it is the
    same search for the engine's models and for any that a host brings. With a step it is the largest multiple;
    without, the largest floating-point number.
    """
    if cash_after_buying(cash, wanted, unit_cost, price, costs, asset, with_it) >= 0.0:
        return wanted
    if cash <= 0.0:
        return 0.0  # Else a fraction so small that its price underflows to nothing would fit.
    scale = step if step > 0.0 else 1.0
    low = 0.0
    high = truncated(wanted / scale) if step > 0.0 else wanted
    if high * scale < wanted and cash_after_buying(cash, high * scale, unit_cost, price, costs, asset, with_it) >= 0.0:
        return high * scale
    while True:
        middle = low + (high - low) / 2.0
        if step > 0.0:
            middle = truncated(middle)
        if middle <= low or middle >= high:
            return low * scale
        if cash_after_buying(cash, middle * scale, unit_cost, price, costs, asset, with_it) >= 0.0:
            low = middle
        else:
            high = middle
