"""What a run was made of, kept by reference with its record; nothing is computed before somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.bars import Bars, Field
from weighbridge.data.targets import TargetWeights
from weighbridge.rules.fill import Fill

__all__ = ["UNSLIPPED", "Asked", "RunInputs", "fills_later"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

UNSLIPPED: dict[Fill, tuple[Field, int]] = {
    Fill.NEXT_OPEN: ("open", 0),
    Fill.DECISION_CLOSE: ("close", 1),
    Fill.SAME_OPEN: ("open", 0),
    Fill.NEXT_CLOSE: ("close", 0),
    Fill.AT_CLOSE: ("close", 0),
    Fill.AT_OPEN: ("open", 0),
    Fill.AT_NEXT_OPEN: ("open", 0),
    Fill.AT_NEXT_CLOSE: ("close", 0),
}
"""The price at which a market order fills without slippage: the field of the bars, and how many bars before the one
that books the fill; the asset's last one known there (semantics 10.4)."""

_SAME_BAR = frozenset({Fill.SAME_OPEN, Fill.AT_CLOSE, Fill.AT_OPEN})


def fills_later(fill: Fill) -> bool:
    """Say whether what is decided at a bar is booked at a later one at the earliest."""
    return fill not in _SAME_BAR


class Asked(NamedTuple):
    """Weights that a strategy asked for at a bar: by column, NaN leaves an asset alone."""

    bar: int
    columns: Integers | slice
    weights: Floats


@dataclass(frozen=True, eq=False, repr=False)
class RunInputs:
    """Hold by reference what a run was made of.

    Attributes:
        bars: Prices of the run.
        fill: When its orders fill, and at which price.
        targets: The decisions: a table, or what a strategy asked for, in sequence; None if that is not known.
        own_prices: Columns of assets with orders at prices of their own (limits, stops).
    """

    bars: Bars
    fill: Fill
    targets: TargetWeights | Sequence[Asked] | None = None
    own_prices: frozenset[int] = frozenset()

    def decisions(self) -> Iterator[tuple[int, Floats]]:
        """Give bar and weights, (n_assets,), of each decision; later requests of a bar go on top of earlier ones."""
        if isinstance(self.targets, TargetWeights):
            row_of_bar, weights = self.targets.on(self.bars)
            for bar in np.flatnonzero(row_of_bar >= 0).tolist():
                yield bar, weights[row_of_bar[bar]]
            return
        by_bar: dict[int, list[Asked]] = {}
        for asked in self.targets or ():
            by_bar.setdefault(asked.bar, []).append(asked)
        for bar in sorted(by_bar):
            weights = np.full(self.bars.n_assets, np.nan)
            for _, columns, wanted in by_bar[bar]:
                weights[columns] = np.where(np.isnan(wanted), weights[columns], wanted)
            yield bar, weights
