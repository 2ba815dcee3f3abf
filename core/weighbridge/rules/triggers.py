"""The rule of triggers: when orders at prices of their own fill, and at which price (semantics 8)."""

from __future__ import annotations

import math
import sys
from enum import IntEnum
from typing import Any

from weighbridge.rules.compiled import rule

__all__ = [
    "LIMIT",
    "MARKET",
    "REBALANCE",
    "STOP",
    "STOP_LIMIT",
    "TRAIL_AMOUNT",
    "TRAIL_PERCENT",
    "Triggers",
    "price_in_cents",
    "touched",
    "trailed",
    "triggered",
    "worse_than_limit",
]

# What an order in the queue is: a market order of the rebalancer, or one of the user's own. The sequence matters:
# up to LIMIT an order counts as pending, from STOP on it is protective; above STOP_LIMIT its stop trails.
REBALANCE, MARKET, LIMIT, STOP, STOP_LIMIT, TRAIL_AMOUNT, TRAIL_PERCENT = range(7)

TICK = 0.01
# How far beyond a cent a price still counts as that cent: 0.95 of one, less what keeps the bound open.
SHIFT = (0.95 - 0.5) * TICK - sys.float_info.epsilon * 10
# Zipline, `tolerant_equals`: nearer to zero than this is zero.
NOTHING = 10e-7


class Triggers(IntEnum):
    """How orders at prices of their own meet a bar."""

    WHOLE_BARS = 0
    """Open, high, low and close, comparison by comparison. Backtrader `BackBroker._try_exec_limit`, `_try_exec_stop`,
    `_try_exec_stoplimit`, `Order.trailadjust`."""
    CLOSES = 1
    """Once a bar, at its close, which they then fill at; prices are rounded to cents. Zipline
    `Order.check_order_triggers`, `asymmetric_round_price`."""
    NONE = 2
    """There are no such orders. VectorBT `from_orders`."""


@rule
def touched(
    order: Any, quantity: float, opened: float, high: float, low: float, close: float, within: bool
) -> tuple[float, float, int]:
    """Return fill price (NaN: it waits), the worst price that slippage may make of it, and the kind from now on.

    A gap through the price fills at the open: better than asked for a limit, worse for a stop. A stop-limit that
    is triggered is a limit order from then on. `within` keeps slippage inside the bar. Backtrader: `WHOLE_BARS`.
    """
    kind, limit, stop = order.kind, order.limit, order.stop
    # Seen from a sell everything is mirrored: what is below is above.
    buys = quantity > 0.0
    worst = (high if buys else low) if within else (math.inf if buys else -math.inf)
    if kind >= STOP:
        gapped = opened >= stop if buys else opened <= stop
        reached = high >= stop if buys else low <= stop
        if kind != STOP_LIMIT:
            return (opened if gapped else (stop if reached else math.nan)), worst, kind
        if not gapped:
            if not reached:
                return math.nan, worst, kind
            if limit >= stop if buys else limit <= stop:
                # Backtrader bounds the slippage by the bar here, and not by the limit.
                return stop, worst if within else limit, LIMIT
            # Triggered inside the bar: what came after is known only where the bar turned to the limit's side.
            turned = opened > close and limit >= close if buys else opened <= close and limit <= close
            return (limit if turned else math.nan), limit, LIMIT
    if opened <= limit if buys else opened >= limit:
        return opened, min(worst, limit) if buys else limit, LIMIT
    if low <= limit if buys else high >= limit:
        return limit, limit, LIMIT
    return math.nan, limit, LIMIT


@rule
def trailed(kind: int, quantity: float, stop: float, trail: float, close: float) -> float:
    """Return the stop after a bar: it follows the close at its distance, and never moves away from the market."""
    distance = close * trail if kind == TRAIL_PERCENT else trail
    return min(stop, close + distance) if quantity > 0.0 else max(stop, close - distance)


@rule
def price_in_cents(price: float, down: bool) -> float:
    """Round a price to cents, down where that is better for the order. Zipline, `asymmetric_round_price`.

    Limits of buys and stops of sells go down unless 0.95 of a cent is lost by it; the others go up likewise.
    """
    cents = (price - (SHIFT if down else -SHIFT)) / TICK
    rounded = TICK * (math.ceil(cents) if cents % 1 >= 0.5 else round(cents))
    return 0.0 if abs(rounded) <= NOTHING else rounded


@rule
def triggered(buys: bool, limit: float, stop: float, close: float) -> tuple[bool, bool]:
    """Return whether an order may fill from now on, and whether a stop-limit order is a limit order from now on.

    NaN is no such price. Once triggered, an order is not looked at again, whatever the prices of later bars are.
    Zipline: `CLOSES`.
    """
    if stop == stop:
        reached = close >= stop if buys else close <= stop
        if limit != limit or not reached:
            return reached, False
        return (close <= limit if buys else close >= limit), True
    return (close <= limit if buys else close >= limit), False


@rule
def worse_than_limit(buys: bool, limit: float, price: float) -> bool:
    """Say whether a fill price is beyond the limit (NaN or 0.0: none). Only `VolumeShareSlippage` asks."""
    if limit != limit or limit == 0.0:
        return False
    return price > limit if buys else price < limit
