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
    submit,
    unlink,
    unlist,
)
from weighbridge.engine.rules.holdings import enter, leave, long_and_short_value
from weighbridge.engine.rules.order_fills import PartCosts, filled_part, part_commission
from weighbridge.engine.rules.planning import (
    Account,
    PlanArrays,
    cash_not_reserved,
    plan_increases,
    plan_rebalance,
)
from weighbridge.engine.session_tables import Listing, SessionDesk
from weighbridge.engine.tables import Ledger
from weighbridge.reasons import DenialRule

__all__ = ["simulate_sessions"]

# Places in `Ledger.counts`, as in engine/desk.py.
FILLS, DENIALS = 1, 2

HYBRID = int(RebalanceMode.HYBRID)
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
def note_fill(
    desk: SessionDesk, ledger: Ledger, bar: int, asset: int, quantity: float, price: float, charge: float
) -> None:
    """Write a fill down; the position after it is written when it is booked."""
    row = ledger.counts[FILLS]
    ledger.fill_bar[row] = bar
    ledger.fill_asset[row] = asset
    ledger.fill_quantity[row] = quantity
    ledger.fill_price[row] = price
    ledger.fill_commission[row] = charge
    ledger.counts[FILLS] += 1


@rule
def fill_orders(
    desk: SessionDesk, queues: Queues, ledger: Ledger, listing: Listing, bar: int, costs: PartCosts
) -> bool:
    """Give the open orders what the bar has for them; say whether there was room to write it down.

    Zipline, `SimulationBlotter.get_transactions`, `SlippageModel.simulate`: no fill without a close or a volume.
    """
    end = len(queues.following) - 1
    asset = queues.following[end]
    while asset != end:
        close, volume = listing.close[bar, asset], listing.volume[bar, asset]
        order = queues.head[asset]
        if close != close or volume == 0.0:
            order = -1
        before = -1
        taken = 0.0
        while order >= 0:
            filled, paid = queues.filled[order], queues.paid[order]
            price, quantity, used_up = filled_part(
                costs.slippage_kind,
                costs.slippage_amount,
                costs.limit,
                costs.two,
                ledger.order_quantity[order] - filled,
                close,
                volume,
                taken,
            )
            if used_up:
                break
            after = queues.later[order]
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
                if ledger.counts[FILLS] == len(ledger.fill_bar):
                    return False
                note_fill(desk, ledger, bar, asset, quantity, price, max(charge, 0.0))
                queues.filled[order] = filled + quantity
                queues.paid[order] = paid + charge
                taken += abs(quantity)
            if queues.filled[order] == ledger.order_quantity[order]:
                unlink(queues, asset, order, before)
            else:
                before = order
            order = after
        asset = queues.following[asset]
    return True


@rule
def book(desk: SessionDesk, ledger: Ledger, row: int) -> None:
    """Change the position by a fill."""
    asset = ledger.fill_asset[row]
    held = desk.position[asset]
    after = held + ledger.fill_quantity[row]
    if held == 0.0:
        enter(asset, desk.sequence, desk.place, desk.end)
    if after == 0.0:
        leave(asset, desk.sequence, desk.place)
    desk.position[asset] = after
    ledger.fill_position[row] = after


@rule
def book_fills(desk: SessionDesk, ledger: Ledger, first: int, cash: float, costs: PartCosts) -> float:
    """Book the fills from row `first` on, then their commissions; return the cash. Zipline, `Ledger`."""
    for row in range(first, ledger.counts[FILLS]):
        cash += -(ledger.fill_price[row] * ledger.fill_quantity[row])
        book(desk, ledger, row)
    if costs.commission_kind != NO_COST:
        for row in range(first, ledger.counts[FILLS]):
            if ledger.fill_commission[row] > 0.0:
                cash += -ledger.fill_commission[row]
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
        desk.position, desk.pending, desk.price, desk.traded, desk.bars_seen, desk.price, desk.leverage, desk.margined
    )


@rule
def plan_of(desk: SessionDesk) -> PlanArrays:
    """Show the planner where to write."""
    return PlanArrays(desk.plan_weight, desk.plan_side, desk.plan_quantity, desk.plan_reason, desk.plan_sequence)


@rule
def send(desk: SessionDesk, queues: Queues, ledger: Ledger, bar: int, count: int) -> None:
    """Submit the planned trades in their sequence."""
    for k in range(count):
        asset = desk.plan_sequence[k]
        submit(queues, ledger, bar, asset, desk.plan_quantity[asset], desk.plan_side[asset] < 0)


@rule
def close_ended(desk: SessionDesk, queues: Queues, ledger: Ledger, listing: Listing, bar: int, cash: float) -> float:
    """Sell what is held of assets that have ended, at their last price; cancel their orders; return the cash.

    Zipline, `AlgorithmSimulator._cleanup_expired_assets`, `Ledger.close_position`.
    """
    for i in range(desk.end[0]):
        asset = desk.sequence[i]
        if asset >= 0 and listing.last_bar[asset] < bar:
            row = ledger.counts[FILLS]
            note_fill(desk, ledger, bar, asset, -desk.position[asset], desk.last_close[asset], 0.0)
            cash += -(ledger.fill_price[row] * ledger.fill_quantity[row])
            book(desk, ledger, row)
    end = len(queues.following) - 1
    asset = queues.following[end]
    while asset != end:
        after = queues.following[asset]
        if listing.last_bar[asset] < bar:
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
            unlist(queues, asset)
        asset = after
    return cash


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
            if not fill_orders(desk, queues, ledger, listing, bar, costs):
                return False
            prune(queues)
            cash = book_fills(desk, ledger, first, cash, costs)
        value = long_and_short_value(cash, desk.position, desk.last_close, desk.sequence, desk.end[0])
        if waits:
            waited += 1
            if waited >= trade.phase_timeout or not reductions_open(queues, ledger, decided):
                cancel_open(queues, ledger, bar, decided)
                count_pending(queues, ledger, desk.pending, bar, trade.count_open)
                account = account_of(desk, listing, bar, trade)
                free = cash_not_reserved(cash, account, costs)
                base = frozen_value if trade.mode == HYBRID else value
                send(desk, queues, ledger, bar, plan_increases(0, base, free, account, trade, costs, plan_of(desk)))
                waits = False
        row = row_of_bar[bar]
        if row >= 0:
            if trade.cancel_open:
                cancel_open(queues, ledger, bar, -1)
            count_pending(queues, ledger, desk.pending, bar, trade.count_open)
            account = account_of(desk, listing, bar, trade)
            count, waits = plan_rebalance(weights[row], value, cash, account, trade, costs, plan_of(desk))
            send(desk, queues, ledger, bar, count)
            decided, waited, frozen_value = bar, 0, value
        if listing.ends[bar]:
            if ledger.counts[FILLS] + n_assets > len(ledger.fill_bar):
                return False
            cash = close_ended(desk, queues, ledger, listing, bar, cash)
            value = long_and_short_value(cash, desk.position, desk.last_close, desk.sequence, desk.end[0])
        cash_of_bar[bar] = cash
        value_of_bar[bar] = value
    return True
