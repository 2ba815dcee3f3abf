"""The one planner: from prepared targets and the state of an account to trades in sequence (semantics 3 and 4).

Arrays are indexed by column; hosts pass lists, the kernel NumPy arrays. Nothing here submits anything.
"""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.account import Account, PlanArrays, cash_not_reserved, held_value, sales_open
from weighbridge.engine.rules.contracts import affordable_change, cash_after_change
from weighbridge.engine.rules.costs import predicted_commission, predicted_price
from weighbridge.engine.rules.one_trade import NOT_HELD_YET, decided_quantity, threshold, wanted_quantity
from weighbridge.engine.rules.targets import prepare_weights
from weighbridge.rules.reasons import Reason
from weighbridge.settings.config import RebalanceMode

__all__ = ["REST", "plan_rebalance", "plan_second_phase", "waits"]

SNAPSHOT = int(RebalanceMode.SNAPSHOT)
INCREMENTAL = int(RebalanceMode.INCREMENTAL)

MISSING_PRICE = int(Reason.MISSING_PRICE)
LATE_ASSET = int(Reason.LATE_ASSET)
CUT_TO_CASH = int(Reason.CUT_TO_CASH)
PENDING_ORDER = int(Reason.PENDING_ORDER)
TARGET_REACHED = int(Reason.TARGET_REACHED)

# A side beside -1 and 1: a reduction of which a part, or all, waits for the second phase (semantics 4.6).
REST = -2


@rule
def waits(side: int) -> bool:
    """Say whether a side is sized in the second phase, if there is one."""
    return side > 0 or side == REST


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
                current_value = held_value(account.margined[asset], effective, account.unit_value[asset], rules.sizing)
                plan.side[asset] = -1 if target_value < current_value else (1 if target_value > current_value else 0)
            if plan.side[asset] == 0:
                plan.reason[asset] |= TARGET_REACHED


@rule
def worked_out(
    quantity: float,
    cash: float,
    value: float,
    effective: float,
    price: float,
    unit_value: float,
    margined: bool,
    leverage: float,
    asset: int,
    rules: TradeRules,
    costs: Any,
) -> tuple[float, float]:
    """Return cash and value as they are once a trade has filled at the price that is known beforehand.

    With a leverage or a margin the gains that a sale brings in are not in it: the average price is the host's to know.
    """
    paid = predicted_price(costs, asset, quantity, price)
    if margined or leverage != 1.0:
        unit_cost = unit_value if margined else paid * (unit_value / price)
        left = cash_after_change(cash, effective, quantity, unit_cost, paid, margined, leverage, costs, asset)
        if rules.mode == INCREMENTAL:
            value = value + quantity * (unit_value - unit_cost) - predicted_commission(costs, asset, quantity, paid)
        return left, value
    change = (effective + quantity) * unit_value - effective * unit_value
    spent = quantity * paid * (unit_value / price)
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
        leverage = account.leverage[asset]
        current_value = held_value(margined, effective, unit_value, rules.sizing)
        quantity, why = wanted_quantity(weight, 1, value, effective, current_value, unit_value, leverage, rules)
        paid, unit_cost = price, unit_value
        if rules.price_known and quantity > 0.0:
            paid = predicted_price(costs, asset, quantity, price)
            unit_cost = unit_value if margined else paid * (unit_value / price)
        if quantity > 0.0:
            affordable = affordable_change(
                effective, quantity, unit_cost, paid, cash, rules.step, margined, leverage, costs, asset
            )
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
            cash, value = worked_out(
                quantity, cash, value, effective, price, unit_value, margined, leverage, asset, rules, costs
            )
        else:
            cash = cash_after_change(cash, effective, quantity, unit_cost, paid, margined, leverage, costs, asset)
    return count


@rule
def listed_columns(side: int, start: int, plan: PlanArrays) -> int:
    """Write the columns of a side into the sequence, from place `start` on; return the place after them.

    Each is written before its side is looked at, since which side comes next is a coin's toss, which no processor
    foresees. Where every place is taken no column of the side is left.
    """
    end = start
    for asset in range(len(plan.side)):
        if end == len(plan.side):
            break
        plan.sequence[end] = asset
        end += 1 if plan.side[asset] == side else 0
    return end


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
    """Plan a rebalance: how many trades go now (`plan.sequence`), and whether a second phase follows.

    What waits has side 1, or REST: `plan_second_phase` sizes it later. Where the fill price is known everything
    goes now.
    """
    prepare_weights(weights, rules, plan.weight, plan.reason)
    classify(account, value, rules, plan)
    one_by_one = rules.mode != SNAPSHOT
    count = 0
    live_value = value
    increases = False
    rests = False
    if one_by_one:
        cash = cash_not_reserved(cash, account)
    for side in (-1, 1):
        end = listed_columns(side, count, plan)
        if side > 0 and one_by_one:
            increases = end > count
            break
        for k in range(count, end):
            asset = plan.sequence[k]
            quantity, why = decided_quantity(asset, live_value, account, rules, plan)
            plan.reason[asset] |= why
            if why & NOT_HELD_YET and not rules.price_known:
                plan.side[asset] = REST
                rests = True
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
                    account.leverage[asset],
                    asset,
                    rules,
                    costs,
                )
    if not one_by_one:
        return count, rests
    if not rules.price_known and (count > 0 or rests or (increases and sales_open(account))):
        return count, True
    return plan_increases(count, live_value, cash, account, rules, costs, plan), False


@rule
def plan_second_phase(
    value: float, cash: float, account: Account, rules: TradeRules, costs: Any, plan: PlanArrays
) -> int:
    """Plan what waited: the rests of reductions, then the increases; return how many trades there are."""
    count = 0
    for asset in range(len(plan.weight)):
        if plan.side[asset] != REST:
            continue
        price = account.price[asset]
        if price != price or (rules.skip_without_bar and not account.traded[asset]):
            plan.reason[asset] |= MISSING_PRICE
            continue
        quantity, why = decided_quantity(asset, value, account, rules, plan)
        plan.reason[asset] |= why
        if quantity != 0.0:
            plan.quantity[asset] = quantity
            plan.sequence[count] = asset
            count += 1
    if rules.mode == SNAPSHOT:
        return count
    return plan_increases(count, value, cash_not_reserved(cash, account), account, rules, costs, plan)
