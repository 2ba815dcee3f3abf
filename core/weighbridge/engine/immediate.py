"""The compiled pass for conventions under which every order fills at once, and what leads to and from it.

At a decision the holdings are valued, the trades put in sequence and worked out one after the other
(rules/immediate_plan.py); between two decisions only the value of each bar is written down.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.compiled import kernel
from weighbridge.engine.immediate_checks import check_prices, check_signs
from weighbridge.engine.immediate_tables import (
    ledger_tables,
    order_prices,
    room_for_denials,
    room_for_fills,
    terms_of,
)
from weighbridge.engine.inputs import decisions_on
from weighbridge.engine.order_rules import OrderRules
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.equity import write_equity
from weighbridge.engine.rules.immediate_bar import Denials, Fills, Holdings, holdings_for, rebalance_at
from weighbridge.engine.rules.immediate_plan import (
    Scratch,
    last_known,
    scratch_for,
    value_holdings,
)
from weighbridge.record.inputs import RunInputs
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions, FillTiming
from weighbridge.settings.costs import Costs

__all__ = ["run_immediate", "values_of"]


@kernel
def simulate_immediate(
    prices: Any,
    close: Any,
    row_of_bar: Any,
    weights: Any,
    cash: float,
    unprepared: bool,
    filtered: bool,
    trade: TradeRules,
    orders: OrderRules,
    holdings: Holdings,
    scratch: Scratch,
    fills: Fills,
    denials: Denials,
    cash_of_bar: Any,
    value_of_bar: Any,
) -> tuple[int, int]:
    """Run every decision; return how many fills and denials were written."""
    position, known = holdings.position, holdings.known
    free_cash = cash
    n_fills = 0
    n_denials = 0
    seen = -1
    written = 0
    for bar in range(close.shape[0]):
        row = row_of_bar[bar]
        if row < 0:
            continue
        write_equity(written, bar, cash, close, position, holdings.shown, scratch.items, cash_of_bar, value_of_bar)
        written = bar
        value = value_holdings(prices, bar, seen, cash, position, known)
        cash, free_cash, n_fills, n_denials, _ = rebalance_at(
            prices,
            close,
            bar,
            seen,
            value,
            weights[row],
            cash,
            free_cash,
            unprepared,
            filtered,
            trade,
            orders,
            holdings,
            scratch,
            fills,
            denials,
            n_fills,
            n_denials,
        )
        seen = bar
    write_equity(
        written, close.shape[0], cash, close, position, holdings.shown, scratch.items, cash_of_bar, value_of_bar
    )
    return n_fills, n_denials


@kernel
def write_values(
    close: Any,
    cash: Any,
    bar_of_fill: Any,
    asset_of_fill: Any,
    position_of_fill: Any,
    position: Any,
    shown: Any,
    held: Any,
    value_of_bar: Any,
) -> None:
    """Write the value of each bar, from the cash of each bar and what each fill left in its asset."""
    spare = np.empty(close.shape[0])
    fill = 0
    start = 0
    while start < close.shape[0]:
        while fill < len(bar_of_fill) and bar_of_fill[fill] == start:
            asset = asset_of_fill[fill]
            if position[asset] == 0.0:
                shown[asset] = last_known(close, start, -1, asset, np.nan)
            position[asset] = position_of_fill[fill]
            fill += 1
        stop = bar_of_fill[fill] if fill < len(bar_of_fill) else close.shape[0]
        write_equity(start, stop, cash[start], close, position, shown, held, spare, value_of_bar)
        start = stop


def values_of(close: Any, cash: Any, bar: Any, asset: Any, position: Any) -> Any:
    """Return the value of each bar (n_bars,): cash plus positions at their last known closes, in column order.

    For hosts that fill at once but keep no such account themselves. `bar`, `asset` and `position` are columns of a
    `FillTable`; `cash` is of each bar and changes only where there are fills.
    """
    n_bars, n_assets = close.shape
    values = np.empty(n_bars)
    write_values(
        close,
        cash,
        bar,
        asset,
        position,
        np.zeros(n_assets),
        np.full(n_assets, np.nan),
        np.zeros(n_assets, dtype=np.int64),
        values,
    )
    return values


def moved(row_of_bar: Any, fill: FillTiming) -> Any:
    """Return the row of the decision that trades at each bar: one bar later for the "next" prices."""
    if fill not in (FillTiming.AT_NEXT_OPEN, FillTiming.AT_NEXT_CLOSE):
        return row_of_bar
    return np.concatenate((np.full(1, -1, dtype=row_of_bar.dtype), row_of_bar[:-1]))


def run_immediate(
    bars: Bars,
    targets: TargetWeights,
    rules: Conventions,
    config: RebalanceConfig,
    models: Costs,
    amount: float,
) -> RunRecord:
    """Run checked input through the compiled pass."""
    prices = order_prices(bars, rules)
    terms = terms_of(rules, config, models)
    decided, weights = decisions_on(bars, targets)
    row_of_bar = moved(decided, rules.fill)
    check_prices(bars, prices, row_of_bar)
    check_signs(bars, decided, weights, terms.limits, config)
    fills, denials = room_for_fills(weights.size), room_for_denials(weights.size)
    cash_of_bar, value_of_bar = np.empty(bars.n_bars), np.empty(bars.n_bars)
    n_fills, n_denials = simulate_immediate(
        prices,
        bars.close,
        row_of_bar,
        weights,
        amount,
        terms.unprepared,
        terms.filtered,
        terms.trade,
        terms.orders,
        holdings_for(bars.n_assets),
        scratch_for(bars.n_assets),
        fills,
        denials,
        cash_of_bar,
        value_of_bar,
    )
    return RunRecord(
        index=bars.index,
        assets=bars.assets,
        cash=cash_of_bar,
        value=value_of_bar,
        provenance=provenance_of("engine", rules, config, models, amount, bars, targets, digests=False),
        measures=RunInputs(bars, rules.fill, targets),
        **ledger_tables(fills, denials, n_fills, n_denials),
    )
