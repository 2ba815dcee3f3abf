"""Target weights as a strategy states them, checked, before they reach the book."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weighbridge.exceptions import TargetsError

__all__ = ["checked_weight", "fill_in"]

# A mapping of these alone is checked as a whole: at 250 assets that is ten times faster than one by one.
_PLAIN = frozenset({float, type(None)})


def fill_in(
    row: NDArray[np.float64],
    targets: Mapping[str, float | None],
    columns: Mapping[str, int],
    column_of: Callable[[str], int],
) -> None:
    """Write a mapping's weights into a row by column; None becomes NaN.

    Args:
        row: (n_assets,); what the mapping does not name stays.
        targets: Fractions of portfolio value by asset.
        columns: The columns of all assets by name.
        column_of: Gives an asset's column, or says what is wrong with its name.

    Raises:
        UnknownAssetError: There is no such asset.
        TargetsError: A weight is not a finite number.
    """
    weights: list[Any] = list(targets.values())
    if _PLAIN.issuperset(map(type, weights)):
        numbers = np.array(weights, dtype=np.float64)
        places = [columns.get(asset, -1) for asset in targets]
        if np.isfinite(numbers).sum() == len(weights) - weights.count(None) and -1 not in places:
            row[places] = numbers
            return
    for asset, weight in targets.items():
        column = column_of(asset)
        row[column] = math.nan if weight is None else checked_weight(asset, weight)


def checked_weight(asset: str, weight: Any) -> float:
    """Return a weight as a number.

    Raises:
        TargetsError: It is not a finite one.
    """
    try:
        number = math.nan if isinstance(weight, bool | np.bool_ | str | bytes) else float(weight)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise TargetsError(
            f"target weight of {asset!r} is {weight!r}, not a finite number",
            hint="pass a fraction of portfolio value; None leaves the asset alone, 0.0 closes it",
        )
    return number
