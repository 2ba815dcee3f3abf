"""What a split does to a position and to an open order, operation by operation. Zipline's rules.

Zipline, `Position.handle_split`, `Order.handle_split`.
"""

from __future__ import annotations

import math

import numpy as np

from weighbridge.rules.compiled import rule

__all__ = ["round_cents", "split_position", "split_units"]

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
