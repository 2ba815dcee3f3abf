"""How rules become machine code: one decorator for rules, one for the kernels made of them.

A rule is plain Python as long as it is called from Python: hosts whose costs are Python objects run the very
same lines that the kernels compile. Nothing is compiled with `fastmath`: the order of operations is the rule.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs
from numba.extending import overload, register_jitable

from weighbridge.rules.frozen import FreezingCompiler

__all__ = ["cache_folder", "compiled_as", "kernel", "rule"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "pipeline_class": FreezingCompiler}


def rule(function: _Function) -> _Function:
    """Let a plain Python function be called from kernels too."""
    return register_jitable(**_OPTIONS, forceinline=True)(function)


def compiled_as(python: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Decorate what gives kernels their own version of `python`, which asks a host's objects (`numba.overload`)."""
    return overload(python, jit_options=_OPTIONS)


@cache
def cache_folder() -> Path:
    """Return the folder of the compiled kernels of exactly these sources.

    Numba looks at the kernel's own file only when it asks whether a compiled kernel is still good; the rules are
    in other files, so the folder's name carries the digest of all of them.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    house = Path(__file__).parent.parent
    for room in ("rules", "rebalance", "engine"):
        for source in sorted((house / room).rglob("*.py")):
            digest.update(source.read_bytes())
    root = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_path("weighbridge") / "kernels"
    return Path(root) / digest.hexdigest()[:16]


def kernel(function: _Function) -> _Function:
    """Compile a function once for a machine; where no folder can be written, once for a process."""
    library: Any = numba
    settings, compile_ = library.config, library.njit
    before = settings.CACHE_DIR
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        settings.CACHE_DIR = str(cache_folder())
        return compile_(cache=True, **_OPTIONS)(function)
    except (OSError, RuntimeError):
        return compile_(**_OPTIONS)(function)
    finally:
        settings.CACHE_DIR = before
