"""Prices and decisions that the tests of this adapter share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from weighbridge import Bars, TargetWeights
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights

Case = tuple[Bars, TargetWeights]


@pytest.fixture
def small() -> Callable[..., Case]:
    """Make bars and targets from lists of rows, for examples that can be followed by hand."""

    def make(closes: list[list[float]], weights: list[list[float]], opens: list[list[float]] | None = None) -> Case:
        index = pd.date_range("2024-01-01", periods=len(closes), name="time")
        names = list("ABC")[: len(closes[0])]
        close = pd.DataFrame(np.array(closes, dtype=float), index, names)
        bars = Bars.from_frames(
            close=close,
            open=None if opens is None else pd.DataFrame(np.array(opens, dtype=float), index, names),
        )
        return bars, TargetWeights(pd.DataFrame(np.array(weights, dtype=float), index, names))

    return make


@pytest.fixture(scope="session")
def gapped() -> Case:
    """Late listings, missing bars, delistings, shorts, zeros, NaN, over-allocation, rows of no decision."""
    bars = synthetic_bars(12, 120, seed=3, late=0.3, missing=0.05, delisted=0.2)
    targets = synthetic_weights(bars, seed=5, every=2, long_short=True, gross=1.4, zero=0.15, nan=0.15, skip=0.2)
    awake = bars.has_bar.any(axis=1)[bars.index.get_indexer(targets.index)]
    return bars, TargetWeights(targets.frame[awake])
