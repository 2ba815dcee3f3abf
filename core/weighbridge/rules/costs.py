"""What every order is charged and bounded by, as compiled code takes it: kinds and amounts."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BASIS_POINTS", "FIXED", "NO_COST", "PERCENT", "PER_SHARE", "VOLUME_SHARE", "Terms"]

# Kinds of commissions and slippages; from BASIS_POINTS on a slippage has a limit of its own on the volume.
NO_COST, PERCENT, PER_SHARE, FIXED, BASIS_POINTS, VOLUME_SHARE = range(6)


class Terms(NamedTuple):
    """Costs, and the limits of orders where the cash rule has them (`Limits`; `granularity` is NaN for any fraction).

    `fees` and `fixed_fees` are the commission once more, as a rate and an amount (0.0: none of that kind). `two` is
    the exponent of the volume share: a number of the run, since a compiler makes a product of a constant square, and
    that differs from the C library's power in the last bit about once in a thousand.
    """

    commission: int
    rate: float
    minimum: float
    slippage: int
    amount: float
    volume_limit: float
    two: float
    fees: float
    fixed_fees: float
    min_size: float
    max_size: float
    granularity: float
    allow_partial: bool
    lock_cash: bool
    direction: int
