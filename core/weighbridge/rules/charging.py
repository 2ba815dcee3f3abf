"""The rule of charging: what a commission is worked out of, and when it is booked."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from weighbridge.rules.compiled import compiled_as, rule
from weighbridge.rules.costs import FIXED, NO_COST, PER_SHARE, PERCENT, Terms
from weighbridge.rules.seats import Rules

__all__ = ["Charging", "commission", "of_part", "predicted_commission"]


class Charging(IntEnum):
    """How a commission is worked out, operation by operation, and when it leaves the cash."""

    PART_BY_PART = 0
    """abs(size) * rate * price of the closing and of the opening part apart. Backtrader `BackBroker._execute`."""
    ONE_CHARGE = 1
    """The same, once for what an order executes. The reference's."""
    OF_ORDER_VALUE = 2
    """size * price * rate + fixed. VectorBT `buy_nb`, `sell_nb`."""
    AFTER_ALL_FILLS = 3
    """abs(size) * (price * rate), minimum and fixed amounts once for an order; booked after all fills of the bar.
    Zipline `finance/commission.py`, `Ledger.process_commission`."""


@rule
def of_part(terms: Terms, quantity: float, price: float, filled: float, paid: float) -> float:
    """Return what a fill adds to an order's commission; `filled` and `paid` are the order's before it.

    Zipline: `PerDollar`, `PerTrade`, and `PerShare`, whose minimum is paid at the first fill and covers later ones
    as long as it is not exceeded.
    """
    if terms.commission == PERCENT:
        return abs(quantity) * (price * terms.rate)
    if terms.commission == PER_SHARE:
        added = abs(quantity * terms.rate)
        if paid == 0.0:
            return max(terms.minimum, added)
        total = abs(filled * terms.rate) + added
        return 0.0 if total < terms.minimum else total - paid
    if terms.commission == FIXED:
        return terms.rate if paid == 0.0 else 0.0
    return 0.0


@rule
def commission(rules: Rules, terms: Terms, quantity: float, price: float) -> float:
    """Charge one execution. Backtrader, `CommInfoBase._getcommission`: abs(size) * commission * price."""
    if rules.charging == Charging.AFTER_ALL_FILLS:
        return of_part(terms, quantity, price, 0.0, 0.0)
    if rules.charging == Charging.OF_ORDER_VALUE and terms.commission != PER_SHARE:
        return abs(quantity) * price * terms.fees + terms.fixed_fees
    if terms.commission == NO_COST:
        return 0.0
    if terms.commission == PERCENT:
        return abs(quantity) * terms.rate * price
    if terms.commission == PER_SHARE:
        return max(abs(quantity) * terms.rate, terms.minimum)
    return terms.rate


# A host's costs are Python objects (`weighbridge.rebalance.host.HostCosts`); the engine's are parameters. Planning
# calls this name in both worlds; what a percentage is of (semantics 9.5) is a number of the row.


def predicted_commission(rules: Any, terms: Any, row: Any, asset: int, quantity: float, price: float) -> float:
    """Ask the host what a trade would be charged."""
    if isinstance(terms, Terms):
        return _engine_commission(rules, terms, row, quantity, price)
    return terms.commission(asset, quantity, price)


@rule
def _engine_commission(rules: Any, terms: Terms, row: Any, quantity: float, price: float) -> float:
    if rules.contracts:
        price = price * row.charged_on
    return commission(rules, terms, quantity, price)


@compiled_as(predicted_commission)
def _predicted_commission(rules: Any, terms: Any, row: Any, asset: Any, quantity: Any, price: Any) -> Any:
    def compiled(rules: Any, terms: Any, row: Any, asset: Any, quantity: Any, price: Any) -> Any:
        return _engine_commission(rules, terms, row, quantity, price)

    return compiled
