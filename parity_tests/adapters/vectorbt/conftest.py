"""Prices and decisions that the tests of this adapter share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from parity_tests.adapters.vectorbt.material import gapped_case
from weighbridge import Bars, TargetWeights

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
    """Hold what is awkward about prices and decisions."""
    return gapped_case()
