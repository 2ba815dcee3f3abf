"""Configuration as compiled code takes it: flat tuples of numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.config import LateAssetPolicy, MissingPricePolicy, RebalanceConfig
from weighbridge.settings.conventions import Conventions, Sizing
from weighbridge.settings.costs import (
    Costs,
    FixedCommission,
    FixedSlippage,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
)

__all__ = [
    "ContractCosts",
    "CostParameters",
    "FillRules",
    "TradeRules",
    "cost_parameters",
    "fill_rules",
    "trade_rules",
]

NO_COST, PERCENT, PER_SHARE, FIXED = range(4)


class TradeRules(NamedTuple):
    """What planning needs of `RebalanceConfig` and `Conventions`."""

    mode: int
    price_known: bool
    sizing: int
    step: float
    """Units in a step of quantity: 0.0 fractional, 1.0 whole units, else the lot."""
    min_trade_value: float
    min_weight_change: float
    allow_short: bool
    max_single_weight: float
    max_gross_leverage: float
    headroom: float
    skip_without_bar: bool
    min_bars: int
    cancel_open: bool
    count_open: bool
    phase_timeout: int


class FillRules(NamedTuple):
    """What filling, paying and valuing need of `Conventions`."""

    fill: int
    cash_rule: int
    accounting: int
    slippage_within_bar: bool
    step: float


class CostParameters(NamedTuple):
    """Commission and slippage as kinds and amounts."""

    commission_kind: int
    commission_amount: float
    commission_minimum: float
    slippage_kind: int
    slippage_amount: float


class ContractCosts(NamedTuple):
    """`CostParameters`, and by column what a commission takes the price times: `traded` (semantics 9.5)."""

    commission_kind: int
    commission_amount: float
    commission_minimum: float
    slippage_kind: int
    slippage_amount: float
    traded: Any


def _step(config: RebalanceConfig, conventions: Conventions) -> float:
    if config.round_lots:
        return float(config.lot_size)
    whole = conventions.sizing is not Sizing.QUANTITY_DIFFERENCE
    if config.allow_fractional and conventions.sizing is Sizing.QUANTITY_DIFFERENCE_SNAPPED:
        raise UnsupportedError(
            f"allow_fractional=True: the conventions {conventions.name!r} know whole units only",
            hint="pass allow_fractional=None",
        )
    fractional = not whole if config.allow_fractional is None else config.allow_fractional
    return 0.0 if fractional else 1.0


def trade_rules(config: RebalanceConfig, conventions: Conventions) -> TradeRules:
    """Flatten what planning needs.

    Raises:
        UnsupportedError: Fractions where the conventions fill whole units only.
    """
    return TradeRules(
        mode=int(config.mode),
        price_known=conventions.fill.known,
        sizing=int(conventions.sizing),
        step=_step(config, conventions),
        min_trade_value=config.min_trade_value,
        min_weight_change=config.min_weight_change,
        allow_short=config.allow_short,
        max_single_weight=config.max_single_weight,
        max_gross_leverage=math.inf if config.max_gross_leverage is None else config.max_gross_leverage,
        headroom=config.headroom,
        skip_without_bar=config.missing_price_policy is MissingPricePolicy.SKIP,
        min_bars=config.late_asset_min_bars if config.late_asset_policy is LateAssetPolicy.REQUIRE_HISTORY else 0,
        cancel_open=config.cancel_before_rebalance,
        count_open=config.account_for_pending,
        phase_timeout=config.phase_timeout,
    )


def fill_rules(config: RebalanceConfig, conventions: Conventions) -> FillRules:
    """Flatten what filling needs."""
    return FillRules(
        fill=int(conventions.fill),
        cash_rule=int(conventions.cash_rule),
        accounting=int(conventions.accounting),
        slippage_within_bar=conventions.slippage_within_bar,
        step=_step(config, conventions),
    )


def cost_parameters(costs: Costs) -> CostParameters:
    """Flatten the cost models.

    Raises:
        UnsupportedError: A model that the engine does not know.
    """
    match costs.commission:
        case NoCommission():
            commission = (NO_COST, 0.0, 0.0)
        case PercentCommission(rate):
            commission = (PERCENT, rate, 0.0)
        case PerShareCommission(amount, minimum):
            commission = (PER_SHARE, amount, minimum)
        case FixedCommission(amount):
            commission = (FIXED, amount, 0.0)
        case other:
            raise UnsupportedError(
                f"the engine has no rule for the commission {other!r}",
                hint="use NoCommission, PercentCommission, PerShareCommission or FixedCommission",
            )
    match costs.slippage:
        case NoSlippage():
            slippage = (NO_COST, 0.0)
        case PercentSlippage(rate):
            slippage = (PERCENT if rate else NO_COST, rate)
        case FixedSlippage(amount):
            slippage = (FIXED if amount else NO_COST, amount)
        case other:
            raise UnsupportedError(
                f"the engine has no rule for the slippage {other!r}",
                hint="use NoSlippage, PercentSlippage or FixedSlippage",
            )
    return CostParameters(*commission, *slippage)
