"""An order meets a bar: which orders may fill and at which price, what the rules leave of them, and the booking."""

from __future__ import annotations

from fractions import Fraction

from parity_tests.oracle.account import Account, Order
from parity_tests.oracle.cash import allowed, pretend
from parity_tests.oracle.costs import charge, filled_part, slipped
from parity_tests.oracle.exact import ZERO

__all__ = ["admit", "end_assets", "execute", "fill_open_orders", "outcome", "pay_commissions"]


def admit(account: Account, orders: list[Order]) -> None:
    """Try the orders that nobody tried yet in the imagination: rule refused_twice, at submission.

    What is refused takes its cash and its position with it, as far as the orders behind it are concerned.
    """
    if account.case.rules["cash"] != "refused_twice":
        return
    cash, position = account.cash, [*account.position]
    for order in orders:
        if order.admitted:
            continue
        cash, order.admitted = pretend(account, order, cash, position)
        if not order.admitted:
            account.deny(order, order.quantity, "margin_at_submission")
            order.quantity = ZERO
    account.tidy()


def fill_open_orders(account: Account) -> None:
    """Let the open orders meet the bar."""
    rules = account.case.rules
    for order in account.queue():
        asset = order.asset
        price = account.order_price[asset]
        if rules["fill"].startswith("at_") and account.trades(asset):
            # The bar's own price, whatever an earlier fill of the bar has paid.
            market = account.case.market
            at_open = rules["fill"] in ("at_open", "at_next_open")
            price = (market.opens if at_open else market.closes)[account.bar][asset]
        if rules["fill"] in ("decision_close", "same_open"):
            if rules["waiting"] == "for_volume" and not account.volume(asset):
                continue
            if rules["fill"] == "decision_close":
                price = order.price
        elif not account.trades(asset):
            if rules["waiting"] == "never":
                account.deny(order, order.quantity, "no_price")
                order.quantity = ZERO
            continue
        elif rules["waiting"] == "for_volume" and not account.volume(asset):
            continue
        elif rules["fill"] == "next_open":
            price = account.open_price[asset]
        assert price is not None
        execute(account, order, price)
    account.tidy()
    account.give_up_places()


def outcome(account: Account, order: Order, base: Fraction) -> tuple[Fraction, Fraction, Fraction, str]:
    """Return the part that the bar takes, what the cash rule lets through of it, at which price, and why no more."""
    part = filled_part(account, order)
    if not part:
        return ZERO, ZERO, base, ""
    price = slipped(account, order.asset, part, base)
    through, rule = allowed(account, order, part, price)
    return part, through, price, rule


def execute(account: Account, order: Order, base: Fraction) -> Fraction:
    """Fill what the rules let through at a price before slippage, and book it; return what was really spent."""
    part, through, price, rule = outcome(account, order, base)
    if not part:
        return ZERO
    spent = _book(account, order, through, price) if through else ZERO
    if through != part or rule == "max_size_exceeded":
        if rule and order.quantity:
            account.deny(order, order.quantity, rule)
        order.quantity = ZERO
    return spent


def _book(account: Account, order: Order, quantity: Fraction, price: Fraction) -> Fraction:
    asset, held, watch = order.asset, account.position[order.asset], account.watch
    commission = charge(account, order, quantity, price, held)
    now = commission
    if account.case.rules["charging"] == "after_all_fills":
        account.owed += commission
        now = ZERO
    if account.case.rules["booking"] == "within_tolerance":
        paid = quantity * price
        if quantity > 0:
            account.cash = watch.added(account.cash, -(paid + now), "booking")
        else:
            account.cash += watch.added(-paid, -now, "booking")
        account.move(asset, watch.added(held, quantity, "position"))
    else:
        account.cash -= quantity * price + now
        account.move(asset, held + quantity)
    order.filled += quantity
    order.paid += commission
    order.quantity -= quantity
    account.used[asset] = account.used.get(asset, ZERO) + abs(quantity)
    account.fills.append((account.bar, asset, quantity, price, commission))
    return quantity * price + commission


def pay_commissions(account: Account) -> None:
    """Take what rule after_all_fills has not taken yet."""
    account.cash -= account.owed
    account.owed = ZERO


def end_assets(account: Account) -> None:
    """Rule ending sold: at the first bar after its last one an asset is sold at its last close, and its orders end."""
    for asset in [*account.opened]:
        held, close = account.position[asset], account.close_price[asset]
        if account.ended(asset) and close is not None:
            account.fills.append((account.bar, asset, -held, close, ZERO))
            account.cash += held * close
            account.move(asset, ZERO)
    for order in account.queue():
        if account.ended(order.asset):
            account.deny(order, order.quantity, "auto_close")
            order.quantity = ZERO
    account.tidy()
