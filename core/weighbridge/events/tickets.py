"""Order tickets: what a strategy asks for, checked, before it reaches the queue."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from weighbridge.exceptions import ExecutionError
from weighbridge.rebalance.orders import OrderType

__all__ = ["Ticket", "ticket_for"]

_PRICES: dict[OrderType, tuple[str, ...]] = {
    OrderType.MARKET: (),
    OrderType.LIMIT: ("limit_price",),
    OrderType.STOP: ("stop_price",),
    OrderType.STOP_LIMIT: ("limit_price", "stop_price"),
    OrderType.TRAILING_STOP: (),
}


class Ticket(NamedTuple):
    """A checked order: signed units and the prices that its type has."""

    type: OrderType
    quantity: float
    limit_price: float | None = None
    stop_price: float | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None


def ticket_for(type: OrderType | str, quantity: object, **prices: object) -> Ticket:
    """Check an order's type, quantity and prices.

    Raises:
        ExecutionError: The type is not known; the quantity is 0, NaN or infinite; a price is missing, superfluous,
            or not a finite number above 0; a trailing stop has no distance, or two.
    """
    kind = _type(type)
    size = _number("quantity", quantity)
    if size == 0.0:
        raise ExecutionError("quantity=0 orders nothing", hint="pass units above 0 to buy, below 0 to sell")
    given = {name: _above_zero(name, price) for name, price in prices.items() if price is not None}
    trails = [name for name in given if name.startswith("trail_")]
    needed = set(_PRICES[kind])
    if kind is OrderType.TRAILING_STOP:
        if len(trails) != 1:
            raise ExecutionError(
                f"a trailing stop takes one distance, and {len(trails)} were passed",
                hint="pass trail_amount=1.50 or trail_percent=0.05",
            )
        needed.update(trails)
    for name in sorted(needed ^ set(given)):
        what = "needs" if name in needed else "takes no"
        raise ExecutionError(
            f"a {kind.value} order {what} {name}", hint=f"it takes: {', '.join(sorted(needed)) or '-'}"
        )
    if given.get("trail_percent", 0.0) >= 1.0:
        raise ExecutionError(f"trail_percent={given['trail_percent']!r} is not below 1", hint="0.05 is 5%")
    return Ticket(kind, size, **given)


def _type(type: Any) -> OrderType:
    try:
        return OrderType(type)
    except ValueError:
        known = ", ".join(repr(kind.value) for kind in OrderType)
        raise ExecutionError(f"type={type!r} is not an order type", hint=f"pass one of {known}") from None


def _number(name: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool | np.bool_ | str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ExecutionError(f"{name}={value!r} is not a finite number", hint="check what it was computed from")
    return number


def _above_zero(name: str, value: Any) -> float:
    number = _number(name, value)
    if number <= 0.0:
        raise ExecutionError(f"{name}={value!r} is not above 0", hint="pass a price, or a distance between prices")
    return number
