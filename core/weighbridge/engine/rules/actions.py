"""What a split does to a position and to an open order, operation by operation. Zipline's rules.

Zipline, `Position.handle_split`, `Position.update`, `Position.adjust_commission_cost_basis`, `Order.handle_split`.
"""

from __future__ import annotations

import math

import numpy as np

from weighbridge.engine.compiled import rule

__all__ = ["basis_after", "basis_with_commission", "round_cents", "split_position", "split_units"]

# Veltkamp's constant, 2**27 + 1: it cuts a double into two halves of 26 bits, whose products are exact.
HALVES = 134217729.0
# From here on doubles are more than a cent apart, and each is nearest to its own cents.
NO_CENTS = 2.0**46


@rule
def round_cents(amount: float) -> float:
    """Round to cents as Python's `round(amount, 2)`: the nearest decimal of the exact binary value, ties to even."""
    if not abs(amount) < NO_CENTS:
        return amount
    product = amount * 100.0
    split = HALVES * amount
    upper = split - (split - amount)
    lower = amount - upper
    error = (upper * 100.0 - product) + lower * 100.0  # What the product lacks, exactly.
    nearest = np.rint(product)
    rest = product - nearest
    if rest == 0.5 or rest == -0.5:
        # `rint` took the even side of a tie that is one in the rounded product only.
        if error != 0.0:
            below = math.floor(product)
            nearest = below + 1.0 if error > 0.0 else below
    elif rest > 0.0 and rest + error > 0.5:
        nearest += 1.0
    elif rest < 0.0 and rest + error < -0.5:
        nearest -= 1.0
    return nearest / 100.0


@rule
def basis_after(held: float, basis: float, quantity: float, price: float) -> float:
    """Return the cost basis after a fill: average cost, kept where the position shrinks, the price where it turns.

    A position of 0 counts as long, so the fill that opens a short one counts as a turn.
    """
    after = held + quantity
    if after == 0.0:
        return 0.0
    if (held >= 0.0) != (quantity >= 0.0):
        return price if abs(quantity) > abs(held) else basis
    return (basis * held + quantity * price) / after


@rule
def basis_with_commission(held: float, basis: float, commission: float) -> float:
    """Return the cost basis once a commission is paid, which is where the position breaks even."""
    return (basis * held + commission) / held if held != 0.0 else basis


@rule
def split_units(quantity: float, ratio: float) -> float:
    """Return the whole units that a split makes of a quantity."""
    return np.trunc(quantity / ratio)


@rule
def split_position(held: float, basis: float, ratio: float) -> tuple[float, float, float]:
    """Return whole units, cost basis (in cents) and cash for the fraction of a unit; a short one pays for it."""
    raw = held / ratio
    whole = np.trunc(raw)
    basis = round_cents(basis * ratio)
    return whole, basis, round_cents((raw - whole) * basis)
