"""What open orders add to an account before it is planned with (semantics 4.6, 5.1 to 5.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from weighbridge.broker import Broker, Holding, HostCosts
from weighbridge.orders import Order

__all__ = ["Pending", "Sent", "pending_orders", "unit_value"]


@dataclass(frozen=True)
class Sent:
    """An order of an executor, the bar at which it was submitted, and whether a second phase waits for it."""

    order: Order
    time: Any
    reduction: bool


class Pending(NamedTuple):
    """Open orders, asset by asset in the host's order.

    Attributes:
        units: Signed units in the orders that count.
        sold: Units in open sales, at most 0.0: the executor's own in any setting, those of others that count.
        needed: Cash that orders to buy that count will need, account currency.
    """

    units: Sequence[float]
    sold: Sequence[float]
    needed: Sequence[float]


def unit_value(holding: Holding) -> float:
    """Return what one unit binds of the portfolio value."""
    return holding.price * holding.multiplier if holding.margin is None else holding.margin


def pending_orders(
    host: Broker,
    assets: Sequence[str],
    holdings: Sequence[Holding],
    own: Sequence[Sent],
    *,
    cancelling: bool,
    counting: bool,
) -> Pending:
    """Sum the open orders.

    Args:
        host: The host.
        assets: Its assets.
        holdings: One for each asset.
        own: The executor's orders; those of this bar always count.
        cancelling: Whether its orders of earlier bars are about to be cancelled.
        counting: Whether those count otherwise, and market and limit orders of others.
    """
    units, sold, needed = ([0.0] * len(assets) for _ in range(3))
    columns = {asset: column for column, asset in enumerate(assets)}
    costs, now = host.costs, host.time

    def add(asset: str, left: float, counts: bool, limit: float | None) -> None:
        column = columns[asset]
        if left < 0.0:
            sold[column] += left
        if counts:
            units[column] += left
            if left > 0.0:
                needed[column] += _need(left, limit, holdings[column], costs, column)

    for sent in own:
        if sent.time == now or not cancelling:
            add(sent.order.asset, host.open_quantity(sent.order), counting or sent.time == now, None)
    if counting:
        for order in host.other_open_orders([sent.order for sent in own]):
            add(order.asset, order.quantity, True, order.limit_price)
    return Pending(units, sold, needed)


def _need(quantity: float, limit: float | None, held: Holding, costs: HostCosts, column: int) -> float:
    from weighbridge.engine.rules.account import order_need

    at = math.nan if limit is None else limit
    unit = unit_value(held) / held.leverage
    return order_need(quantity, at, held.price, unit, held.margin is not None, costs, column)
