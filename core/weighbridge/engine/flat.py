"""Conventions, costs and limits as compiled code takes them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from weighbridge.exceptions import ConfigError, UnsupportedError
from weighbridge.rebalance.terms import rules_of, step_of
from weighbridge.rules.cash import Cash
from weighbridge.rules.costs import (
    BASIS_POINTS,
    FIXED,
    NO_COST,
    PER_SHARE,
    PERCENT,
    VOLUME_SHARE,
    Terms,
)
from weighbridge.rules.own import OwnRule, address_of
from weighbridge.rules.parts import Parts
from weighbridge.rules.sizing import Sizing
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import PRESETS, Conventions
from weighbridge.settings.costs import (
    Costs,
    FixedBasisPointsSlippage,
    FixedCommission,
    FixedSlippage,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
    VolumeShareSlippage,
)
from weighbridge.settings.limits import DIRECTIONS, Limits

__all__ = ["flat_rules", "flat_terms", "limits_of"]


@lru_cache(maxsize=256)
def flat_rules(conventions: Conventions, *, contracts: bool, priced: bool, actions: bool) -> Any:
    """Return the rules as numbers of the run; those of a preset as part of the type.

    So all mixtures, those with rules of one's own, and every run with contracts or actions share one compiled version,
    and each framework's presets have one of their own.
    """
    members = conventions.rules()
    own = {f"own_{seat}": address_of(rule.function) for seat, rule in members.items() if isinstance(rule, OwnRule)}
    rules = rules_of(conventions, contracts=contracts, priced=priced, actions=actions)
    if own:
        return rules._replace(**own)
    if contracts or actions or all(members != preset.rules() for preset in PRESETS.values()):
        return rules
    from weighbridge.rules.frozen import FrozenRules

    return FrozenRules(rules)


def limits_of(conventions: Conventions, config: RebalanceConfig) -> Limits:
    """Return the limits of the cash rule that has some, with the granularity that conventions and config round to.

    Raises:
        ConfigError: Limits and config say a granularity, and not the same; or they contradict each other on shorts.
    """
    limits = conventions.limits or Limits()
    if limits.direction == "shortonly" and not config.allow_short:
        raise ConfigError(
            "direction='shortonly' contradicts allow_short=False", hint="pass RebalanceConfig(allow_short=True)"
        )
    said = config.round_lots or config.allow_fractional is not None
    if not said and conventions.sizing is Sizing.QUANTITY_DIFFERENCE:
        return limits
    step = step_of(config, conventions) or None
    if limits.size_granularity not in (None, step):
        raise ConfigError(
            f"the limits say size_granularity={limits.size_granularity!r} and the config {step!r}",
            hint="say it in one place",
        )
    return limits.replace(size_granularity=step)


def flat_terms(conventions: Conventions, config: RebalanceConfig, costs: Costs) -> Terms:
    """Flatten costs and limits.

    Raises:
        ConfigError: As in `limits_of`.
        UnsupportedError: A cost model for which the conventions have no rule.
    """
    limits = limits_of(conventions, config)
    commission, rate, minimum = _commission(costs)
    slippage, amount, volume_limit = _slippage(costs)
    if conventions.cash is Cash.CUT_WITHIN_TOLERANCE:
        if commission == PER_SHARE:
            raise UnsupportedError(
                f"these conventions have no commission like {costs.commission!r}",
                hint="pass PercentCommission, FixedCommission or NoCommission",
            )
        if slippage == FIXED:
            raise UnsupportedError(
                f"these conventions have no slippage like {costs.slippage!r}", hint="pass PercentSlippage or NoSlippage"
            )
    if slippage >= BASIS_POINTS and conventions.parts is Parts.WHOLE:
        raise UnsupportedError(
            f"the engine has no rule for the slippage {costs.slippage!r} where orders fill whole",
            hint="use NoSlippage, PercentSlippage or FixedSlippage, or conventions with parts=Parts.BY_VOLUME",
        )
    return Terms(
        commission=commission,
        rate=rate,
        minimum=minimum,
        slippage=slippage,
        amount=amount,
        volume_limit=volume_limit,
        two=2.0,
        fees=rate if commission == PERCENT else 0.0,
        fixed_fees=rate if commission == FIXED else 0.0,
        min_size=float(limits.min_size),
        max_size=float(limits.max_size),
        granularity=math.nan if limits.size_granularity is None else float(limits.size_granularity),
        allow_partial=limits.allow_partial,
        lock_cash=limits.lock_cash,
        direction=DIRECTIONS.index(limits.direction),
    )


def _commission(costs: Costs) -> tuple[int, float, float]:
    match costs.commission:
        case NoCommission():
            return NO_COST, 0.0, 0.0
        case PercentCommission(rate):
            return PERCENT, rate, 0.0
        case PerShareCommission(amount, minimum):
            return PER_SHARE, amount, minimum
        case FixedCommission(amount):
            return FIXED, amount, 0.0
        case other:
            raise UnsupportedError(
                f"the engine has no rule for the commission {other!r}",
                hint="use NoCommission, PercentCommission, PerShareCommission or FixedCommission",
            )


def _slippage(costs: Costs) -> tuple[int, float, float]:
    match costs.slippage:
        case NoSlippage():
            return NO_COST, 0.0, math.inf
        case PercentSlippage(rate):
            return PERCENT if rate else NO_COST, rate, math.inf
        case FixedSlippage(amount):
            return FIXED if amount else NO_COST, amount, math.inf
        case FixedBasisPointsSlippage(basis_points, limit):
            return BASIS_POINTS, basis_points / 10000.0, limit
        case VolumeShareSlippage(limit, impact):
            return VOLUME_SHARE, impact, limit
        case other:
            raise UnsupportedError(
                f"the engine has no rule for the slippage {other!r}",
                hint="use NoSlippage, PercentSlippage or FixedSlippage",
            )
