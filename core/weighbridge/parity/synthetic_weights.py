"""Made-up target weights over any bars, the same for a seed on every platform."""

from __future__ import annotations

import numpy as np
import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import InputError

__all__ = ["at_least", "share", "synthetic_weights"]

PARTS = 1000  # Weights are drawn in whole parts, so that their sum is exact in any order.


def synthetic_weights(
    bars: Bars,
    *,
    seed: int,
    every: int = 1,
    long_short: bool = False,
    gross: float = 1.0,
    zero: float = 0.1,
    nan: float = 0.0,
    skip: float = 0.0,
) -> TargetWeights:
    """Draw target weights whose absolute values sum to `gross` at each decision.

    An asset gets a weight only from its first bar on; before, it is NaN. A row in which every weight is
    drawn as zero or NaN sums to 0 instead.

    Args:
        bars: What the weights are for.
        seed: The same seed, bars and arguments give the same weights.
        every: A row at bars 0, every, 2 * every, ...
        long_short: Whether about half of the weights are negative.
        gross: Sum of the absolute weights of a row; above 1 asks for more than there is.
        zero: Fraction of the weights that are exactly 0: close the position.
        nan: Fraction of the weights that are NaN: leave the asset alone.
        skip: Fraction of the rows that are all NaN: no decision.

    Raises:
        InputError: `every` is below 1, `seed` is negative, a fraction is outside 0 to 1, or `gross` is
            negative or not finite.
    """
    at_least("every", every, 1)
    at_least("seed", seed, 0)
    for name, value in {"zero": zero, "nan": nan, "skip": skip}.items():
        share(name, value)
    if not 0.0 <= gross < np.inf:
        raise InputError(f"gross={gross!r} is out of bounds", hint="pass a number >= 0, e.g. 1.0")
    rows = np.arange(0, bars.n_bars, every)
    shape = (len(rows), bars.n_assets)
    random = np.random.default_rng(seed)
    parts = 1.0 + np.floor(random.random(shape) * PARTS)
    short = random.random(shape) < 0.5
    parts[random.random(shape) < zero] = 0.0
    silent = random.random(shape) < nan
    unknown = bars.first_bar[None, :] > rows[:, None]
    no_decision = random.random((len(rows), 1)) < skip
    blank = silent | unknown
    parts[blank] = 0.0
    total = np.maximum(parts.sum(axis=1, keepdims=True), 1.0)
    # Parts of zero keep their sign: a short weight of zero would be -0.0.
    signed = np.where(short & long_short & (parts > 0.0), -parts, parts)
    weights = np.where(blank | no_decision, np.nan, gross * signed / total)
    return TargetWeights(pd.DataFrame(weights, index=bars.index[rows], columns=list(bars.assets)))


def at_least(name: str, value: object, bound: int) -> None:
    """Check a whole number.

    Raises:
        InputError: It is none, or it is below the bound.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < bound:
        raise InputError(f"{name}={value!r} is not a whole number >= {bound}", hint=f"pass {bound} or more")


def share(name: str, value: float) -> None:
    """Check a fraction.

    Raises:
        InputError: It is outside 0 to 1.
    """
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{name}={value!r} is out of bounds", hint="pass a fraction from 0.0 to 1.0")
