"""What a contract is worth, binds, gains and lends (semantics 9). Everything else about it is in the rules' own files.

Backtrader 1.9.78: `CommInfoBase.getvaluesize`, `profitandloss` and `cashadjust`. Rows have the contract's
`multiplier`, `margin` (0.0 without one), `margined` and `leverage`, and `settled`: the price up to which the
position's gains are in the cash.
"""

from __future__ import annotations

from typing import Any

from weighbridge.rules.compiled import rule

__all__ = ["bound", "gain", "lent_on", "unit_value", "worth"]


@rule
def unit_value(rules: Any, row: Any) -> float:
    """Return what one unit binds of the portfolio value at the price that orders are sized with."""
    if rules.contracts:
        return row.margin if row.margined else row.price * row.multiplier
    return row.price


@rule
def worth(row: Any, quantity: float, price: float) -> float:
    """Return what a holding is of the portfolio value: the margin it binds, or what it would bring."""
    return abs(quantity) * row.margin if row.margined else quantity * (price * row.multiplier)


@rule
def bound(row: Any, quantity: float, price: float) -> float:
    """Return the cash that a holding binds; below 0.0 what a short sale brings in. Leverage is for what is positive."""
    value = worth(row, quantity, price)
    return value / row.leverage if value > 0.0 else value


@rule
def gain(row: Any, quantity: float, before: float, after: float) -> float:
    """Return what a position gains from one price to another."""
    return quantity * (after - before) * row.multiplier


@rule
def lent_on(row: Any, quantity: float, price: float) -> float:
    """Return what may be borrowed against a long position: its worth when last settled, less 1 / leverage of it."""
    value = quantity * (price * row.multiplier)
    return value - value / row.leverage if value > 0.0 else 0.0
