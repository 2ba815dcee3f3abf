"""Halfcash's rules: those of core that it follows, and the one that core does not have."""

from __future__ import annotations

from weighbridge.rules.own import OwnRule
from weighbridge.settings.conventions import REFERENCE


def half_of_the_cash(quantity: float, price: float, cash: float, position: float) -> float:
    """Return what the broker lets through of an order. Halfcash, `Broker._fill`."""
    return 0.0 if quantity * price > cash / 2.0 else quantity


HALFCASH = REFERENCE.replace(
    name="halfcash",
    cash=OwnRule("half of the cash", half_of_the_cash, "A buy that takes more than half of the cash is refused."),
)
"""Halfcash 1.0: as the reference, but for the cash."""
