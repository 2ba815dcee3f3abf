"""What bounds every order in a host that fills at once: VectorBT's order arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from weighbridge.exceptions import ConfigError

__all__ = ["DIRECTIONS", "Direction", "Limits", "limits_from"]

Direction = Literal["both", "longonly", "shortonly"]

# In the sequence of VectorBT's numbers for them, `enums.Direction`.
DIRECTIONS = ("longonly", "shortonly", "both")

# `settings["portfolio"]["min_size"]`: orders of fewer units are rejected unless asked otherwise.
MIN_SIZE = 1e-8


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Hold arguments of `Portfolio.from_orders` that apply to every order; the defaults are VectorBT's own.

    Attributes:
        direction: "longonly" and "shortonly" forbid targets of the other sign.
        min_size: Orders of fewer units are rejected, after cutting.
        max_size: Orders are cut to so many units.
        size_granularity: Sizes are cut to multiples of it, units; None: any fraction.
        allow_partial: Else an order that would be cut is rejected.
        lock_cash: What a short sale brings, and as much again, is not there to buy with.

    Raises:
        ConfigError: A value is out of bounds.
    """

    direction: Direction = "both"
    min_size: float = MIN_SIZE
    max_size: float = math.inf
    size_granularity: float | None = None
    allow_partial: bool = True
    lock_cash: bool = False

    def __post_init__(self) -> None:
        """Check the bounds, which are those of `execute_order_nb`."""
        if self.direction not in DIRECTIONS:
            known = ", ".join(repr(name) for name in DIRECTIONS)
            raise ConfigError(f"direction={self.direction!r} is not known", hint=f"pass one of {known}")
        self._require("min_size", 0.0 <= self._number("min_size") < math.inf, "0 or more and finite")
        self._require("max_size", self._number("max_size") > 0.0, "above 0")
        if self.size_granularity is not None:
            step = self._number("size_granularity")
            self._require("size_granularity", 0.0 < step < math.inf, "above 0 and finite, or None")
        for name in ("allow_partial", "lock_cash"):
            self._require(name, isinstance(getattr(self, name), bool), "True or False")

    def _number(self, name: str) -> float:
        value = getattr(self, name)
        self._require(name, isinstance(value, int | float) and not isinstance(value, bool), "a number")
        return float(value)

    def _require(self, name: str, holds: bool, bound: str) -> None:
        if not holds:
            raise ConfigError(f"{name}={getattr(self, name)!r} must be {bound}", hint="see Limits")

    def replace(self, **changes: Any) -> Limits:
        """Return a copy with some limits changed."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `limits_from` gives the limits back."""
        return {**asdict(self), "max_size": "inf" if math.isinf(self.max_size) else self.max_size}


def limits_from(values: Limits | Mapping[str, Any]) -> Limits:
    """Return limits as they are, or made of a mapping of their fields, which can travel as JSON.

    Raises:
        ConfigError: A field is not known, or as in `Limits`.
    """
    if isinstance(values, Limits):
        return values
    known = [field.name for field in fields(Limits)]
    unknown = set(values) - set(known)
    if unknown:
        raise ConfigError(
            f"unknown fields of Limits: {', '.join(sorted(unknown))}",
            hint=f"known fields: {', '.join(known)}",
        )
    said: dict[str, Any] = {name: math.inf if value == "inf" else value for name, value in values.items()}
    return Limits(**said)
