"""The one planner: from prepared targets and the state of an account to trades in sequence (semantics 3 and 4).

Rows are by column; hosts pass lists of `Row`, the engine its table. Nothing here submits anything.
"""

from __future__ import annotations

from typing import Any

from weighbridge.rebalance.listed import (
    MISSING_PRICE,
    REST,
    TARGET_REACHED,
    classify,
    listed,
    listed_increases,
    unpriced,
)
from weighbridge.rebalance.one_trade import NOT_HELD_YET, bounded_sale, threshold, wanted_quantity
from weighbridge.rebalance.prepared import prepare_weights
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.affordable import affordable_change, cash_after_change
from weighbridge.rules.charging import predicted_commission
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.contracts import unit_value
from weighbridge.rules.reasons import Reason
from weighbridge.rules.sequence import Room, Sequence
from weighbridge.rules.slipping import predicted_price
from weighbridge.settings.config import RebalanceMode

__all__ = ["cash_not_reserved", "costs_of_unit", "plan_rebalance", "plan_second_phase"]

CUT_TO_CASH = int(Reason.CUT_TO_CASH)


@rule
def worked_out(
    rules: Any, trade: TradeTerms, terms: Any, row: Any, asset: int, quantity: float, money: Any
) -> tuple[float, float]:
    """Return cash and value (`money`) as they are once a trade has filled at the price that is known beforehand.

    With a leverage or a margin the gains that a sale brings in are not in it: the average price is the host's to know.
    """
    cash, value = money
    unit = unit_value(rules, row)
    effective = row.position + row.pending
    paid = predicted_price(rules, terms, asset, quantity, row.price)
    if rules.contracts:
        if row.margined or row.leverage != 1.0:
            unit_cost = unit if row.margined else paid * (unit / row.price)
            left = cash_after_change(rules, terms, row, asset, effective, quantity, (unit_cost, paid), cash)
            if trade.mode == RebalanceMode.INCREMENTAL:
                charge = predicted_commission(rules, terms, row, asset, quantity, paid)
                value = value + quantity * (unit - unit_cost) - charge
            return left, value
    change = (effective + quantity) * unit - effective * unit
    spent = quantity * paid * (unit / row.price)
    spent += predicted_commission(rules, terms, row, asset, quantity, paid)
    if trade.mode == RebalanceMode.INCREMENTAL:
        value = value - spent + change
    return cash - spent, value


@step
def plan_increases(rules: Any, trade: TradeTerms, terms: Any, rows: Any, room: Room, span: Any, money: Any) -> int:
    """Size the increases one after the other and cut each to the cash at hand; return how many trades there are.

    `span` is where the increases begin and end in the sequence, and how many trades are planned before them; `money`
    are cash and value.
    """
    sequence = room.sequence
    start, end, count = span
    cash, value = money
    for k in range(start, end):
        asset = sequence[k]
        row = rows[asset]
        if unpriced(rules, trade, row):
            row.reason |= MISSING_PRICE
            continue
        quantity, why = wanted_quantity(rules, trade, row, value)
        paid, unit_cost = row.price, unit_value(rules, row)
        if trade.price_known and quantity > 0.0:
            paid = predicted_price(rules, terms, asset, quantity, row.price)
            unit_cost = costs_of_unit(rules, row, paid)
        effective = row.position + row.pending
        if quantity > 0.0:
            funds = (cash, trade.step)
            afforded = affordable_change(rules, terms, row, asset, effective, quantity, (unit_cost, paid), funds)
            if afforded < quantity:
                row.reason |= CUT_TO_CASH
            quantity = afforded
            why = threshold(rules, trade, row, quantity, value)
        elif rules.sequence == Sequence.BY_ORDER_VALUE:
            quantity, why, noted = bounded_sale(rules, trade, row, quantity, value)
            row.reason |= noted
        else:
            quantity = 0.0  # A close that has meanwhile got the other sign (semantics 3.1).
        row.reason |= why
        if why != 0 or quantity == 0.0:
            continue
        row.quantity = quantity
        sequence[count] = asset
        count += 1
        if trade.price_known:
            cash, value = worked_out(rules, trade, terms, row, asset, quantity, (cash, value))
        elif quantity > 0.0:
            cash = cash_after_change(rules, terms, row, asset, effective, quantity, (unit_cost, paid), cash)
    return count


@rule
def costs_of_unit(rules: Any, row: Any, paid: float) -> float:
    """Return the cash that a unit needs which is bought at a price other than the one it was sized with."""
    if rules.contracts:
        if row.margined:
            return row.margin
    return paid * (unit_value(rules, row) / row.price)


@rule
def cash_not_reserved(rows: Any, cash: float) -> float:
    """Take from the cash what counted open orders to buy will need."""
    for asset in range(len(rows)):
        cash -= rows[asset].needed
    return cash


@rule
def sales_open(rows: Any) -> bool:
    """Say whether an open order that counts is a sale: what it brings has not arrived."""
    found = False
    for asset in range(len(rows)):
        found = found or rows[asset].pending < 0.0
    return found


@step
def plan_rebalance(
    rules: Any, trade: TradeTerms, terms: Any, rows: Any, room: Room, weights: Any, money: Any
) -> tuple[int, bool]:
    """Plan a rebalance: how many trades go now (`room.sequence`), and whether a second phase follows.

    `money` are cash and value. What waits has side 1, or REST: `plan_second_phase` sizes it later. Where the fill
    price is known everything goes now.
    """
    cash, value = money
    prepare_weights(trade, rows, weights)
    classify(rules, trade, rows, value)
    reductions, end = listed(rules, rows, room, value)
    sequence = room.sequence
    one_by_one = trade.mode != RebalanceMode.SNAPSHOT
    live_value = value
    rests = False
    count = 0
    if one_by_one:
        cash = cash_not_reserved(rows, cash)
    for k in range(reductions if one_by_one else end):
        asset = sequence[k]
        row = rows[asset]
        quantity, why = wanted_quantity(rules, trade, row, live_value)
        noted = 0
        if why == 0:
            quantity, why, noted = bounded_sale(rules, trade, row, quantity, live_value)
        row.reason |= why | noted
        if noted & NOT_HELD_YET and not trade.price_known:
            row.side = REST
            rests = True
        if quantity == 0.0:
            continue
        row.quantity = quantity
        sequence[count] = asset
        count += 1
        if one_by_one and trade.price_known:
            cash, live_value = worked_out(rules, trade, terms, row, asset, quantity, (cash, live_value))
    if not one_by_one:
        return count, rests
    if not trade.price_known and (count > 0 or rests or (end > reductions and sales_open(rows))):
        return count, True
    span = (reductions, end, count)
    return plan_increases(rules, trade, terms, rows, room, span, (cash, live_value)), False


@step
def plan_second_phase(rules: Any, trade: TradeTerms, terms: Any, rows: Any, room: Room, money: Any) -> int:
    """Plan what waited: the rests of reductions, then the increases; return how many trades there are."""
    cash, value = money
    sequence = room.sequence
    count = 0
    for asset in range(len(rows)):
        row = rows[asset]
        if row.side != REST:
            continue
        if unpriced(rules, trade, row):
            row.reason |= MISSING_PRICE
            continue
        quantity, why = wanted_quantity(rules, trade, row, value)
        if quantity > 0.0:
            # Its sale has meanwhile filled further than its target: an asset keeps its side (semantics 3.1).
            quantity, why = 0.0, TARGET_REACHED
        noted = 0
        if why == 0:
            quantity, why, noted = bounded_sale(rules, trade, row, quantity, value)
        row.reason |= why | noted
        if quantity != 0.0:
            row.quantity = quantity
            sequence[count] = asset
            count += 1
    if trade.mode == RebalanceMode.SNAPSHOT:
        return count
    end = listed_increases(rules, rows, room, value, count)
    span = (count, end, count)
    return plan_increases(rules, trade, terms, rows, room, span, (cash_not_reserved(rows, cash), value))
