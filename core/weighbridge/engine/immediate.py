"""The compiled pass for conventions under which every order fills at once, and what leads to and from it.

At a decision the holdings are valued, the trades put in sequence and worked out one after the other
(rules/immediate_plan.py); between two decisions only the value of each bar is written down.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.bars import Bars
from weighbridge.config import RebalanceConfig, RebalanceMode
from weighbridge.conventions import Conventions, FillTiming
from weighbridge.costs import Costs
from weighbridge.engine.compiled import kernel
from weighbridge.engine.immediate_checks import check_direction, check_prices, check_signs
from weighbridge.engine.order_rules import OrderRules, order_rules, stepped_limits
from weighbridge.engine.parameters import TradeRules, trade_rules
from weighbridge.engine.rules.equity import write_equity
from weighbridge.engine.rules.immediate import FILLED, denied_part, value_after
from weighbridge.engine.rules.immediate_plan import (
    SKIPPED,
    Scratch,
    at_turn,
    last_known,
    prepared_row,
    scratch_for,
    sequence_of,
    value_holdings,
)
from weighbridge.inputs import decisions_on
from weighbridge.limits import Limits
from weighbridge.measures import RunInputs
from weighbridge.provenance import provenance_of
from weighbridge.reasons import DenialRule
from weighbridge.record import DenialTable, FillTable, RunRecord
from weighbridge.targets import TargetWeights

__all__ = ["changes_no_weight", "filters", "run_immediate", "values_of"]

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
        prepared_row(weights[row], unprepared, trade, scratch)
        count = sequence_of(prices, bar, seen, value, position, known, holdings.bars_seen, trade.min_bars, scratch)
        seen = bar
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
            if status != SKIPPED:
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
                if held == 0.0:
                    holdings.shown[asset] = last_known(close, bar, -1, asset, np.nan)
                position[asset] = after
                holdings.debt[asset] = debt
                place = np.uintp(n_fills)
                fills.bar[place] = bar
                fills.asset[place] = asset
                fills.quantity[place] = quantity if asked > 0.0 else -quantity
                fills.price[place] = paid
                fills.fees[place] = fees
                fills.position[place] = after
                n_fills += 1
            cash = new_cash
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


def changes_no_weight(trade: TradeRules) -> bool:
    """Say whether the preparation of weights leaves each of them as it is."""
    return (
        trade.allow_short
        and trade.max_single_weight == np.inf
        and trade.max_gross_leverage == np.inf
        and trade.headroom == 1.0
    )


def filters(trade: TradeRules) -> bool:
    """Say whether a threshold can keep a trade back."""
    return trade.min_trade_value > 0.0 or trade.min_weight_change > 0.0


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
    at_open = rules.fill in (FillTiming.AT_OPEN, FillTiming.AT_NEXT_OPEN)
    if at_open:
        bars.require("open")
    limits = stepped_limits(rules.limits or Limits(), config)
    check_direction(limits, config)
    orders, trade = order_rules(limits, models), trade_rules(config, rules)
    decided, weights = decisions_on(bars, targets)
    row_of_bar = moved(decided, rules.fill)
    prices = bars.open if at_open and bars.open is not None else bars.close
    check_prices(bars, prices, row_of_bar)
    check_signs(bars, decided, weights, limits, config)
    n_assets, most = bars.n_assets, weights.size
    # The system hands out memory only as it is touched: room that is not needed costs nothing.
    fills = Fills(*(np.empty(most, np.int64) for _ in range(2)), *(np.empty(most) for _ in range(4)))
    denials = Denials(np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most), np.empty(most, np.int64))
    cash_of_bar, value_of_bar = np.empty(bars.n_bars), np.empty(bars.n_bars)
    n_fills, n_denials = simulate_immediate(
        prices,
        bars.close,
        row_of_bar,
        weights,
        amount,
        changes_no_weight(trade),
        filters(trade),
        trade,
        orders,
        Holdings(
            position=np.zeros(n_assets),
            debt=np.zeros(n_assets),
            known=np.full(n_assets, np.nan),
            shown=np.full(n_assets, np.nan),
            bars_seen=np.zeros(n_assets, dtype=np.int64),
        ),
        scratch_for(n_assets),
        fills,
        denials,
        cash_of_bar,
        value_of_bar,
    )
    names = np.array([rule.name.lower() for rule in DenialRule], dtype=object)
    return RunRecord(
        index=bars.index,
        assets=bars.assets,
        fill_table=FillTable(*(column[:n_fills] for column in fills)),
        denial_table=DenialTable(*(column[:n_denials] for column in denials[:3]), rule=names[denials.rule[:n_denials]]),
        cash=cash_of_bar,
        value=value_of_bar,
        provenance=provenance_of("engine", rules, config, models, amount, bars, targets, digests=False),
        measures=RunInputs(bars, rules.fill, targets),
    )
