"""When limit, stop, stop-limit and trailing-stop orders fill, and at which price (semantics 8).

Backtrader 1.9.78: `BackBroker._try_exec_limit`, `_try_exec_stop`, `_try_exec_stoplimit` and `Order.trailadjust`,
comparison by comparison. Known at the fill: the whole bar; where prices in it leave a choice, the order waits.
"""

from __future__ import annotations

import math

from weighbridge.engine.compiled import rule

__all__ = [
    "LIMIT",
    "MARKET",
    "REBALANCE",
    "STOP",
    "STOP_LIMIT",
    "TRAIL_AMOUNT",
    "TRAIL_PERCENT",
    "touched",
    "trailed",
]

# What an order in the queue is: a market order of the rebalancer, or one of the user's own. The sequence matters:
# up to LIMIT an order counts as pending, from STOP on it is protective; above STOP_LIMIT its stop trails.
REBALANCE, MARKET, LIMIT, STOP, STOP_LIMIT, TRAIL_AMOUNT, TRAIL_PERCENT = range(7)


@rule
def touched(
    kind: int,
    quantity: float,
    limit: float,
    stop: float,
    opened: float,
    high: float,
    low: float,
    close: float,
    within: bool,
) -> tuple[float, float, int]:
    """Return fill price (NaN: it waits), the worst price that slippage may make of it, and the kind from now on.

    A gap through the price fills at the open: better than asked for a limit, worse for a stop. A stop-limit that
    is triggered is a limit order from then on. `within` keeps slippage inside the bar.
    """
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
