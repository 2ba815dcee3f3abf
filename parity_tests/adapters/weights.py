"""Weights that are awkward on purpose, for the tests of every adapter."""

from __future__ import annotations

import numpy as np
import pandas as pd

import weighbridge as wb


def awkward_weights(
    bars: wb.Bars, *, every: int = 5, seed: int = 0, gross: float = 1.0, short: bool = False
) -> wb.TargetWeights:
    """Random weights with exact zeros, with NaN (leave alone) and with rows that decide nothing."""
    random = np.random.default_rng(seed)
    rows = np.arange(0, bars.n_bars, every)
    rows = rows[bars.has_bar.any(axis=1)[rows]]
    weights = random.dirichlet(np.ones(bars.n_assets), len(rows)) * gross
    if short:
        weights *= np.where(random.random(weights.shape) < 0.5, -1.0, 1.0)
    weights[random.random(weights.shape) < 0.1] = 0.0
    weights[random.random(weights.shape) < 0.05] = np.nan
    weights[random.random(len(rows)) < 0.1] = np.nan
    return wb.TargetWeights(pd.DataFrame(weights, bars.index[rows], list(bars.assets)))
