"""The rule of sizing: from a target value to a quantity."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

from weighbridge.rules.compiled import rule

__all__ = ["EXACT_UNITS", "Sizing", "held_value", "sized_quantity", "snapped", "truncated"]


class Sizing(IntEnum):
    """How a target value becomes a quantity."""

    VALUE_DIFFERENCE_FLOORED = 0
    """Whole units of |target value - position value|, floored. Backtrader `CommInfoBase.getsize`."""
    QUANTITY_DIFFERENCE_TRUNCATED = 1
    """Whole units of target value / price - quantity, truncated towards zero. The reference's rule."""
    QUANTITY_DIFFERENCE_SNAPPED = 2
    """The same, but within 1e-4 of a whole number it is that number. Zipline `round_order`."""
    QUANTITY_DIFFERENCE = 3
    """Target value / price - quantity, any fraction. VectorBT `execute_order_nb`."""


# From 2**53 on a floating-point number has no fraction, and is not every whole number.
EXACT_UNITS = 9007199254740992.0
# Zipline, `round_if_near_integer`: a quantity this close to a whole number is that number.
NEAR_WHOLE = 1e-4
# Zipline, `tolerant_equals(price, 0)`: a price up to here buys nothing, and any target closes the position.
NO_PRICE = 10e-7


@rule
def truncated(number: float) -> float:
    """Cut the fraction off; from 2**53 on there is none, and the number would not fit a machine integer."""
    return float(int(number)) if abs(number) < EXACT_UNITS else number


@rule
def snapped(number: float) -> float:
    """Return the whole number that is within 1e-4, else cut the fraction off. Zipline, `round_order`."""
    whole = truncated(number)
    if whole == number or abs(number) >= EXACT_UNITS:
        return whole
    # The other neighbour is looked at in any case: whether it is nearer is a coin's toss, which no processor foresees.
    beyond = whole + math.copysign(1.0, number)
    return beyond if abs(number - beyond) <= NEAR_WHOLE else whole


@rule
def held_value(rules: Any, row: Any, quantity: float, unit_value: float) -> float:
    """Value a holding as targets are compared with it (semantics 9.3).

    Backtrader, `CommInfoBase.getvaluesize`: a short position with a margin counts as if it were long.
    """
    if rules.contracts and rules.sizing == Sizing.VALUE_DIFFERENCE_FLOORED:
        if row.margined:
            return abs(quantity) * unit_value
    return quantity * unit_value


@rule
def sized_quantity(
    rules: Any,
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
    if rules.sizing == Sizing.VALUE_DIFFERENCE_FLOORED:
        if target_value == 0.0:
            return -position  # `order_target_value`: no target closes, whatever the floor would leave.
        difference = abs(target_value - position_value)
        units = truncated(leverage * (difference // unit_value)) if step > 0.0 else leverage * (difference / unit_value)
        quantity = units if target_value > position_value else -units
    elif rules.sizing == Sizing.QUANTITY_DIFFERENCE_SNAPPED:
        wanted = target_value / unit_value if unit_value > NO_PRICE else 0.0
        quantity = snapped(wanted - position)
    else:
        quantity = target_value / unit_value - position
        if step > 0.0:
            quantity = truncated(quantity)
    if step > 1.0:
        quantity = truncated(quantity / step) * step
    return quantity
