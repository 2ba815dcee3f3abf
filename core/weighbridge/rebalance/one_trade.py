"""One trade of a rebalance at its turn: its quantity, what filters leave of it, and why (semantics 4).

A row is what planning knows of one asset: see `weighbridge.rebalance.rows`.
"""

from __future__ import annotations

from typing import Any

from weighbridge.rebalance.prepared import ROUNDING, SHORT_NOT_ALLOWED
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.compiled import rule
from weighbridge.rules.contracts import unit_value
from weighbridge.rules.reasons import Reason
from weighbridge.rules.sequence import Sequence
from weighbridge.rules.sizing import Sizing, held_value, sized_quantity, truncated
from weighbridge.settings.config import RebalanceMode

__all__ = ["NOT_HELD_YET", "bounded_sale", "leverage_of", "threshold", "unsold", "wanted_quantity"]

BELOW_MIN_TRADE_VALUE = int(Reason.BELOW_MIN_TRADE_VALUE)
BELOW_MIN_WEIGHT_CHANGE = int(Reason.BELOW_MIN_WEIGHT_CHANGE)
ROUNDS_TO_ZERO = int(Reason.ROUNDS_TO_ZERO)
TARGET_REACHED = int(Reason.TARGET_REACHED)
NOT_HELD_YET = int(Reason.NOT_HELD_YET)


@rule
def leverage_of(rules: Any, row: Any) -> float:
    """Return the worth that one unit of cash can hold."""
    if rules.contracts:
        return row.leverage
    return 1.0


@rule
def wanted_quantity(rules: Any, trade: TradeTerms, row: Any, value: float) -> tuple[float, int]:
    """Size one trade at its turn: signed quantity and reason; 0.0 where there is nothing to do on its side."""
    effective = row.position + row.pending
    if row.weight == 0.0:
        return -effective, 0
    unit = unit_value(rules, row)
    held = held_value(rules, row, effective, unit)
    quantity = sized_quantity(
        rules, trade.sizing_step, row.weight * value, held, effective, unit, leverage_of(rules, row)
    )
    if quantity == 0.0:
        return 0.0, ROUNDS_TO_ZERO
    if rules.sequence == Sequence.BY_ORDER_VALUE:
        return quantity, 0
    if quantity * row.side < 0.0:
        # Snapped, a price that counts as nothing asks for a sale where the target value is above: as Zipline does.
        if not (trade.mode == RebalanceMode.SNAPSHOT and rules.sizing == Sizing.QUANTITY_DIFFERENCE_SNAPPED):
            return 0.0, TARGET_REACHED
    return quantity, 0


@rule
def threshold(rules: Any, trade: TradeTerms, row: Any, quantity: float, value: float) -> int:
    """Return the reason to skip a trade that is too small; a close (weight 0.0) always passes (semantics 4.2)."""
    if not trade.filtered or row.weight == 0.0 or quantity == 0.0:
        return 0
    unit = unit_value(rules, row)
    if abs(quantity) * unit < trade.min_trade_value:
        return BELOW_MIN_TRADE_VALUE
    held = held_value(rules, row, row.position + row.pending, unit)
    current = held / value if value != 0.0 else 0.0
    return BELOW_MIN_WEIGHT_CHANGE if abs(row.weight - current) < trade.min_weight_change - ROUNDING else 0


@rule
def unsold(trade: TradeTerms, row: Any) -> float:
    """Return the units that a sale can take without lending any: in whole steps, unless it closes."""
    units = max(row.position + row.sold, 0.0)
    return units if row.weight == 0.0 or trade.step == 0.0 else truncated(units / trade.step) * trade.step


@rule
def bounded_sale(rules: Any, trade: TradeTerms, row: Any, quantity: float, value: float) -> tuple[float, int, int]:
    """Bound a trade by what is held, where no short is allowed, and filter it: quantity, why it is skipped, and notes.

    Semantics 4.6: what an open order has yet to buy is never sold beforehand, and nothing is because the value is
    negative.
    """
    noted = 0
    short = quantity < 0.0 and not trade.allow_short
    if short:
        most = max(row.position + row.pending, 0.0)
        if -quantity > most:
            quantity = -most
            noted = SHORT_NOT_ALLOWED
    why = threshold(rules, trade, row, quantity, value)
    if why == 0 and quantity < 0.0 and short:
        most = unsold(trade, row)
        if -quantity > most:
            # The host may still refuse what is counted as bought. A part that is too small waits with the rest.
            quantity = -most
            noted |= NOT_HELD_YET
            if threshold(rules, trade, row, quantity, value) != 0:
                quantity = 0.0
    return (quantity if why == 0 else 0.0), why, noted
