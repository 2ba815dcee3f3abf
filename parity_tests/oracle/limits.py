"""The cash rule cut_within_tolerance: VectorBT's `buy_nb` and `sell_nb` step by step, without `lock_cash`."""

from __future__ import annotations

import math
from fractions import Fraction

from parity_tests.oracle.account import Account
from parity_tests.oracle.exact import NEAR, ZERO, kept

__all__ = ["bought", "floored", "sold"]

Outcome = tuple[Fraction, str]
NOTHING = ZERO, ""  # VectorBT ignores an order of no size: nothing is denied.


def bought(account: Account, asset: int, asked: Fraction, price: Fraction) -> Outcome:
    """Return what of a buy goes through, and what stopped the rest."""
    watch, limits, step = account.watch, account.case.limits, account.case.granularity
    cash = account.cash
    if watch.close(cash, ZERO, "cash"):
        cash = ZERO
    if account.case.rules["booking"] != "within_tolerance" and abs(cash) <= NEAR * asked * price:
        watch.near.add("a speck of cash")
    size, max_size = asked, limits.get("max_size", math.inf)
    if limits.get("direction", "both") == "shortonly":
        if account.position[asset] == 0:
            return ZERO, "no_open_position"
        size = min(-account.position[asset], size)
    elif cash == 0:
        return ZERO, "no_cash_long"
    stopped = ""
    if not math.isinf(max_size) and watch.sign(size, Fraction(max_size), "max_size") > 0:
        if not limits.get("allow_partial", True):
            return ZERO, "max_size_exceeded"
        size, stopped = Fraction(max_size), "max_size_exceeded"
    size = floored(account, asset, size)
    fees, fixed = _fees(account)
    needed = size * price * (1 + fees) + fixed
    final = size
    if not watch.close(needed, cash, "enough cash") and watch.sign(needed, cash, "") > 0:
        most = watch.added(cash, -fixed, "fixed commission") / (1 + fees)
        if most <= 0:
            return ZERO, "cant_cover_fees"
        final, stopped = kept(watch.multiple(most / price, step, "granularity of cash")), "cut_to_cash"
    if watch.close(size, ZERO, "no size"):
        return NOTHING
    return _judged(account, asked, final, stopped)


def sold(account: Account, asset: int, asked: Fraction, price: Fraction) -> Outcome:
    """Return what of a sale goes through, as a negative quantity, and what stopped the rest."""
    watch, limits = account.watch, account.case.limits
    asked, size, stopped = -asked, -asked, ""
    max_size = limits.get("max_size", math.inf)
    long_only = limits.get("direction", "both") == "longonly"
    if long_only:
        size = min(account.position[asset], size)
    if not math.isinf(max_size) and watch.sign(size, Fraction(max_size), "max_size") > 0:
        if not limits.get("allow_partial", True):
            return ZERO, "max_size_exceeded"
        size, stopped = Fraction(max_size), "max_size_exceeded"
    if long_only and account.position[asset] == 0:
        return ZERO, "no_open_position"
    size = floored(account, asset, size)
    if watch.close(size, ZERO, "no size"):
        return NOTHING
    final, rule = _judged(account, asked, size, stopped)
    fees, fixed = _fees(account)
    if final and watch.added(final * price, -(final * price * fees + fixed), "sale's commission") < 0:
        return ZERO, "cant_cover_fees"
    return -final, rule


def floored(account: Account, asset: int, size: Fraction) -> Fraction:
    """Cut a size to the granularity, which is that of the limits or the step of the config."""
    step = account.case.granularity
    if step and size.denominator == step.denominator == 1:
        whole = abs(size) // step * step  # Whole numbers: floating point cannot differ.
        return whole if size > 0 else -whole
    return account.watch.multiple(size, step, "granularity", account.position[asset])


def _judged(account: Account, asked: Fraction, size: Fraction, stopped: str) -> Outcome:
    watch, limits = account.watch, account.case.limits
    least = Fraction(limits.get("min_size", 1e-8))
    if size < least and not watch.close(size, least, "min_size"):
        return ZERO, "min_size_not_reached"
    if not limits.get("allow_partial", True) and size < asked and not watch.close(size, asked, "partial"):
        return ZERO, "partial_fill"
    return size, stopped


def _fees(account: Account) -> tuple[Fraction, Fraction]:
    model = account.case.costs["commission"]
    percent = model["model"] == "PercentCommission"
    return (Fraction(model["rate"]), ZERO) if percent else (ZERO, Fraction(model.get("amount", 0)))
