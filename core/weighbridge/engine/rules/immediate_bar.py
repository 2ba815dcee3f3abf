"""A rebalance at a bar at which orders fill at once, and what it leaves behind.

The pass over all bars (`simulate`) and the event-driven engine call the same functions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.engine.compiled import rule
from weighbridge.engine.order_rules import OrderRules
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.immediate import FILLED, IGNORED, denied_part, value_after
from weighbridge.engine.rules.immediate_plan import SKIPPED, Scratch, at_turn, last_known, prepared_row, sequence_of
from weighbridge.settings.config import RebalanceMode

__all__ = ["Denials", "Fills", "Holdings", "entered_after", "holdings_for", "rebalance_at"]

INCREMENTAL = int(RebalanceMode.INCREMENTAL)


class Holdings(NamedTuple):
    """What changes from fill to fill, by column; `known` is the last price of valuation, `shown` the last close."""

    position: Any
    debt: Any
    known: Any
    shown: Any
    bars_seen: Any


class Fills(NamedTuple):
    """The columns of `FillTable`, with room for every weight."""

    bar: Any
    asset: Any
    quantity: Any
    price: Any
    fees: Any
    position: Any


class Denials(NamedTuple):
    """The columns of `DenialTable`, with room for every weight; `rule` holds numbers."""

    bar: Any
    asset: Any
    quantity: Any
    rule: Any


def holdings_for(n_assets: int) -> Holdings:
    """Begin with nothing."""
    return Holdings(
        position=np.zeros(n_assets),
        debt=np.zeros(n_assets),
        known=np.full(n_assets, np.nan),
        shown=np.full(n_assets, np.nan),
        bars_seen=np.zeros(n_assets, dtype=np.int64),
    )


@rule
def rebalance_at(
    prices: Any,
    close: Any,
    bar: int,
    counted: int,
    value: float,
    weights: Any,
    cash: float,
    free_cash: float,
    unprepared: bool,
    filtered: bool,
    trade: TradeRules,
    orders: OrderRules,
    holdings: Holdings,
    scratch: Scratch,
    fills: Fills,
    denials: Denials,
    n_fills: int,
    n_denials: int,
) -> tuple[float, float, int, int, int]:
    """Rebalance at a bar at which the holdings were valued.

    `counted` is the last bar up to which the assets' bars have been counted. `scratch.reason` takes what the filters
    say; its room is the caller's to clear. Fills are written here, not in a function of their own: handed tuples of
    arrays for each trade, one would take ten times as long as the trade.

    Returns:
        Cash, free cash, how many fills and denials there are then, and how many orders were asked for.
    """
    position, known = holdings.position, holdings.known
    prepared_row(weights, unprepared, trade, scratch)
    count = sequence_of(prices, bar, counted, value, position, known, holdings.bars_seen, trade.min_bars, scratch)
    n_orders = 0
    for k in range(count):
        # Never negative: the compiler need not ask, at every use, whether it counts from the end.
        asset: Any = np.uintp(scratch.sequence[k])
        held, price_before = position[asset], known[asset]
        status, asked, quantity, paid, fees, new_cash, after, debt, free_cash = at_turn(
            scratch.weight[asset],
            value,
            price_before,
            prices[bar, asset],
            cash,
            held,
            holdings.debt[asset],
            free_cash,
            filtered,
            trade,
            orders,
        )
        if status <= SKIPPED:
            scratch.reason[asset] |= SKIPPED - status
        else:
            n_orders += 1 if status != IGNORED else 0
            why, left = denied_part(status, asked, quantity, orders)
            if why >= 0:
                denials.bar[n_denials] = bar
                denials.asset[n_denials] = asset
                denials.quantity[n_denials] = left
                denials.rule[n_denials] = why
                n_denials += 1
        if status == FILLED:
            if trade.mode == INCREMENTAL:
                value = value_after(value, cash, new_cash, held, after, price_before, paid)
                known[asset] = paid
            signed = quantity if asked > 0.0 else -quantity
            if held == 0.0:
                holdings.shown[asset] = last_known(close, bar, -1, asset, np.nan)
            position[asset] = after
            holdings.debt[asset] = debt
            place = np.uintp(n_fills)
            fills.bar[place] = bar
            fills.asset[place] = asset
            fills.quantity[place] = signed
            fills.price[place] = paid
            fills.fees[place] = fees
            fills.position[place] = after
            n_fills += 1
        cash = new_cash
    return cash, free_cash, n_fills, n_denials, n_orders


@rule
def entered_after(
    entered: float, average: float, before: float, after: float, quantity: float, price: float
) -> tuple[float, float]:
    """Return the units that entered a position so far, and their average price, after a fill.

    VectorBT 1.0, `portfolio/nb.py`: `update_pos_record_nb`; units that have left count all the same.
    """
    if after == 0.0:
        return 0.0, 0.0
    if before == 0.0:
        return abs(quantity), price
    if before * after < 0.0:
        return abs(after), price
    if abs(before) <= abs(after):
        size = abs(quantity)
        return entered + size, (entered * average + size * price) / (entered + size)
    return entered, average
