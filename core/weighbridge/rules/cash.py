"""The rule of the cash: what becomes of an order that the cash does not cover."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from weighbridge.rules.affordable import affordable_change, closing_part
from weighbridge.rules.booking import Booking, parts_of
from weighbridge.rules.charging import Charging, commission
from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import bound
from weighbridge.rules.own import own_cash
from weighbridge.rules.seats import OWN
from weighbridge.rules.within_tolerance import allowed_within_tolerance

__all__ = ["Cash", "allowed", "imagined"]


class Cash(IntEnum):
    """What happens to an order which the cash does not cover."""

    REFUSED_TWICE = 0
    """All or nothing, tried at submission at the decision's price and again at the fill. Backtrader."""
    CUT = 1
    """A buy is cut to the largest quantity that the cash at the fill covers. The reference's rule."""
    UNCHECKED = 2
    """Nothing: cash goes below zero. Zipline."""
    CUT_WITHIN_TOLERANCE = 3
    """A buy is cut to (cash - fixed fee) / (1 + fee) / price unless its cost is close to the cash. VectorBT."""

    @property
    def cuts(self) -> bool:
        """Say whether a buy is cut rather than refused or let through."""
        return self in (Cash.CUT, Cash.CUT_WITHIN_TOLERANCE)


@rule
def covered(rules: Any, terms: Any, row: Any, asset: int, quantity: float, price: float, funds: Any) -> float:
    """Cut an order to what the cash covers: a buy, and with a margin whatever opens a position."""
    if not rules.contracts:
        if quantity <= 0.0:
            return quantity
        return affordable_change(rules, terms, row, asset, row.position, quantity, (price, price), funds)
    if quantity < 0.0 and not row.margined:
        return quantity
    unit = row.margin if row.margined else price * row.multiplier
    sign = 1.0 if quantity > 0.0 else -1.0
    return sign * affordable_change(
        rules, terms, row, asset, sign * row.position, sign * quantity, (unit, price), funds
    )


@rule
def allowed(
    rules: Any, terms: Any, row: Any, asset: int, quantity: float, price: float, money: Any, step: float
) -> tuple[int, float, float, float]:
    """Return what the cash rule leaves of an order before it is booked: status, signed quantity, fees and cost.

    `money` are cash, loan, free cash and the portfolio value that the order is a fraction of (infinity: of none). The
    status is below 0 or the `DenialRule`. Fees and cost are NaN except where the rule itself works them out.
    """
    cash, loan, free_cash, value = money
    nothing = float("nan")
    if rules.cash == Cash.CUT_WITHIN_TOLERANCE:
        if not rules.contracts:
            return allowed_within_tolerance(terms, row, quantity, price, (cash, free_cash, value), price)
        if not row.margined and row.leverage == 1.0:
            unit = price * row.multiplier
            return allowed_within_tolerance(
                terms, row, quantity, unit, (cash, free_cash, value), price * row.charged_on
            )
        if terms.granularity == terms.granularity:
            units = abs(quantity) // terms.granularity * terms.granularity
            quantity = units if quantity > 0.0 else -units
        return -1, covered(rules, terms, row, asset, quantity, price, (cash + loan, step)), nothing, nothing
    if rules.cash == Cash.CUT:
        return -1, covered(rules, terms, row, asset, quantity, price, (cash + loan, step)), nothing, nothing
    if rules.cash == OWN:
        return -1, own_cash(rules, quantity, price, cash + loan, row.position), nothing, nothing
    return -1, quantity, nothing, nothing


@rule
def imagined(rules: Any, terms: Any, row: Any, position: float, quantity: float, price: float, cash: float) -> float:
    """Return the cash as it would be, had an order been executed at a price, whatever the cash covers.

    Backtrader, `BackBroker._execute` at submission: what is closed comes back at that price, without a profit.
    """
    charged_on = price
    if rules.contracts:
        charged_on = price * row.charged_on
    if rules.booking == Booking.AVERAGE_COST:
        closed, opened = parts_of(position, quantity)
        if closed != 0.0:
            if rules.contracts:
                cash += bound(row, -closed, price)
            else:
                cash += -closed * price
            if rules.charging == Charging.PART_BY_PART:
                cash -= commission(rules, terms, closed, charged_on)
        if opened != 0.0:
            if rules.contracts:
                cash -= bound(row, opened, price)
            else:
                cash -= opened * price
            if rules.charging == Charging.PART_BY_PART:
                cash -= commission(rules, terms, opened, charged_on)
        if rules.charging != Charging.PART_BY_PART:
            cash -= commission(rules, terms, quantity, charged_on)
        return cash
    closed = closing_part(position, quantity)
    opened = quantity - closed
    charge = commission(rules, terms, quantity, charged_on)
    if rules.charging == Charging.PART_BY_PART and closed != 0.0 and opened != 0.0:
        charge = commission(rules, terms, closed, charged_on) + commission(rules, terms, opened, charged_on)
    if not rules.contracts:
        return cash - quantity * price - charge
    if not row.margined and row.leverage == 1.0:
        return cash - quantity * (price * row.multiplier) - charge
    return cash + bound(row, -closed, price) - bound(row, opened, price) - charge
