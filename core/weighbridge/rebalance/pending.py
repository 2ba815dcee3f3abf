"""What open orders add to an account before it is planned with (semantics 4.6, 5.1 to 5.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from weighbridge.rebalance.array_host import arrays_of
from weighbridge.rebalance.host import Host
from weighbridge.rebalance.orders import Order

__all__ = ["OpenSent", "Pending", "Sent", "pending_orders", "still_open"]


class Sent(NamedTuple):
    """An order of an executor, the bar at which it was submitted, and whether a second phase waits for it."""

    order: Order
    time: Any
    reduction: bool


class OpenSent(NamedTuple):
    """One that may still fill, and the signed units that are left of it."""

    sent: Sent
    left: float


class Pending(NamedTuple):
    """Open orders, asset by asset in the host's order; fields as in `Account` (engine/rules/account.py)."""

    units: list[float]
    sold: list[float]
    needed: list[float]


# Column, units, limit price (NaN: at market) of an order to buy -> the cash it will need.
Need = Callable[[int, float, float], float]


def still_open(host: Host, own: Sequence[Sent]) -> list[OpenSent]:
    """Return those that may still fill."""
    arrays = arrays_of(host)
    orders = [sent.order for sent in own]
    left = [host.open_quantity(order) for order in orders] if arrays is None else arrays.open_quantities(orders)
    return [OpenSent(sent, quantity) for sent, quantity in zip(own, left, strict=True) if quantity != 0.0]


def pending_orders(
    host: Host, assets: Sequence[str], own: Sequence[OpenSent], need: Need, *, cancelling: bool, counting: bool
) -> Pending:
    """Sum the open orders.

    Args:
        host: The host.
        assets: Its assets.
        own: The executor's open orders; those of this bar always count.
        need: What an open order to buy will need of the cash.
        cancelling: Whether the executor's orders of earlier bars are about to be cancelled.
        counting: Whether those count otherwise, and market and limit orders of others.
    """
    pending = Pending(*([0.0] * len(assets) for _ in range(3)))
    others = list(host.other_open_orders([sent.order for sent, _ in own])) if counting else []
    if not own and not others:
        return pending
    column_of = {asset: column for column, asset in enumerate(assets)}
    now = host.time

    def add(asset: str, left: float, counts: bool, limit: float) -> None:
        column = column_of[asset]
        if left < 0.0:
            pending.sold[column] += left
        if counts:
            pending.units[column] += left
            if left > 0.0:
                pending.needed[column] += need(column, left, limit)

    for sent, left in own:
        if sent.time == now or not cancelling:
            add(sent.order.asset, left, counting or sent.time == now, math.nan)
    for order in others:
        add(order.asset, order.quantity, True, math.nan if order.limit_price is None else order.limit_price)
    return pending
