"""`Bars` and decisions as the arrays of VectorBT's simulations, and the choice of the price."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.inputs import check_prices, check_signs, decisions_on, needed_fields
from weighbridge.engine.market import market_of
from weighbridge.exceptions import ConfigError
from weighbridge.rules.fill import Fill
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits

__all__ = ["FILLS", "Feed", "Price", "checked_price", "feed_from"]

Price = Literal["close", "open", "next_open", "next_close"]
"""The price that values and fills a rebalance: of the decision's own bar, or of the bar after it."""

FILLS: dict[Price, Fill] = {
    "close": Fill.AT_CLOSE,
    "open": Fill.AT_OPEN,
    "next_open": Fill.AT_NEXT_OPEN,
    "next_close": Fill.AT_NEXT_CLOSE,
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
    bars: Bars, targets: TargetWeights, conventions: Conventions, limits: Limits, config: RebalanceConfig
) -> Feed:
    """Lay decisions over the bars as VectorBT wants them.

    AT_CLOSE and AT_OPEN trade at the bar of the decision; an open is only honest for decisions that are known
    before it. The other two trade one bar later: the rows move down by one, and a decision at the last bar is
    lost. An asset without a price at the bar of the trade has no order there.

    Raises:
        BarsError: The bars have no open and it is needed, or a price is too small for VectorBT.
        TargetsError: Targets do not fit the bars, or a weight has a sign that the direction forbids.
    """
    bars.require(*needed_fields(conventions, Costs()))
    decided, weights = decisions_on(bars, targets)
    check_signs(bars, decided, weights, limits, config)
    market = market_of(bars, conventions, None, decided, weights, counted=False)
    check_prices(bars, conventions, market.row_of_bar)
    traded = np.flatnonzero(market.row_of_bar >= 0)
    size = np.full((bars.n_bars, bars.n_assets), np.nan)
    size[traded] = weights[market.row_of_bar[traded]]
    return Feed(bars.frame("close"), market.open if conventions.fill.opening else market.close, size)
