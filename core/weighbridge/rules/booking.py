"""The rule of booking: how a fill changes cash, position and average price, operation by operation."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from weighbridge.rules.affordable import closing_part
from weighbridge.rules.charging import Charging, commission, of_part
from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import bound, gain
from weighbridge.rules.tolerance import added

__all__ = ["Booking", "average_after", "basis_with_commission", "booked", "parts_of", "position_after"]


class Booking(IntEnum):
    """How a fill changes cash and average price."""

    PLAIN = 0
    """Cash less quantity x price, less commission. The reference's."""
    AVERAGE_COST = 1
    """The cost of what is closed plus its profit, then what is opened. Backtrader `BackBroker._execute`."""
    COST_BASIS = 2
    """Cash as in PLAIN; the average price is what the position breaks even at, commissions included.
    Zipline `Position.update`, `adjust_commission_cost_basis`."""
    WITHIN_TOLERANCE = 3
    """Cash and positions that are close to zero are zero; the average is of all units that entered.
    VectorBT `buy_nb`, `sell_nb`, `update_pos_record_nb`."""


@rule
def booked(
    rules: Any, terms: Any, row: Any, quantity: float, price: float, money: Any, order: Any, refuses: bool
) -> tuple[float, float, float, bool]:
    """Book an order, as much of it as the cash rule left: cash, executed quantity, commission, whether any was refused.

    `money` are cash, loan, and fees and cost where the cash rule has worked them out (else NaN); `order` what the order
    filled and paid before. With `refuses` what would leave the cash below zero is not opened, or not bought.
    """
    if rules.booking == Booking.AVERAGE_COST:
        if rules.contracts:
            return closed_and_opened_contracts(rules, terms, row, quantity, price, money, order, refuses)
        return closed_and_opened(rules, terms, row, quantity, price, money, order, refuses)
    unit = price
    if rules.contracts:
        if row.margined or row.leverage != 1.0:
            return plain_contracts(rules, terms, row, quantity, price, money, order, refuses)
        unit = price * row.multiplier
    cash, loan, fees, cost = money
    charged = charge(rules, terms, row, quantity, price, order, fees)
    if rules.booking == Booking.WITHIN_TOLERANCE:
        after = within_tolerance(rules, quantity, unit, cash, charged, cost)
    elif rules.charging == Charging.AFTER_ALL_FILLS:
        after = cash - quantity * unit
    else:
        after = cash - quantity * unit - charged
    if refuses and quantity > 0.0:
        left = after - charged if rules.charging == Charging.AFTER_ALL_FILLS else after
        if rules.contracts:
            # What other assets lend pays for this one too (semantics 9.6).
            left = cash + loan - quantity * unit - charged
        if left < 0.0:
            return cash, 0.0, 0.0, True
    if rules.contracts:
        row.settled = price
    return after, quantity, charged, False


@rule
def charge(rules: Any, terms: Any, row: Any, quantity: float, price: float, order: Any, fees: float) -> float:
    """Return the commission of one execution, by the rule of charging; `fees` where the cash rule knows them."""
    if rules.contracts:
        price = price * row.charged_on
    if rules.charging == Charging.OF_ORDER_VALUE:
        return commission(rules, terms, quantity, price) if fees != fees else fees
    if rules.charging == Charging.AFTER_ALL_FILLS:
        return of_part(terms, quantity, price, order[0], order[1])
    if rules.charging == Charging.PART_BY_PART:
        closed = closing_part(row.position, quantity)
        if closed != 0.0 and closed != quantity:
            return commission(rules, terms, closed, price) + commission(rules, terms, quantity - closed, price)
    return commission(rules, terms, quantity, price)


@rule
def within_tolerance(rules: Any, quantity: float, price: float, cash: float, charged: float, cost: float) -> float:
    """Return the cash after a fill. VectorBT: a buy is `added`, what a sale brings is `added` and then summed.

    A fill of nothing is a buy that was cut to it, and pays its fee: a sale of nothing is no fill.
    """
    if rules.charging == Charging.AFTER_ALL_FILLS:
        charged = 0.0
        cost = float("nan")
    elif rules.charging != Charging.OF_ORDER_VALUE:
        cost = float("nan")
    if quantity >= 0.0:
        return added(cash, -(cost if cost == cost else quantity * price + charged))
    return cash + (cost if cost == cost else added(-quantity * price, -charged))


@rule
def parts_of(position: float, quantity: float) -> tuple[float, float]:
    """Return the closing and the opening part of an order as Backtrader splits it. `Position.update`.

    A reversal opens the position that it leads to, rounded: the parts need not add up to the order to the last bit.
    """
    closed = closing_part(position, quantity)
    if closed == quantity:
        return closed, 0.0
    return (closed, quantity) if closed == 0.0 else (closed, position + quantity)


@rule
def closed_and_opened(
    rules: Any, terms: Any, row: Any, quantity: float, price: float, money: Any, order: Any, refuses: bool
) -> tuple[float, float, float, bool]:
    """Execute an order for ordinary shares as Backtrader does.

    `BackBroker._execute`: the cost of what is closed and its profit are added as one sum, then the commission is taken;
    the opening part is dropped where the cash would end below zero, although the closing part has been executed.
    """
    cash, _, fees, _ = money
    closed, opened = parts_of(row.position, quantity)
    charged = 0.0
    refused = False
    if closed != 0.0:
        cash += -closed * row.average + -closed * (price - row.average)
        if rules.charging == Charging.PART_BY_PART:
            charged = commission(rules, terms, closed, price)
            cash -= charged
    if opened != 0.0:
        after = cash - opened * price
        if rules.charging == Charging.PART_BY_PART:
            opening_charge = commission(rules, terms, opened, price)
            after -= opening_charge
            left = after
        else:
            opening_charge = charge(rules, terms, row, quantity, price, order, fees)
            left = after - opening_charge
        refused = refuses and left < 0.0
        if refused:
            opened = 0.0
        else:
            cash = after
            charged += opening_charge
    if rules.charging != Charging.PART_BY_PART:
        if opened == 0.0 and closed != 0.0:
            charged = charge(rules, terms, row, closed, price, order, fees if closed == quantity else float("nan"))
        if rules.charging != Charging.AFTER_ALL_FILLS:
            cash -= charged
    return cash, closed + opened, charged, refused


@rule
def closed_and_opened_contracts(
    rules: Any, terms: Any, row: Any, quantity: float, price: float, money: Any, order: Any, refuses: bool
) -> tuple[float, float, float, bool]:
    """Execute an order for contracts as Backtrader does.

    `BackBroker._execute`: what is closed comes back at its average price and with its profit, or its margin with
    its gain since the last settlement; what was held before is settled when more is opened.
    """
    cash, _, fees, _ = money
    parts = rules.charging == Charging.PART_BY_PART
    closed, opened = parts_of(row.position, quantity)
    charged = 0.0
    refused = False
    if closed != 0.0:
        profit = 0.0 if row.margined else gain(row, -closed, row.average, price)
        cash += bound(row, -closed, row.average) + profit
        if parts:
            charged = commission(rules, terms, closed, price * row.charged_on)
            cash -= charged
        if row.margined:
            cash += gain(row, -closed, row.settled, price)
    if opened != 0.0:
        after = cash - bound(row, opened, price)
        if parts:
            opening_charge = commission(rules, terms, opened, price * row.charged_on)
            after -= opening_charge
            left = after
        else:
            opening_charge = charge(rules, terms, row, quantity, price, order, fees)
            left = after - opening_charge
        refused = refuses and left < 0.0
        if refused:
            opened = 0.0
        else:
            after_position = row.position + quantity
            if row.margined and abs(after_position) > abs(opened):
                after += gain(row, after_position - opened, row.settled, price)
            cash = after
            charged += opening_charge
            row.settled = price
    if not parts:
        if opened == 0.0 and closed != 0.0:
            charged = charge(rules, terms, row, closed, price, order, fees if closed == quantity else float("nan"))
        if rules.charging != Charging.AFTER_ALL_FILLS:
            cash -= charged
    return cash, closed + opened, charged, refused


@rule
def plain_contracts(
    rules: Any, terms: Any, row: Any, quantity: float, price: float, money: Any, order: Any, refuses: bool
) -> tuple[float, float, float, bool]:
    """Execute an order for contracts by every other booking; a margined position has been settled at the price."""
    cash, loan, fees, _ = money
    unit = price * row.multiplier
    closed = closing_part(row.position, quantity)
    opened = quantity - closed
    charged = charge(rules, terms, row, quantity, price, order, fees)
    taken = 0.0 if rules.charging == Charging.AFTER_ALL_FILLS else charged
    executed = quantity
    if row.margined:
        cash += abs(closed) * row.margin
        after = cash - abs(opened) * row.margin - taken
        if refuses and opened != 0.0 and after - (charged - taken) < 0.0:
            charged = charge(rules, terms, row, closed, price, order, fees) if closed != 0.0 else 0.0
            executed = closed
            after = cash if rules.charging == Charging.AFTER_ALL_FILLS else cash - charged
    else:
        after = cash - quantity * unit - taken
        if refuses and quantity > 0.0:
            spent = closed * unit + bound(row, opened, price)
            if cash + loan - spent - charged < 0.0:
                return cash, 0.0, 0.0, True
    if executed != 0.0:
        row.settled = price
    return after, executed, charged, executed != quantity


@rule
def position_after(rules: Any, position: float, quantity: float) -> float:
    """Return the position after a fill."""
    if rules.booking == Booking.WITHIN_TOLERANCE:
        return added(position, quantity)
    return position + quantity


@rule
def average_after(rules: Any, row: Any, quantity: float, after: float, price: float) -> tuple[float, float]:
    """Return the average price after a fill, and the units that entered the position so far (WITHIN_TOLERANCE alone).

    Backtrader, `Position.update`, and the reference: kept where the position shrinks, the price where it turns.
    Zipline, `Position.update`: the same, but a position of 0 counts as long, and so the fill that opens a short one as
    a turn.
    VectorBT, `update_pos_record_nb`: units that have left count all the same.
    """
    position, average = row.position, row.average
    if after == 0.0:
        return 0.0, 0.0
    if rules.booking == Booking.WITHIN_TOLERANCE:
        if position == 0.0:
            return price, abs(quantity)
        if position * after < 0.0:
            return price, abs(after)
        if abs(position) <= abs(after):
            size = abs(quantity)
            return (row.entered * average + size * price) / (row.entered + size), row.entered + size
        return average, row.entered
    if rules.booking == Booking.COST_BASIS:
        if (position >= 0.0) != (quantity >= 0.0):
            return price if abs(quantity) > abs(position) else average, 0.0
        return (average * position + quantity * price) / after, 0.0
    if position == 0.0 or (after > 0.0) != (position > 0.0):
        return price, 0.0
    if (quantity > 0.0) == (position > 0.0):
        return (average * position + quantity * price) / after, 0.0
    return average, 0.0


@rule
def basis_with_commission(held: float, basis: float, charged: float) -> float:
    """Return Zipline's cost basis once a commission is paid. `Position.adjust_commission_cost_basis`."""
    return (basis * held + charged) / held if held != 0.0 else basis
