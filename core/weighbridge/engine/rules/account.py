"""What the planner reads and writes, and what open orders leave of cash and units (semantics 3.6, 4.6, 5)."""

from __future__ import annotations

from typing import Any, NamedTuple

from weighbridge.engine.compiled import rule
from weighbridge.engine.rules.costs import predicted_commission
from weighbridge.engine.rules.sizing import VALUE_DIFFERENCE_FLOORED, truncated

__all__ = ["Account", "PlanArrays", "cash_not_reserved", "held_value", "order_need", "sales_open", "unsold"]


class Account(NamedTuple):
    """What planning must know of the host, asset by asset in column order.

    `position` is held, `pending` is in open orders that count, both signed units. `sold` (at most 0) is in open
    sales: the rebalancer's own in any setting, those of others that count; `needed` is the cash that open orders to
    buy which count will need (`order_need`). `price` is the last one known (NaN: none yet), `traded` whether it is of
    this bar, `bars_seen` how many bars the asset has had; `unit_value` is what one unit binds of the portfolio value
    (price x multiplier, or its margin), `leverage` what one unit of cash can hold; `margined` positions are valued at
    abs(quantity) * unit value.
    """

    position: Any
    pending: Any
    sold: Any
    needed: Any
    price: Any
    traded: Any
    bars_seen: Any
    unit_value: Any
    leverage: Any
    margined: Any


class PlanArrays(NamedTuple):
    """A plan by column: prepared weight (NaN: left alone), side (-1 or REST: reduction, 1: increase), signed quantity
    that goes now, why; and the columns of the trades in the sequence in which they go out.
    """

    weight: Any
    side: Any
    quantity: Any
    reason: Any
    sequence: Any


@rule
def held_value(margined: bool, quantity: float, unit_value: float, sizing: int) -> float:
    """Value a holding as targets are compared with it (semantics 9.3).

    Backtrader, `CommInfoBase.getvaluesize`: a short position with a margin counts as if it were long.
    """
    return abs(quantity) * unit_value if margined and sizing == VALUE_DIFFERENCE_FLOORED else quantity * unit_value


@rule
def unsold(position: float, sold: float, weight: float, step: float) -> float:
    """Return the units that a sale can take without lending any: in whole steps, unless it closes."""
    units = max(position + sold, 0.0)
    return units if weight == 0.0 or step == 0.0 else truncated(units / step) * step


@rule
def order_need(
    quantity: float, limit: float, price: float, unit_value: float, margined: bool, costs: Any, asset: int
) -> float:
    """Return the cash that an open order to buy will need, commission included: at its limit, else (NaN) the price.

    `unit_value` is what a unit needs of cash: already divided by the leverage.
    One at market for an asset without a price cannot fill, and needs nothing.
    """
    if limit != limit:
        return quantity * unit_value + predicted_commission(costs, asset, quantity, price) if price == price else 0.0
    unit_cost = unit_value
    if not margined:
        unit_cost = limit * (unit_value / price) if price == price else limit
    return quantity * unit_cost + predicted_commission(costs, asset, quantity, limit)


@rule
def cash_not_reserved(cash: float, account: Account) -> float:
    """Take from the cash what counted open orders to buy will need."""
    for asset in range(len(account.needed)):
        cash -= account.needed[asset]
    return cash


@rule
def sales_open(account: Account) -> bool:
    """Say whether an open order that counts is a sale: what it brings has not arrived."""
    found = False
    for asset in range(len(account.pending)):
        found = found or account.pending[asset] < 0.0
    return found
