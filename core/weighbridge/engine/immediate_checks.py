"""What conventions under which every order fills at once ask of prices, weights and limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.data.tables import cell, day
from weighbridge.engine.rules.tolerance import ABSOLUTE
from weighbridge.exceptions import BarsError, ConfigError, TargetsError, UnsupportedError
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import VECTORBT, Conventions
from weighbridge.settings.limits import Limits

__all__ = ["check_direction", "check_prices", "check_rules", "check_signs"]

Floats = NDArray[np.float64]


def check_rules(rules: Conventions) -> None:
    """Refuse a mixture of rules for orders that fill at once and for orders that wait.

    Raises:
        UnsupportedError: The rules do not go together.
    """
    together = ("sizing", "cash_rule", "sequence", "accounting")
    alike = [getattr(rules, name) is getattr(VECTORBT, name) for name in together]
    if any(alike) != rules.fill.immediate or not (all(alike) or not any(alike)):
        raise UnsupportedError(
            f"the conventions {rules.name!r} mix rules for orders that fill at once with others",
            hint="start from VECTORBT and change `fill` and `limits` only, or start from another preset",
        )
    if rules.fill.immediate and rules.slippage_within_bar:
        raise UnsupportedError("slippage_within_bar has no rule for orders that fill at once", hint="pass False")


def check_direction(limits: Limits, config: RebalanceConfig) -> None:
    """Refuse limits that allow shorts alone and a config that allows none.

    Raises:
        ConfigError: They contradict each other.
    """
    if limits.direction == "shortonly" and not config.allow_short:
        raise ConfigError(
            "direction='shortonly' contradicts allow_short=False", hint="pass RebalanceConfig(allow_short=True)"
        )


def check_prices(bars: Bars, prices: Floats, row_of_bar: NDArray[np.int64]) -> None:
    """Refuse prices that orders could not be divided by.

    Raises:
        BarsError: At a decision a price is within the tolerance of zero.
    """
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
