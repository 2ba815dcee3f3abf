"""The one planner: from prepared targets and the state of an account to trades in sequence (semantics 3 and 4).

Arrays are indexed by column; hosts pass lists, the kernel NumPy arrays. Nothing here submits anything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from weighbridge.config import RebalanceMode
from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.costs import predicted_commission, predicted_price
from weighbridge.engine.rules.sizing import (
    QUANTITY_DIFFERENCE_SNAPPED,
    affordable_quantity,
    cash_after_buying,
    sized_quantity,
)
from weighbridge.engine.rules.targets import ROUNDING, SHORT_NOT_ALLOWED, prepare_weights
from weighbridge.reasons import Reason

__all__ = ["Account", "PlanArrays", "plan_increases", "plan_rebalance"]

SNAPSHOT = int(RebalanceMode.SNAPSHOT)
INCREMENTAL = int(RebalanceMode.INCREMENTAL)

MISSING_PRICE = int(Reason.MISSING_PRICE)
LATE_ASSET = int(Reason.LATE_ASSET)
BELOW_MIN_TRADE_VALUE = int(Reason.BELOW_MIN_TRADE_VALUE)
BELOW_MIN_WEIGHT_CHANGE = int(Reason.BELOW_MIN_WEIGHT_CHANGE)
ROUNDS_TO_ZERO = int(Reason.ROUNDS_TO_ZERO)
CUT_TO_CASH = int(Reason.CUT_TO_CASH)
PENDING_ORDER = int(Reason.PENDING_ORDER)
TARGET_REACHED = int(Reason.TARGET_REACHED)


class Account(NamedTuple):
    """What planning must know of the host, asset by asset in column order.

    `position` is held, `pending` is in open orders that count, both signed units; `price` is the last one known
    (NaN: none yet), `traded` whether it is of this bar, `bars_seen` how many bars the asset has had;
    `unit_value` is what one unit binds of the portfolio value (price x multiplier, or its margin), `leverage`
    what one unit of cash can hold; `margined` positions are valued at abs(quantity) * unit value.
    """

    position: Any
    pending: Any
    price: Any
    traded: Any
    bars_seen: Any
    unit_value: Any
    leverage: Any
    margined: Any


class PlanArrays(NamedTuple):
    """A plan by column: prepared weight (NaN: left alone), side (-1 reduction, 1 increase), signed quantity that
    goes now, why; and the columns of the trades in the sequence in which they go out.
    """

    weight: Any
    side: Any
    quantity: Any
    reason: Any
    sequence: Any


@rule
def held_value(margined: bool, quantity: float, unit_value: float) -> float:
    """Value a holding as targets are compared with it. Backtrader, `CommInfoBase.getvaluesize`."""
    return abs(quantity) * unit_value if margined else quantity * unit_value


@rule
def classify(account: Account, value: float, rules: TradeRules, plan: PlanArrays) -> None:
    """Say for each asset whether it is a reduction, an increase, or not to be traded."""
    for asset in range(len(plan.weight)):
        plan.quantity[asset] = 0.0
        plan.side[asset] = 0
        weight = plan.weight[asset]
        price = account.price[asset]
        if weight != weight:
            continue
        if price != price or (rules.skip_without_bar and not account.traded[asset]):
            plan.reason[asset] |= MISSING_PRICE
        elif account.bars_seen[asset] < rules.min_bars:
            plan.reason[asset] |= LATE_ASSET
        else:
            effective = account.position[asset] + account.pending[asset]
            if account.pending[asset] != 0.0:
                plan.reason[asset] |= PENDING_ORDER
            if weight == 0.0:
                # The direction of a close is the position's, whatever the host's value of a short is.
                plan.side[asset] = -1 if effective > 0.0 else (1 if effective < 0.0 else 0)
            else:
                target_value = weight * value
                current_value = held_value(account.margined[asset], effective, account.unit_value[asset])
                plan.side[asset] = -1 if target_value < current_value else (1 if target_value > current_value else 0)
            if plan.side[asset] == 0:
                plan.reason[asset] |= TARGET_REACHED


@rule
def wanted_quantity(
    weight: float,
    side: int,
    value: float,
    effective: float,
    current_value: float,
    unit_value: float,
    leverage: float,
    rules: TradeRules,
) -> tuple[float, int]:
    """Size one trade at its turn: signed quantity and reason; 0.0 where there is nothing to do on its side."""
    if weight == 0.0:
        return -effective, 0
    quantity = sized_quantity(rules.sizing, rules.step, weight * value, current_value, effective, unit_value, leverage)
    if quantity == 0.0:
        return 0.0, ROUNDS_TO_ZERO
    if quantity * side < 0.0 and not (rules.mode == SNAPSHOT and rules.sizing == QUANTITY_DIFFERENCE_SNAPPED):
        # Snapped, a price that counts as nothing asks for a sale where the target value is above: as Zipline does.
        return 0.0, TARGET_REACHED
    return quantity, 0


@rule
def threshold(
    weight: float, quantity: float, value: float, current_value: float, unit_value: float, rules: TradeRules
) -> int:
    """Return the reason to skip a trade that is too small; a close (weight 0.0) always passes."""
    if weight == 0.0 or quantity == 0.0:
        return 0
    if abs(quantity) * unit_value < rules.min_trade_value:
        return BELOW_MIN_TRADE_VALUE
    current = current_value / value if value != 0.0 else 0.0
    return BELOW_MIN_WEIGHT_CHANGE if abs(weight - current) < rules.min_weight_change - ROUNDING else 0


@rule
def decided_quantity(
    asset: int, value: float, account: Account, rules: TradeRules, plan: PlanArrays
) -> tuple[float, int]:
    """Size and filter one trade that no cash rule cuts."""
    position, pending, unit_value = account.position[asset], account.pending[asset], account.unit_value[asset]
    effective = position + pending
    weight = plan.weight[asset]
    current_value = held_value(account.margined[asset], effective, unit_value)
    quantity, why = wanted_quantity(
        weight, plan.side[asset], value, effective, current_value, unit_value, account.leverage[asset], rules
    )
    noted = 0
    if why == 0 and quantity < 0.0 and not rules.allow_short:
        # A positive weight of a negative value is a negative target: what is not there is not sold.
        most = max(position + pending, 0.0)
        if -quantity > most:
            quantity = -most
            noted = SHORT_NOT_ALLOWED
    if why == 0:
        why = threshold(weight, quantity, value, current_value, unit_value, rules)
    return (quantity if why == 0 else 0.0), why | noted


@rule
def cash_not_reserved(cash: float, account: Account, costs: Any) -> float:
    """Take from the cash what counted open orders to buy will need, at the sizing price."""
    for asset in range(len(account.pending)):
        pending = account.pending[asset]
        if pending > 0.0:
            unit_cost, price = account.unit_value[asset], account.price[asset]
            cash = cash_after_buying(cash, pending, unit_cost, price, costs, asset)
    return cash


@rule
def sales_open(account: Account) -> bool:
    """Say whether an open order that counts is a sale: what it brings has not arrived."""
    found = False
    for asset in range(len(account.pending)):
        found = found or account.pending[asset] < 0.0
    return found


@rule
def worked_out(
    quantity: float,
    cash: float,
    value: float,
    effective: float,
    price: float,
    unit_value: float,
    margined: bool,
    asset: int,
    rules: TradeRules,
    costs: Any,
) -> tuple[float, float]:
    """Return cash and value as they are once a trade has filled at the price that is known beforehand."""
    paid = predicted_price(costs, asset, quantity, price)
    change = held_value(margined, effective + quantity, unit_value) - held_value(margined, effective, unit_value)
    spent = change if margined else quantity * paid * (unit_value / price)
    spent += predicted_commission(costs, asset, quantity, paid)
    if rules.mode == INCREMENTAL:
        value = value - spent + change
    return cash - spent, value


@rule
def plan_increases(
    count: int,
    value: float,
    cash: float,
    account: Account,
    rules: TradeRules,
    costs: Any,
    plan: PlanArrays,
) -> int:
    """Size the increases one after the other and cut each to the cash at hand; return how many trades there are."""
    for asset in range(len(plan.weight)):
        if plan.side[asset] <= 0:
            continue
        if rules.skip_without_bar and not account.traded[asset]:
            plan.reason[asset] |= MISSING_PRICE
            continue
        weight, price, unit_value = plan.weight[asset], account.price[asset], account.unit_value[asset]
        effective, margined = account.position[asset] + account.pending[asset], account.margined[asset]
        current_value = held_value(margined, effective, unit_value)
        quantity, why = wanted_quantity(
            weight, 1, value, effective, current_value, unit_value, account.leverage[asset], rules
        )
        paid, unit_cost = price, unit_value
        if rules.price_known and quantity > 0.0:
            paid = predicted_price(costs, asset, quantity, price)
            unit_cost = unit_value if margined else paid * (unit_value / price)
        if quantity > 0.0:
            affordable = affordable_quantity(quantity, unit_cost, paid, cash, rules.step, costs, asset)
            if affordable < quantity:
                plan.reason[asset] |= CUT_TO_CASH
            quantity = affordable
            why = threshold(weight, quantity, value, current_value, unit_value, rules)
        plan.reason[asset] |= why
        if why != 0 or quantity <= 0.0:
            continue
        plan.quantity[asset] = quantity
        plan.sequence[count] = asset
        count += 1
        if rules.price_known:
            cash, value = worked_out(quantity, cash, value, effective, price, unit_value, margined, asset, rules, costs)
        else:
            cash = cash_after_buying(cash, quantity, unit_cost, paid, costs, asset)
    return count


@rule
def plan_rebalance(
    weights: Any,
    value: float,
    cash: float,
    account: Account,
    rules: TradeRules,
    costs: Any,
    plan: PlanArrays,
) -> tuple[int, bool]:
    """Plan a rebalance: how many trades go now (`plan.sequence`), and whether the increases wait for them.

    Where they wait, their columns have side 1 and quantity 0.0; `plan_increases` sizes them later.
    """
    prepare_weights(weights, rules, plan.weight, plan.reason)
    classify(account, value, rules, plan)
    one_by_one = rules.mode != SNAPSHOT
    if one_by_one:
        cash = cash_not_reserved(cash, account, costs)
    count = 0
    live_value = value
    increases = False
    for side in (-1, 1):
        for asset in range(len(weights)):
            increases = increases or plan.side[asset] > 0
            if plan.side[asset] != side or (side > 0 and one_by_one):
                continue
            quantity, why = decided_quantity(asset, live_value, account, rules, plan)
            plan.reason[asset] |= why
            if quantity == 0.0:
                continue
            plan.quantity[asset] = quantity
            plan.sequence[count] = asset
            count += 1
            if one_by_one and rules.price_known:
                cash, live_value = worked_out(
                    quantity,
                    cash,
                    live_value,
                    account.position[asset] + account.pending[asset],
                    account.price[asset],
                    account.unit_value[asset],
                    account.margined[asset],
                    asset,
                    rules,
                    costs,
                )
    if not one_by_one:
        return count, False
    if not rules.price_known and (count > 0 or sales_open(account)):
        return count, increases
    return plan_increases(count, live_value, cash, account, rules, costs, plan), False
