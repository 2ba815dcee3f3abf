"""What holding and trading contracts does to the cash, operation by operation (semantics 9).

Backtrader 1.9.78: `CommInfoBase.getvaluesize`, `profitandloss` and `cashadjust`, `BackBroker._execute`. The rules of
plain accounting are the reference's own. `settled` is the price up to which a position's gains are in the cash.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import CostParameters, FillRules
from weighbridge.engine.rules.accounting import closing_part
from weighbridge.engine.rules.costs import commission
from weighbridge.engine.rules.sizing import affordable_quantity, cash_after_buying
from weighbridge.settings.conventions import Accounting, CashRule

__all__ = [
    "Terms",
    "affordable_change",
    "bound",
    "cash_after_change",
    "gain",
    "imagined_contract",
    "settle_contract",
    "worth",
]

REFUSED_TWICE = int(CashRule.REFUSED_TWICE)
AVERAGE_COST = int(Accounting.AVERAGE_COST)


class Terms(NamedTuple):
    """An asset's contract; `margin` is 0.0 where there is none."""

    multiplier: float
    margin: float
    margined: bool
    leverage: float


@rule
def worth(quantity: float, price: float, terms: Terms) -> float:
    """Return what a holding is of the portfolio value: the margin it binds, or what it would bring."""
    return abs(quantity) * terms.margin if terms.margined else quantity * (price * terms.multiplier)


@rule
def bound(quantity: float, price: float, terms: Terms) -> float:
    """Return the cash that a holding binds; below 0.0 what a short sale brings in. Leverage is for what is positive."""
    value = worth(quantity, price, terms)
    return value / terms.leverage if value > 0.0 else value


@rule
def gain(quantity: float, before: float, after: float, terms: Terms) -> float:
    """Return what a position gains from one price to another."""
    return quantity * (after - before) * terms.multiplier


@rule
def affordable_change(
    position: float,
    quantity: float,
    unit_value: float,
    price: float,
    cash: float,
    step: float,
    margined: bool,
    leverage: float,
    costs: Any,
    asset: int,
) -> float:
    """Return the largest quantity up to `quantity` > 0 which the cash covers; the part that closes a short goes first.

    With a margin the closing part sets cash free and is never cut; without, it is paid in full, leverage or not.
    """
    if not margined and leverage == 1.0:
        return affordable_quantity(quantity, unit_value, price, cash, step, costs, asset)
    closed = closing_part(position, quantity)
    if margined:
        cash += closed * (unit_value / leverage)
    elif closed > 0.0:
        covered = affordable_quantity(closed, unit_value, price, cash, step, costs, asset)
        if covered < closed:
            return covered
        cash -= closed * unit_value
    if closed == quantity:
        return closed
    opened = affordable_quantity(quantity - closed, unit_value / leverage, price, cash, step, costs, asset, closed)
    return closed + opened


@rule
def cash_after_change(
    cash: float,
    position: float,
    quantity: float,
    unit_value: float,
    price: float,
    margined: bool,
    leverage: float,
    costs: Any,
    asset: int,
) -> float:
    """Return the cash that is left after a trade, in the operations of `affordable_change`; gains are left out."""
    if not margined and leverage == 1.0:
        return cash_after_buying(cash, quantity, unit_value, price, costs, asset)
    closed = closing_part(position, quantity)
    opened = quantity - closed
    geared = unit_value / leverage
    if margined:
        cash += abs(closed) * geared
        return cash_after_buying(cash, abs(opened), geared, price, costs, asset, abs(closed))
    # A long position is bought, and sold, for its geared part; a short one for what it brings.
    if quantity > 0.0:
        return cash_after_buying(cash - closed * unit_value, opened, geared, price, costs, asset, closed)
    return cash_after_buying(cash - closed * geared, opened, unit_value, price, costs, asset, closed)


@rule
def imagined_contract(
    position: float, quantity: float, price: float, cash: float, terms: Terms, fill: FillRules, costs: CostParameters
) -> float:
    """Return the cash as it would be, had an order been executed at a price, whatever the cash covers.

    Backtrader at submission: what is closed comes back at that price, gains are left out.
    """
    closed = closing_part(position, quantity)
    opened = quantity - closed
    if fill.accounting != AVERAGE_COST:
        unit = price * terms.multiplier
        if not terms.margined and terms.leverage == 1.0:
            return cash - quantity * unit - commission(costs, quantity, unit)
        cash = cash + bound(-closed, price, terms) - bound(opened, price, terms)
        return cash - commission(costs, quantity, unit)
    if closed != 0.0:
        cash += bound(-closed, price, terms)
        cash -= commission(costs, closed, price)
    if opened != 0.0:
        cash -= bound(opened, price, terms)
        cash -= commission(costs, opened, price)
    return cash


@rule
def covered(
    position: float,
    quantity: float,
    price: float,
    cash: float,
    terms: Terms,
    fill: FillRules,
    costs: CostParameters,
    asset: int,
) -> float:
    """Cut an order to what the cash covers: a buy, and with a margin whatever opens a position."""
    if quantity < 0.0 and not terms.margined:
        return quantity
    unit = terms.margin if terms.margined else price * terms.multiplier
    traded = price if fill.accounting == AVERAGE_COST else price * terms.multiplier
    sign = 1.0 if quantity > 0.0 else -1.0
    return sign * affordable_change(
        sign * position,
        sign * quantity,
        unit,
        traded,
        cash,
        fill.step,
        terms.margined,
        terms.leverage,
        costs,
        asset,
    )


@rule
def settle_average_cost(
    position: float,
    average: float,
    settled: float,
    quantity: float,
    price: float,
    cash: float,
    terms: Terms,
    refuses: bool,
    costs: CostParameters,
) -> tuple[float, float, float, float]:
    """Execute an order as Backtrader does; return cash, executed quantity, commission and the settled price.

    `BackBroker._execute`: what is closed comes back at its average price and with its profit, or its margin with
    its gain since the last settlement; what was held before is settled when more is opened.
    """
    closed = closing_part(position, quantity)
    opened = quantity - closed
    charged = 0.0
    if closed != 0.0:
        profit = 0.0 if terms.margined else gain(-closed, average, price, terms)
        cash += bound(-closed, average, terms) + profit
        charged = commission(costs, closed, price)
        cash -= charged
        if terms.margined:
            cash += gain(-closed, settled, price, terms)
    if opened != 0.0:
        after = cash - bound(opened, price, terms)
        opening_charge = commission(costs, opened, price)
        after -= opening_charge
        if after < 0.0 and refuses:
            return cash, closed, charged, settled
        held = position + quantity - opened
        if terms.margined and abs(position + quantity) > abs(opened):
            after += gain(held, settled, price, terms)
        cash = after
        charged += opening_charge
        settled = price
    return cash, closed + opened, charged, settled


@rule
def settle_plain(
    position: float,
    quantity: float,
    price: float,
    cash: float,
    loan: float,
    terms: Terms,
    refuses: bool,
    costs: CostParameters,
) -> tuple[float, float, float]:
    """Execute an order at which a margined position has been settled; return cash, executed quantity and commission."""
    unit = price * terms.multiplier
    closed = closing_part(position, quantity)
    opened = quantity - closed
    charged = commission(costs, quantity, unit)
    if terms.margined:
        cash += abs(closed) * terms.margin
        after = cash - abs(opened) * terms.margin - charged
        if after < 0.0 and opened != 0.0 and refuses:
            charged = commission(costs, closed, unit) if closed != 0.0 else 0.0
            return cash - charged, closed, charged
        return after, quantity, charged
    if refuses and quantity > 0.0:
        spent = quantity * unit if terms.leverage == 1.0 else closed * unit + bound(opened, price, terms)
        if cash + loan - spent - charged < 0.0:
            return cash, 0.0, 0.0
    return cash - quantity * unit - charged, quantity, charged


@rule
def settle_contract(
    position: float,
    average: float,
    settled: float,
    quantity: float,
    price: float,
    cash: float,
    loan: float,
    asset: int,
    terms: Terms,
    fill: FillRules,
    costs: CostParameters,
) -> tuple[float, float, float, float]:
    """Execute as much of an order as the cash rule lets through.

    Returns:
        Cash, executed quantity, commission, and the price up to which the position is settled.
    """
    refuses = fill.cash_rule == REFUSED_TWICE
    averaged = fill.accounting == AVERAGE_COST
    if terms.margined and not averaged:
        cash += gain(position, settled, price, terms)
        settled = price
    if not refuses:
        quantity = covered(position, quantity, price, cash + loan, terms, fill, costs, asset)
        if quantity == 0.0:
            return cash, 0.0, 0.0, settled
    if averaged:
        return settle_average_cost(position, average, settled, quantity, price, cash, terms, refuses, costs)
    cash, executed, charged = settle_plain(position, quantity, price, cash, loan, terms, refuses, costs)
    return cash, executed, charged, price if executed != 0.0 else settled
