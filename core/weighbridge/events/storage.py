"""The arrays of a run whose number of orders nobody knows beforehand: growing, looking up, taking out."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.engine.desk import ADMITTED, CANCELLED, OPEN, QUEUED
from weighbridge.engine.tables import Desk, Ledger

__all__ = ["queue_place", "take_out", "with_room"]


def with_room(desk: Desk, ledger: Ledger, rows: int) -> tuple[Desk, Ledger]:
    """Return desk and ledger with room for `rows` rows and one more rebalance: the same, or ones of twice the size."""
    if rows >= len(ledger.order_bar):
        ledger = ledger._replace(**{name: _doubled(v) for name, v in ledger._asdict().items() if name != "counts"})
    # The queue has a length of its own: of many orders most are done, but all of them may be open.
    if int(ledger.counts[QUEUED]) + len(desk.position) >= len(desk.queue_asset):
        desk = desk._replace(**{name: _doubled(getattr(desk, name)) for name in _queue_columns(desk)})
    return desk, ledger


def queue_place(desk: Desk, ledger: Ledger, row: int) -> int | None:
    """Return where the order of a row of the ledger stands in the queue; None once it is done."""
    if ledger.order_state[row] != OPEN:
        return None
    # Rows only grow along the queue.
    return int(np.searchsorted(desk.queue_row[: ledger.counts[QUEUED]], row))


def take_out(desk: Desk, ledger: Ledger, place: int) -> None:
    """Cancel the order at a place of the queue."""
    ledger.order_state[desk.queue_row[place]] = CANCELLED
    end = ledger.counts[QUEUED]
    for name in _queue_columns(desk):
        column = getattr(desk, name)
        column[place : end - 1] = column[place + 1 : end]
    ledger.counts[QUEUED] -= 1
    if place < ledger.counts[ADMITTED]:
        ledger.counts[ADMITTED] -= 1


def _queue_columns(desk: Desk) -> list[str]:
    return [name for name in desk._fields if name.startswith("queue_")]


def _doubled(column: Any) -> Any:
    return np.concatenate((column, np.empty_like(column)))
