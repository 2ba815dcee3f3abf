"""Positions in the sequence in which they were opened, and their value, addition by addition.

The sequence is an array with gaps, since it is summed at every bar: `sequence[:end[0]]`, -1 where a position was
closed; `place` is an asset's index in it, -1 if it is not held. A reopened position goes to the end.
"""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import rule

__all__ = ["close_gaps", "long_and_short_value"]


@rule
def close_gaps(sequence: Any, place: Any, end: Any) -> None:
    """Make room at the end of the sequence."""
    kept = 0
    for i in range(end[0]):
        if sequence[i] >= 0:
            sequence[kept] = sequence[i]
            place[sequence[kept]] = kept
            kept += 1
    end[0] = kept


@rule
def long_and_short_value(cash: float, position: Any, price: Any, sequence: Any, end: int) -> float:
    """Return cash plus the positions. Zipline, `calculate_position_tracker_stats`: long and short summed apart."""
    long = 0.0
    short = 0.0
    for i in range(end):
        asset = sequence[i]
        if asset >= 0:
            exposure = position[asset] * price[asset]
            if exposure > 0.0:
                long += exposure
            else:
                short += exposure
    return cash + (long + short)
