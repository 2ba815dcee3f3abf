"""What a run reads and never writes: prices, decisions, and what happens at which bar."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["ACTS", "ENDS", "EVENT", "Market"]

# Bits of `Market.happens`: the bar is an event for the run; splits or dividends are of its date; an asset has ended.
EVENT, ACTS, ENDS = 1, 2, 4


class Market(NamedTuple):
    """Prices, each (n_bars, n_assets); frames that the rules do not need are the closes again.

    `happens` has the bits above for each bar, `row_of_bar` the row of `weights` that is decided there (-1: none).
    `complete` says that no price is missing.
    """

    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    happens: Any
    row_of_bar: Any
    weights: Any
    complete: bool
