"""Checks that every engine makes before it runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars, Field
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import ConfigError, TargetsError, UnsupportedError
from weighbridge.settings.conventions import ZIPLINE, Conventions, FillTiming
from weighbridge.settings.costs import Costs, FixedBasisPointsSlippage, FixedSlippage, NoSlippage, VolumeShareSlippage

__all__ = ["check_session_rules", "check_slippage", "checked_cash", "decisions_on", "needed_fields"]


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


def check_session_rules(rules: Conventions) -> None:
    """Refuse a mixture of rules for orders that fill in parts at the next close with others.

    Raises:
        UnsupportedError: The rules do not go together.
    """
    together = ("fill", "sizing", "cash_rule", "accounting")
    alike = [getattr(rules, name) is getattr(ZIPLINE, name) for name in together]
    if any(alike) and not (all(alike) and not rules.slippage_within_bar):
        raise UnsupportedError(
            f"the conventions {rules.name!r} mix rules for orders that fill in parts at the next close with others",
            hint="pass ZIPLINE as it is, or start from another preset",
        )


def check_slippage(bars: Bars, conventions: Conventions, costs: Costs) -> None:
    """Refuse a fixed slippage that would sell for nothing or less, where no rule keeps it within the bar.

    Raises:
        ConfigError: Names the lowest price.
    """
    model = costs.slippage
    if not isinstance(model, FixedSlippage) or conventions.slippage_within_bar:
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
    if conventions.fill is FillTiming.NEXT_CLOSE:
        limited = isinstance(costs.slippage, FixedBasisPointsSlippage | VolumeShareSlippage)
        return ("close", "volume") if limited else ("close",)
    if conventions.fill is not FillTiming.DECISION_CLOSE:
        needed.append("open")
    if conventions.slippage_within_bar and not isinstance(costs.slippage, NoSlippage):
        needed.append("high")
        needed.append("low")
    return tuple(needed)
