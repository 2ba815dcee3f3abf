"""What a portfolio is worth, addition by addition."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import rule
from weighbridge.settings.conventions import Accounting

__all__ = ["known_price", "portfolio_value"]

AVERAGE_COST = int(Accounting.AVERAGE_COST)


@rule
def known_price(now: float, before: float) -> float:
    """Return the price now, or the one before where there is none."""
    return now if now == now else before


@rule
def portfolio_value(accounting: int, cash: float, order: Any, position: Any, average: Any, price: Any) -> float:
    """Return cash plus the positions, summed in `order`, the sequence in which the assets began to trade.

    Backtrader, `BackBroker._get_value`: a long position enters as its cost and then its profit, a short one as
    quantity x price; the sum starts at 0.0 and is added to the cash. Plain accounting sums quantity x price.
    """
    total = 0.0
    for asset in order:
        quantity = position[asset]
        if quantity == 0.0:
            continue
        worth = quantity * price[asset]
        if accounting == AVERAGE_COST and worth > 0.0:
            profit = quantity * (price[asset] - average[asset])
            total += worth - profit
            total += profit
        else:
            total += worth
    return cash + total
