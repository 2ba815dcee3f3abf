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

__all__ = ["cache_folder", "compiled_as", "kernel", "rule"]

COMPILED_IN = ("rules", "settings", "rebalance", "engine")
"""The folders of the package whose sources kernels are made of."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def rule(function: _Function) -> _Function:
    """Let a plain Python function be called from kernels too."""
    return register_jitable(error_model="numpy", forceinline=True)(function)


def compiled_as(python: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Decorate what gives kernels their own version of `python`, which asks a host's objects (`numba.overload`)."""
    return overload(python, jit_options={"error_model": "numpy"})


@cache
def cache_folder() -> Path:
    """Return the folder of the compiled kernels of exactly these sources.

    Numba looks at the kernel's own file only when it asks whether a compiled kernel is still good; rules, and the
    members and numbers that they are compiled with, are in other files, so the folder's name carries the digest of all.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in COMPILED_IN:
        for source in sorted((Path(__file__).parents[1] / folder).rglob("*.py")):
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
        return compile_(cache=True, error_model="numpy")(function)
    except (OSError, RuntimeError):
        return compile_(error_model="numpy")(function)
    finally:
        settings.CACHE_DIR = before
