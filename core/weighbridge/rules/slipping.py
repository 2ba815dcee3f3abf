"""The rule of slipping: how a price moves against a trade, and what bounds it."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from weighbridge.rules.compiled import compiled_as, rule
from weighbridge.rules.costs import BASIS_POINTS, NO_COST, PERCENT, VOLUME_SHARE, Terms
from weighbridge.rules.seats import Rules

__all__ = ["Slipping", "predicted_price", "slipped", "within_bar"]


class Slipping(IntEnum):
    """How a slipped price is worked out and bounded."""

    UNBOUNDED = 0
    """price * (1 + rate) up, price * (1 - rate) down. VectorBT `buy_nb`, `sell_nb`; the reference's."""
    WITHIN_BAR = 1
    """The same, a buy within the bar's high, a sell within its low. Backtrader `slip_match`."""
    ADDED = 2
    """price + price * (rate * direction). Zipline `FixedBasisPointsSlippage.process_order`."""


@rule
def slipped(rules: Rules, terms: Terms, quantity: float, price: float) -> float:
    """Move the price against the trade. Backtrader, `BackBroker._slip_up` and `_slip_down`."""
    if terms.slippage == NO_COST:
        return price
    if terms.slippage == PERCENT or terms.slippage == BASIS_POINTS:
        if rules.slipping == Slipping.ADDED or terms.slippage == BASIS_POINTS:
            return price + price * (terms.amount * (1.0 if quantity > 0.0 else -1.0))
        return price * (1.0 + terms.amount) if quantity > 0.0 else price * (1.0 - terms.amount)
    if terms.slippage == VOLUME_SHARE:
        return price  # What it adds is known with the part that fills (rules/parts.py); a plan leaves it out.
    return price + terms.amount if quantity > 0.0 else price - terms.amount


@rule
def within_bar(price: float, quantity: float, high: float, low: float) -> float:
    """Keep a slipped price inside the bar: a buy within the high, a sell within the low. Backtrader, `slip_match`."""
    if quantity > 0:
        return min(price, high)
    return max(price, low)


def predicted_price(rules: Any, terms: Any, asset: int, quantity: float, price: float) -> float:
    """Ask the host at which price a trade would fill that is known to fill around `price`."""
    if isinstance(terms, Terms):
        return slipped(rules, terms, quantity, price)
    return terms.fill_price(asset, quantity, price)


@compiled_as(predicted_price)
def _predicted_price(rules: Any, terms: Any, asset: Any, quantity: Any, price: Any) -> Any:
    def compiled(rules: Any, terms: Any, asset: Any, quantity: Any, price: Any) -> Any:
        return slipped(rules, terms, quantity, price)

    return compiled
