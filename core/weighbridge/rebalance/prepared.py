"""From the weights that a strategy asks for to the weights that are traded."""

from __future__ import annotations

from typing import Any

from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.compiled import step
from weighbridge.rules.reasons import Reason

__all__ = ["ROUNDING", "prepare_weights"]

# Weights such as 0.1 or 1/3 are not exact, nor are their sums and differences: 0.06 - 0.05 is below 0.01. A limit is
# a limit up to what a thousand such roundings add up to.
ROUNDING = 1e-12

SHORT_NOT_ALLOWED = int(Reason.SHORT_NOT_ALLOWED)
CAPPED_SINGLE_WEIGHT = int(Reason.CAPPED_SINGLE_WEIGHT)
SCALED_TO_LEVERAGE = int(Reason.SCALED_TO_LEVERAGE)


@step
def prepare_weights(trade: TradeTerms, rows: Any, weights: Any) -> None:
    """Apply shorts, single-weight cap, gross leverage and headroom, in this order (semantics 2.4).

    NaN leaves the asset alone and counts for nothing. The gross weight is summed in column order.
    """
    if trade.unchanged:
        for asset in range(len(weights)):
            rows[asset].weight = weights[asset]
            rows[asset].reason = 0
        return
    gross = 0.0
    for asset in range(len(weights)):
        weight = weights[asset]
        why = 0
        if weight < 0.0 and not trade.allow_short:
            weight = 0.0
            why = SHORT_NOT_ALLOWED
        if abs(weight) > trade.max_single_weight:
            weight = trade.max_single_weight if weight > 0.0 else -trade.max_single_weight
            why |= CAPPED_SINGLE_WEIGHT
        if weight == weight:
            gross += abs(weight)
        rows[asset].weight = weight
        rows[asset].reason = why
    scaled = gross > trade.max_gross_leverage * (1.0 + ROUNDING)
    scale = trade.max_gross_leverage / gross if scaled else 1.0
    for asset in range(len(weights)):
        weight = rows[asset].weight
        if scaled and weight != 0.0 and weight == weight:
            weight = weight * scale
            rows[asset].reason |= SCALED_TO_LEVERAGE
        rows[asset].weight = weight * trade.headroom
