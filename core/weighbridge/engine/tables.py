"""The arrays a simulation works on, as compiled code takes them: tuples of arrays, allocated once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.bars import Bars, Field

__all__ = ["Desk", "Ledger", "Market", "State", "desk_for", "ledger_for", "market_of", "state_for"]


class Market(NamedTuple):
    """Prices, each (n_bars, n_assets); frames that the conventions do not need are the closes again.

    `started` lists the columns in the sequence in which they began to trade (stable by column): the order in
    which a framework gets to know its assets, and so the order of its sums.
    """

    open: Any
    high: Any
    low: Any
    close: Any
    started: Any
    last_bar: Any
    complete: bool


class Desk(NamedTuple):
    """What changes from bar to bar, by column, and the queue of open orders in the sequence of submission."""

    position: Any
    average: Any
    last_close: Any
    last_open: Any
    last_high: Any
    last_low: Any
    bars_seen: Any
    traded: Any
    pending: Any
    sold: Any
    needed: Any
    leverage: Any
    margined: Any
    imagined: Any
    plan_weight: Any
    plan_side: Any
    plan_quantity: Any
    plan_reason: Any
    plan_sequence: Any
    queue_asset: Any
    queue_quantity: Any
    queue_price: Any
    queue_bar: Any
    queue_reduction: Any
    queue_row: Any
    """Row of the order in the ledger."""
    queue_kind: Any
    """How it meets the market (places: engine/rules/order_types.py)."""
    queue_limit: Any
    queue_stop: Any
    queue_trail: Any


class Ledger(NamedTuple):
    """What is written down: orders, fills, denials (see `weighbridge.record.tables`); `counts` of each and of the queue
    (places: engine/desk.py).
    """

    order_bar: Any
    order_asset: Any
    order_quantity: Any
    order_state: Any
    """Open, filled, denied or cancelled (places: engine/desk.py)."""
    fill_bar: Any
    fill_asset: Any
    fill_quantity: Any
    fill_price: Any
    fill_commission: Any
    fill_position: Any
    denial_bar: Any
    denial_asset: Any
    denial_quantity: Any
    denial_rule: Any
    counts: Any


class State(NamedTuple):
    """What a pass leaves off with and goes on from: `money` (cash, value, frozen value) and `phase` (the bar of the
    last decision, whether its increases wait, for how many bars, and the bar whose prices were taken beforehand).
    """

    money: Any
    phase: Any


def market_of(bars: Bars, *needed: Field) -> Market:
    """Collect the frames; raise `BarsError` where one of `needed` is missing."""
    bars.require(*needed)
    frames = {name: getattr(bars, name) if name in needed else bars.close for name in ("open", "high", "low")}
    return Market(
        **frames,
        close=bars.close,
        started=np.argsort(bars.first_bar, kind="stable"),
        last_bar=bars.last_bar,
        complete=bars.complete,
    )


def desk_for(n_assets: int, n_orders: int, n_priced: int = 0) -> Desk:
    """Allocate; `n_orders` bounds the queue, and `n_priced` too where orders have a limit or a stop.

    The system hands out memory only as it is touched.
    """

    def numbers(fill: float = 0.0) -> Any:
        return np.full(n_assets, fill)

    def integers() -> Any:
        return np.zeros(n_assets, dtype=np.int64)

    def flags() -> Any:
        return np.zeros(n_assets, dtype=np.bool_)

    return Desk(
        position=numbers(),
        average=numbers(),
        last_close=numbers(np.nan),
        last_open=numbers(np.nan),
        last_high=numbers(np.nan),
        last_low=numbers(np.nan),
        bars_seen=integers(),
        traded=flags(),
        pending=numbers(),
        sold=numbers(),
        needed=numbers(),
        leverage=numbers(1.0),
        margined=flags(),
        imagined=numbers(),
        plan_weight=numbers(np.nan),
        plan_side=integers(),
        plan_quantity=numbers(),
        plan_reason=integers(),
        plan_sequence=integers(),
        queue_asset=np.empty(n_orders, dtype=np.int64),
        queue_quantity=np.empty(n_orders),
        queue_price=np.empty(n_orders),
        queue_bar=np.empty(n_orders, dtype=np.int64),
        queue_reduction=np.empty(n_orders, dtype=np.bool_),
        queue_row=np.empty(n_orders, dtype=np.int64),
        queue_kind=np.empty(n_orders, dtype=np.int8),
        queue_limit=np.empty(n_priced),
        queue_stop=np.empty(n_priced),
        queue_trail=np.empty(n_priced),
    )


def ledger_for(n_orders: int) -> Ledger:
    """Allocate for at most `n_orders` orders: each fills at most once and is denied at most once."""
    kinds = {"bar": np.int64, "asset": np.int64, "rule": np.int64, "state": np.int8}
    columns = {
        name: np.empty(n_orders, dtype=kinds.get(name.split("_")[1], np.float64))
        for name in Ledger._fields
        if name != "counts"
    }
    return Ledger(**columns, counts=np.zeros(5, dtype=np.int64))


def state_for(cash: float) -> State:
    """Begin with nothing but cash."""
    return State(money=np.array([cash, cash, 0.0]), phase=np.array([-1, 0, 0, -1], dtype=np.int64))
