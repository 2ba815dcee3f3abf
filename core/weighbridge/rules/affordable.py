"""The largest quantity that cash covers: the search of the planner, and of the cash rule that cuts (semantics 3.6).

`paid` is what a unit costs and the price that commissions are of, `funds` the cash and the step of quantities (0.0:
any fraction). Of a commission the search asks only that it does not fall as the quantity grows, so it is the same for
the engine's models and for any that a host brings.
"""

from __future__ import annotations

from typing import Any

from weighbridge.rules.charging import predicted_commission
from weighbridge.rules.compiled import rule
from weighbridge.rules.sizing import truncated

__all__ = ["affordable_change", "cash_after_change", "closing_part"]


@rule
def closing_part(position: float, quantity: float) -> float:
    """Return the part of a trade that closes what is held; the rest of it opens. Backtrader, `Position.update`."""
    after = position + quantity
    if position == 0.0 or (position > 0.0) == (quantity > 0.0):
        return 0.0
    if after == 0.0 or (after > 0.0) == (position > 0.0):
        return quantity
    return -position


@rule
def left_after(
    rules: Any, terms: Any, row: Any, asset: int, cash: float, quantity: float, paid: Any, with_it: float
) -> float:
    """Return the cash that is left after buying, in the operations of plain booking: what fits here fits there.

    `with_it` are units of the same order that cost nothing here, and are charged together with `quantity`.
    """
    charge = predicted_commission(rules, terms, row, asset, quantity + with_it, paid[1])
    return cash - quantity * paid[0] - charge


@rule
def affordable(
    rules: Any, terms: Any, row: Any, asset: int, wanted: float, paid: Any, funds: Any, with_it: float
) -> float:
    """Return the largest quantity up to `wanted` > 0 that fits, by bisection: a multiple of the step, or any number."""
    cash, step = funds
    if left_after(rules, terms, row, asset, cash, wanted, paid, with_it) >= 0.0:
        return wanted
    if cash <= 0.0:
        return 0.0  # Else a fraction so small that its price underflows to nothing would fit.
    scale = step if step > 0.0 else 1.0
    low = 0.0
    high = truncated(wanted / scale) if step > 0.0 else wanted
    if high * scale < wanted and left_after(rules, terms, row, asset, cash, high * scale, paid, with_it) >= 0.0:
        return high * scale
    while True:
        middle = low + (high - low) / 2.0
        if step > 0.0:
            middle = truncated(middle)
        if middle <= low or middle >= high:
            return low * scale
        if left_after(rules, terms, row, asset, cash, middle * scale, paid, with_it) >= 0.0:
            low = middle
        else:
            high = middle


@rule
def affordable_change(
    rules: Any, terms: Any, row: Any, asset: int, position: float, quantity: float, paid: Any, funds: Any
) -> float:
    """Return the largest quantity up to `quantity` > 0 which the cash covers; the part that closes a short goes first.

    With a margin the closing part sets cash free and is never cut; without, it is paid in full, leverage or not.
    """
    if not rules.contracts:
        return affordable(rules, terms, row, asset, quantity, paid, funds, 0.0)
    if not row.margined and row.leverage == 1.0:
        return affordable(rules, terms, row, asset, quantity, paid, funds, 0.0)
    closed = closing_part(position, quantity)
    cash, step = funds
    unit_cost, price = paid
    if row.margined:
        cash += closed * (unit_cost / row.leverage)
    elif closed > 0.0:
        covered = affordable(rules, terms, row, asset, closed, paid, funds, 0.0)
        if covered < closed:
            return covered
        cash -= closed * unit_cost
    if closed == quantity:
        return closed
    geared = (unit_cost / row.leverage, price)
    return closed + affordable(rules, terms, row, asset, quantity - closed, geared, (cash, step), closed)


@rule
def cash_after_change(
    rules: Any, terms: Any, row: Any, asset: int, position: float, quantity: float, paid: Any, cash: float
) -> float:
    """Return the cash that is left after a trade, in the operations of `affordable_change`; gains are left out."""
    if not rules.contracts:
        return left_after(rules, terms, row, asset, cash, quantity, paid, 0.0)
    if not row.margined and row.leverage == 1.0:
        return left_after(rules, terms, row, asset, cash, quantity, paid, 0.0)
    closed = closing_part(position, quantity)
    opened = quantity - closed
    unit_cost, price = paid
    geared = unit_cost / row.leverage
    if row.margined:
        cash += abs(closed) * geared
        return left_after(rules, terms, row, asset, cash, abs(opened), (geared, price), abs(closed))
    # A long position is bought, and sold, for its geared part; a short one for what it brings.
    if quantity > 0.0:
        return left_after(rules, terms, row, asset, cash - closed * unit_cost, opened, (geared, price), closed)
    return left_after(rules, terms, row, asset, cash - closed * geared, opened, paid, closed)
