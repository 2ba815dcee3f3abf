"""`Bars` and decisions as the arrays of `Portfolio.from_orders`, and the choice of the price."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.bars import Bars
from weighbridge.exceptions import BarsError, ConfigError, TargetsError
from weighbridge.tables import cell, day
from weighbridge_vectorbt.limits import Direction

__all__ = ["Feed", "Price", "checked_price", "feed_from"]

Price = Literal["close", "open", "next_open", "next_close"]
"""The price that values and fills a rebalance: of the decision's own bar, or of the bar after it."""

Floats = NDArray[np.float64]

# `utils/math_.py`, abs_tol: VectorBT takes a price this small for zero, and stops.
SMALLEST_PRICE = 1e-12


class Feed(NamedTuple):
    """What a simulation reads, (n_bars, n_assets) each: closes, order prices, weights (NaN: no order)."""

    close: pd.DataFrame
    price: Floats
    size: Floats


def checked_price(price: object) -> Price:
    """Return the choice of the price.

    Raises:
        ConfigError: It is not one of the four.
    """
    for choice in get_args(Price):
        if price == choice:
            return choice
    known = ", ".join(repr(choice) for choice in get_args(Price))
    raise ConfigError(f"price={price!r} is not known", hint=f"pass one of {known}")


def feed_from(bars: Bars, row_of_bar: NDArray[np.int64], weights: Floats, price: Price, direction: Direction) -> Feed:
    """Lay decisions over the bars as VectorBT wants them.

    "close" and "open" trade at the bar of the decision; an open is only honest for decisions that are known
    before it. "next_open" and "next_close" trade one bar later: the rows move down by one, and a decision at
    the last bar is lost. An asset without a price at the bar of the trade has no order there.

    VectorBT's "shortonly" turns signs around, so the weights do too.

    Raises:
        BarsError: The bars have no open and it is needed, or a price is too small for VectorBT.
        TargetsError: A weight has a sign that the direction forbids.
    """
    if price in ("open", "next_open"):
        bars.require("open")
    prices = bars.open if price in ("open", "next_open") and bars.open is not None else bars.close
    with np.errstate(invalid="ignore"):
        tiny = prices <= SMALLEST_PRICE
    if tiny.any():
        row, column = np.argwhere(tiny)[0]
        raise BarsError(
            f"the price is {prices[row, column]} {cell(bars.index, bars.assets, row, column)}, "
            f"and VectorBT takes {SMALLEST_PRICE:g} and less for zero",
            hint="quote the asset in a smaller unit",
        )
    decided = np.flatnonzero(row_of_bar >= 0)
    _check_signs(bars, decided, weights[row_of_bar[decided]], direction)
    later = 1 if price in ("next_open", "next_close") else 0
    kept = decided[decided + later < bars.n_bars]
    size = np.full((bars.n_bars, bars.n_assets), np.nan)
    size[kept + later] = -weights[row_of_bar[kept]] if direction == "shortonly" else weights[row_of_bar[kept]]
    return Feed(bars.frame("close"), prices, size)


def _check_signs(bars: Bars, decided: NDArray[np.int64], weights: Floats, direction: Direction) -> None:
    if direction == "both":
        return
    wrong = weights < 0.0 if direction == "longonly" else weights > 0.0
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise TargetsError(
            f"the weight is {weights[row, column]:g} at {day(bars.index[decided[row]])} "
            f"for {bars.assets[column]!r}, and direction={direction!r} forbids it",
            hint='pass direction="both" (allow_short=True), or drop these targets',
        )
