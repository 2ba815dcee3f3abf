"""What a fill does to a position and to cash, operation by operation.

Backtrader 1.9.78: `Position.update`, `BackBroker._execute`. An order is split into the part that closes what is
held and the part that opens; each part is charged its own commission.
"""

from __future__ import annotations

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import CostParameters
from weighbridge.engine.rules.costs import commission

__all__ = ["average_after", "cash_after_close", "cash_after_open", "closing_part"]


@rule
def closing_part(position: float, quantity: float) -> float:
    """Return the part of a trade that closes what is held; the rest of it opens."""
    after = position + quantity
    if position == 0.0 or (position > 0.0) == (quantity > 0.0):
        return 0.0
    if after == 0.0 or (after > 0.0) == (position > 0.0):
        return quantity
    return -position


@rule
def cash_after_close(
    cash: float, closed: float, average: float, price: float, costs: CostParameters
) -> tuple[float, float]:
    """Return the cash after a closing part, and its commission.

    The cost of what is closed and its profit are added as one sum, then the commission is taken.
    """
    cash += -closed * average + -closed * (price - average)
    charged = commission(costs, closed, price)
    return cash - charged, charged


@rule
def cash_after_open(cash: float, opened: float, price: float, costs: CostParameters) -> tuple[float, float]:
    """Return the cash after an opening part, and its commission."""
    cash -= opened * price
    charged = commission(costs, opened, price)
    return cash - charged, charged


@rule
def average_after(position: float, average: float, quantity: float, price: float) -> float:
    """Return the average price of what is held after a trade."""
    after = position + quantity
    if after == 0.0:
        return 0.0
    if position == 0.0 or (after > 0.0) != (position > 0.0):
        return price
    if (quantity > 0.0) == (position > 0.0):
        return (average * position + quantity * price) / after
    return average
