"""Rules that are not built in: a function of a package outside core, compiled into the pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from weighbridge.exceptions import ConfigError
from weighbridge.rules.compiled import compiled_as, rule

__all__ = ["OwnRule", "own_cash", "own_slipped"]


@dataclass(frozen=True)
class OwnRule:
    """A rule of one's own for a seat of `Conventions` that takes one: `cash` or `slipping`.

    The function is compiled into the pass, under every fill; it takes and returns numbers, and what it calls must be
    functions that `weighbridge.rules.compiled.rule` decorates.

    - cash: (quantity, price, cash, position) -> the signed quantity that is let through.
    - slipping: (quantity, price, high, low) -> the price of the fill, after the slippage model.

    Attributes:
        name: What records call it.
        function: The rule.
        sentence: What it does, in plain words, for explanations.
    """

    name: str
    function: Callable[..., float] = field(repr=False)
    sentence: str = ""

    def __post_init__(self) -> None:
        """Check the fields, and let kernels call the function."""
        if not callable(self.function) or not self.name:
            raise ConfigError(f"{self!r} needs a name and a function", hint="see weighbridge.rules.own.OwnRule")
        rule(self.function)


def own_cash(rules: Any, quantity: float, price: float, cash: float, position: float) -> float:
    """Return what the user's own rule of the cash lets through of an order."""
    return dict(rules.own)["cash"](quantity, price, cash, position)


def own_slipped(rules: Any, quantity: float, price: float, high: float, low: float) -> float:
    """Return the price that the user's own rule of slipping makes of a slipped one."""
    return dict(rules.own)["slipping"](quantity, price, high, low)


def _function_of(rules: Any, seat: str) -> Any:
    # The type of frozen rules carries them; a mixture of built-in rules has none.
    return getattr(rules, "own", {}).get(seat)


@compiled_as(own_cash)
def _own_cash(rules: Any, quantity: Any, price: Any, cash: Any, position: Any) -> Any:
    function = _function_of(rules, "cash")

    def of_nobody(rules: Any, quantity: Any, price: Any, cash: Any, position: Any) -> Any:
        return quantity

    def of_user(rules: Any, quantity: Any, price: Any, cash: Any, position: Any) -> Any:
        return function(quantity, price, cash, position)

    return of_nobody if function is None else of_user


@compiled_as(own_slipped)
def _own_slipped(rules: Any, quantity: Any, price: Any, high: Any, low: Any) -> Any:
    function = _function_of(rules, "slipping")

    def of_nobody(rules: Any, quantity: Any, price: Any, high: Any, low: Any) -> Any:
        return price

    def of_user(rules: Any, quantity: Any, price: Any, high: Any, low: Any) -> Any:
        return function(quantity, price, high, low)

    return of_nobody if function is None else of_user
