"""The compiled pass for orders that fill at the next close, in parts where the volume is short (Zipline, daily).

At each bar: dividends and splits of its date are booked; open orders get what the bar has for them; all fills are
booked, then all commissions; the portfolio is valued; an unfinished rebalance goes on; the strategy decides; positions
in assets that have ended are sold at their last price and their orders denied. Zipline, `gens/tradesimulation.py`.
"""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import kernel, rule
from weighbridge.engine.desk import FILLS, OPEN, ORDERS, QUEUED
from weighbridge.engine.kernel import CASH, DECIDED, FROZEN_VALUE, OPENED, VALUE, WAITED, WAITS
from weighbridge.engine.parameters import NO_COST, TradeRules
from weighbridge.engine.queues import Queues, cancel_open, count_pending, prune, reductions_open
from weighbridge.engine.rules.account import Account, PlanArrays
from weighbridge.engine.rules.holdings import long_and_short_value
from weighbridge.engine.rules.order_fills import PartCosts
from weighbridge.engine.rules.planning import plan_rebalance, plan_second_phase
from weighbridge.engine.rules.valuation import known_price
from weighbridge.engine.session_actions import ActionBook, book_actions
from weighbridge.engine.session_fills import book_fills, close_ended, fill_orders, fill_orders_of_users
from weighbridge.engine.session_tables import Listing, SessionDesk
from weighbridge.engine.tables import Ledger, State
from weighbridge.settings.config import RebalanceMode

__all__ = ["decide_session", "send", "send_orders", "simulate_sessions"]

SNAPSHOT = int(RebalanceMode.SNAPSHOT)
INCREMENTAL = int(RebalanceMode.INCREMENTAL)


@rule
def take_prices(desk: SessionDesk, listing: Listing, bar: int, trade: TradeRules) -> None:
    """Take over the bar's closes, asset by asset the last ones known."""
    for asset in range(listing.close.shape[1]):
        desk.last_close[asset] = known_price(listing.close[bar, asset], desk.last_close[asset])
    if trade.min_bars > 0:
        for asset in range(listing.close.shape[1]):
            if listing.close[bar, asset] == listing.close[bar, asset]:
                desk.bars_seen[asset] += 1


@rule
def account_of(desk: SessionDesk, listing: Listing, bar: int, trade: TradeRules) -> Account:
    """Show the desk to the planner; an asset that has ended has no price."""
    for asset in range(listing.close.shape[1]):
        desk.price[asset] = desk.last_close[asset] if bar <= listing.last_bar[asset] else float("nan")
    if trade.skip_without_bar:
        for asset in range(listing.close.shape[1]):
            desk.traded[asset] = listing.close[bar, asset] == listing.close[bar, asset]
    return Account(
        desk.position,
        desk.pending,
        desk.sold,
        desk.needed,
        desk.price,
        desk.traded,
        desk.bars_seen,
        desk.price,
        desk.leverage,
        desk.margined,
    )


@rule
def plan_of(desk: SessionDesk) -> PlanArrays:
    """Show the planner where to write."""
    return PlanArrays(desk.plan_weight, desk.plan_side, desk.plan_quantity, desk.plan_reason, desk.plan_sequence)


@rule
def send(desk: SessionDesk, queues: Queues, ledger: Ledger, bar: int, count: int, first_phase: bool) -> None:
    """Submit the planned trades in their sequence, each to the end of its asset's queue.

    Only reductions of a first phase are waited for.
    """
    following, preceding, head, tail = queues.following, queues.preceding, queues.head, queues.tail
    later, amount, filled, paid = queues.later, queues.amount, queues.filled, queues.paid
    reduction = queues.reduction
    order_bar, order_asset, order_quantity = ledger.order_bar, ledger.order_asset, ledger.order_quantity
    order_state = ledger.order_state
    sequence, quantity, side = desk.plan_sequence, desk.plan_quantity, desk.plan_side
    order = ledger.counts[ORDERS]
    end = len(following) - 1
    for k in range(count):
        asset = sequence[k]
        order_bar[order] = bar
        order_asset[order] = asset
        order_quantity[order] = quantity[asset]
        order_state[order] = OPEN
        amount[order] = quantity[asset]
        filled[order] = 0.0
        paid[order] = 0.0
        reduction[order] = first_phase and side[asset] < 0
        later[order] = -1
        if following[asset] < 0:
            last = preceding[end]
            following[last] = asset
            preceding[asset] = last
            following[asset] = end
            preceding[end] = asset
        if head[asset] < 0:
            head[asset] = order
        else:
            later[tail[asset]] = order
        tail[asset] = order
        order += 1
    ledger.counts[ORDERS] = order
    ledger.counts[QUEUED] += count


@rule
def decide(
    desk: SessionDesk,
    queues: Queues,
    ledger: Ledger,
    listing: Listing,
    bar: int,
    weights: Any,
    cash: float,
    value: float,
    trade: TradeRules,
    costs: PartCosts,
) -> bool:
    """Start a rebalance; say whether a second phase follows."""
    if trade.cancel_open:
        cancel_open(queues, ledger, bar, -1)
    account = account_of(desk, listing, bar, trade)
    count_pending(queues, ledger, account, bar, trade.count_open, costs)
    count, waits = plan_rebalance(weights, value, cash, account, trade, costs, plan_of(desk))
    send(desk, queues, ledger, bar, count, True)
    return waits


@rule
def carry_on(
    desk: SessionDesk,
    queues: Queues,
    ledger: Ledger,
    listing: Listing,
    bar: int,
    decided: int,
    cash: float,
    value: float,
    trade: TradeRules,
    costs: PartCosts,
) -> None:
    """Second phase: cancel what is left of the reductions and send what waited (semantics 3.5)."""
    if trade.mode != SNAPSHOT:
        cancel_open(queues, ledger, bar, decided)
    account = account_of(desk, listing, bar, trade)
    count_pending(queues, ledger, account, bar, trade.count_open, costs)
    count = plan_second_phase(value, cash, account, trade, costs, plan_of(desk))
    send(desk, queues, ledger, bar, count, False)


@kernel
def simulate_sessions(
    listing: Listing,
    actions: ActionBook,
    row_of_bar: Any,
    weights: Any,
    trade: TradeRules,
    costs: PartCosts,
    desk: SessionDesk,
    queues: Queues,
    ledger: Ledger,
    state: State,
    cash_of_bar: Any,
    value_of_bar: Any,
    first: int,
    end: int,
    halfway: bool,
) -> int:
    """Run the bars from `first` up to, not including, `end`; write orders, fills, denials, cash and value down.

    With `halfway` bar `end` is run too, up to its decision, and noted as `OPENED`. Return the bar to go on with:
    `end`, or an earlier one before which the ledger needs room for more fills.
    """
    cash, value, frozen_value = state.money[CASH], state.money[VALUE], state.money[FROZEN_VALUE]
    decided, waits, waited = state.phase[DECIDED], state.phase[WAITS] == 1, state.phase[WAITED]
    opened = state.phase[OPENED]
    n_assets = listing.close.shape[1]
    reached = end
    for bar in range(first, end + 1 if halfway else end):
        # An order fills once in a bar, and then what is held of an asset may be sold because it has ended.
        if ledger.counts[FILLS] + ledger.counts[QUEUED] + n_assets > len(ledger.fill_bar):
            reached = bar
            break
        if bar != opened:
            if len(actions.gap_bar) > 0:
                cash = book_actions(actions, desk, queues, ledger, listing, bar, cash)
            take_prices(desk, listing, bar, trade)
            if ledger.counts[QUEUED] > 0 or queues.following[n_assets] != n_assets:
                begin = ledger.counts[FILLS]
                if len(queues.kind) > 0:
                    fill_orders_of_users(queues, ledger, listing, bar, costs)
                else:
                    fill_orders(queues, ledger, listing, bar, costs)
                prune(queues)
                cash = book_fills(desk, ledger, begin, cash, costs.commission_kind != NO_COST)
            value = long_and_short_value(cash, desk.position, desk.last_close, desk.sequence, desk.end[0])
            if waits:
                waited += 1
                if waited >= trade.phase_timeout or not reductions_open(queues, ledger, decided):
                    base = value if trade.mode == INCREMENTAL else frozen_value
                    carry_on(desk, queues, ledger, listing, bar, decided, cash, base, trade, costs)
                    waits = False
        if bar == end:
            opened = bar
            break
        row = row_of_bar[bar]
        if row >= 0:
            waits = decide(desk, queues, ledger, listing, bar, weights[row], cash, value, trade, costs)
            decided, waited, frozen_value = bar, 0, value
        if listing.ends[bar]:
            cash = close_ended(desk, queues, ledger, listing, bar, cash)
            value = long_and_short_value(cash, desk.position, desk.last_close, desk.sequence, desk.end[0])
        cash_of_bar[bar] = cash
        value_of_bar[bar] = value
    state.money[CASH], state.money[VALUE], state.money[FROZEN_VALUE] = cash, value, frozen_value
    state.phase[DECIDED], state.phase[WAITS], state.phase[WAITED] = decided, 1 if waits else 0, waited
    state.phase[OPENED] = opened
    return reached


@kernel
def decide_session(
    listing: Listing,
    bar: int,
    weights: Any,
    trade: TradeRules,
    costs: PartCosts,
    desk: SessionDesk,
    queues: Queues,
    ledger: Ledger,
    state: State,
) -> bool:
    """Start a rebalance at a bar that was run up to its decision; say whether a second phase follows."""
    return decide(desk, queues, ledger, listing, bar, weights, state.money[CASH], state.money[VALUE], trade, costs)


@kernel
def send_orders(desk: SessionDesk, queues: Queues, ledger: Ledger, bar: int, count: int) -> None:
    """Submit orders that no second phase waits for."""
    send(desk, queues, ledger, bar, count, False)
