"""The cash rules: how much of an order is executed, and by which rule the rest is denied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from parity_tests.oracle.account import Account, Order
from parity_tests.oracle.costs import charge, parts_of
from parity_tests.oracle.exact import NEAR, ZERO, kept
from parity_tests.oracle.limits import bought, sold

__all__ = ["allowed", "largest", "pretend"]

Outcome = tuple[Fraction, str]
Cost = Callable[[Fraction], Fraction]


def allowed(account: Account, order: Order, quantity: Fraction, price: Fraction) -> Outcome:
    """Return what of a quantity the cash rule lets through at this price, and the rule that stops the rest."""
    rule = account.case.rules["cash"]
    if rule == "refused_twice":
        return _refused_at_fill(account, order, quantity, price)
    if rule == "cut":
        return _cut(account, order, quantity, price)
    if rule == "cut_within_tolerance":
        if account.watch.sign(order.value, ZERO, "value", abs(order.value)) <= 0:
            return ZERO, "value_zero_neg"
        return (bought if quantity > 0 else sold)(account, order.asset, quantity, price)
    return quantity, ""


def pretend(account: Account, order: Order, cash: Fraction, position: list[Fraction]) -> tuple[Fraction, bool]:
    """Execute an order in the imagination, at the price it was sized with: rule refused_twice, at submission.

    Returns the cash that is left, and whether the order is admitted.
    """
    held = position[order.asset]
    paid = order.quantity * order.price
    left = cash - paid - charge(account, order, order.quantity, order.price, held)
    position[order.asset] = held + order.quantity
    return left, account.watch.sign(left, ZERO, "admission", max(abs(cash), abs(paid))) >= 0


def _refused_at_fill(account: Account, order: Order, quantity: Fraction, price: Fraction) -> Outcome:
    held = account.position[order.asset]
    left = account.cash - quantity * price - charge(account, order, quantity, price, held)
    enough = account.watch.sign(left, ZERO, "margin", max(abs(account.cash), abs(quantity * price))) >= 0
    if account.case.rules["booking"] == "average_cost":
        closed, opened = parts_of(held, quantity)
        if closed and opened and quantity.denominator != 1:
            # The parts need not add up to the order in floating point: Backtrader keeps the order open for the rest.
            account.watch.near.add("the parts of a reversal")
        return (quantity if enough or not opened else closed), "margin_at_fill"
    return (quantity if enough or quantity < 0 else ZERO), "margin_at_fill"


def _cut(account: Account, order: Order, quantity: Fraction, price: Fraction) -> Outcome:
    if quantity < 0:
        return quantity, ""
    held = account.position[order.asset]

    def cost(size: Fraction) -> Fraction:
        return size * price + charge(account, order, size, price, held)

    return largest(account, cost, quantity, account.cash, max(-held, ZERO)), "cut_to_cash"


def largest(account: Account, cost: Cost, wanted: Fraction, cash: Fraction, closed: Fraction) -> Fraction:
    """Return the largest quantity up to `wanted`, in steps, whose cost is within the cash.

    A cost has a slope that may change where a position is `closed` and where a minimum is exceeded.
    """
    watch, step = account.watch, account.case.step
    if watch.sign(cash, cost(wanted), "cash") >= 0:
        return wanted
    if step:
        low, high = 0, int(wanted // step) + 1  # cost(low) is within the cash, cost(high) is not.
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if cost(middle * step) <= cash else (low, middle)
        for steps in (low, high):
            if steps:
                watch.sign(cash, cost(steps * step), "cash")
        return low * step
    model = account.case.costs["commission"]
    breaks = {ZERO, wanted, min(closed, wanted)}
    if model["model"] == "PerShareCommission" and model["amount"]:
        exceeded = Fraction(model["minimum"]) / Fraction(model["amount"])
        breaks |= {min(exceeded, wanted), min(closed + exceeded, wanted)}
    size = _on_a_line(cost, sorted(breaks), cash)
    if size * NEAR <= 0 or cash <= NEAR * cost(wanted):
        watch.near.add("a speck of cash")  # Whether one is left is a matter of rounding.
    return kept(size)


def _on_a_line(cost: Cost, breaks: Sequence[Fraction], cash: Fraction) -> Fraction:
    for start, end in pairwise(breaks):
        third = (end - start) / 3
        one, two = cost(start + third), cost(start + 2 * third)
        slope = (two - one) / third
        reached = start + third + (cash - one) / slope
        if reached <= start:
            return start
        if reached < end:
            return reached
    return breaks[-1]
