"""Compiled steps for hosts that go from bar to bar under conventions by which every order fills at once."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import kernel
from weighbridge.engine.order_rules import OrderRules
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules.equity import write_equity
from weighbridge.engine.rules.immediate_bar import Denials, Fills, Holdings, entered_after, rebalance_at
from weighbridge.engine.rules.immediate_plan import Scratch, value_holdings

__all__ = ["average_entries", "equity_until", "rebalance_now", "value_now"]


@kernel
def value_now(prices: Any, bar: int, seen: int, cash: float, position: Any, known: Any) -> float:
    """Return the value at a bar and take its prices over into `known`, which has those up to bar `seen`."""
    return value_holdings(prices, bar, seen, cash, position, known)


@kernel
def rebalance_now(
    prices: Any,
    close: Any,
    bar: int,
    counted: int,
    value: float,
    weights: Any,
    cash: float,
    free_cash: float,
    unprepared: bool,
    filtered: bool,
    trade: TradeRules,
    orders: OrderRules,
    holdings: Holdings,
    scratch: Scratch,
    fills: Fills,
    denials: Denials,
    n_fills: int,
    n_denials: int,
) -> tuple[float, float, int, int, int]:
    """Rebalance at one bar: `rules.immediate_bar.rebalance_at`."""
    scratch.reason[:] = 0
    return rebalance_at(
        prices,
        close,
        bar,
        counted,
        value,
        weights,
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


@kernel
def equity_until(
    start: int,
    stop: int,
    cash: float,
    close: Any,
    holdings: Holdings,
    scratch: Scratch,
    cash_of_bar: Any,
    value_of_bar: Any,
) -> None:
    """Write cash and value of bars [start, stop), between which nothing trades."""
    write_equity(start, stop, cash, close, holdings.position, holdings.shown, scratch.items, cash_of_bar, value_of_bar)


@kernel
def average_entries(fills: Fills, start: int, stop: int, held: Any, entered: Any, average: Any) -> None:
    """Follow the average prices at which positions were entered through fills [start, stop)."""
    for fill in range(start, stop):
        asset, after = fills.asset[fill], fills.position[fill]
        entered[asset], average[asset] = entered_after(
            entered[asset], average[asset], held[asset], after, fills.quantity[fill], fills.price[fill]
        )
        held[asset] = after
