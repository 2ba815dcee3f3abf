"""The arrays of the pass for orders that fill at the next close, allocated once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.bars import Bars, Field
from weighbridge.engine.tables import Ledger

__all__ = ["Listing", "SessionDesk", "listing_of", "session_desk", "with_more_fills"]


class Listing(NamedTuple):
    """Closes and volumes, each (n_bars, n_assets), the last bar of each asset, and whether assets have ended with
    the bar before (n_bars,). Without volumes the closes stand in: all that is asked of them then is not to be 0.
    """

    close: Any
    volume: Any
    last_bar: Any
    ends: Any


class SessionDesk(NamedTuple):
    """What changes from bar to bar, by column; `sequence`, `place` and `end` are those of rules/holdings.py.

    `last_close` values what is held, `price` is what targets are sized with: NaN once an asset has ended.
    `average` is the cost basis per unit, commissions included; empty where nobody asks for it.
    """

    position: Any
    average: Any
    last_close: Any
    price: Any
    bars_seen: Any
    traded: Any
    pending: Any
    sold: Any
    needed: Any
    leverage: Any
    margined: Any
    sequence: Any
    place: Any
    end: Any
    plan_weight: Any
    plan_side: Any
    plan_quantity: Any
    plan_reason: Any
    plan_sequence: Any


def listing_of(bars: Bars, *needed: Field) -> Listing:
    """Collect the frames; raise `BarsError` where one of `needed` is missing."""
    bars.require(*needed)
    ended = np.bincount(bars.last_bar + 1, minlength=bars.n_bars + 1)[: bars.n_bars] > 0
    return Listing(bars.close, bars.close if bars.volume is None else bars.volume, bars.last_bar, ended)


def session_desk(n_assets: int, *, averages: bool) -> SessionDesk:
    """Allocate; without `averages` no cost basis is kept."""

    def integers(length: int = n_assets, fill: int = 0) -> Any:
        return np.full(length, fill, dtype=np.int64)

    return SessionDesk(
        position=np.zeros(n_assets),
        average=np.zeros(n_assets if averages else 0),
        last_close=np.full(n_assets, np.nan),
        price=np.full(n_assets, np.nan),
        bars_seen=integers(),
        traded=np.zeros(n_assets, dtype=np.bool_),
        pending=np.zeros(n_assets),
        sold=np.zeros(n_assets),
        needed=np.zeros(n_assets),
        leverage=np.ones(n_assets),
        margined=np.zeros(n_assets, dtype=np.bool_),
        sequence=integers(2 * n_assets + 2, -1),
        place=integers(fill=-1),
        end=integers(1),
        plan_weight=np.full(n_assets, np.nan),
        plan_side=integers(),
        plan_quantity=np.zeros(n_assets),
        plan_reason=integers(),
        plan_sequence=integers(),
    )


def with_more_fills(ledger: Ledger) -> Ledger:
    """Return a ledger with room for twice as many fills; what is written stays."""
    fills = {name: column for name, column in ledger._asdict().items() if name.startswith("fill_")}
    return ledger._replace(**{name: np.concatenate((column, np.empty_like(column))) for name, column in fills.items()})
