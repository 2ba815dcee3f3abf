"""The one compiled pass over the bars.

At each bar: what was submitted is admitted and executed, the portfolio is valued, an unfinished rebalance goes on,
and then the strategy decides. Where the fill is at the same open, the decision comes first.
"""

from __future__ import annotations

import math
from typing import Any

from weighbridge.engine.compiled import kernel, rule
from weighbridge.engine.contract_tables import (
    ContractTable,
    cash_after_bar,
    cash_at_hand,
    contracts_value,
    planned_costs,
    unit_values,
)
from weighbridge.engine.desk import (
    ADMITTED,
    QUEUED,
    admit,
    cancel_open,
    count_pending,
    execute,
    reductions_open,
    submit,
)
from weighbridge.engine.parameters import CostParameters, FillRules, TradeRules
from weighbridge.engine.rules.account import Account, PlanArrays
from weighbridge.engine.rules.order_types import MARKET, REBALANCE
from weighbridge.engine.rules.planning import plan_rebalance, plan_second_phase
from weighbridge.engine.rules.valuation import portfolio_value
from weighbridge.engine.tables import Desk, Ledger, Market, State
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import CashRule, FillTiming

__all__ = ["decide_now", "open_bar", "simulate_bars", "submit_orders"]

# Places in `State.money` and `State.phase`.
CASH, VALUE, FROZEN_VALUE = range(3)
DECIDED, WAITS, WAITED, OPENED = range(4)

NEXT_OPEN = int(FillTiming.NEXT_OPEN)
SAME_OPEN = int(FillTiming.SAME_OPEN)
REFUSED_TWICE = int(CashRule.REFUSED_TWICE)
SNAPSHOT = int(RebalanceMode.SNAPSHOT)
INCREMENTAL = int(RebalanceMode.INCREMENTAL)


@rule
def take_prices(desk: Desk, market: Market, bar: int, fill: FillRules, trade: TradeRules) -> bool:
    """Take over the bar's prices, asset by asset the last ones known; say whether any asset trades."""
    n_assets = market.close.shape[1]
    if market.complete:
        for asset in range(n_assets):
            desk.last_close[asset] = market.close[bar, asset]
        awake = True
    else:
        awake = False
        for asset in range(n_assets):
            price = market.close[bar, asset]
            if price == price:
                desk.last_close[asset] = price
                awake = True
    if fill.fill != NEXT_OPEN:
        for asset in range(n_assets):
            if not math.isnan(market.close[bar, asset]):
                desk.last_open[asset] = market.open[bar, asset]
                desk.last_high[asset] = market.high[bar, asset]
                desk.last_low[asset] = market.low[bar, asset]
    if trade.min_bars > 0:
        for asset in range(n_assets):
            if not math.isnan(market.close[bar, asset]):
                desk.bars_seen[asset] += 1
    return awake


@rule
def account_of(
    desk: Desk, market: Market, bar: int, fill: FillRules, trade: TradeRules, contracts: ContractTable | None
) -> Account:
    """Show the desk to the planner."""
    if trade.skip_without_bar:
        for asset in range(market.close.shape[1]):
            desk.traded[asset] = not math.isnan(market.close[bar, asset])
    price = desk.last_open if fill.fill == SAME_OPEN else desk.last_close
    if contracts is not None:
        return Account(
            desk.position,
            desk.pending,
            desk.sold,
            desk.needed,
            price,
            desk.traded,
            desk.bars_seen,
            unit_values(contracts, price),
            contracts.leverage,
            contracts.margined,
        )
    return Account(
        desk.position,
        desk.pending,
        desk.sold,
        desk.needed,
        price,
        desk.traded,
        desk.bars_seen,
        price,
        desk.leverage,
        desk.margined,
    )


@rule
def plan_of(desk: Desk) -> PlanArrays:
    """Show the planner where to write."""
    return PlanArrays(desk.plan_weight, desk.plan_side, desk.plan_quantity, desk.plan_reason, desk.plan_sequence)


@rule
def send(desk: Desk, ledger: Ledger, account: Account, bar: int, count: int, first_phase: bool) -> None:
    """Submit the planned trades in their sequence; only reductions of a first phase are waited for."""
    for k in range(count):
        asset = desk.plan_sequence[k]
        submit(
            desk,
            ledger,
            bar,
            asset,
            desk.plan_quantity[asset],
            account.price[asset],
            first_phase and desk.plan_side[asset] < 0,
            REBALANCE,
        )


@rule
def decide(
    desk: Desk,
    ledger: Ledger,
    market: Market,
    bar: int,
    weights: Any,
    cash: float,
    value: float,
    trade: TradeRules,
    fill: FillRules,
    costs: CostParameters,
    contracts: ContractTable | None,
) -> bool:
    """Start a rebalance; say whether a second phase follows."""
    if trade.cancel_open:
        cancel_open(desk, ledger, bar, -1)
    account = account_of(desk, market, bar, fill, trade, contracts)
    charges = planned_costs(costs, contracts)
    count_pending(desk, ledger, account, bar, trade.count_open, charges)
    free = cash_at_hand(cash, desk.position, fill, contracts)
    count, waits = plan_rebalance(weights, value, free, account, trade, charges, plan_of(desk))
    send(desk, ledger, account, bar, count, True)
    return waits


@rule
def carry_on(
    desk: Desk,
    ledger: Ledger,
    market: Market,
    bar: int,
    decided: int,
    cash: float,
    value: float,
    trade: TradeRules,
    fill: FillRules,
    costs: CostParameters,
    contracts: ContractTable | None,
) -> None:
    """Second phase: cancel what is left of the reductions and send what waited (semantics 3.5)."""
    if trade.mode != SNAPSHOT:
        cancel_open(desk, ledger, bar, decided)
    account = account_of(desk, market, bar, fill, trade, contracts)
    charges = planned_costs(costs, contracts)
    count_pending(desk, ledger, account, bar, trade.count_open, charges)
    free = cash_at_hand(cash, desk.position, fill, contracts)
    send(desk, ledger, account, bar, plan_second_phase(value, free, account, trade, charges, plan_of(desk)), False)


@kernel
def simulate_bars(
    market: Market,
    row_of_bar: Any,
    weights: Any,
    trade: TradeRules,
    fill: FillRules,
    costs: CostParameters,
    contracts: ContractTable | None,
    desk: Desk,
    ledger: Ledger,
    state: State,
    cash_of_bar: Any,
    value_of_bar: Any,
    first: int,
    end: int,
) -> None:
    """Run the bars from `first` up to, not including, `end`; write orders, fills, denials, cash and value down."""
    cash, value, frozen_value = state.money[CASH], state.money[VALUE], state.money[FROZEN_VALUE]
    decided, waits, waited = state.phase[DECIDED], state.phase[WAITS] == 1, state.phase[WAITED]
    opened = state.phase[OPENED]
    for bar in range(first, end):
        row = row_of_bar[bar]
        if bar == opened or take_prices(desk, market, bar, fill, trade):
            if fill.fill == SAME_OPEN and row >= 0:
                decide(desk, ledger, market, bar, weights[row], cash, value, trade, fill, costs, contracts)
            if fill.cash_rule == REFUSED_TWICE and ledger.counts[QUEUED] > ledger.counts[ADMITTED]:
                admit(desk, ledger, market, bar, cash, fill, trade, costs, contracts)
            if ledger.counts[QUEUED] > 0:
                cash = execute(desk, ledger, market, bar, cash, fill, costs, contracts)
            if contracts is None:
                value = portfolio_value(
                    fill.accounting, cash, market.started, desk.position, desk.average, desk.last_close
                )
            else:
                cash = cash_after_bar(cash, market.started, desk.position, desk.last_close, contracts)
                value = contracts_value(
                    fill.accounting, cash, market.started, desk.position, desk.average, desk.last_close, contracts
                )
            if waits:
                waited += 1
                if waited >= trade.phase_timeout or not reductions_open(desk, ledger, decided):
                    base = value if trade.mode == INCREMENTAL else frozen_value
                    carry_on(desk, ledger, market, bar, decided, cash, base, trade, fill, costs, contracts)
                    waits = False
            if fill.fill != SAME_OPEN and row >= 0:
                waits = decide(desk, ledger, market, bar, weights[row], cash, value, trade, fill, costs, contracts)
                decided, waited, frozen_value = bar, 0, value
        cash_of_bar[bar] = cash
        value_of_bar[bar] = value
    state.money[CASH], state.money[VALUE], state.money[FROZEN_VALUE] = cash, value, frozen_value
    state.phase[DECIDED], state.phase[WAITS], state.phase[WAITED] = decided, 1 if waits else 0, waited


@kernel
def decide_now(
    market: Market,
    bar: int,
    weights: Any,
    trade: TradeRules,
    fill: FillRules,
    costs: CostParameters,
    contracts: ContractTable | None,
    desk: Desk,
    ledger: Ledger,
    state: State,
) -> bool:
    """Start a rebalance at a bar that was settled up to its decision; say whether a second phase follows."""
    return decide(
        desk, ledger, market, bar, weights, state.money[CASH], state.money[VALUE], trade, fill, costs, contracts
    )


@kernel
def submit_orders(desk: Desk, ledger: Ledger, bar: int, columns: Any, quantities: Any, price: Any) -> None:
    """Submit market orders that are not the rebalancer's, at the prices that they were sized with."""
    for k in range(len(columns)):
        submit(desk, ledger, bar, columns[k], quantities[k], price[columns[k]], False, MARKET)


def open_bar(desk: Desk, market: Market, bar: int, fill: FillRules, trade: TradeRules, state: State) -> None:
    """Take the prices of a bar that is decided at its open, before it is settled."""
    take_prices(desk, market, bar, fill, trade)
    state.phase[OPENED] = bar
