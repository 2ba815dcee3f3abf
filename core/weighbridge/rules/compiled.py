"""How rules become machine code: one decorator for rules, one for the kernels made of them.

A rule is plain Python as long as it is called from Python: hosts whose costs are Python objects run the very
same lines that the kernels compile. Nothing is compiled with `fastmath`: the order of operations is the rule. The
compiler is loaded when a kernel is called first, so that names and settings are there at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache, cached_property, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

__all__ = ["COMPILED_IN", "Kernel", "cache_folder", "compiled_as", "kernel", "load_compiler", "rule", "step"]

# The folders of what is compiled into kernels.
COMPILED_IN = ("settings", "rules", "rebalance", "engine")

_Function = TypeVar("_Function", bound=Callable[..., Any])

# What is to be told to the compiler once it is there.
_waiting: list[Callable[[], Any]] = []
_options: dict[str, Any] = {}


def _tell(how: Callable[[], Any]) -> None:
    """Tell the compiler now, or as soon as it is loaded."""
    if _options:
        how()
    else:
        _waiting.append(how)


def load_compiler() -> dict[str, Any]:
    """Load the compiler, tell it what has waited, and return the options of everything that is compiled (`numba.njit`).

    For kernels of a host that compiles its simulations itself: what they call must be rules for the compiler by then.
    """
    if not _options:
        from weighbridge.rules.frozen import FreezingCompiler

        _options.update(error_model="numpy", pipeline_class=FreezingCompiler, _nrt=False, no_cfunc_wrapper=True)
        for how in _waiting:
            how()
        _waiting.clear()
    return _options


def rule(function: _Function) -> _Function:
    """Let a plain Python function be called from kernels too."""

    def register() -> None:
        from numba.extending import register_jitable

        register_jitable(**_options, forceinline=True)(function)

    _tell(register)
    return function


def step(function: _Function) -> _Function:
    """Like `rule`, for what is called once a bar: a function of its own in machine code."""

    def register() -> None:
        from numba.extending import register_jitable

        register_jitable(**_options)(function)

    _tell(register)
    return function


def compiled_as(python: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Decorate what gives kernels their own version of `python`, which asks a host's objects (`numba.overload`)."""

    def decorate(typed: _Function) -> _Function:
        def register() -> None:
            from numba.extending import overload

            options: Any = _options
            overload(python, jit_options=options)(typed)

        _tell(register)
        return typed

    return decorate


@cache
def cache_folder() -> Path:
    """Return the folder of the compiled kernels of exactly these sources.

    Numba looks at the kernel's own file only when it asks whether a compiled kernel is still good; the rules are
    in other files, so the folder's name carries the digest of all of them.
    """
    import numba
    import platformdirs

    digest = hashlib.sha256(numba.__version__.encode())
    house = Path(__file__).parent.parent
    for room in COMPILED_IN:
        for source in sorted((house / room).rglob("*.py")):
            digest.update(source.read_bytes())
    root = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_path("weighbridge") / "kernels"
    return Path(root) / digest.hexdigest()[:16]


class Kernel:
    """A function that is compiled when it is called first, once for a machine; `plain` is the function itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Keep the function."""
        self.plain = function
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function."""
        return self.compiled(*arguments)

    def of_types(self, *arguments: Any) -> Callable[..., Any]:
        """Return the machine code for arguments of these types, and of no others: it does not look at them.

        Looking takes ten times as long as a bar does, where the arguments are tables.
        """
        compiled: Any = self.compiled
        if compiled is self.plain:
            return compiled
        return compiled.compile(tuple(compiled.typeof_pyval(argument) for argument in arguments))

    @cached_property
    def compiled(self) -> Callable[..., Any]:
        """The compiled function; where no folder can be written, compiled once for a process."""
        import numba

        options = load_compiler()
        library: Any = numba
        settings = library.config
        before = settings.CACHE_DIR
        try:
            cache_folder().mkdir(parents=True, exist_ok=True)
            settings.CACHE_DIR = str(cache_folder())
            return library.njit(cache=True, **options)(self.plain)
        except (OSError, RuntimeError):
            return library.njit(**options)(self.plain)
        finally:
            settings.CACHE_DIR = before


def kernel(function: _Function) -> _Function:
    """Compile a function once for a machine, when it is called first."""
    return cast(_Function, Kernel(function))
