"""Cash and value of bars in which nothing trades, many at a time."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import rule
from weighbridge.engine.rules.valuation import known_price

__all__ = ["write_equity"]


@rule
def write_equity(
    start: int,
    stop: int,
    cash: float,
    close: Any,
    position: Any,
    shown: Any,
    held: Any,
    cash_of_bar: Any,
    value_of_bar: Any,
) -> None:
    """Write cash and value of bars [start, stop), between which nothing trades.

    A value is cash plus position x last known close, added in column order. `shown` holds the last known close of
    what is held; `held` is room for n_assets columns. Four bars at a time, since each sum waits for itself.
    """
    count = 0
    for asset in range(position.shape[0]):
        held[count] = asset
        count += 1 if position[asset] != 0.0 else 0
    bar = start
    while bar + 4 <= stop:
        first = second = third = fourth = cash
        for k in range(count):
            asset = held[k]
            quantity = position[asset]
            price = known_price(close[bar, asset], shown[asset])
            first += quantity * price
            price = known_price(close[bar + 1, asset], price)
            second += quantity * price
            price = known_price(close[bar + 2, asset], price)
            third += quantity * price
            price = known_price(close[bar + 3, asset], price)
            fourth += quantity * price
            shown[asset] = price
        value_of_bar[bar] = first
        value_of_bar[bar + 1] = second
        value_of_bar[bar + 2] = third
        value_of_bar[bar + 3] = fourth
        bar += 4
    while bar < stop:
        value = cash
        for k in range(count):
            asset = held[k]
            shown[asset] = known_price(close[bar, asset], shown[asset])
            value += position[asset] * shown[asset]
        value_of_bar[bar] = value
        bar += 1
    for bar in range(start, stop):
        cash_of_bar[bar] = cash
