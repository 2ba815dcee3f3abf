"""What trading costs: commission and slippage models, and `Costs`, which holds one of each.

How a model is evaluated, in which order of operations and for which part of an order, is a rule of the
conventions (rules/charging.py, rules/slipping.py, rules/parts.py): Backtrader charges the closed and the opened part
of an order apart, Zipline charges at the end of the bar. A model says only what is charged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from weighbridge.exceptions import ConfigError

__all__ = [
    "Commission",
    "Costs",
    "FixedBasisPointsSlippage",
    "FixedCommission",
    "FixedSlippage",
    "NoCommission",
    "NoSlippage",
    "PerShareCommission",
    "PercentCommission",
    "PercentSlippage",
    "Slippage",
    "VolumeShareSlippage",
]


def _amount(owner: object, name: str, value: object, unit: str, high: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{type(owner).__name__}: {name}={value!r} is not a number", hint=f"pass {unit}")
    try:
        number = float(value)
    except OverflowError:  # A whole number beyond what floating point holds.
        number = math.inf
    if not math.isfinite(number) or number < 0.0 or number >= high:
        bound = "0 or more" + (f" and below {high:g}" if math.isfinite(high) else "")
        raise ConfigError(f"{type(owner).__name__}: {name}={value!r} must be finite, {bound}", hint=f"pass {unit}")
    return number


def _share(owner: object, value: object) -> float:
    share = _amount(owner, "volume_limit", value, "a fraction of the bar's volume, 0.1 for 10%")
    if share == 0.0:
        raise ConfigError(
            f"{type(owner).__name__}: volume_limit={value!r} must be above 0", hint="at 0 no order would ever fill"
        )
    return share


@dataclass(frozen=True)
class Commission:
    """Base of the commission models."""


@dataclass(frozen=True)
class NoCommission(Commission):
    """Charge nothing."""


@dataclass(frozen=True)
class PercentCommission(Commission):
    """Charge a fraction of the traded value: 0.001 is 0.1%."""

    rate: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "rate", _amount(self, "rate", self.rate, "a fraction, 0.001 for 0.1%", high=1.0))


@dataclass(frozen=True)
class PerShareCommission(Commission):
    """Charge an amount for each unit, account currency, and at least `minimum` for an order."""

    amount: float
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "amount", _amount(self, "amount", self.amount, "account currency per unit"))
        object.__setattr__(self, "minimum", _amount(self, "minimum", self.minimum, "account currency"))


@dataclass(frozen=True)
class FixedCommission(Commission):
    """Charge the same amount for every trade, account currency."""

    amount: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "amount", _amount(self, "amount", self.amount, "account currency per trade"))


@dataclass(frozen=True)
class Slippage:
    """Base of the slippage models."""


@dataclass(frozen=True)
class NoSlippage(Slippage):
    """Fill at the price of the conventions."""


@dataclass(frozen=True)
class PercentSlippage(Slippage):
    """Fill buys above and sells below the price by a fraction of it: 0.0005 is 5 basis points."""

    rate: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "rate", _amount(self, "rate", self.rate, "a fraction, 0.0005 for 5 bp", high=1.0))


@dataclass(frozen=True)
class FixedSlippage(Slippage):
    """Fill buys above and sells below the price by an amount, price units."""

    amount: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "amount", _amount(self, "amount", self.amount, "an amount in price units"))


@dataclass(frozen=True)
class FixedBasisPointsSlippage(Slippage):
    """Fill at most a share of the bar's volume, buys above and sells below the price by basis points of it.

    What is left of an order stays open for the next bars. Needs the volume of the bars. Zipline's default, and its
    model of the same name.
    """

    basis_points: float = 5.0
    volume_limit: float = 0.1

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(
            self,
            "basis_points",
            _amount(self, "basis_points", self.basis_points, "basis points, 5 for 0.05%", high=1e4),
        )
        object.__setattr__(self, "volume_limit", _share(self, self.volume_limit))


@dataclass(frozen=True)
class VolumeShareSlippage(Slippage):
    """Fill at most a share of the bar's volume, at a price that worsens with the square of the share taken.

    Buys fill above and sells below the price by `price_impact` x share squared of it. What is left of an order
    stays open for the next bars. Needs the volume of the bars. Zipline's model of the same name, with its defaults.
    """

    volume_limit: float = 0.025
    price_impact: float = 0.1

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "volume_limit", _share(self, self.volume_limit))
        object.__setattr__(
            self, "price_impact", _amount(self, "price_impact", self.price_impact, "0.1 for Zipline's default")
        )


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Hold one commission and one slippage model; `Costs()` costs nothing.

    Raises:
        ConfigError: A field is not a model.
    """

    commission: Commission = field(default_factory=NoCommission)
    slippage: Slippage = field(default_factory=NoSlippage)

    def __post_init__(self) -> None:
        """Check that each field holds a model."""
        if not isinstance(self.commission, Commission):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(
                f"commission={self.commission!r} is not a commission model",
                hint="pass PercentCommission(0.001), PerShareCommission(0.005) or FixedCommission(1.0)",
            )
        if not isinstance(self.slippage, Slippage):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(
                f"slippage={self.slippage!r} is not a slippage model",
                hint="pass PercentSlippage(0.0005), FixedSlippage(0.01) or NoSlippage()",
            )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `Costs.from_dict` gives the costs back."""
        return {
            name: {"model": type(model).__name__, **vars(model)}
            for name, model in (("commission", self.commission), ("slippage", self.slippage))
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Costs:
        """Build costs from what `as_dict` gave.

        Raises:
            ConfigError: A model is not known.
        """
        known = {model.__name__: model for base in (Commission, Slippage) for model in base.__subclasses__()}
        models: dict[str, Any] = {}
        for name, description in values.items():
            parameters = dict(description)
            kind = parameters.pop("model", None)
            if kind not in known:
                raise ConfigError(f"unknown cost model {kind!r}", hint="known models: " + ", ".join(sorted(known)))
            try:
                models[name] = known[kind](**parameters)
            except TypeError as error:
                raise ConfigError(f"{kind} does not take {parameters!r}", hint="pass what as_dict() gave") from error
        if not set(models) <= {"commission", "slippage"}:
            raise ConfigError(f"unknown fields of Costs: {', '.join(models)}", hint="known: commission, slippage")
        return cls(**models)
