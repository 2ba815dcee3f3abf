"""A rebalance that fills at once: value the holdings, put the trades in sequence, work each out at its turn.

The engine and the hosts that compile their simulations call the same functions. Sequence and value are VectorBT's
(`sort_call_seq_nb`, `get_group_value_nb`); filters and the preparation of weights are those of every host.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.engine.compiled import rule
from weighbridge.engine.order_rules import OrderRules
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.immediate import FILLED, fill_at_once
from weighbridge.engine.rules.one_trade import threshold
from weighbridge.engine.rules.order_value import COUNTS, sort_by_key
from weighbridge.engine.rules.sizing import sized_quantity
from weighbridge.engine.rules.targets import prepare_weights
from weighbridge.settings.config import RebalanceMode

__all__ = [
    "SKIPPED",
    "Scratch",
    "asked_quantity",
    "at_turn",
    "last_known",
    "prepared_row",
    "scratch_for",
    "sequence_of",
    "value_holdings",
]

SNAPSHOT = int(RebalanceMode.SNAPSHOT)

# Beside the statuses of `rules.immediate`: a filter of the config keeps the trade back. The status is this less the
# `Reason`, so it is one of them if it is not above.
SKIPPED = -3


class Scratch(NamedTuple):
    """Room for a rebalance, (n_assets,) each but for `counts`; `weight` and `sequence` are its results."""

    weight: Any
    reason: Any
    keys: Any
    items: Any
    sorted_keys: Any
    sequence: Any
    codes: Any
    by_low_digit: Any
    counts: Any


def scratch_for(n_assets: int) -> Scratch:
    """Allocate."""
    numbers = [np.empty(n_assets) for _ in range(3)]
    integers = [np.zeros(n_assets, dtype=np.int64) for _ in range(3)]
    return Scratch(
        weight=numbers[0],
        reason=integers[0],
        keys=numbers[1],
        items=integers[1],
        sorted_keys=numbers[2],
        sequence=integers[2],
        codes=np.zeros(n_assets, dtype=np.int32),
        by_low_digit=np.zeros(n_assets, dtype=np.int32),
        counts=np.zeros(COUNTS, dtype=np.int32),
    )


@rule
def last_known(prices: Any, bar: int, after: int, asset: int, known: float) -> float:
    """Return the last price in bars (after, bar], or `known` where there is none."""
    while bar > after:
        price = prices[bar, asset]
        if price == price:
            return price
        bar -= 1
    return known


@rule
def value_holdings(prices: Any, bar: int, seen: int, cash: float, position: Any, known: Any) -> float:
    """Take over the prices of this bar and, where there is none, the last ones since bar `seen`; return the value.

    Where this bar was seen already, the prices stand: those of its fills may be among them.

    `get_group_value_nb`: cash plus each position that is not zero, in column order.
    """
    value = cash
    for asset in range(position.shape[0]):
        now = prices[bar, asset]
        if now == now and seen < bar:
            known[asset] = now
        elif seen < bar - 1:
            known[asset] = last_known(prices, bar - 1, seen, asset, known[asset])
        if position[asset] != 0.0:
            value += position[asset] * known[asset]
    return value


@rule
def prepared_row(weights: Any, unprepared: bool, trade: TradeRules, scratch: Scratch) -> None:
    """Prepare a row of weights (semantics 2.4); `unprepared` says that the config changes none."""
    if unprepared:
        for asset in range(weights.shape[0]):
            scratch.weight[asset] = weights[asset]
    else:
        prepare_weights(weights, trade, scratch.weight, scratch.reason)


@rule
def sequence_of(
    prices: Any,
    bar: int,
    seen: int,
    value: float,
    position: Any,
    known: Any,
    bars_seen: Any,
    min_bars: int,
    scratch: Scratch,
) -> int:
    """Put the assets that can trade in sequence, ascending by order value; return how many there are.

    An asset without a price at this bar, or with fewer than `min_bars` bars, cannot; one that is not held and is
    not to be held need not. `approx_order_value_nb`: weight x value less position x price.
    """
    count = 0
    total = 0.0
    for asset in range(position.shape[0]):
        if min_bars > 0:
            for past in range(seen + 1, bar + 1):
                if prices[past, asset] == prices[past, asset]:
                    bars_seen[asset] += 1
            if bars_seen[asset] < min_bars:
                continue
        weight = scratch.weight[asset]
        if weight == 0.0 and position[asset] == 0.0:
            continue
        key = weight * value - position[asset] * known[asset]
        if key == key and prices[bar, asset] == prices[bar, asset]:
            place = np.uintp(count)  # never negative: the compiler need not ask whether it counts from the end
            scratch.keys[place] = key
            scratch.items[place] = asset
            count += 1
            total += abs(key)
    sort_by_key(
        scratch.keys,
        scratch.items,
        scratch.sorted_keys,
        scratch.sequence,
        scratch.codes,
        scratch.by_low_digit,
        scratch.counts,
        count,
        total / count if count > 0 else 0.0,
    )
    return count


@rule
def asked_quantity(weight: float, value: float, known: float, position: float, trade: TradeRules) -> float:
    """Return the signed units that lead to a weight; the granularity is a limit on orders and comes later."""
    return sized_quantity(trade.sizing, 0.0, weight * value, 0.0, position, known, 1.0)


@rule
def at_turn(
    weight: float,
    value: float,
    known: float,
    price: float,
    cash: float,
    position: float,
    debt: float,
    free_cash: float,
    filtered: bool,
    trade: TradeRules,
    orders: OrderRules,
) -> tuple[int, float, float, float, float, float, float, float, float]:
    """Work one trade out at its turn: status and units asked for, then the rest of `rules.immediate.Outcome`.

    The filters look at what cash and limits leave of a trade; in SNAPSHOT at what was planned, since there the
    host's own cash rule decides afterwards (semantics 4.2).
    """
    asked = asked_quantity(weight, value, known, position, trade)
    status, quantity, paid, fees, new_cash, after, new_debt, new_free = fill_at_once(
        asked, value, price, cash, position, debt, free_cash, orders
    )
    if filtered and (status == FILLED or trade.mode == SNAPSHOT):
        planned = quantity
        if trade.mode == SNAPSHOT:
            planned = abs(asked)
            if orders.granularity == orders.granularity:
                planned = planned // orders.granularity * orders.granularity
        why = threshold(weight, planned, value, position * known, known, trade)
        if why != 0:
            return SKIPPED - why, asked, 0.0, paid, 0.0, cash, position, debt, free_cash
    return status, asked, quantity, paid, fees, new_cash, after, new_debt, new_free
