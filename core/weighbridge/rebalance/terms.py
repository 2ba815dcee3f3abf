"""What planning needs of a `RebalanceConfig` under given conventions, as compiled code takes it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from weighbridge.exceptions import UnsupportedError
from weighbridge.rules.cash import Cash
from weighbridge.rules.own import OwnRule
from weighbridge.rules.seats import OWN, SEATS, Rules
from weighbridge.rules.sizing import Sizing
from weighbridge.settings.config import LateAssetPolicy, MissingPricePolicy, RebalanceConfig
from weighbridge.settings.conventions import Conventions

__all__ = ["TradeTerms", "rules_of", "step_of", "trade_terms"]


class TradeTerms(NamedTuple):
    """`RebalanceConfig`, flattened. Steps are units: 0.0 fractional, 1.0 whole units, else the lot.

    `sizing_step` is what sizing rounds to: 0.0 where the cash rule rounds instead. `unchanged` says that the
    preparation leaves every weight as it is, `filtered` that a threshold can keep a trade back, `price_known` that the
    fill price is known at the decision, and `cuts` that the planner cuts increases: not where a cash rule does it
    at the very fill.
    """

    mode: int
    price_known: bool
    cuts: bool
    step: float
    sizing_step: float
    min_trade_value: float
    min_weight_change: float
    allow_short: bool
    max_single_weight: float
    max_gross_leverage: float
    headroom: float
    unchanged: bool
    filtered: bool
    skip_without_bar: bool
    min_bars: int
    cancel_open: bool
    count_open: bool
    phase_timeout: int


def rules_of(conventions: Conventions, *, contracts: bool, priced: bool, actions: bool) -> Rules:
    """Return the members of the rules as numbers."""
    members = conventions.rules()
    seats = [OWN if isinstance(members[seat], OwnRule) else int(members[seat]) for seat in SEATS]
    at_once = conventions.fill.immediate
    return Rules(*seats, at_once=at_once, contracts=contracts, actions=actions, priced=priced)


def step_of(config: RebalanceConfig, conventions: Conventions) -> float:
    """Return the units that quantities are multiples of; 0.0 for any fraction.

    Raises:
        UnsupportedError: Fractions where the conventions know whole units only.
    """
    if config.round_lots:
        return float(config.lot_size)
    if config.allow_fractional and conventions.sizing is Sizing.QUANTITY_DIFFERENCE_SNAPPED:
        raise UnsupportedError(
            f"allow_fractional=True: the conventions {conventions.name!r} know whole units only",
            hint="pass allow_fractional=None",
        )
    whole = conventions.sizing is not Sizing.QUANTITY_DIFFERENCE
    fractional = not whole if config.allow_fractional is None else config.allow_fractional
    return 0.0 if fractional else 1.0


def trade_terms(config: RebalanceConfig, conventions: Conventions) -> TradeTerms:
    """Flatten what planning needs.

    Raises:
        UnsupportedError: As in `step_of`.
    """
    step = step_of(config, conventions)
    tolerant = conventions.cash is Cash.CUT_WITHIN_TOLERANCE
    gross = math.inf if config.max_gross_leverage is None else config.max_gross_leverage
    cash: Any = conventions.cash  # a rule of one's own says nothing of what it cuts
    return TradeTerms(
        mode=int(config.mode),
        price_known=conventions.fill.known,
        cuts=not (conventions.fill.immediate and getattr(cash, "cuts", False)),
        step=step,
        sizing_step=0.0 if tolerant and conventions.sizing is Sizing.QUANTITY_DIFFERENCE else step,
        min_trade_value=config.min_trade_value,
        min_weight_change=config.min_weight_change,
        allow_short=config.allow_short,
        max_single_weight=config.max_single_weight,
        max_gross_leverage=gross,
        headroom=config.headroom,
        unchanged=config.allow_short and config.max_single_weight == gross == math.inf and config.headroom == 1.0,
        filtered=config.min_trade_value > 0.0 or config.min_weight_change > 0.0,
        skip_without_bar=config.missing_price_policy is MissingPricePolicy.SKIP,
        min_bars=config.late_asset_min_bars if config.late_asset_policy is LateAssetPolicy.REQUIRE_HISTORY else 0,
        cancel_open=config.cancel_before_rebalance,
        count_open=config.account_for_pending,
        phase_timeout=config.phase_timeout,
    )
