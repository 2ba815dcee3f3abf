"""From target weights to the quantities of a rebalance: sections 2 and 4 of the semantics."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from parity_tests.oracle.account import Account
from parity_tests.oracle.costs import host_commission
from parity_tests.oracle.exact import NEAR, ZERO, kept

__all__ = ["Weights", "cash_at_hand", "filtered", "held_only", "pending", "prepared", "sized", "tradable"]

Weights = Sequence["Fraction | None"]
SNAP = Fraction(1, 10**4)  # Zipline `round_if_near_integer`.


def prepared(account: Account, weights: Weights) -> list[Fraction | None]:
    """Clause 2.4: shorts, the single weight, gross leverage, headroom."""
    case = account.case
    cap, limit = case.limit("max_single_weight"), case.limit("max_gross_leverage")
    ready: list[Fraction | None] = []
    for weight in weights:
        if weight is not None:
            weight = max(weight, ZERO) if not case.config["allow_short"] else weight
            if cap is not None and abs(weight) > cap:
                weight = cap if weight > 0 else -cap
        ready.append(weight)
    gross = sum((abs(weight) for weight in ready if weight is not None), ZERO)
    scale = Fraction(case.config["headroom"])
    if limit is not None and gross > limit * (1 + Fraction(1, 10**12)):
        scale *= limit / gross
    return [None if weight is None else kept(weight * scale) for weight in ready]


def tradable(account: Account, asset: int) -> bool:
    """Clause 2.5 and the rules `waiting` and `ending`: say whether the asset may be traded now."""
    case = account.case
    if account.order_price[asset] is None or account.seen[asset] < case.config["late_asset_min_bars"]:
        return False
    if account.ended(asset):
        return False
    if account.trades(asset):
        return True
    return case.config["missing_price_policy"] == "use_last" and case.rules["waiting"] != "never"


def pending(account: Account) -> list[Fraction]:
    """Clauses 5.2 and 5.3: orders of this bar count as filled, others if they are to be counted."""
    counted = [ZERO] * account.n_assets
    for order in account.open:
        if account.case.config["account_for_pending"] or order.bar == account.bar:
            counted[order.asset] += order.quantity
    return counted


def cash_at_hand(account: Account) -> Fraction:
    """Clause 3.6: the cash less what counted open buys will need, at the sizing price.

    Under ending sold an order of an asset that has ended fills no more, so it will need nothing.
    """
    cash = account.cash
    for order in account.open:
        if account.ended(order.asset):
            continue
        if order.quantity > 0 and (account.case.config["account_for_pending"] or order.bar == account.bar):
            price = account.price(order.asset)
            cash -= order.quantity * price + host_commission(account, order.quantity, price)
    return cash


def sized(account: Account, asset: int, weight: Fraction, counted: Fraction, value: Fraction) -> Fraction:
    """Clauses 4.1 and 4.3: the quantity that the target asks for; a target of 0 closes everything."""
    watch, rule, case = account.watch, account.case.rules["sizing"], account.case
    held, price = account.position[asset] + counted, account.price(asset)
    if weight == 0:
        return -held
    scale = max(abs(weight * value / price), abs(held))
    step = case.step
    if rule == "value_difference_floored":
        exact = (weight * value - held * price) / price
    else:
        exact = weight * value / price - held
    if rule == "quantity_difference_snapped" and abs(exact - round(exact)) <= SNAP * (1 + NEAR):
        if abs(abs(exact - round(exact)) - SNAP) <= NEAR * max(scale, 1):
            watch.near.add("snap")
        quantity = Fraction(round(exact))
    elif step and case.rounds_when_sizing:
        quantity = watch.multiple(exact, Fraction(1), "whole units", scale)
    else:
        quantity = kept(exact)
    if case.rounds_when_sizing and step > 1:
        quantity = _lots(account, quantity, step)
    if quantity < 0 and not case.config["allow_short"]:  # Clause 4.6: nothing below zero.
        quantity = max(quantity, -max(held, ZERO))
    return quantity


def _lots(account: Account, quantity: Fraction, step: Fraction) -> Fraction:
    whole = abs(quantity) // step * step  # Of whole units, so floating point cannot differ.
    if quantity.denominator != 1:
        account.watch.multiple(quantity, step, "lots")
    return whole if quantity > 0 else -whole


def filtered(
    account: Account, asset: int, quantity: Fraction, weight: Fraction, counted: Fraction, value: Fraction
) -> Fraction:
    """Clauses 4.2 and 4.3: nothing, where the trade or the change of weight is too small."""
    if weight == 0 or quantity == 0:
        return quantity
    watch, price = account.watch, account.price(asset)
    least = Fraction(account.case.config["min_trade_value"])
    if least and watch.sign(abs(quantity) * price, least, "min_trade_value") < 0:
        return ZERO
    change = Fraction(account.case.config["min_weight_change"])
    if change:
        held = (account.position[asset] + counted) * price
        now = abs(weight - (held / value if value else ZERO))
        if watch.sign(now, change, "min_weight_change", abs(weight)) < 0:
            return ZERO
    return quantity


def held_only(account: Account, asset: int, quantity: Fraction, weight: Fraction) -> tuple[Fraction, bool]:
    """Clause 4.6: what goes now of a sale, and whether a rest of it waits."""
    if quantity >= 0 or account.case.config["allow_short"]:
        return quantity, False
    in_sales = sum((-order.quantity for order in account.open if order.asset == asset and order.quantity < 0), ZERO)
    free = max(account.position[asset] - in_sales, ZERO)
    if weight != 0 and account.case.step:
        free = account.watch.multiple(free, account.case.step, "free to sell") if free % account.case.step else free
    return (quantity, False) if -quantity <= free else (-free, True)
