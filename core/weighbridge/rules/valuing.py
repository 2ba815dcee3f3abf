"""The rule of valuing: what a portfolio is worth, addition by addition."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import gain, worth

__all__ = ["Valuing", "added_contract", "added_term", "first_term", "known_price", "portfolio_value", "value_after"]


class Valuing(IntEnum):
    """In which order, and with which operations, positions are added up (semantics 6.1)."""

    PLAIN = 0
    """Quantity x price from 0.0 on, in look-up order, then the cash. The reference's."""
    TERM_BY_TERM = 1
    """The same order; a long position as its cost and then its profit. Backtrader `BackBroker._get_value`."""
    LONG_AND_SHORT = 2
    """Cash + (long + short), in the order in which positions were opened. Zipline
    `calculate_position_tracker_stats`."""
    FROM_CASH = 3
    """Each position added to the cash, in column order. VectorBT `get_group_value_nb`."""


@rule
def known_price(now: float, before: float) -> float:
    """Return the price now, or the one before where there is none."""
    return now if now == now else before


@rule
def first_term(rules: Any, cash: float) -> float:
    """Return what the first sum begins with."""
    if rules.valuing == Valuing.FROM_CASH:
        return cash
    return 0.0


@rule
def added_term(
    rules: Any, total: float, short: float, quantity: float, average: float, price: float
) -> tuple[float, float]:
    """Add a position of ordinary shares to the sum, or to the second sum where short ones are summed apart."""
    value = quantity * price
    if rules.valuing == Valuing.TERM_BY_TERM:
        if value > 0.0:
            profit = quantity * (price - average)
            total += value - profit
            return total + profit, short
    if rules.valuing == Valuing.LONG_AND_SHORT:
        # Adding 0.0 changes nothing, and no processor has to foresee which sum it is.
        return total + (value if value > 0.0 else 0.0), short + (0.0 if value > 0.0 else value)  # noqa: FURB136
    return total + value, short


@rule
def added_contract(rules: Any, total: float, short: float, row: Any, price: float) -> tuple[float, float]:
    """Add a position of any contract; leverage is Backtrader's alone (semantics 9.6)."""
    value = worth(row, row.position, price)
    if rules.valuing == Valuing.TERM_BY_TERM:
        if value > 0.0:
            profit = gain(row, row.position, row.average, price)
            total += (value - profit) / row.leverage
            return total + profit, short
    if rules.valuing == Valuing.LONG_AND_SHORT:
        if row.position < 0.0:
            return total, short + value
    return total + value, short


@rule
def portfolio_value(rules: Any, cash: float, total: float, short: float) -> float:
    """Return the value that the sums come to."""
    if rules.valuing == Valuing.FROM_CASH:
        return total
    if rules.valuing == Valuing.LONG_AND_SHORT:
        return cash + (total + short)
    return cash + total


@rule
def value_after(value: float, cash: Any, position: Any, price: Any) -> float:
    """Return the value after a fill, the asset valued at the price of the fill. VectorBT, `update_value_nb`.

    Each of `cash`, `position` and `price` is before and after.
    """
    before = position[0] * price[0] if position[0] != 0.0 else 0.0
    after = position[1] * price[1] if position[1] != 0.0 else 0.0
    return value + (cash[1] - cash[0]) + (after - before)
