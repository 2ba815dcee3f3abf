"""Open orders that may fill in parts: a sequence of assets, and a queue of orders for each.

Assets fill in the sequence in which they got their first open order; an asset keeps its place until, after the
fills of a bar, it has no open order left (Zipline, `SimulationBlotter.open_orders`, `prune_orders`). Orders are
numbered by their rows in the ledger. Lists are linked by index, -1 is nobody; the sequence of assets has its head
and tail in the element behind the last asset.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from weighbridge.engine.compiled import rule
from weighbridge.engine.desk import CANCELLED, DENIED, QUEUED, deny
from weighbridge.engine.rules.account import Account, order_need
from weighbridge.engine.rules.actions import round_cents, split_units
from weighbridge.engine.rules.order_fills import PartCosts
from weighbridge.engine.rules.order_types import LIMIT, REBALANCE, STOP
from weighbridge.engine.tables import Ledger

__all__ = [
    "Queues",
    "cancel_open",
    "count_pending",
    "deny_orders",
    "prune",
    "queues_for",
    "reductions_open",
    "split_orders",
    "unlink",
]


class Queues(NamedTuple):
    """The lists (`following` and `preceding` of assets, `head` and `tail` of each asset's orders, `later` of
    orders), and by order its units (a split changes them), what has filled of it, what commission it has paid, and
    whether it is a reduction. Where users order beside the rebalancer, also what kind it is (places:
    rules/order_types.py), its limit and stop (NaN: none), and whether it waits for one of them; else these are empty.
    """

    following: Any
    preceding: Any
    head: Any
    tail: Any
    later: Any
    amount: Any
    filled: Any
    paid: Any
    reduction: Any
    kind: Any
    limit: Any
    stop: Any
    waiting: Any


def queues_for(n_assets: int, n_orders: int, *, users: bool = False) -> Queues:
    """Allocate empty queues, with room for what only orders of `users` have."""
    n_users = n_orders if users else 0

    def nobody(length: int) -> Any:
        return np.full(length, -1, dtype=np.int64)

    following, preceding = nobody(n_assets + 1), nobody(n_assets + 1)
    following[n_assets] = preceding[n_assets] = n_assets
    return Queues(
        following,
        preceding,
        head=nobody(n_assets),
        tail=nobody(n_assets),
        later=np.empty(n_orders, dtype=np.int64),
        amount=np.empty(n_orders),
        filled=np.empty(n_orders),
        paid=np.empty(n_orders),
        reduction=np.empty(n_orders, dtype=np.bool_),
        kind=np.full(n_users, REBALANCE, dtype=np.int8),
        limit=np.full(n_users, np.nan),
        stop=np.full(n_users, np.nan),
        waiting=np.zeros(n_users, dtype=np.bool_),
    )


@rule
def unlist(following: Any, preceding: Any, asset: int) -> None:
    """Take an asset out of the sequence."""
    before, after = preceding[asset], following[asset]
    following[before] = after
    preceding[after] = before
    following[asset] = -1
    preceding[asset] = -1


@rule
def prune(queues: Queues) -> None:
    """Take the assets without open orders out of the sequence."""
    following, preceding, head = queues.following, queues.preceding, queues.head
    end = len(following) - 1
    asset = following[end]
    while asset != end:
        after = following[asset]
        if head[asset] < 0:
            unlist(following, preceding, asset)
        asset = after


@rule
def unlink(head: Any, tail: Any, later: Any, asset: int, before: int, after: int) -> None:
    """Take the order between `before` and `after` (-1: none) out of its asset's queue; the asset keeps its place.

    Loops over many orders spell these lines out: handing arrays to a function costs more than it does.
    """
    if before < 0:
        head[asset] = after
    else:
        later[before] = after
    if after < 0:
        tail[asset] = before


@rule
def cancel_open(queues: Queues, ledger: Ledger, bar: int, reductions_of: int) -> None:
    """Cancel what is left of the rebalancer's orders of bars before `bar`; or, with `reductions_of` >= 0, of that
    bar's reductions.

    The asset keeps its place in the sequence until the next pruning, as with `SimulationBlotter.cancel`.
    """
    following, head, tail, later = queues.following, queues.head, queues.tail, queues.later
    reduction, order_bar, order_state = queues.reduction, ledger.order_bar, ledger.order_state
    kind, users = queues.kind, len(queues.kind) > 0
    end = len(following) - 1
    asset = following[end]
    dropped = 0
    while asset != end:
        before = -1
        order = head[asset]
        while order >= 0:
            after = later[order]
            submitted = order_bar[order]
            drop = reduction[order] and submitted == reductions_of if reductions_of >= 0 else submitted < bar
            if drop and not (users and kind[order] != REBALANCE):
                if before < 0:
                    head[asset] = after
                else:
                    later[before] = after
                if after < 0:
                    tail[asset] = before
                order_state[order] = CANCELLED
                dropped += 1
            else:
                before = order
            order = after
        asset = following[asset]
    ledger.counts[QUEUED] -= dropped


@rule
def deny_orders(queues: Queues, ledger: Ledger, asset: int, bar: int, why: int) -> None:
    """Deny what is left of an asset's orders, and take the asset out of the sequence."""
    order = queues.head[asset]
    while order >= 0:
        deny(ledger, bar, asset, queues.amount[order] - queues.filled[order], why)
        ledger.order_state[order] = DENIED
        ledger.counts[QUEUED] -= 1
        order = queues.later[order]
    queues.head[asset] = -1
    queues.tail[asset] = -1
    unlist(queues.following, queues.preceding, asset)


@rule
def split_orders(queues: Queues, ledger: Ledger, asset: int, ratio: float) -> None:
    """Change an asset's open orders by a split; one of which no unit is left is gone.

    Zipline, `SimulationBlotter.process_splits`: an asset without orders left loses its place in the sequence.
    """
    if queues.following[asset] < 0:
        return
    before = -1
    order = queues.head[asset]
    while order >= 0:
        left = split_units(queues.amount[order] - queues.filled[order], ratio)
        queues.filled[order] = split_units(queues.filled[order], ratio)
        queues.amount[order] = queues.filled[order] + left
        if len(queues.kind) > 0:
            queues.limit[order] = round_cents(queues.limit[order] * ratio)
            queues.stop[order] = round_cents(queues.stop[order] * ratio)
        after = queues.later[order]
        if left == 0.0:
            unlink(queues.head, queues.tail, queues.later, asset, before, after)
            ledger.order_state[order] = CANCELLED
            ledger.counts[QUEUED] -= 1
        else:
            before = order
        order = after
    if queues.head[asset] < 0:
        unlist(queues.following, queues.preceding, asset)


@rule
def reductions_open(queues: Queues, ledger: Ledger, decided: int) -> bool:
    """Say whether reductions that were submitted at bar `decided` are still open."""
    following, head, later = queues.following, queues.head, queues.later
    reduction, order_bar = queues.reduction, ledger.order_bar
    end = len(following) - 1
    asset = following[end]
    found = False
    while asset != end:
        order = head[asset]
        while order >= 0:
            found = found or (reduction[order] and order_bar[order] == decided)
            order = later[order]
        asset = following[asset]
    return found


@rule
def count_pending(queues: Queues, ledger: Ledger, account: Account, bar: int, every: bool, costs: PartCosts) -> None:
    """Sum what is left of the open orders asset by asset: `every` one but stops, or only the rebalancer's of this bar.

    The rebalancer's sales are in `sold` in any setting: what they sell cannot be sold again. Its orders come first,
    since that is how `TargetWeightExecutor` adds them up.
    """
    following, head, later = queues.following, queues.head, queues.later
    amount, filled, order_bar = queues.amount, queues.filled, ledger.order_bar
    users = len(queues.kind) > 0
    account.pending[:] = 0.0
    account.sold[:] = 0.0
    account.needed[:] = 0.0
    end = len(following) - 1
    asset = following[end]
    while asset != end:
        price, unit_value, margined = account.price[asset], account.unit_value[asset], account.margined[asset]
        for turn in range(2 if users else 1):
            order = head[asset]
            while order >= 0:
                kind = queues.kind[order] if users else REBALANCE
                own = kind == REBALANCE
                if own == (turn == 0) and kind < STOP:
                    left = amount[order] - filled[order]
                    counts = every or (own and order_bar[order] == bar)
                    if left < 0.0 and (counts or own):
                        account.sold[asset] += left
                    if counts:
                        account.pending[asset] += left
                        if left > 0.0:
                            limit = queues.limit[order] if kind == LIMIT else math.nan
                            account.needed[asset] += order_need(left, limit, price, unit_value, margined, costs, asset)
                order = later[order]
        asset = following[asset]
