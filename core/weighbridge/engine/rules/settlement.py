"""What the execution of an order for ordinary shares does to the cash, cash rule included."""

from __future__ import annotations

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import CostParameters, FillRules
from weighbridge.engine.rules.accounting import cash_after_close, cash_after_open, closing_part
from weighbridge.engine.rules.costs import commission
from weighbridge.engine.rules.sizing import affordable_quantity
from weighbridge.settings.conventions import Accounting, CashRule

__all__ = ["imagined", "settle"]

REFUSED_TWICE = int(CashRule.REFUSED_TWICE)
AVERAGE_COST = int(Accounting.AVERAGE_COST)


@rule
def imagined(
    position: float, quantity: float, price: float, cash: float, fill: FillRules, costs: CostParameters
) -> float:
    """Return the cash as it would be, had an order been executed at a price, whatever the cash covers.

    Backtrader, `BackBroker._execute` at submission: what is closed comes back at that price, without a profit.
    """
    if fill.accounting != AVERAGE_COST:
        return cash - quantity * price - commission(costs, quantity, price)
    closed = closing_part(position, quantity)
    opened = quantity - closed
    if closed != 0.0:
        cash, _ = cash_after_close(cash, closed, price, price, costs)
    if opened != 0.0:
        cash, _ = cash_after_open(cash, opened, price, costs)
    return cash


@rule
def settle(
    position: float,
    average: float,
    quantity: float,
    price: float,
    cash: float,
    asset: int,
    fill: FillRules,
    costs: CostParameters,
) -> tuple[float, float, float]:
    """Execute as much of an order as the cash rule lets through; return cash, executed quantity and commission.

    Backtrader, `BackBroker._execute`: the opening part is dropped where the cash would end below zero, although
    the closing part of the same order has been executed.
    """
    if fill.cash_rule != REFUSED_TWICE and quantity > 0.0:
        quantity = affordable_quantity(quantity, price, price, cash, fill.step, costs, asset)
        if quantity == 0.0:
            return cash, 0.0, 0.0
    charged = 0.0
    if fill.accounting == AVERAGE_COST:
        closed = closing_part(position, quantity)
        opened = quantity - closed
        if closed != 0.0:
            cash, charged = cash_after_close(cash, closed, average, price, costs)
        if opened != 0.0:
            after, opening_charge = cash_after_open(cash, opened, price, costs)
            if after < 0.0 and fill.cash_rule == REFUSED_TWICE:
                opened = 0.0
            else:
                cash = after
                charged += opening_charge
        return cash, closed + opened, charged
    charged = commission(costs, quantity, price)
    after = cash - quantity * price - charged
    if after < 0.0 and quantity > 0.0 and fill.cash_rule == REFUSED_TWICE:
        return cash, 0.0, 0.0
    return after, quantity, charged
