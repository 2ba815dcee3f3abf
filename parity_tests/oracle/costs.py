"""What a fill costs: the slipped price, how much of an order a bar's volume takes, and the commission."""

from __future__ import annotations

import math
from fractions import Fraction

from parity_tests.oracle.account import Account, Order
from parity_tests.oracle.exact import ZERO

__all__ = ["charge", "filled_part", "host_commission", "parts_of", "slipped"]

VOLUME_MODELS = ("FixedBasisPointsSlippage", "VolumeShareSlippage")


def filled_part(account: Account, order: Order) -> Fraction:
    """Return how much of the order's rest this bar takes: rule `parts`. Zipline `process_order`."""
    model = account.case.costs["slippage"]
    if account.case.rules["parts"] == "whole" or model["model"] not in VOLUME_MODELS:
        return order.quantity
    used = account.used.get(order.asset, ZERO)
    # One product of two floats: what floating point makes of it is known.
    allowed = Fraction(float(Fraction(model["volume_limit"]) * account.volume(order.asset)))
    wanted = abs(order.quantity)
    if model["model"] == "FixedBasisPointsSlippage":
        size = min(wanted, math.floor(allowed) - used)
    elif allowed - used < 1:
        size = ZERO
    else:
        size = Fraction(math.floor(min(allowed - used, wanted)))
        if wanted.denominator != 1 and wanted <= allowed - used:
            account.watch.floor(wanted, "part of an order")
    return size if order.quantity > 0 else -size


def slipped(account: Account, asset: int, quantity: Fraction, price: Fraction, *, planned: bool = False) -> Fraction:
    """Return the price that a fill of this quantity pays: rule `slipping`.

    A plan (`planned`) knows of no volume (3.3), nor of a bar's high and low.
    """
    model = account.case.costs["slippage"]
    sign = 1 if quantity > 0 else -1
    kind = model["model"]
    if kind == "PercentSlippage":
        by = price * Fraction(model["rate"])
    elif kind == "FixedSlippage":
        by = Fraction(model["amount"])
    elif kind == "FixedBasisPointsSlippage":
        by = price * Fraction(model["basis_points"]) / 10_000
    elif kind == "VolumeShareSlippage" and not planned:
        volume = account.volume(asset)
        share = Fraction(model["volume_limit"])
        if volume:
            share = min((account.used.get(asset, ZERO) + abs(quantity)) / volume, share)
        by = price * share**2 * Fraction(model["price_impact"])
    else:
        by = ZERO
    paid = price + sign * by
    if by and not planned and account.case.rules["slipping"] == "within_bar":
        latest = account.latest[asset]
        bound = (account.case.market.highs if sign > 0 else account.case.market.lows)[latest][asset]
        assert bound is not None
        paid = min(paid, bound) if sign > 0 else max(paid, bound)
    return paid


def host_commission(account: Account, quantity: Fraction, price: Fraction) -> Fraction:
    """Return the commission of an order that is executed at once and charged once."""
    model = account.case.costs["commission"]
    size = abs(quantity)
    if not size:
        return ZERO
    if model["model"] == "PercentCommission":
        return size * price * Fraction(model["rate"])
    if model["model"] == "PerShareCommission":
        return max(size * Fraction(model["amount"]), Fraction(model["minimum"]))
    return Fraction(model.get("amount", 0))


def parts_of(held: Fraction, quantity: Fraction) -> tuple[Fraction, Fraction]:
    """Return what of an order closes a position and what opens one."""
    if held * quantity >= 0:
        return ZERO, quantity
    closed = quantity if abs(quantity) <= abs(held) else -held
    return closed, quantity - closed


def charge(account: Account, order: Order, quantity: Fraction, price: Fraction, held: Fraction) -> Fraction:
    """Return the commission of a fill: rule `charging`."""
    rule = account.case.rules["charging"]
    if rule == "part_by_part":
        return sum((host_commission(account, part, price) for part in parts_of(held, quantity)), ZERO)
    if rule != "after_all_fills" or not order.paid:
        return host_commission(account, quantity, price)
    # A later fill of an order that has paid: Zipline `calculate_per_unit_commission`, `PerTrade.calculate`.
    model = account.case.costs["commission"]
    if model["model"] == "PercentCommission":
        return host_commission(account, quantity, price)
    if model["model"] == "PerShareCommission":
        total = (abs(order.filled) + abs(quantity)) * Fraction(model["amount"])
        return ZERO if total < Fraction(model["minimum"]) else total - order.paid
    return ZERO
