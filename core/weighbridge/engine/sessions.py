"""The compiled pass for orders that fill at the next close, in parts where the volume is short (Zipline, daily).

At each bar: open orders get what the bar has for them; all fills are booked, then all commissions; the portfolio
is valued; an unfinished rebalance goes on; the strategy decides; positions in assets that have ended are sold at
their last price and their orders cancelled. Zipline, `gens/tradesimulation.py`.
"""

from __future__ import annotations

from typing import Any

from weighbridge.config import RebalanceMode
from weighbridge.engine.compiled import kernel, rule
from weighbridge.engine.parameters import NO_COST, TradeRules
from weighbridge.engine.queues import (
    ORDERS,
    Queues,
    cancel_open,
    count_pending,
    prune,
    reductions_open,
    unlist,
)
from weighbridge.engine.rules.account import Account
from weighbridge.engine.rules.holdings import close_gaps, long_and_short_value
from weighbridge.engine.rules.order_fills import PartCosts, filled_part, part_commission
from weighbridge.engine.rules.planning import PlanArrays, plan_rebalance, plan_second_phase
from weighbridge.engine.session_tables import Listing, SessionDesk
from weighbridge.engine.tables import Ledger
from weighbridge.reasons import DenialRule

__all__ = ["simulate_sessions"]

# Places in `Ledger.counts`, as in engine/desk.py.
FILLS, DENIALS = 1, 2

SNAPSHOT = int(RebalanceMode.SNAPSHOT)
INCREMENTAL = int(RebalanceMode.INCREMENTAL)
AUTO_CLOSE = int(DenialRule.AUTO_CLOSE)


@rule
def take_prices(desk: SessionDesk, listing: Listing, bar: int, trade: TradeRules) -> None:
    """Take over the bar's closes, asset by asset the last ones known."""
    for asset in range(listing.close.shape[1]):
        price = listing.close[bar, asset]
        if price == price:
            desk.last_close[asset] = price
            if trade.min_bars > 0:
                desk.bars_seen[asset] += 1


@rule
def fill_orders(queues: Queues, ledger: Ledger, listing: Listing, bar: int, costs: PartCosts) -> bool:
    """Give the open orders what the bar has for them; say whether there was room to write it down.

    Zipline, `SimulationBlotter.get_transactions`, `SlippageModel.simulate`: no fill without a close or a volume.
    """
    following, head, tail, later = queues.following, queues.head, queues.tail, queues.later
    filled_of, paid_of, ordered = queues.filled, queues.paid, ledger.order_quantity
    closes, volumes = listing.close, listing.volume
    fill_bar, fill_asset, fill_quantity = ledger.fill_bar, ledger.fill_asset, ledger.fill_quantity
    fill_price, fill_commission = ledger.fill_price, ledger.fill_commission
    row = ledger.counts[FILLS]
    room = len(fill_bar)
    end = len(following) - 1
    asset = following[end]
    while asset != end:
        close, volume = closes[bar, asset], volumes[bar, asset]
        order = head[asset]
        if close != close or volume == 0.0:
            order = -1
        before = -1
        taken = 0.0
        while order >= 0:
            filled, paid = filled_of[order], paid_of[order]
            price, quantity, used_up = filled_part(
                costs.slippage_kind,
                costs.slippage_amount,
                costs.limit,
                costs.two,
                ordered[order] - filled,
                close,
                volume,
                taken,
            )
            if used_up:
                break
            after = later[order]
            if quantity != 0.0:
                charge = part_commission(
                    costs.commission_kind,
                    costs.commission_amount,
                    costs.commission_minimum,
                    quantity,
                    price,
                    filled,
                    paid,
                )
                if row == room:
                    return False
                fill_bar[row] = bar
                fill_asset[row] = asset
                fill_quantity[row] = quantity
                fill_price[row] = price
                fill_commission[row] = max(charge, 0.0)
                row += 1
                filled += quantity
                filled_of[order] = filled
                paid_of[order] = paid + charge
                taken += abs(quantity)
            if filled == ordered[order]:
                if before < 0:
                    head[asset] = after
                else:
                    later[before] = after
                if after < 0:
                    tail[asset] = before
            else:
                before = order
            order = after
        asset = following[asset]
    ledger.counts[FILLS] = row
    return True


@rule
def book_fills(desk: SessionDesk, ledger: Ledger, first: int, cash: float, charged: bool) -> float:
    """Book the fills from row `first` on, then their commissions; return the cash. Zipline, `Ledger`."""
    position, sequence, place = desk.position, desk.sequence, desk.place
    fill_asset, fill_quantity, fill_price = ledger.fill_asset, ledger.fill_quantity, ledger.fill_price
    fill_commission, fill_position = ledger.fill_commission, ledger.fill_position
    count = ledger.counts[FILLS]
    for row in range(first, count):
        asset, quantity = fill_asset[row], fill_quantity[row]
        cash += -(fill_price[row] * quantity)
        held = position[asset]
        after = held + quantity
        if held == 0.0:
            if desk.end[0] == len(sequence):
                close_gaps(sequence, place, desk.end)
            sequence[desk.end[0]] = asset
            place[asset] = desk.end[0]
            desk.end[0] += 1
        if after == 0.0:
            sequence[place[asset]] = -1
            place[asset] = -1
        position[asset] = after
        fill_position[row] = after
    if charged:
        for row in range(first, count):
            if fill_commission[row] > 0.0:
                cash += -fill_commission[row]
    return cash


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
    later, filled, paid, reduction = queues.later, queues.filled, queues.paid, queues.reduction
    order_bar, order_asset, order_quantity = ledger.order_bar, ledger.order_asset, ledger.order_quantity
    sequence, quantity, side = desk.plan_sequence, desk.plan_quantity, desk.plan_side
    order = ledger.counts[ORDERS]
    end = len(following) - 1
    for k in range(count):
        asset = sequence[k]
        order_bar[order] = bar
        order_asset[order] = asset
        order_quantity[order] = quantity[asset]
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


@rule
def deny_orders(queues: Queues, ledger: Ledger, asset: int, bar: int) -> None:
    """Deny what is left of an asset's orders, and take the asset out of the sequence."""
    order = queues.head[asset]
    while order >= 0:
        row = ledger.counts[DENIALS]
        ledger.denial_bar[row] = bar
        ledger.denial_asset[row] = asset
        ledger.denial_quantity[row] = ledger.order_quantity[order] - queues.filled[order]
        ledger.denial_rule[row] = AUTO_CLOSE
        ledger.counts[DENIALS] += 1
        order = queues.later[order]
    queues.head[asset] = -1
    queues.tail[asset] = -1
    unlist(queues.following, queues.preceding, asset)


@rule
def close_ended(desk: SessionDesk, queues: Queues, ledger: Ledger, listing: Listing, bar: int, cash: float) -> float:
    """Sell what is held of assets that have ended, at their last price; deny their orders; return the cash.

    Zipline, `AlgorithmSimulator._cleanup_expired_assets`, `Ledger.close_position`.
    """
    first = ledger.counts[FILLS]
    for i in range(desk.end[0]):
        asset = desk.sequence[i]
        if asset >= 0 and listing.last_bar[asset] < bar:
            row = ledger.counts[FILLS]
            ledger.fill_bar[row] = bar
            ledger.fill_asset[row] = asset
            ledger.fill_quantity[row] = -desk.position[asset]
            ledger.fill_price[row] = desk.last_close[asset]
            ledger.fill_commission[row] = 0.0
            ledger.counts[FILLS] += 1
    end = len(queues.following) - 1
    asset = queues.following[end]
    while asset != end:
        after = queues.following[asset]
        if listing.last_bar[asset] < bar:
            deny_orders(queues, ledger, asset, bar)
        asset = after
    return book_fills(desk, ledger, first, cash, False)


@kernel
def simulate_sessions(
    listing: Listing,
    row_of_bar: Any,
    weights: Any,
    trade: TradeRules,
    costs: PartCosts,
    cash: float,
    desk: SessionDesk,
    queues: Queues,
    ledger: Ledger,
    cash_of_bar: Any,
    value_of_bar: Any,
) -> bool:
    """Run every bar and write it down; return False where there was no room for all fills."""
    decided = -1
    waits = False
    waited = 0
    frozen_value = 0.0
    n_assets = listing.close.shape[1]
    for bar in range(listing.close.shape[0]):
        take_prices(desk, listing, bar, trade)
        if queues.following[n_assets] != n_assets:
            first = ledger.counts[FILLS]
            if not fill_orders(queues, ledger, listing, bar, costs):
                return False
            prune(queues)
            cash = book_fills(desk, ledger, first, cash, costs.commission_kind != NO_COST)
        value = long_and_short_value(cash, desk.position, desk.last_close, desk.sequence, desk.end[0])
        if waits:
            waited += 1
            if waited >= trade.phase_timeout or not reductions_open(queues, ledger, decided):
                if trade.mode != SNAPSHOT:
                    cancel_open(queues, ledger, bar, decided)
                account = account_of(desk, listing, bar, trade)
                count_pending(queues, ledger, account, bar, trade.count_open, costs)
                base = value if trade.mode == INCREMENTAL else frozen_value
                count = plan_second_phase(base, cash, account, trade, costs, plan_of(desk))
                send(desk, queues, ledger, bar, count, False)
                waits = False
        row = row_of_bar[bar]
        if row >= 0:
            if trade.cancel_open:
                cancel_open(queues, ledger, bar, -1)
            account = account_of(desk, listing, bar, trade)
            count_pending(queues, ledger, account, bar, trade.count_open, costs)
            count, waits = plan_rebalance(weights[row], value, cash, account, trade, costs, plan_of(desk))
            send(desk, queues, ledger, bar, count, True)
            decided, waited, frozen_value = bar, 0, value
        if listing.ends[bar]:
            if ledger.counts[FILLS] + n_assets > len(ledger.fill_bar):
                return False
            cash = close_ended(desk, queues, ledger, listing, bar, cash)
            value = long_and_short_value(cash, desk.position, desk.last_close, desk.sequence, desk.end[0])
        cash_of_bar[bar] = cash
        value_of_bar[bar] = value
    return True
