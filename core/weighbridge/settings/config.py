"""How a strategy wants to be rebalanced: `RebalanceConfig` and the words it uses.

Clauses: docs/semantics.md, sections 2 (targets), 3 (modes) and 4 (filters).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from numbers import Integral, Real
from typing import Any, Literal, TypeVar

from weighbridge.exceptions import ConfigError

__all__ = ["LateAssetPolicy", "MissingPricePolicy", "RebalanceConfig", "RebalanceMode", "Unlisted"]


class RebalanceMode(IntEnum):
    """What is frozen while a rebalance is under way (semantics 3.1 to 3.3)."""

    SNAPSHOT = 0
    """Value and every quantity are fixed at the start; one batch, the host's own cash rule decides."""
    INCREMENTAL = 1
    """Value and cash are live: both are taken anew after each fill."""
    HYBRID = 2
    """The value is frozen, each quantity is fixed at the asset's turn, cash is live."""


class LateAssetPolicy(IntEnum):
    """What happens to an asset that has only just begun to trade."""

    ALLOW = 0
    REQUIRE_HISTORY = 1


class MissingPricePolicy(IntEnum):
    """What happens to an asset that has no bar at the decision."""

    USE_LAST = 0
    SKIP = 1


class Unlisted(IntEnum):
    """What happens to positions that the target weights do not mention."""

    CLOSE = 0
    HOLD = 1


_Choice = TypeVar("_Choice", bound=IntEnum)


def _choice(kind: type[_Choice], name: str, value: object) -> _Choice:
    """Accept the enum's member or its name in any case; an integer is refused, since it would hide a mix-up."""
    if isinstance(value, kind):
        return value
    if isinstance(value, str) and value.upper() in kind.__members__:
        return kind[value.upper()]
    known = ", ".join(repr(member.lower()) for member in kind.__members__)
    raise ConfigError(f"{name}={value!r} is not one of {known}", hint=f"pass one of these or a {kind.__name__}")


def _number(name: str, value: object, *, low: float, high: float = math.inf, above: bool = False) -> float:
    """Check one bound; booleans are refused, since True would pass for 1."""
    bound = f"{'>' if above else '>='} {low:g}" + (f" and <= {high:g}" if math.isfinite(high) else "")
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ConfigError(f"{name}={value!r} is not a number", hint=f"pass a number {bound}")
    try:
        number = float(value)
    except OverflowError:  # A whole number beyond what floating point holds.
        number = math.nan
    if math.isnan(number) or number < low or (above and number == low) or number > high:
        raise ConfigError(f"{name}={value!r} is out of bounds", hint=f"pass a number {bound}")
    return number


@dataclass(frozen=True, kw_only=True)
class RebalanceConfig:
    """Say how target weights become trades.

    Attributes:
        mode: What is frozen during the rebalance; the enum or its lower-case name.
        min_trade_value: Skip a trade whose absolute value is smaller, account currency. A target of exactly
            0.0 closes whatever is held: no threshold and no lot size keeps a remainder (semantics 4.3).
        min_weight_change: Skip a trade whose absolute change of weight is smaller, fraction of value.
        allow_fractional: None: as the conventions do; False: whole units; True: fractional units.
        round_lots: Cut the traded quantity to multiples of `lot_size`, towards zero.
        lot_size: Units in a lot.
        allow_short: Else a negative target is treated as 0.0 and the plan says so.
        max_single_weight: Bound on the absolute weight of one asset.
        max_gross_leverage: All targets are scaled down so that the sum of their absolute values stays within
            it; None for no scaling.
        headroom: All targets are multiplied by it, after the scaling: 0.998 leaves a cash buffer of 0.2%.
        unlisted: Positions which the targets do not mention: "close" or "hold".
        cancel_before_rebalance: Cancel this executor's open orders of earlier bars first. Orders of others
            (protective stops) are never touched.
        account_for_pending: Count open orders that are left standing as if they were filled, asset by asset.
            Orders which this executor submitted at the same bar are always counted.
        phase_timeout: Bars to wait for reductions before the second phase of HYBRID and INCREMENTAL.
        late_asset_policy: REQUIRE_HISTORY trades an asset only from its `late_asset_min_bars`-th bar on.
        late_asset_min_bars: See `late_asset_policy`.
        missing_price_policy: No bar now: USE_LAST sizes with the last price, SKIP leaves the asset alone.

    Raises:
        ConfigError: A value is out of bounds, or two values contradict each other.
    """

    mode: RebalanceMode | Literal["snapshot", "incremental", "hybrid"] = RebalanceMode.INCREMENTAL
    min_trade_value: float = 100.0
    min_weight_change: float = 0.01
    allow_fractional: bool | None = None
    round_lots: bool = False
    lot_size: int = 100
    allow_short: bool = False
    max_single_weight: float = 1.0
    max_gross_leverage: float | None = 1.0
    headroom: float = 1.0
    unlisted: Unlisted | Literal["close", "hold"] = Unlisted.CLOSE
    cancel_before_rebalance: bool = True
    account_for_pending: bool = True
    phase_timeout: int = 1
    late_asset_policy: LateAssetPolicy | Literal["allow", "require_history"] = LateAssetPolicy.ALLOW
    late_asset_min_bars: int = 1
    missing_price_policy: MissingPricePolicy | Literal["use_last", "skip"] = MissingPricePolicy.USE_LAST

    def __post_init__(self) -> None:
        """Normalise the enums and numbers, and refuse what contradicts itself."""
        checked: dict[str, Any] = {
            "mode": _choice(RebalanceMode, "mode", self.mode),
            "unlisted": _choice(Unlisted, "unlisted", self.unlisted),
            "late_asset_policy": _choice(LateAssetPolicy, "late_asset_policy", self.late_asset_policy),
            "missing_price_policy": _choice(MissingPricePolicy, "missing_price_policy", self.missing_price_policy),
            "min_trade_value": _number("min_trade_value", self.min_trade_value, low=0.0),
            "min_weight_change": _number("min_weight_change", self.min_weight_change, low=0.0),
            "max_single_weight": _number("max_single_weight", self.max_single_weight, low=0.0, above=True),
            "headroom": _number("headroom", self.headroom, low=0.0, above=True, high=1.0),
        }
        if self.max_gross_leverage is not None:
            checked["max_gross_leverage"] = _number("max_gross_leverage", self.max_gross_leverage, low=0.0, above=True)
        for name in ("lot_size", "phase_timeout", "late_asset_min_bars"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
                raise ConfigError(f"{name}={value!r} is not a whole number >= 1", hint=f"pass {name}=1 or more")
            checked[name] = int(value)
        for name in ("round_lots", "allow_short", "cancel_before_rebalance", "account_for_pending"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name}={getattr(self, name)!r} is not True or False", hint="pass a bool")
        if self.allow_fractional is not None and not isinstance(self.allow_fractional, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(
                f"allow_fractional={self.allow_fractional!r} is not None, True or False",
                hint="pass None, True or False",
            )
        if self.round_lots and self.allow_fractional:
            raise ConfigError(
                "round_lots=True contradicts allow_fractional=True",
                hint="lots are whole units: drop one of the two",
            )
        if self.late_asset_min_bars > 1 and checked["late_asset_policy"] is LateAssetPolicy.ALLOW:
            raise ConfigError(
                f"late_asset_min_bars={self.late_asset_min_bars} has no effect with late_asset_policy='allow'",
                hint="pass late_asset_policy='require_history'",
            )
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @classmethod
    def unfiltered(cls, mode: RebalanceMode | str = RebalanceMode.SNAPSHOT, **changes: Any) -> RebalanceConfig:
        """Return a config with every threshold, cap and restriction off: what the native functions do.

        Shorts and any gross leverage are allowed, positions that are not mentioned are held, open orders are
        neither cancelled nor counted. `changes` are fields to set all the same.
        """
        plain: dict[str, Any] = {
            "mode": mode,
            "min_trade_value": 0.0,
            "min_weight_change": 0.0,
            "allow_short": True,
            "max_single_weight": math.inf,
            "max_gross_leverage": None,
            "unlisted": Unlisted.HOLD,
            "cancel_before_rebalance": False,
            "account_for_pending": False,
        }
        return cls(**{**plain, **changes})

    def replace(self, **changes: Any) -> RebalanceConfig:
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `RebalanceConfig.from_dict` gives the config back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.name.lower()
            if isinstance(value, IntEnum)
            else ("inf" if isinstance(value, float) and math.isinf(value) else value)
            for name, value in values.items()
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RebalanceConfig:
        """Build a config from what `as_dict` gave."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ConfigError(
                f"unknown fields of RebalanceConfig: {', '.join(sorted(unknown))}",
                hint="known fields: " + ", ".join(field.name for field in fields(cls)),
            )
        fields_of: dict[str, Any] = {name: math.inf if value == "inf" else value for name, value in values.items()}
        return cls(**fields_of)
