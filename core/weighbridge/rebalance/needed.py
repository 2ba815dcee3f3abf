"""What open orders leave of cash and units (semantics 3.6, 5.1 to 5.3)."""

from __future__ import annotations

from typing import Any

from weighbridge.rebalance.one_trade import leverage_of
from weighbridge.rules.charging import predicted_commission
from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import unit_value

__all__ = ["count_order", "order_need"]


@rule
def order_need(rules: Any, terms: Any, row: Any, asset: int, quantity: float, limit: float) -> float:
    """Return the cash that an open order to buy will need, commission included: at its limit, else (NaN) the price.

    One at market for an asset without a price cannot fill, and needs nothing.
    """
    price = row.price
    unit_need = unit_value(rules, row) / leverage_of(rules, row)
    if limit != limit:
        if price != price:
            return 0.0
        return quantity * unit_need + predicted_commission(rules, terms, row, asset, quantity, price)
    unit_cost = limit * (unit_need / price) if price == price else limit
    if rules.contracts:
        if row.margined:
            unit_cost = unit_need
    return quantity * unit_cost + predicted_commission(rules, terms, row, asset, quantity, limit)


@rule
def count_order(
    rules: Any, terms: Any, row: Any, asset: int, left: float, limit: float, own: bool, counts: bool
) -> None:
    """Add what is left of an open order to what is pending.

    The rebalancer's `own` sales are in `sold` in any setting: what they sell cannot be sold again.
    """
    if left < 0.0 and (counts or own):
        row.sold += left
    if counts:
        row.pending += left
        if left > 0.0:
            row.needed += order_need(rules, terms, row, asset, left, limit)
