"""The arrays of a run whose number of orders nobody knows beforehand: growing, looking up, taking out."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from weighbridge.engine.desk import ADMITTED, CANCELLED, OPEN, QUEUED
from weighbridge.engine.queues import Queues, queues_for
from weighbridge.engine.rules.immediate_bar import Denials, Fills
from weighbridge.engine.tables import Desk, Ledger

__all__ = ["open_rows", "queue_place", "take_out", "with_more_orders", "with_room", "with_rows"]

_Table = TypeVar("_Table", Fills, Denials)


def with_room(desk: Desk, ledger: Ledger, rows: int) -> tuple[Desk, Ledger]:
    """Return desk and ledger with room for `rows` rows and one more rebalance: the same, or ones of twice the size."""
    if rows >= len(ledger.order_bar):
        ledger = ledger._replace(**{name: _doubled(v) for name, v in ledger._asdict().items() if name != "counts"})
    # The queue has a length of its own: of many orders most are done, but all of them may be open.
    if int(ledger.counts[QUEUED]) + len(desk.position) >= len(desk.queue_asset):
        desk = desk._replace(**{name: _doubled(getattr(desk, name)) for name in _queue_columns(desk)})
    return desk, ledger


def with_more_orders(queues: Queues, ledger: Ledger, rows: int) -> tuple[Queues, Ledger]:
    """Return queues and ledger with room for more than `rows` orders and denials: the same, or of twice the size.

    Fills have a length of their own (`with_more_fills`): an order may have many.
    """
    while rows >= len(ledger.order_bar):
        grown = {name: _doubled(v) for name, v in ledger._asdict().items() if name.startswith(("order_", "denial_"))}
        ledger = ledger._replace(**grown)
        blank = queues_for(len(queues.head), len(ledger.order_bar), users=True)
        for name in ("later", "amount", "filled", "paid", "reduction", "kind", "limit", "stop", "waiting"):
            column = getattr(queues, name)
            getattr(blank, name)[: len(column)] = column
        queues = blank._replace(**{name: getattr(queues, name) for name in ("following", "preceding", "head", "tail")})
    return queues, ledger


def open_rows(queues: Queues) -> list[int]:
    """Return the rows of open orders in the sequence of submission."""
    rows: list[int] = []
    end = len(queues.head)
    asset = int(queues.following[end])
    while asset != end:
        order = int(queues.head[asset])
        while order >= 0:
            rows.append(order)
            order = int(queues.later[order])
        asset = int(queues.following[asset])
    return sorted(rows)


def with_rows(table: _Table, rows: int) -> _Table:
    """Return a tuple of columns with room for `rows` rows: the same, or one of twice the size or more."""
    while len(table[0]) < rows:
        table = type(table)(*(_doubled(column) for column in table))
    return table


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
