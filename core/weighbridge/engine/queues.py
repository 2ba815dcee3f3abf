"""Open orders that may fill in parts: a sequence of assets, and a queue of orders for each.

Assets fill in the sequence in which they got their first open order; an asset keeps its place until, after the
fills of a bar, it has no open order left (Zipline, `SimulationBlotter.open_orders`, `prune_orders`). Orders are
numbered by their rows in the ledger. Lists are linked by index, -1 is nobody; the sequence of assets has its head
and tail in the element behind the last asset.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.engine.compiled import rule
from weighbridge.engine.tables import Ledger

__all__ = [
    "ORDERS",
    "Queues",
    "cancel_open",
    "count_pending",
    "prune",
    "queues_for",
    "reductions_open",
    "submit",
    "unlink",
    "unlist",
]

# Places in `Ledger.counts`, as in engine/desk.py.
ORDERS = 0


class Queues(NamedTuple):
    """The lists (`following` and `preceding` of assets, `head` and `tail` of each asset's orders, `later` of
    orders), and by order what has filled of it, what commission it has paid, and whether it is a reduction.
    """

    following: Any
    preceding: Any
    head: Any
    tail: Any
    later: Any
    filled: Any
    paid: Any
    reduction: Any


def queues_for(n_assets: int, n_orders: int) -> Queues:
    """Allocate empty queues."""

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
        filled=np.empty(n_orders),
        paid=np.empty(n_orders),
        reduction=np.empty(n_orders, dtype=np.bool_),
    )


@rule
def submit(queues: Queues, ledger: Ledger, bar: int, asset: int, quantity: float, reduction: bool) -> None:
    """Write an order down and put it at the end of its asset's queue."""
    order = ledger.counts[ORDERS]
    ledger.order_bar[order] = bar
    ledger.order_asset[order] = asset
    ledger.order_quantity[order] = quantity
    ledger.counts[ORDERS] += 1
    queues.filled[order] = 0.0
    queues.paid[order] = 0.0
    queues.reduction[order] = reduction
    queues.later[order] = -1
    if queues.following[asset] < 0:
        end = len(queues.following) - 1
        last = queues.preceding[end]
        queues.following[last] = asset
        queues.preceding[asset] = last
        queues.following[asset] = end
        queues.preceding[end] = asset
    if queues.head[asset] < 0:
        queues.head[asset] = order
    else:
        queues.later[queues.tail[asset]] = order
    queues.tail[asset] = order


@rule
def unlink(queues: Queues, asset: int, order: int, before: int) -> None:
    """Take an order out of its asset's queue; `before` is the order in front of it, or -1."""
    after = queues.later[order]
    if before < 0:
        queues.head[asset] = after
    else:
        queues.later[before] = after
    if after < 0:
        queues.tail[asset] = before


@rule
def unlist(queues: Queues, asset: int) -> None:
    """Take an asset out of the sequence."""
    before, after = queues.preceding[asset], queues.following[asset]
    queues.following[before] = after
    queues.preceding[after] = before
    queues.following[asset] = -1
    queues.preceding[asset] = -1


@rule
def prune(queues: Queues) -> None:
    """Take the assets without open orders out of the sequence."""
    end = len(queues.following) - 1
    asset = queues.following[end]
    while asset != end:
        after = queues.following[asset]
        if queues.head[asset] < 0:
            unlist(queues, asset)
        asset = after


@rule
def cancel_open(queues: Queues, ledger: Ledger, bar: int, reductions_of: int) -> None:
    """Cancel what is left of orders of bars before `bar`; or, with `reductions_of` >= 0, of that bar's reductions.

    The asset keeps its place in the sequence until the next pruning, as with `SimulationBlotter.cancel`.
    """
    end = len(queues.following) - 1
    asset = queues.following[end]
    while asset != end:
        before = -1
        order = queues.head[asset]
        while order >= 0:
            if reductions_of >= 0:
                drop = queues.reduction[order] and ledger.order_bar[order] == reductions_of
            else:
                drop = ledger.order_bar[order] < bar
            after = queues.later[order]
            if drop:
                unlink(queues, asset, order, before)
            else:
                before = order
            order = after
        asset = queues.following[asset]


@rule
def reductions_open(queues: Queues, ledger: Ledger, decided: int) -> bool:
    """Say whether reductions that were submitted at bar `decided` are still open."""
    end = len(queues.following) - 1
    asset = queues.following[end]
    found = False
    while asset != end:
        order = queues.head[asset]
        while order >= 0:
            found = found or (queues.reduction[order] and ledger.order_bar[order] == decided)
            order = queues.later[order]
        asset = queues.following[asset]
    return found


@rule
def count_pending(queues: Queues, ledger: Ledger, pending: Any, bar: int, every: bool) -> None:
    """Sum what is left of the open orders asset by asset: of `every` one, or only of those of this bar."""
    pending[:] = 0.0
    end = len(queues.following) - 1
    asset = queues.following[end]
    while asset != end:
        order = queues.head[asset]
        while order >= 0:
            if every or ledger.order_bar[order] == bar:
                pending[asset] += ledger.order_quantity[order] - queues.filled[order]
            order = queues.later[order]
        asset = queues.following[asset]
