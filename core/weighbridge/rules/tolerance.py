"""Arithmetic within a tolerance: what is close to zero is zero. VectorBT 1.0, `utils/math_.py`."""

from __future__ import annotations

from weighbridge.rules.compiled import rule

__all__ = ["added", "at_most", "clearly_less", "close_to", "is_nothing"]

# `utils/math_.py`: rel_tol and abs_tol.
RELATIVE = 1e-9
ABSOLUTE = 1e-12


@rule
def is_nothing(number: float) -> bool:
    """Say whether a number is close to zero. `is_close_nb(number, 0)`; NaN is not."""
    return abs(number) <= ABSOLUTE


@rule
def close_to(a: float, b: float) -> bool:
    """Say whether two finite numbers are close. `is_close_nb`; NaN is close to nothing."""
    return abs(a - b) <= max(RELATIVE * max(abs(a), abs(b)), ABSOLUTE)


@rule
def clearly_less(a: float, b: float) -> bool:
    """Say whether a number is less and not close. `is_less_nb`."""
    return a < b and not close_to(a, b)


@rule
def at_most(a: float, b: float) -> bool:
    """Say whether a number is less, equal or close. `is_close_or_less_nb`."""
    return a <= b or close_to(a, b)


@rule
def added(a: float, b: float) -> float:
    """Return the sum; one that is close to zero, measured against its terms, is exactly zero. `add_nb`."""
    total = a + b
    return 0.0 if abs(total) <= max(RELATIVE * max(abs(a), abs(b)), ABSOLUTE) else total
