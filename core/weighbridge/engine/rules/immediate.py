"""An order that fills at once: cut to cash and limits, charged, and booked, all within a tolerance.

VectorBT 1.0, `portfolio/nb.py`: `execute_order_nb`, `buy_nb`, `sell_nb`, `update_value_nb`; the order of operations
is theirs. Nothing here looks at an array.
"""

from __future__ import annotations

from weighbridge.engine.compiled import rule
from weighbridge.engine.order_rules import LONG_ONLY, SHORT_ONLY, OrderRules
from weighbridge.engine.rules.tolerance import added, at_most, clearly_less, is_nothing
from weighbridge.rules.reasons import DenialRule

__all__ = ["FILLED", "IGNORED", "Outcome", "denied_part", "fill_at_once", "value_after"]

# What came of an order: these, or the number of the `DenialRule` that refused it.
FILLED, IGNORED = -1, -2

VALUE_ZERO_NEG = int(DenialRule.VALUE_ZERO_NEG)
NO_CASH_SHORT = int(DenialRule.NO_CASH_SHORT)
NO_CASH_LONG = int(DenialRule.NO_CASH_LONG)
NO_OPEN_POSITION = int(DenialRule.NO_OPEN_POSITION)
MAX_SIZE_EXCEEDED = int(DenialRule.MAX_SIZE_EXCEEDED)
CANT_COVER_FEES = int(DenialRule.CANT_COVER_FEES)
MIN_SIZE_NOT_REACHED = int(DenialRule.MIN_SIZE_NOT_REACHED)
PARTIAL_FILL = int(DenialRule.PARTIAL_FILL)
CUT_TO_CASH = int(DenialRule.CUT_TO_CASH)

Outcome = tuple[int, float, float, float, float, float, float, float]
"""Status, quantity (a buy's or a sell's, so 0.0 or more), price, fees; then cash, position, debt and free cash."""


@rule
def buying_limit(
    cash: float, position: float, debt: float, free_cash: float, price: float, orders: OrderRules
) -> float:
    """Return the cash that a buy may spend at the slipped `price`. `buy_nb`, "Set cash limit"."""
    if not orders.lock_cash:
        return cash
    if position >= 0.0:
        return min(free_cash, cash)
    one = 1.0 + orders.fees
    held = abs(position)
    cover = held * price * one + orders.fixed_fees
    left = added(free_cash + 2.0 * debt, -cover)
    if left > 0.0:
        limit = free_cash + 2.0 * debt
    elif left < 0.0:
        average = debt / held
        units = (free_cash - orders.fixed_fees) / (price * one - 2.0 * average)
        limit = units * price * one + orders.fixed_fees
    else:
        limit = cash
    return min(limit, cash)


@rule
def buy(
    wanted: float,
    price: float,
    cash: float,
    position: float,
    debt: float,
    free_cash: float,
    orders: OrderRules,
) -> Outcome:
    """Buy or cover `wanted` > 0 units. `buy_nb`."""
    price = price * (1.0 + orders.slippage)
    limit = buying_limit(cash, position, debt, free_cash, price, orders)
    status = FILLED
    quantity = wanted
    if orders.direction == SHORT_ONLY:
        quantity = min(-position, wanted)
        if position == 0.0:
            status = NO_OPEN_POSITION
    elif limit == 0.0:
        status = NO_CASH_LONG
    if status == FILLED and quantity == 0.0:
        status = IGNORED
    if status == FILLED and quantity > orders.max_size:
        if not orders.allow_partial:
            status = MAX_SIZE_EXCEEDED
        quantity = orders.max_size
    if status != FILLED:
        return status, 0.0, price, 0.0, cash, position, debt, free_cash
    stepped = orders.granularity == orders.granularity
    if stepped:
        quantity = quantity // orders.granularity * orders.granularity
    asked = quantity
    worth = quantity * price
    fees = worth * orders.fees + orders.fixed_fees
    paid = worth + fees
    if not at_most(paid, limit):
        affordable = added(limit, -orders.fixed_fees) / (1.0 + orders.fees)
        if affordable <= 0.0:
            return CANT_COVER_FEES, 0.0, price, 0.0, cash, position, debt, free_cash
        quantity = affordable / price
        if stepped:
            quantity = quantity // orders.granularity * orders.granularity
            worth = quantity * price
            fees = worth * orders.fees + orders.fixed_fees
            paid = worth + fees
        else:
            fees = limit - affordable
            paid = limit
    if is_nothing(asked):
        status = IGNORED
    elif clearly_less(quantity, orders.min_size):
        status = MIN_SIZE_NOT_REACHED
    elif not orders.allow_partial and clearly_less(quantity, wanted):
        status = PARTIAL_FILL
    if status != FILLED:
        return status, 0.0, price, 0.0, cash, position, debt, free_cash
    after = added(position, quantity)
    if not orders.lock_cash:
        return FILLED, quantity, price, fees, added(cash, -paid), after, debt, free_cash
    if position < 0.0:
        covered = quantity if after < 0.0 else abs(position)
        repaid = covered * (debt / abs(position))
        free_cash = added(free_cash + 2.0 * repaid, -paid)
        debt = added(debt, -repaid)
    else:
        free_cash = added(free_cash, -paid)
    return FILLED, quantity, price, fees, added(cash, -paid), after, debt, free_cash


@rule
def selling_limit(
    wanted: float, price: float, position: float, free_cash: float, orders: OrderRules
) -> tuple[float, int]:
    """Return the units that may be sold at the slipped `price`, and a status. `sell_nb` with `lock_cash`."""
    held = max(position, 0.0)
    free = added(free_cash, held * price * (1.0 - orders.fees))
    if free <= 0.0:
        if position <= 0.0:
            return wanted, NO_CASH_SHORT
        most = held
    else:
        most = added(held, added(free, -orders.fixed_fees) / (price * (1.0 + orders.fees)))
        if most <= 0.0:
            return wanted, CANT_COVER_FEES
    return min(wanted, most), FILLED


@rule
def sell(
    wanted: float,
    price: float,
    cash: float,
    position: float,
    debt: float,
    free_cash: float,
    orders: OrderRules,
) -> Outcome:
    """Sell or sell short `wanted` >= 0 units. `sell_nb`."""
    price = price * (1.0 - orders.slippage)
    status = FILLED
    quantity = wanted
    if orders.direction == LONG_ONLY:
        quantity = min(position, wanted)
    elif orders.lock_cash:
        quantity, status = selling_limit(wanted, price, position, free_cash, orders)
    if status == FILLED and quantity > orders.max_size:
        if not orders.allow_partial:
            status = MAX_SIZE_EXCEEDED
        quantity = orders.max_size
    if status == FILLED and orders.direction == LONG_ONLY and position == 0.0:
        status = NO_OPEN_POSITION
    if status != FILLED:
        return status, 0.0, price, 0.0, cash, position, debt, free_cash
    if orders.granularity == orders.granularity:
        quantity = quantity // orders.granularity * orders.granularity
    worth = quantity * price
    fees = worth * orders.fees + orders.fixed_fees
    received = added(worth, -fees)
    if is_nothing(quantity):
        status = IGNORED
    elif clearly_less(quantity, orders.min_size):
        status = MIN_SIZE_NOT_REACHED
    elif not orders.allow_partial and clearly_less(quantity, wanted):
        status = PARTIAL_FILL
    elif received < 0.0:
        status = CANT_COVER_FEES
    if status != FILLED:
        return status, 0.0, price, 0.0, cash, position, debt, free_cash
    after = added(position, -quantity)
    if not orders.lock_cash:
        return FILLED, quantity, price, fees, cash + received, after, debt, free_cash
    if after < 0.0:
        short_value = (quantity if position < 0.0 else abs(after)) * price
        debt = debt + short_value
        free_cash = added(free_cash, added(received, -2.0 * short_value))
    else:
        free_cash = free_cash + received
    return FILLED, quantity, price, fees, cash + received, after, debt, free_cash


@rule
def fill_at_once(
    asked: float,
    value: float,
    price: float,
    cash: float,
    position: float,
    debt: float,
    free_cash: float,
    orders: OrderRules,
) -> Outcome:
    """Execute an order for `asked` signed units, sized against `value` (infinity: against none). `execute_order_nb`.

    There, five numbers that are close to zero become zero first. Cash and positions come out of `added`, or are
    sums of such numbers of 0 or more, so only debt and free cash can be close to zero without being zero.
    """
    if is_nothing(debt):
        debt = 0.0
    if is_nothing(free_cash):
        free_cash = 0.0
    if value <= 0.0 or is_nothing(value):
        return VALUE_ZERO_NEG, 0.0, price, 0.0, cash, position, debt, free_cash
    if asked > 0.0:
        return buy(asked, price, cash, position, debt, free_cash, orders)
    return sell(-asked, price, cash, position, debt, free_cash, orders)


@rule
def denied_part(status: int, asked: float, quantity: float, orders: OrderRules) -> tuple[int, float]:
    """Return which rule refused or cut an order (below 0: none), and the signed units that were not executed.

    An order for nothing is not denied, and rounding to the granularity cuts nothing.
    """
    if status >= 0:
        return (status, asked) if asked != 0.0 else (IGNORED, 0.0)
    size = abs(asked)
    if status == IGNORED or quantity == size:
        return IGNORED, 0.0
    wanted = min(size, orders.max_size)
    if orders.granularity == orders.granularity:
        wanted = wanted // orders.granularity * orders.granularity
    left = size - quantity if asked > 0.0 else -(size - quantity)
    if clearly_less(quantity, wanted):
        return CUT_TO_CASH, left
    if size > orders.max_size:
        return MAX_SIZE_EXCEEDED, left
    return IGNORED, 0.0


@rule
def value_after(
    value: float,
    cash_before: float,
    cash: float,
    position_before: float,
    position: float,
    price_before: float,
    price: float,
) -> float:
    """Return the portfolio value after a fill, the asset valued at the price of the fill. `update_value_nb`."""
    before = position_before * price_before if position_before != 0.0 else 0.0
    after = position * price if position != 0.0 else 0.0
    return value + (cash - cash_before) + (after - before)
