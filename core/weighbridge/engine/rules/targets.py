"""From the weights that a strategy asks for to the weights that are traded."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import rule
from weighbridge.engine.parameters import TradeRules
from weighbridge.rules.reasons import Reason

__all__ = ["ROUNDING", "SHORT_NOT_ALLOWED", "prepare_weights"]

# Weights such as 0.1 or 1/3 are not exact, nor are their sums and differences: 0.06 - 0.05 is below 0.01. A limit is
# a limit up to what a thousand such roundings add up to.
ROUNDING = 1e-12

SHORT_NOT_ALLOWED = int(Reason.SHORT_NOT_ALLOWED)
CAPPED_SINGLE_WEIGHT = int(Reason.CAPPED_SINGLE_WEIGHT)
SCALED_TO_LEVERAGE = int(Reason.SCALED_TO_LEVERAGE)


@rule
def prepare_weights(weights: Any, rules: TradeRules, prepared: Any, reason: Any) -> None:
    """Apply shorts, single-weight cap, gross leverage and headroom, in this order (semantics 2.4).

    NaN leaves the asset alone and counts for nothing. The gross weight is summed in column order.
    """
    gross = 0.0
    for asset in range(len(weights)):
        weight = weights[asset]
        why = 0
        if weight < 0.0 and not rules.allow_short:
            weight = 0.0
            why = SHORT_NOT_ALLOWED
        if abs(weight) > rules.max_single_weight:
            weight = rules.max_single_weight if weight > 0.0 else -rules.max_single_weight
            why |= CAPPED_SINGLE_WEIGHT
        if weight == weight:
            gross += abs(weight)
        prepared[asset] = weight
        reason[asset] = why
    scaled = gross > rules.max_gross_leverage * (1.0 + ROUNDING)
    scale = rules.max_gross_leverage / gross if scaled else 1.0
    for asset in range(len(weights)):
        weight = prepared[asset]
        if scaled and weight != 0.0 and weight == weight:
            weight = weight * scale
            reason[asset] |= SCALED_TO_LEVERAGE
        prepared[asset] = weight * rules.headroom
