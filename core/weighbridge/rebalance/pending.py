"""What open orders add to an account before it is planned with (semantics 4.6, 5.1 to 5.3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from weighbridge.rebalance.host import Host, offers_of
from weighbridge.rebalance.orders import Order

__all__ = ["Counted", "OpenSent", "Sent", "orders_to_count", "still_open"]


class Sent(NamedTuple):
    """An order of an executor, the bar at which it was submitted, and whether a second phase waits for it."""

    order: Order
    time: Any
    reduction: bool


class OpenSent(NamedTuple):
    """One that may still fill, and the signed units that are left of it."""

    sent: Sent
    left: float


class Counted(NamedTuple):
    """An open order as `count_order` takes it: `limit` is NaN for one at market."""

    asset: str
    left: float
    limit: float
    own: bool
    counts: bool


def still_open(host: Host, own: Sequence[Sent]) -> list[OpenSent]:
    """Return those that may still fill."""
    table = offers_of(host).table
    orders = [sent.order for sent in own]
    left = [host.open_quantity(order) for order in orders] if table is None else table.open_quantities(orders)
    return [OpenSent(sent, quantity) for sent, quantity in zip(own, left, strict=True) if quantity != 0.0]


def orders_to_count(host: Host, own: Sequence[OpenSent], *, cancelling: bool, counting: bool) -> Iterator[Counted]:
    """Go through the open orders that are looked at.

    Args:
        host: The host.
        own: The executor's open orders; those of this bar always count.
        cancelling: Whether the executor's orders of earlier bars are about to be cancelled.
        counting: Whether those count otherwise, and market and limit orders of others.
    """
    now = host.time
    for sent, left in own:
        if sent.time == now or not cancelling:
            yield Counted(sent.order.asset, left, math.nan, True, counting or sent.time == now)
    if counting:
        for asset, left, limit in host.other_open_orders([sent.order for sent, _ in own]):
            yield Counted(asset, left, math.nan if limit is None else limit, False, True)
