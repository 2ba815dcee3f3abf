"""VectorBT's cash rule: an order is bounded by `Limits` and cut to cash, all within a tolerance.

VectorBT 1.0, `portfolio/nb.py`: `execute_order_nb`, `buy_nb`, `sell_nb`; the order of operations is theirs.
"""

from __future__ import annotations

from typing import Any

from weighbridge.rules.compiled import rule
from weighbridge.rules.costs import Terms
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.tolerance import added, at_most, clearly_less, is_nothing

__all__ = [
    "IGNORED",
    "PASSED",
    "allowed_within_tolerance",
    "denied_part",
    "locked_after_buying",
    "locked_after_selling",
    "nearly",
]

# VectorBT's own numbers, `enums.Direction`.
LONG_ONLY, SHORT_ONLY, BOTH = range(3)

# What came of an order: PASSED, IGNORED, or the number of the `DenialRule` that refused it.
PASSED, IGNORED = -1, -2


@rule
def buying_limit(cash: float, row: Any, free_cash: float, price: float, terms: Terms) -> float:
    """Return the cash that a buy may spend at the slipped `price`. `buy_nb`, "Set cash limit"."""
    if not terms.lock_cash:
        return cash
    if row.position >= 0.0:
        return min(free_cash, cash)
    debt = nearly(row.debt)
    one = 1.0 + terms.fees
    held = abs(row.position)
    cover = held * price * one + terms.fixed_fees
    left = added(free_cash + 2.0 * debt, -cover)
    if left > 0.0:
        limit = free_cash + 2.0 * debt
    elif left < 0.0:
        average = debt / held
        units = (free_cash - terms.fixed_fees) / (price * one - 2.0 * average)
        limit = units * price * one + terms.fixed_fees
    else:
        limit = cash
    return min(limit, cash)


@rule
def nearly(number: float) -> float:
    """Return 0.0 for what is close to it: `execute_order_nb` begins with that for five numbers.

    Cash and positions come out of `added`, or are sums of such numbers of 0 or more, so only debt and free cash can be
    close to zero without being zero.
    """
    return 0.0 if is_nothing(number) else number


@rule
def buying(
    terms: Terms, row: Any, wanted: float, price: float, cash: float, free_cash: float, charged_on: float
) -> tuple[int, float, float, float]:
    """Buy or cover `wanted` > 0 units: status, quantity, fees and cost. `buy_nb`."""
    limit = buying_limit(cash, row, free_cash, price, terms)
    position = row.position
    status = PASSED
    quantity = wanted
    if terms.direction == SHORT_ONLY:
        quantity = min(-position, wanted)
        if position == 0.0:
            status = DenialRule.NO_OPEN_POSITION
    elif limit == 0.0:
        status = DenialRule.NO_CASH_LONG
    if status == PASSED and quantity == 0.0:
        status = IGNORED
    if status == PASSED and quantity > terms.max_size:
        if not terms.allow_partial:
            status = DenialRule.MAX_SIZE_EXCEEDED
        quantity = terms.max_size
    if status != PASSED:
        return status, 0.0, 0.0, 0.0
    stepped = terms.granularity == terms.granularity
    if stepped:
        quantity = quantity // terms.granularity * terms.granularity
    asked = quantity
    worth = quantity * price
    fees = quantity * charged_on * terms.fees + terms.fixed_fees
    paid = worth + fees
    if not at_most(paid, limit):
        affordable = added(limit, -terms.fixed_fees) / (1.0 + terms.fees)
        if affordable <= 0.0:
            return DenialRule.CANT_COVER_FEES, 0.0, 0.0, 0.0
        quantity = affordable / price
        if stepped:
            quantity = quantity // terms.granularity * terms.granularity
            worth = quantity * price
            fees = quantity * charged_on * terms.fees + terms.fixed_fees
            paid = worth + fees
        else:
            fees = limit - affordable
            paid = limit
    if is_nothing(asked):
        status = IGNORED
    elif clearly_less(quantity, terms.min_size):
        status = DenialRule.MIN_SIZE_NOT_REACHED
    elif not terms.allow_partial and clearly_less(quantity, wanted):
        status = DenialRule.PARTIAL_FILL
    if status != PASSED:
        return status, 0.0, 0.0, 0.0
    return PASSED, quantity, fees, paid


@rule
def selling_limit(wanted: float, price: float, row: Any, free_cash: float, terms: Terms) -> tuple[float, int]:
    """Return the units that may be sold at the slipped `price`, and a status. `sell_nb` with `lock_cash`."""
    held = max(row.position, 0.0)
    free = added(free_cash, held * price * (1.0 - terms.fees))
    if free <= 0.0:
        if row.position <= 0.0:
            return wanted, DenialRule.NO_CASH_SHORT
        most = held
    else:
        most = added(held, added(free, -terms.fixed_fees) / (price * (1.0 + terms.fees)))
        if most <= 0.0:
            return wanted, DenialRule.CANT_COVER_FEES
    return min(wanted, most), PASSED


@rule
def selling(
    terms: Terms, row: Any, wanted: float, price: float, free_cash: float, charged_on: float
) -> tuple[int, float, float, float]:
    """Sell or sell short `wanted` >= 0 units: status, quantity, fees and what the sale brings. `sell_nb`."""
    position = row.position
    status = PASSED
    quantity = wanted
    if terms.direction == LONG_ONLY:
        quantity = min(position, wanted)
    elif terms.lock_cash:
        quantity, status = selling_limit(wanted, price, row, free_cash, terms)
    if status == PASSED and quantity > terms.max_size:
        if not terms.allow_partial:
            status = DenialRule.MAX_SIZE_EXCEEDED
        quantity = terms.max_size
    if status == PASSED and terms.direction == LONG_ONLY and position == 0.0:
        status = DenialRule.NO_OPEN_POSITION
    if status != PASSED:
        return status, 0.0, 0.0, 0.0
    if terms.granularity == terms.granularity:
        quantity = quantity // terms.granularity * terms.granularity
    fees = quantity * charged_on * terms.fees + terms.fixed_fees
    received = added(quantity * price, -fees)
    if is_nothing(quantity):
        status = IGNORED
    elif clearly_less(quantity, terms.min_size):
        status = DenialRule.MIN_SIZE_NOT_REACHED
    elif not terms.allow_partial and clearly_less(quantity, wanted):
        status = DenialRule.PARTIAL_FILL
    elif received < 0.0:
        status = DenialRule.CANT_COVER_FEES
    if status != PASSED:
        return status, 0.0, 0.0, 0.0
    return PASSED, quantity, fees, received


@rule
def allowed_within_tolerance(
    terms: Terms, row: Any, asked: float, price: float, money: Any, charged_on: float
) -> tuple[int, float, float, float]:
    """Bound an order for `asked` signed units: status, signed quantity, fees, and what it costs or brings.

    `money` are cash, free cash and value. `execute_order_nb`: a fraction of a value of nothing is refused.
    """
    cash, free_cash, value = money
    free_cash = nearly(free_cash)
    if value <= 0.0 or is_nothing(value):
        return DenialRule.VALUE_ZERO_NEG, 0.0, 0.0, 0.0
    if asked > 0.0:
        return buying(terms, row, asked, price, cash, free_cash, charged_on)
    status, quantity, fees, received = selling(terms, row, -asked, price, free_cash, charged_on)
    return status, -quantity, fees, received


@rule
def denied_part(status: int, asked: float, executed: float, terms: Terms) -> tuple[int, float]:
    """Return which rule refused or cut an order (below 0: none), and the signed units that were not executed.

    An order for nothing is not denied, and rounding to the granularity cuts nothing.
    """
    if status >= 0:
        return (status, asked) if asked != 0.0 else (IGNORED, 0.0)
    size = abs(asked)
    quantity = abs(executed)
    if status == IGNORED or quantity == size:
        return IGNORED, 0.0
    wanted = min(size, terms.max_size)
    if terms.granularity == terms.granularity:
        wanted = wanted // terms.granularity * terms.granularity
    left = size - quantity if asked > 0.0 else -(size - quantity)
    if clearly_less(quantity, wanted):
        return int(DenialRule.CUT_TO_CASH), left
    if size > terms.max_size:
        return int(DenialRule.MAX_SIZE_EXCEEDED), left
    return IGNORED, 0.0


@rule
def locked_after_buying(
    position: float, debt: float, free_cash: float, quantity: float, after: float, paid: float
) -> tuple[float, float]:
    """Return debt and free cash after a buy. `buy_nb`, with `lock_cash`."""
    if position < 0.0:
        covered = quantity if after < 0.0 else abs(position)
        repaid = covered * (debt / abs(position))
        return added(debt, -repaid), added(free_cash + 2.0 * repaid, -paid)
    return debt, added(free_cash, -paid)


@rule
def locked_after_selling(
    position: float, debt: float, free_cash: float, quantity: float, after: float, money: Any
) -> tuple[float, float]:
    """Return debt and free cash after a sale at a price that brought `received`. `sell_nb`, with `lock_cash`."""
    price, received = money
    if after < 0.0:
        short_value = (quantity if position < 0.0 else abs(after)) * price
        return debt + short_value, added(free_cash, added(received, -2.0 * short_value))
    return debt, free_cash + received
