"""Rules that are not built in: a function of a package outside core, compiled, and called from the compiled pass.

The pass is given the address of the compiled function as a number of the run. So it is the one pass of all mixtures: it
is not compiled again for a rule of somebody's own, and nothing that is kept on the disk is of such a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from weighbridge.exceptions import ConfigError
from weighbridge.rules.compiled import compiled_as

__all__ = ["OwnRule", "address_of", "own_cash", "own_slipped"]

_Function = Callable[..., float]


@dataclass(frozen=True)
class OwnRule:
    """A rule of one's own for a seat of `Conventions` that takes one: `cash` or `slipping`.

    The function takes four numbers and returns one, and nothing but its arguments decides. It is compiled when a run
    needs it first; what it calls must be of the `math` module, or functions that `weighbridge.rules.compiled.rule`
    decorates. It must not raise: the pass would not hear of it.

    - cash: (quantity, price, cash, position) -> the signed quantity that is let through.
    - slipping: (quantity, price, high, low) -> the price of the fill, after the slippage model.

    Attributes:
        name: What records call it.
        function: The rule.
        sentence: What it does, in plain words, for explanations.
    """

    name: str
    function: _Function = field(repr=False)
    sentence: str = ""

    def __post_init__(self) -> None:
        """Check the fields."""
        if not callable(self.function) or not self.name:
            raise ConfigError(f"{self!r} needs a name and a function", hint="see weighbridge.rules.own.OwnRule")


# What was compiled stays: its address is in the rules of runs.
_addresses: dict[_Function, int] = {}
_compiled: dict[int, tuple[_Function, Any]] = {}


def address_of(function: _Function) -> int:
    """Compile the function of a rule, once in a process, and return where it is.

    Where nothing is compiled (`NUMBA_DISABLE_JIT`), it is just a number by which the plain function is found.
    """
    found = _addresses.get(function)
    if found is not None:
        return found
    import numba

    from weighbridge.rules.compiled import load_compiler

    load_compiler()
    library: Any = numba
    if library.config.DISABLE_JIT:
        compiled, found = None, len(_addresses) + 1
    else:
        plain = getattr(function, "py_func", function)
        compiled = library.cfunc("float64(float64, float64, float64, float64)", error_model="numpy")(plain)
        found = int(compiled.address)
    _compiled[found] = function, compiled
    _addresses[function] = found
    return found


def own_cash(rules: Any, quantity: float, price: float, cash: float, position: float) -> float:
    """Return what the user's own rule of the cash lets through of an order."""
    return _compiled[rules.own_cash][0](quantity, price, cash, position)


def own_slipped(rules: Any, quantity: float, price: float, high: float, low: float) -> float:
    """Return the price that the user's own rule of slipping makes of a slipped one."""
    return _compiled[rules.own_slipping][0](quantity, price, high, low)


def _calling() -> Any:
    """Return what calls the function at an address, in compiled code."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def call(typing: Any, address: Any, first: Any, second: Any, third: Any, fourth: Any) -> Any:
        double = ir.DoubleType()

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(double, [double] * 4)
            return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

        return types.float64(types.int64, *[types.float64] * 4), build

    return call


@compiled_as(own_cash)
def _own_cash(rules: Any, quantity: Any, price: Any, cash: Any, position: Any) -> Any:
    call = _calling()

    def of_user(rules: Any, quantity: Any, price: Any, cash: Any, position: Any) -> Any:
        return call(rules.own_cash, quantity, price, cash, position)

    return of_user


@compiled_as(own_slipped)
def _own_slipped(rules: Any, quantity: Any, price: Any, high: Any, low: Any) -> Any:
    call = _calling()

    def of_user(rules: Any, quantity: Any, price: Any, high: Any, low: Any) -> Any:
        return call(rules.own_slipping, quantity, price, high, low)

    return of_user
