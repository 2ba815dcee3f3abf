"""A rebalance whose trades are executed at their turns, each before the next one is sized (clause 3.8)."""

from __future__ import annotations

from fractions import Fraction

from parity_tests.oracle.account import Account, Order
from parity_tests.oracle.cash import largest
from parity_tests.oracle.costs import host_commission, slipped
from parity_tests.oracle.exact import ZERO
from parity_tests.oracle.filling import admit, execute, outcome, pay_commissions
from parity_tests.oracle.limits import floored
from parity_tests.oracle.planning import cash_at_hand, filtered, held_only, sized
from parity_tests.oracle.sequence import Turn

__all__ = ["rebalance_at_once"]


def rebalance_at_once(account: Account, turns: list[Turn], counted: list[Fraction], value: Fraction) -> None:
    """Execute trade after trade; one whose asset has no bar (or volume) now goes into the queue."""
    mode = account.case.config["mode"]
    planned: dict[int, Fraction] = {}
    if mode == "snapshot":
        for turn in turns:
            planned[turn.asset] = _wanted(account, turn, counted[turn.asset], value)
    for turn in turns:
        asset = turn.asset
        before = counted[asset]
        if mode == "snapshot":
            quantity = planned[asset]
        else:
            quantity = _at_its_turn(account, turn, before, value)
        if not quantity:
            continue
        order = Order(account.bar, asset, quantity, account.price(asset), value, quantity < 0)
        if not _meets(account, asset):
            account.submit(order)
            continue
        value = _executed(account, order, value, live=mode == "incremental")
    pay_commissions(account)


def _meets(account: Account, asset: int) -> bool:
    if not account.trades(asset):
        return False
    return account.case.rules["waiting"] != "for_volume" or account.volume(asset) > 0


def _wanted(account: Account, turn: Turn, counted: Fraction, value: Fraction) -> Fraction:
    """Size and filter, without a look at cash."""
    quantity = sized(account, turn.asset, turn.weight, counted, value)
    if turn.keeps_side and quantity * turn.side <= 0:
        return ZERO
    units = quantity
    if account.case.rules["cash"] == "cut_within_tolerance":  # Clause 4.4: the host's granularity.
        units = floored(account, turn.asset, quantity)
    if not filtered(account, turn.asset, units, turn.weight, counted, value):
        return ZERO
    held, rest = held_only(account, turn.asset, quantity, turn.weight)
    return filtered(account, turn.asset, held, turn.weight, counted, value) if rest else held


def _at_its_turn(account: Account, turn: Turn, counted: Fraction, value: Fraction) -> Fraction:
    """Size at its turn; the filters look at what the planner, or a cash rule that cuts, leaves (4.4)."""
    asset, weight = turn.asset, turn.weight
    quantity = sized(account, asset, weight, counted, value)
    if turn.keeps_side and quantity * turn.side <= 0:
        return ZERO
    quantity, _ = held_only(account, asset, quantity, weight)
    cuts = account.case.rules["cash"] in ("cut", "cut_within_tolerance")
    if quantity > 0 and not cuts:

        def cost(size: Fraction) -> Fraction:
            price = slipped(account, asset, size, account.price(asset), planned=True)
            return size * price + host_commission(account, size, price)

        closed = max(-(account.position[asset] + counted), ZERO)
        quantity = largest(account, cost, quantity, cash_at_hand(account), closed)
    left = quantity
    if quantity and cuts and _meets(account, asset):
        order = Order(account.bar, asset, quantity, account.price(asset), value)
        part, through, _, _ = outcome(account, order, account.price(asset))
        left = quantity if through == part else through
        if not through:
            return quantity  # It will be denied, or stay open.
    return quantity if filtered(account, asset, left, weight, counted, value) else ZERO


def _executed(account: Account, order: Order, value: Fraction, *, live: bool) -> Fraction:
    """Admit and fill an order; return the value that the next trade is sized with."""
    asset, price = order.asset, account.price(order.asset)
    admit(account, [order])
    if not order.quantity:
        return value
    held, cash = account.position[asset], account.cash
    spent = execute(account, order, price)
    if order.quantity:
        account.submit(order)
    filled = account.position[asset] - held
    if not filled or not live:
        return value
    if account.case.rules["valuing"] == "from_cash":  # VectorBT `update_value_nb`: known at the price paid.
        paid = account.fills[-1][3]
        account.order_price[asset] = paid
        return value + (account.cash - cash) + account.position[asset] * paid - held * price
    return value - spent + filled * price
