"""What a run reads and never writes: prices, decisions, and what happens at which bar."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.data.tables import read_only
from weighbridge.rules.calendar import Calendar
from weighbridge.rules.ending import Ending
from weighbridge.settings.conventions import Conventions

__all__ = ["ACTS", "ENDS", "EVENT", "Market", "market_of"]

# Bits of `Market.happens`: the bar is an event for the run; splits or dividends are of its date; an asset has ended.
EVENT, ACTS, ENDS = 1, 2, 4


class Market(NamedTuple):
    """Prices, each (n_bars, n_assets); frames that the bars do not have are the closes again.

    `happens` has the bits above for each bar, `row_of_bar` the row of `weights` that is decided there (-1: none).
    `complete` says that no price is missing, `counted` that each asset's bars are counted nevertheless.
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
    counted: bool


def market_of(
    bars: Bars, conventions: Conventions, actions: Actions | None, row_of_bar: Any, weights: Any, *, counted: bool
) -> Market:
    """Lay everything over the bars; decisions are moved by a bar where the fill says so."""
    later = conventions.fill.later
    if later:
        row_of_bar = np.concatenate((np.full(later, -1, dtype=row_of_bar.dtype), row_of_bar[:-later]))
    return Market(
        *(bars.close if frame is None else frame for frame in (bars.open, bars.high, bars.low)),
        close=bars.close,
        volume=bars.close if bars.volume is None else bars.volume,
        happens=_happens(bars, conventions, actions),
        row_of_bar=row_of_bar,
        # Whatever they were: code is compiled once for arrays that are read only, and once for others.
        weights=read_only(weights.view()),
        complete=bars.complete,
        counted=counted,
    )


def _happens(bars: Bars, conventions: Conventions, actions: Actions | None) -> Any:
    n_bars = bars.n_bars
    event = np.ones(n_bars, dtype=np.bool_)
    if conventions.calendar is Calendar.BARS_WITH_A_TRADE and not bars.complete:
        event = bars.has_bar.any(axis=1)
    happens = np.where(event, np.uint8(EVENT), np.uint8(0))
    if conventions.ending is Ending.SOLD:
        # Seen at the first event after an asset's last bar.
        events = np.flatnonzero(event)
        found = events.searchsorted(bars.last_bar + 1)
        happens[events[found[found < len(events)]]] |= ENDS
    if actions is not None:
        at = np.concatenate((actions.splits.bar, actions.dividends.bar, actions.pay_rows(actions.dates)))
        happens[at[at < n_bars]] |= ACTS
    return happens
