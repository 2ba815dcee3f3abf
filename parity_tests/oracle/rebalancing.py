"""A decision becomes orders: modes, phases and sequence (sections 3 and 5 of the semantics)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from parity_tests.oracle.account import Account, Order
from parity_tests.oracle.cash import largest
from parity_tests.oracle.costs import host_commission, slipped
from parity_tests.oracle.exact import ZERO
from parity_tests.oracle.immediate import rebalance_at_once
from parity_tests.oracle.planning import (
    Weights,
    cash_at_hand,
    filtered,
    held_only,
    pending,
    prepared,
    sized,
    tradable,
)
from parity_tests.oracle.sequence import Turn, increases_of, turns_of

__all__ = ["Unfinished", "decide", "second_phase"]


@dataclass
class Unfinished:
    """A rebalance with a second phase to come."""

    bar: int
    value: Fraction
    turns: list[Turn]
    rests: set[int] = field(default_factory=set)
    """The assets of which a sale waits, since they are not held yet."""
    waited: int = 0


@dataclass
class Plan:
    """What a rebalance sees while it goes from trade to trade."""

    value: Fraction
    cash: Fraction
    counted: list[Fraction]
    bound: bool
    """Increases are cut to the cash at hand."""


def decide(account: Account, weights: Weights) -> Unfinished | None:
    """Rebalance; return what a second phase has to do."""
    case = account.case
    if case.config["cancel_before_rebalance"]:  # Clause 5.1.
        for order in account.open:
            if order.bar < account.bar:
                order.quantity = ZERO
        account.tidy()
    counted, value = pending(account), account.decision_value()
    turns = turns_of(account, prepared(account, weights), counted, value)
    if case.immediate:
        rebalance_at_once(account, turns, counted, value)
        return None
    live = case.config["mode"] != "snapshot"
    plan = Plan(value, cash_at_hand(account), counted, bound=live)
    if case.known or not live:
        rests = _send_all(account, turns, plan)
        return Unfinished(account.bar, value, turns, rests) if rests and not case.known else None
    return _first_phase(account, turns, plan)


def _send_all(account: Account, turns: list[Turn], plan: Plan) -> set[int]:
    """One batch. Where the price of the fills is known (3.3), each trade is worked out before the next is sized."""
    rests: set[int] = set()
    for turn in turns:
        quantity, rest = _trade(account, turn, plan)
        if rest:
            rests.add(turn.asset)
        _send(account, turn, quantity, plan)
        if plan.bound and quantity:
            _work_out(account, turn.asset, quantity, plan)
    return rests


def _work_out(account: Account, asset: int, quantity: Fraction, plan: Plan) -> None:
    spent = _cost(account, asset, quantity)
    plan.cash -= spent
    if account.case.config["mode"] == "incremental":
        plan.value += quantity * account.price(asset) - spent


def _cost(account: Account, asset: int, quantity: Fraction) -> Fraction:
    """Clauses 3.3 and 3.6: the cost of a planned trade, with slippage where the price of its fill is known."""
    price = account.price(asset)
    if account.case.known:
        price = slipped(account, asset, quantity, price, planned=True)
    return quantity * price + host_commission(account, quantity, price)


def _first_phase(account: Account, turns: list[Turn], plan: Plan) -> Unfinished | None:
    """Clause 3.4: the reductions; if there are none, and no sale that counts is open, the increases at once."""
    sent = False
    rests: set[int] = set()
    for turn in turns:
        if turn.side < 0:
            quantity, rest = _trade(account, turn, plan)
            if rest:
                rests.add(turn.asset)
            _send(account, turn, quantity, plan)
            sent = sent or bool(quantity)
    unfinished = Unfinished(account.bar, plan.value, turns, rests)
    increases = any(turn.side > 0 for turn in turns)
    if sent or rests or (increases and any(quantity < 0 for quantity in plan.counted)):
        return unfinished
    _increase(account, turns, plan)
    return None


def second_phase(account: Account, unfinished: Unfinished) -> None:
    """Clause 3.5: sales that waited, then the increases."""
    snapshot = account.case.config["mode"] == "snapshot"
    if not snapshot:
        for order in account.open:
            if order.reduction and order.bar == unfinished.bar:
                order.quantity = ZERO
        account.tidy()
    live = account.case.config["mode"] == "incremental"
    value = account.decision_value() if live else unfinished.value
    counted = pending(account)
    plan = Plan(value, ZERO, counted, bound=False)
    sales: list[tuple[Turn, Fraction]] = []
    for turn in sorted(unfinished.turns, key=lambda turn: turn.asset):
        if turn.asset in unfinished.rests and tradable(account, turn.asset):
            quantity, _ = _trade(account, turn, plan)
            if quantity < 0:
                sales.append((turn, quantity))
    for turn, quantity in sales:
        _send(account, turn, quantity, plan, reduction=False)
    if not snapshot:
        plan = Plan(value, cash_at_hand(account), counted, bound=True)
        _increase(account, increases_of(account, unfinished.turns, counted, value), plan)


def _increase(account: Account, turns: list[Turn], plan: Plan) -> None:
    for turn in turns:
        if turn.side > 0 and tradable(account, turn.asset):
            quantity, _ = _trade(account, turn, plan)
            _send(account, turn, quantity, plan, reduction=False)
            if quantity > 0:
                plan.cash -= _cost(account, turn.asset, quantity)


def _trade(account: Account, turn: Turn, plan: Plan) -> tuple[Fraction, bool]:
    """Size, cut, filter: the quantity of a trade at its turn, and whether a rest of it waits (4.6)."""
    asset, counted = turn.asset, plan.counted[turn.asset]
    quantity = sized(account, asset, turn.weight, counted, plan.value)
    if turn.keeps_side and quantity * turn.side <= 0:
        return ZERO, False
    if quantity > 0 and plan.bound:
        closed = max(-(account.position[asset] + counted), ZERO)
        quantity = largest(account, lambda size: _cost(account, asset, size), quantity, plan.cash, closed)
    quantity = filtered(account, asset, quantity, turn.weight, counted, plan.value)
    held, rest = held_only(account, asset, quantity, turn.weight)
    if rest:
        held = filtered(account, asset, held, turn.weight, counted, plan.value)
    return held, rest


def _send(account: Account, turn: Turn, quantity: Fraction, plan: Plan, *, reduction: bool | None = None) -> None:
    if not quantity:
        return
    is_reduction = quantity < 0 if reduction is None else reduction
    account.submit(Order(account.bar, turn.asset, quantity, account.price(turn.asset), plan.value, is_reduction))
