"""Target weights that scenarios describe in a few words: a rotation, or always the same weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import InputError
from weighbridge.parity.synthetic_weights import at_least

__all__ = ["constant_weights", "rotation_weights"]


def constant_weights(bars: Bars, *, weights: Mapping[str, float], every: int = 1) -> TargetWeights:
    """Ask for the same weights at bars 0, every, 2 * every, ...; also before an asset's first bar.

    Args:
        bars: What the weights are for.
        weights: Asset -> fraction of portfolio value.
        every: Bars from one decision to the next.

    Raises:
        InputError: `every` is below 1, or a weight is wrong.
    """
    at_least("every", every, 1)
    index = bars.index[np.arange(0, bars.n_bars, every)]
    return TargetWeights(pd.DataFrame({asset: [weight] * len(index) for asset, weight in weights.items()}, index))


def rotation_weights(bars: Bars, *, every: int, top: int, lookback: int) -> TargetWeights:
    """Hold, in equal parts, the assets with the highest return over the last bars, and close the others.

    Only prices up to the decision bar are used. Assets that lack a price at either end of the look-back are
    left alone; ties go to the earlier column.

    Args:
        bars: What the weights are for.
        every: A decision at bars lookback, lookback + every, ...
        top: How many assets to hold, each at a weight of 1 / top.
        lookback: Bars over which the return is measured.

    Raises:
        InputError: A number is below 1, or the bars are not more than the look-back.
    """
    for name, value in {"every": every, "top": top, "lookback": lookback}.items():
        at_least(name, value, 1)
    if bars.n_bars <= lookback:
        raise InputError(f"lookback={lookback} needs more than {bars.n_bars} bars", hint="shorten the look-back")
    decisions = np.arange(lookback, bars.n_bars, every)
    returns = bars.close[decisions] / bars.close[decisions - lookback]
    unknown = np.isnan(returns)
    best = np.argsort(np.where(unknown, np.inf, -returns), axis=1, kind="stable")[:, :top]
    weights = np.zeros(returns.shape)
    np.put_along_axis(weights, best, 1.0 / top, axis=1)
    weights[unknown] = np.nan
    return TargetWeights(pd.DataFrame(weights, index=bars.index[decisions], columns=list(bars.assets)))
