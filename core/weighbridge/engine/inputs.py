"""Checks that every engine makes before it runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.bars import Bars, Field
from weighbridge.data.tables import cell, day
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import BarsError, ConfigError, TargetsError
from weighbridge.rules.fill import Fill
from weighbridge.rules.own import OwnRule
from weighbridge.rules.slipping import Slipping
from weighbridge.rules.tolerance import ABSOLUTE
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs, FixedBasisPointsSlippage, FixedSlippage, NoSlippage, VolumeShareSlippage
from weighbridge.settings.limits import Limits

__all__ = [
    "check_prices",
    "check_signs",
    "check_slippage",
    "checked_cash",
    "decisions_on",
    "needed_fields",
]


def checked_cash(cash: object) -> float:
    """Return the starting cash as a number.

    Raises:
        ConfigError: It is not a finite number of 0 or more.
    """
    number: Any = cash
    if isinstance(number, bool) or not isinstance(number, int | float | np.integer | np.floating):
        raise ConfigError(f"cash={cash!r} is not a number", hint="pass an amount in account currency")
    try:
        amount = float(number)  # pyright: ignore[reportUnknownArgumentType]
    except OverflowError:  # A whole number beyond what floating point holds.
        amount = math.inf
    if not math.isfinite(amount) or amount < 0.0:
        raise ConfigError(f"cash={cash!r} must be finite and 0 or more", hint="pass an amount in account currency")
    return amount


def decisions_on(bars: Bars, targets: TargetWeights) -> tuple[Any, Any]:
    """Return the row of the decision at each bar (-1: none) and the weights by the columns of `bars`.

    Raises:
        TargetsError: The targets do not fit the bars, or there is a decision at a bar in which nothing trades:
            a framework that is driven by its data would never be asked there.
    """
    row_of_bar, weights = targets.on(bars)
    if not bars.complete:
        asleep = np.flatnonzero((row_of_bar >= 0) & ~bars.has_bar.any(axis=1))
        if len(asleep):
            raise TargetsError(
                f"decision at {bars.index[asleep[0]]}, where no asset trades ({len(asleep)} such rows)",
                hint="move these rows to bars in which something trades",
            )
    return row_of_bar, weights


def check_slippage(bars: Bars, conventions: Conventions, costs: Costs) -> None:
    """Refuse a fixed slippage that would sell for nothing or less, where no rule keeps it within the bar.

    Raises:
        ConfigError: Names the lowest price.
    """
    model = costs.slippage
    if not isinstance(model, FixedSlippage) or conventions.slipping is not Slipping.UNBOUNDED:
        return
    prices = bars.close if bars.open is None else bars.open
    if not np.isnan(prices).all() and np.nanmin(prices) <= model.amount:
        bar, asset = np.unravel_index(int(np.nanargmin(prices)), prices.shape)
        raise ConfigError(
            f"FixedSlippage({model.amount!r}) is not below the price {float(prices[bar, asset])!r} "
            f"of {bars.assets[int(asset)]!r} at {bars.index[int(bar)]}",
            hint="pass a smaller amount, or PercentSlippage",
        )


def needed_fields(conventions: Conventions, costs: Costs) -> tuple[Field, ...]:
    """Return the fields of the bars that a run by these conventions reads; see `Bars.require`."""
    needed: list[Field] = ["close"]
    if conventions.fill is Fill.NEXT_OPEN or conventions.fill.opening:
        needed.append("open")
    within = conventions.slipping is Slipping.WITHIN_BAR and not isinstance(costs.slippage, NoSlippage)
    if within or isinstance(conventions.slipping, OwnRule):
        needed.extend(("high", "low"))
    if isinstance(costs.slippage, FixedBasisPointsSlippage | VolumeShareSlippage):
        needed.append("volume")
    return tuple(needed)


def check_prices(bars: Bars, conventions: Conventions, row_of_bar: NDArray[np.int64]) -> None:
    """Refuse prices that orders could not be divided by, where the cash rule counts them as zero.

    Raises:
        BarsError: At a decision a price is within the tolerance of zero.
    """
    prices = bars.open if conventions.fill.opening and bars.open is not None else bars.close
    decided = row_of_bar >= 0
    rows = prices if decided.all() else prices[decided]
    with np.errstate(invalid="ignore"):
        tiny = rows <= ABSOLUTE
    if tiny.any():
        place, column = np.argwhere(tiny)[0]
        row = np.flatnonzero(decided)[place]
        raise BarsError(
            f"the price is {prices[row, column]} {cell(bars.index, bars.assets, int(row), int(column))}, "
            f"and {ABSOLUTE:g} and less count as zero",
            hint="quote the asset in a smaller unit",
        )


def check_signs(
    bars: Bars, row_of_bar: NDArray[np.int64], weights: Any, limits: Limits, config: RebalanceConfig
) -> None:
    """Refuse targets that the direction forbids; without `allow_short` negative ones count as 0.0 before.

    Raises:
        TargetsError: A weight has the wrong sign.
    """
    if limits.direction == "both" or (limits.direction == "longonly" and not config.allow_short):
        return
    decided = np.flatnonzero(row_of_bar >= 0)
    rows = weights[row_of_bar[decided]]
    wrong = rows < 0.0 if limits.direction == "longonly" else rows > 0.0
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise TargetsError(
            f"the weight is {rows[row, column]:g} at {day(bars.index[decided[row]])} "
            f"for {bars.assets[column]!r}, and direction={limits.direction!r} forbids it",
            hint='pass direction="both" (allow_short=True), or drop these targets',
        )
