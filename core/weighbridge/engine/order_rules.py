"""What bounds and charges every order of a host that fills at once, as compiled code takes it."""

from __future__ import annotations

import math
from typing import NamedTuple

from weighbridge.engine.parameters import FIXED, NO_COST, PERCENT, cost_parameters
from weighbridge.exceptions import ConfigError, UnsupportedError
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import DIRECTIONS, Limits

__all__ = ["BOTH", "LONG_ONLY", "SHORT_ONLY", "OrderRules", "order_rules", "stepped_limits"]

# VectorBT's own numbers, `enums.Direction`.
LONG_ONLY, SHORT_ONLY, BOTH = range(3)


class OrderRules(NamedTuple):
    """Costs and limits that are the same for every order; `granularity` is NaN for any fraction."""

    fees: float
    fixed_fees: float
    slippage: float
    min_size: float
    max_size: float
    granularity: float
    allow_partial: bool
    lock_cash: bool
    direction: int


def stepped_limits(limits: Limits, config: RebalanceConfig) -> Limits:
    """Return the limits with the granularity that a config asks for: whole units or lots.

    Raises:
        ConfigError: Both say a granularity, and not the same.
    """
    said = config.round_lots or config.allow_fractional is not None
    if not said:
        return limits
    step = float(config.lot_size) if config.round_lots else (None if config.allow_fractional else 1.0)
    if limits.size_granularity not in (None, step):
        raise ConfigError(
            f"the limits say size_granularity={limits.size_granularity!r} and the config {step!r}",
            hint="say it in one place",
        )
    return limits.replace(size_granularity=step)


def order_rules(limits: Limits, costs: Costs) -> OrderRules:
    """Flatten limits and costs.

    Raises:
        UnsupportedError: A cost model that hosts which fill at once do not have.
    """
    flat = cost_parameters(costs)
    if flat.commission_kind not in (NO_COST, PERCENT, FIXED):
        raise UnsupportedError(
            f"these conventions have no commission like {costs.commission!r}",
            hint="pass PercentCommission, FixedCommission or NoCommission",
        )
    if flat.slippage_kind not in (NO_COST, PERCENT):
        raise UnsupportedError(
            f"these conventions have no slippage like {costs.slippage!r}", hint="pass PercentSlippage or NoSlippage"
        )
    return OrderRules(
        fees=flat.commission_amount if flat.commission_kind == PERCENT else 0.0,
        fixed_fees=flat.commission_amount if flat.commission_kind == FIXED else 0.0,
        slippage=flat.slippage_amount,
        min_size=float(limits.min_size),
        max_size=float(limits.max_size),
        granularity=math.nan if limits.size_granularity is None else float(limits.size_granularity),
        allow_partial=limits.allow_partial,
        lock_cash=limits.lock_cash,
        direction=DIRECTIONS.index(limits.direction),
    )
