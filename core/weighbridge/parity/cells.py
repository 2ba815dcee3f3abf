"""When two cells of two records are the same, and how far apart two numbers are."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIGN_OF_ZERO_IS_NOISE", "Columns", "differing", "same_bits", "ulps_between"]

Columns = Mapping[str, NDArray[Any]]

SIGN_OF_ZERO_IS_NOISE = frozenset({"commission", "position"})
"""Fields in which 0.0 equals -0.0: what is charged for nothing, and what is held after a close.

Whether such a sum begins at 0.0 or -0.0 is a host's private matter and changes no later amount. Quantities
of orders and fills are never zero, and a price, cash or value of -0.0 against 0.0 would tell of another
calculation.
"""


def same_bits(left: NDArray[Any], right: NDArray[Any], *, sign_of_zero: bool = True) -> NDArray[np.bool_]:
    """Return where two columns of equal length hold the same.

    Floats are the same if their bits are. Any NaN equals any other: it says "no number", and its payload
    depends on the processor. `sign_of_zero=False` lets 0.0 equal -0.0.
    """
    if left.dtype.kind != "f" or right.dtype.kind != "f":
        return np.asarray(left == right, dtype=np.bool_)
    one, other = (np.ascontiguousarray(column, dtype=np.float64) for column in (left, right))
    same = one.view(np.int64) == other.view(np.int64)
    if not same.all():
        same |= np.isnan(one) & np.isnan(other)
        if not sign_of_zero:
            same |= (one == 0.0) & (other == 0.0)
    return same


def differing(left: Columns, right: Columns, relative: Mapping[str, float]) -> tuple[NDArray[np.bool_], frozenset[str]]:
    """Return the rows in which two tables of equal length differ by more than the tolerances.

    Args:
        left: Field -> column.
        right: The same fields.
        relative: Field -> tolerance; fields that are not named must be the same.

    Returns:
        The rows, (n_rows,); and the fields that agree in some row by their tolerance only.
    """
    rows = np.zeros(len(next(iter(left.values()))), dtype=np.bool_)
    tolerated: set[str] = set()
    for name, column in left.items():
        wrong = ~same_bits(column, right[name], sign_of_zero=name not in SIGN_OF_ZERO_IS_NOISE)
        if name in relative and wrong.any():
            close = np.isclose(right[name], column, rtol=relative[name], atol=0.0)
            if (wrong & close).any():
                tolerated.add(name)
            wrong &= ~close
        rows |= wrong
    return rows, frozenset(tolerated)


def ulps_between(left: Any, right: Any) -> int | None:
    """Return how many doubles lie from one number to the other; None unless both are finite floats."""
    if not isinstance(left, float) or not isinstance(right, float):
        return None
    if not (math.isfinite(left) and math.isfinite(right)):
        return None
    return abs(_place(left) - _place(right))


def _place(number: float) -> int:
    """Number the doubles in ascending order; 0.0 and -0.0 share a place."""
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits if bits >= 0 else -(bits + 2**63)
