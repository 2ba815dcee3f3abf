"""The tables of a `RunRecord`, as columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NO_ADJUSTMENTS",
    "AdjustmentTable",
    "DenialTable",
    "FillTable",
    "Measures",
    "OrderTable",
    "WeightTable",
]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class OrderTable(NamedTuple):
    """Orders in the sequence of submission: decision bar, column of the asset, signed units."""

    bar: Integers
    asset: Integers
    quantity: Floats


class FillTable(NamedTuple):
    """Fills in the sequence of execution.

    `bar` is the bar of the booking, `asset` the column; `quantity` is signed units, `price` per unit,
    `commission` in account currency, `position` the signed units held afterwards.
    """

    bar: Integers
    asset: Integers
    quantity: Floats
    price: Floats
    commission: Floats
    position: Floats


class DenialTable(NamedTuple):
    """Denials in the sequence in which they happened; `rule` holds the rules' names."""

    bar: Integers
    asset: Integers
    quantity: Floats
    rule: NDArray[np.object_]


class AdjustmentTable(NamedTuple):
    """Positions that something else than a fill changed (a split), before the fills of their bar: bar, column of the
    asset, signed units held afterwards. In the sequence in which they happened.
    """

    bar: Integers
    asset: Integers
    position: Floats


NO_ADJUSTMENTS = AdjustmentTable(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


class WeightTable(NamedTuple):
    """Weights asked for and weights reached, by decision; see `RunRecord.weights`."""

    bar: Integers
    asset: Integers
    target: Floats
    realised: Floats


class Measures(NamedTuple):
    """What a run is measured by, as far as it is known: a `WeightTable`, and the slippage of each fill, (n_fills,)."""

    weight_table: WeightTable | None = None
    slippage: Floats | None = None
