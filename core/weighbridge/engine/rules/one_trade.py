"""One trade of a rebalance at its turn: its quantity, what filters leave of it, and why (semantics 4)."""

from __future__ import annotations

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.account import Account, PlanArrays, held_value, unsold
from weighbridge.engine.rules.sizing import QUANTITY_DIFFERENCE_SNAPPED, sized_quantity
from weighbridge.engine.rules.targets import ROUNDING, SHORT_NOT_ALLOWED
from weighbridge.rules.reasons import Reason
from weighbridge.settings.config import RebalanceMode

__all__ = ["NOT_HELD_YET", "decided_quantity", "threshold", "wanted_quantity"]

SNAPSHOT = int(RebalanceMode.SNAPSHOT)

BELOW_MIN_TRADE_VALUE = int(Reason.BELOW_MIN_TRADE_VALUE)
BELOW_MIN_WEIGHT_CHANGE = int(Reason.BELOW_MIN_WEIGHT_CHANGE)
ROUNDS_TO_ZERO = int(Reason.ROUNDS_TO_ZERO)
TARGET_REACHED = int(Reason.TARGET_REACHED)
NOT_HELD_YET = int(Reason.NOT_HELD_YET)


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
    sold = account.sold[asset]  # Read in a branch, the array would be counted up and down at every asset.
    effective = position + pending
    weight = plan.weight[asset]
    current_value = held_value(account.margined[asset], effective, unit_value, rules.sizing)
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
    if why == 0 and quantity < 0.0 and not rules.allow_short:
        most = unsold(position, sold, weight, rules.step)
        if -quantity > most:
            # The host may still refuse what is counted as bought. A part that is too small waits with the rest.
            quantity = -most
            noted |= NOT_HELD_YET
            if threshold(weight, quantity, value, current_value, unit_value, rules) != 0:
                quantity = 0.0
    return (quantity if why == 0 else 0.0), why | noted
