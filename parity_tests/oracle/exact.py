"""Exact numbers, and a watch over decisions that floating point might honestly take otherwise."""

from __future__ import annotations

import math
from fractions import Fraction

__all__ = ["ZERO", "Watch", "kept"]

ZERO = Fraction(0)
NEAR = Fraction(1, 10**9)
GRID = 1 << 192
# Where VectorBT calls two numbers equal: `utils/math_.py`.
RELATIVE, ABSOLUTE = Fraction(1, 10**9), Fraction(1, 10**12)


def kept(number: Fraction) -> Fraction:
    """Keep a quotient to 192 binary places: its denominators would multiply from fill to fill, and nothing is 1e-57."""
    return Fraction(round(number * GRID), GRID) if number.denominator > GRID else number


class Watch:
    """Compare and cut exactly, and remember whether anything was too close to call for floating point."""

    def __init__(self) -> None:
        self.near: set[str] = set()

    def sign(self, left: Fraction, right: Fraction, what: str, scale: Fraction = ZERO) -> int:
        """Return the sign of left - right."""
        difference = left - right
        if abs(difference) <= NEAR * max(abs(left), abs(right), scale) and (left or right or scale):
            self.near.add(what)
        return (difference > 0) - (difference < 0)

    def floor(self, number: Fraction, what: str, scale: Fraction = ZERO) -> Fraction:
        """Cut off the fraction of a number that is not negative; `scale` is what it was a difference of."""
        if abs(number - round(number)) <= NEAR * max(abs(number), abs(scale), 1) and number:
            self.near.add(what)
        return Fraction(math.floor(number))

    def multiple(self, size: Fraction, step: Fraction, what: str, scale: Fraction = ZERO) -> Fraction:
        """Cut a size to a multiple of a step, towards zero; a step of 0 cuts nothing."""
        if not step or size == 0:
            return size
        whole = self.floor(abs(size) / step, what, scale / step) * step
        return whole if size > 0 else -whole

    def close(self, left: Fraction, right: Fraction, what: str) -> bool:
        """Say whether two numbers are equal within VectorBT's tolerance."""
        if left == right:
            return True
        bound = max(RELATIVE * max(abs(left), abs(right)), ABSOLUTE)
        apart = abs(left - right)
        if bound / 2 < apart < bound * 2:
            self.near.add(what)
        return apart <= bound

    def added(self, left: Fraction, right: Fraction, what: str) -> Fraction:
        """Add two numbers; a sum that is close to zero is zero."""
        opposite = (left > 0) - (left < 0) != (right > 0) - (right < 0)
        zero = self.close(abs(left), abs(right), what) if opposite else self.close(left + right, ZERO, what)
        return ZERO if zero else left + right
