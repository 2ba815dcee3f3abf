"""`Bars` and decisions as the arrays of VectorBT's simulations, and the choice of the price."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.engine.immediate_checks import check_prices, check_signs
from weighbridge.exceptions import ConfigError
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import FillTiming
from weighbridge.settings.limits import Limits

__all__ = ["FILLS", "Feed", "Price", "checked_price", "feed_from"]

Price = Literal["close", "open", "next_open", "next_close"]
"""The price that values and fills a rebalance: of the decision's own bar, or of the bar after it."""

FILLS: dict[Price, FillTiming] = {
    "close": FillTiming.AT_CLOSE,
    "open": FillTiming.AT_OPEN,
    "next_open": FillTiming.AT_NEXT_OPEN,
    "next_close": FillTiming.AT_NEXT_CLOSE,
}

Floats = NDArray[np.float64]


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


def feed_from(
    bars: Bars,
    row_of_bar: NDArray[np.int64],
    weights: Floats,
    fill: FillTiming,
    limits: Limits,
    config: RebalanceConfig,
) -> Feed:
    """Lay decisions over the bars as VectorBT wants them.

    AT_CLOSE and AT_OPEN trade at the bar of the decision; an open is only honest for decisions that are known
    before it. The other two trade one bar later: the rows move down by one, and a decision at the last bar is
    lost. An asset without a price at the bar of the trade has no order there.

    Raises:
        BarsError: The bars have no open and it is needed, or a price is too small for VectorBT.
        TargetsError: A weight has a sign that the direction forbids.
    """
    at_open = fill in (FillTiming.AT_OPEN, FillTiming.AT_NEXT_OPEN)
    if at_open:
        bars.require("open")
    prices = bars.open if at_open and bars.open is not None else bars.close
    check_signs(bars, row_of_bar, weights, limits, config)
    decided = np.flatnonzero(row_of_bar >= 0)
    later = 1 if fill in (FillTiming.AT_NEXT_OPEN, FillTiming.AT_NEXT_CLOSE) else 0
    kept = decided[decided + later < bars.n_bars]
    size = np.full((bars.n_bars, bars.n_assets), np.nan)
    size[kept + later] = weights[row_of_bar[kept]]
    check_prices(bars, prices, np.where(np.isnan(size).all(axis=1), -1, 0))
    return Feed(bars.frame("close"), prices, size)
