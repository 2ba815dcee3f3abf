"""What the orders of a bar get, and how fills are booked (Zipline, daily)."""

from __future__ import annotations

import math
from typing import Any

from weighbridge.engine.compiled import rule
from weighbridge.engine.desk import FILLED, FILLS, QUEUED
from weighbridge.engine.queues import Queues, deny_orders
from weighbridge.engine.rules.actions import basis_after, basis_with_commission
from weighbridge.engine.rules.holdings import close_gaps
from weighbridge.engine.rules.order_fills import VOLUME_SHARE, PartCosts, filled_part, part_commission
from weighbridge.engine.rules.order_triggers import triggered, worse_than_limit
from weighbridge.engine.rules.order_types import LIMIT
from weighbridge.engine.session_tables import Listing, SessionDesk
from weighbridge.engine.tables import Ledger
from weighbridge.rules.reasons import DenialRule

__all__ = ["book_fills", "close_ended", "fill_orders", "fill_orders_of_users"]

AUTO_CLOSE = int(DenialRule.AUTO_CLOSE)


def _fill_orders(*, users: bool) -> Any:
    # Compiled twice: what is asked of every order of a user is not asked where there is only the rebalancer.
    @rule
    def fill_orders(queues: Queues, ledger: Ledger, listing: Listing, bar: int, costs: PartCosts) -> None:
        """Give the open orders what the bar has for them, and write it down.

        Zipline, `SimulationBlotter.get_transactions`, `SlippageModel.simulate`: no fill without a close or a volume.
        """
        following, head, tail, later = queues.following, queues.head, queues.tail, queues.later
        amount_of, filled_of, paid_of = queues.amount, queues.filled, queues.paid
        closes, volumes = listing.close, listing.volume
        fill_bar, fill_asset, fill_quantity = ledger.fill_bar, ledger.fill_asset, ledger.fill_quantity
        fill_price, fill_commission, order_state = ledger.fill_price, ledger.fill_commission, ledger.order_state
        row = ledger.counts[FILLS]
        done = 0
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
                if users and queues.waiting[order]:
                    buys, limit, stop = amount_of[order] > 0.0, queues.limit[order], queues.stop[order]
                    fills, unstopped = triggered(buys, limit, stop, close)
                    if unstopped:
                        queues.kind[order] = LIMIT
                        queues.stop[order] = math.nan
                    if not fills:
                        before = order
                        order = later[order]
                        continue
                    queues.waiting[order] = False
                filled, paid = filled_of[order], paid_of[order]
                price, quantity, used_up = filled_part(
                    costs.slippage_kind,
                    costs.slippage_amount,
                    costs.limit,
                    costs.two,
                    amount_of[order] - filled,
                    close,
                    volume,
                    taken,
                )
                if used_up:
                    break
                if (
                    users
                    and costs.slippage_kind == VOLUME_SHARE
                    and worse_than_limit(quantity > 0.0, queues.limit[order], price)
                ):
                    quantity = 0.0
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
                if filled == amount_of[order]:
                    order_state[order] = FILLED
                    done += 1
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
        ledger.counts[QUEUED] -= done

    return fill_orders


fill_orders, fill_orders_of_users = _fill_orders(users=False), _fill_orders(users=True)


@rule
def book_fills(desk: SessionDesk, ledger: Ledger, first: int, cash: float, charged: bool) -> float:
    """Book the fills from row `first` on, then their commissions; return the cash. Zipline, `Ledger`."""
    position, average, sequence, place = desk.position, desk.average, desk.sequence, desk.place
    fill_asset, fill_quantity, fill_price = ledger.fill_asset, ledger.fill_quantity, ledger.fill_price
    fill_commission, fill_position = ledger.fill_commission, ledger.fill_position
    averages = len(average) > 0
    count = ledger.counts[FILLS]
    for row in range(first, count):
        asset, quantity = fill_asset[row], fill_quantity[row]
        cash += -(fill_price[row] * quantity)
        held = position[asset]
        after = held + quantity
        if averages:
            average[asset] = basis_after(held, average[asset], quantity, fill_price[row])
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
                if averages:
                    asset = fill_asset[row]
                    average[asset] = basis_with_commission(position[asset], average[asset], fill_commission[row])
                cash += -fill_commission[row]
    return cash


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
            deny_orders(queues, ledger, asset, bar, AUTO_CLOSE)
        asset = after
    return book_fills(desk, ledger, first, cash, False)
