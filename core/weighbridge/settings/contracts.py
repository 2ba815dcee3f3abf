"""What a unit of an asset is: `Contract`, for assets that are no ordinary shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from weighbridge.data.tables import listed
from weighbridge.exceptions import ConfigError, UnknownAssetError, UnsupportedError
from weighbridge.rules.booking import Booking
from weighbridge.settings.conventions import Conventions

__all__ = ["Contract", "Contracts", "checked_contracts", "contracts_from"]


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Say what a unit of an asset is worth and what it binds (semantics 9); the defaults are an ordinary share's.

    Attributes:
        multiplier: Account currency by which a unit gains when its price rises by 1.0: 50.0 for an index future.
        margin: Account currency that a unit binds while it is held, whatever its price is; gains and losses go into
            the cash at every bar. None: a unit is paid in full, price x multiplier.
        leverage: Worth of long positions that one unit of cash can buy; 1.0 is none.

    Raises:
        ConfigError: A field is not a finite number above 0, or the leverage is below 1.
    """

    multiplier: float = 1.0
    margin: float | None = None
    leverage: float = 1.0

    def __post_init__(self) -> None:
        """Check the bounds."""
        object.__setattr__(self, "multiplier", _above_zero("multiplier", self.multiplier, "50.0 for an index future"))
        if self.margin is not None:
            hint = "account currency for each contract, or None where it is paid in full"
            object.__setattr__(self, "margin", _above_zero("margin", self.margin, hint))
        object.__setattr__(self, "leverage", _above_zero("leverage", self.leverage, "2.0 to buy twice the cash"))
        if self.leverage < 1.0:
            raise ConfigError(f"Contract: leverage={self.leverage!r} is below 1", hint="1.0 is no leverage")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `Contract(**values)` gives the contract back."""
        return asdict(self)


Contracts = Mapping[str, Contract]


def checked_contracts(contracts: Contracts | None, assets: Sequence[str], rules: Conventions) -> dict[str, Contract]:
    """Return the contracts that are no ordinary shares', in the order of `assets`.

    Raises:
        ConfigError: It is not a mapping of asset to `Contract`.
        UnknownAssetError: The bars have no such asset.
        UnsupportedError: The conventions have no rule for such a contract.
    """
    given: Contracts = {} if contracts is None else contracts
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(
            f"contracts is a {type(given).__name__}, not a mapping",
            hint='pass {"ES": weighbridge.Contract(multiplier=50, margin=12_000.0)}',
        )
    unknown = next((name for name in given if name not in assets), None)
    if unknown is not None:
        raise UnknownAssetError(f"contracts: there is no asset {unknown!r}", hint=f"one of {listed(assets)}")
    for name, contract in given.items():
        if not isinstance(contract, Contract):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(
                f"contracts: {name!r} is a {type(contract).__name__}, not a Contract",
                hint="pass weighbridge.Contract(multiplier=50, margin=12_000.0)",
            )
    kept = {name: given[name] for name in assets if name in given and given[name] != Contract()}
    for name, contract in kept.items():
        _check_rules(name, contract, rules)
    return kept


def contracts_from(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Contract]:
    """Build contracts from what `Contract.as_dict` gave, by asset.

    Raises:
        ConfigError: A field is missing, not known or out of bounds.
    """
    try:
        return {name: Contract(**fields) for name, fields in values.items()}
    except (AttributeError, TypeError) as error:
        raise ConfigError(f"{values!r} are no contracts: {error}", hint="pass what as_dict() gave") from error


def _check_rules(name: str, contract: Contract, rules: Conventions) -> None:
    averaged = rules.booking is Booking.AVERAGE_COST
    if averaged and contract.margin is None and contract.multiplier != 1.0:
        raise UnsupportedError(
            f"the conventions {rules.name!r} value a position that is paid in full at quantity x price, whatever its "
            f"multiplier, and {name!r} has multiplier={contract.multiplier!r}",
            hint="give it a margin, or choose 'reference'",
        )
    if not averaged and contract.margin is not None and contract.leverage != 1.0:
        raise UnsupportedError(
            f"{name!r} has a margin and leverage={contract.leverage!r}: the margin already says what a contract binds",
            hint="pass the margin divided by the leverage",
        )


def _above_zero(name: str, value: object, hint: str) -> float:
    number: Any = value
    if isinstance(number, bool | np.bool_) or not isinstance(number, int | float | np.integer | np.floating):
        raise ConfigError(f"Contract: {name}={value!r} is not a number", hint=f"pass {hint}")
    try:
        amount = float(number)  # pyright: ignore[reportUnknownArgumentType]
    except OverflowError:  # A whole number beyond what floating point holds.
        amount = math.inf
    if not math.isfinite(amount) or amount <= 0.0:
        raise ConfigError(f"Contract: {name}={value!r} must be finite and above 0", hint=f"pass {hint}")
    return amount
