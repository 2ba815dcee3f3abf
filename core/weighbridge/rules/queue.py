"""The rule of the queue: which open order meets a bar first. Its code is the order store's (engine/orders.py)."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Queue"]


class Queue(IntEnum):
    """In which sequence open orders meet a bar."""

    AS_SUBMITTED = 0
    """Backtrader `BackBroker.next`, one queue."""
    ASSET_BY_ASSET = 1
    """Assets in the sequence of their first open order, each with its orders as submitted; an asset keeps its place
    until, after the fills of a bar, it has no open order. Zipline `SimulationBlotter.open_orders`, `prune_orders`."""
