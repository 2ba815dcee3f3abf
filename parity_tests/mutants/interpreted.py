"""Rules and kernels as plain Python, for which nothing is compiled: what numba does otherwise is made up for.

With `NUMBA_DISABLE_JIT=1` numba gives every function back as it is, but a function that kernels have a version of
their own of (`numba.extending.overload`) stays the one for hosts. Here it becomes one that looks at its arguments:
those that a kernel could take get the kernels' version.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

__all__ = ["interpret_everything"]


def interpret_everything() -> None:
    """Switch compiling off in this process and in those it starts. Before anything imports numba."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import numba.extending
    import numpy as np

    numba.extending.overload = _overload
    # Kernels are compiled with NumPy's way of dividing: by zero too, and silently.
    np.seterr(all="ignore")


def _overload(python: Callable[..., Any], **options: Any) -> Callable[[Any], Any]:
    def decorated(versions: Callable[..., Any]) -> Any:
        chosen: dict[tuple[type, ...], Callable[..., Any]] = {}

        @wraps(python)
        def either(*arguments: Any) -> Any:
            kinds = tuple(map(type, arguments))
            if kinds not in chosen:
                chosen[kinds] = _version(python, versions, arguments)
            return chosen[kinds](*arguments)

        # Who imports the name later gets this one; the function's own module looks it up when it calls.
        python.__globals__[python.__name__] = either
        return versions

    return decorated


def _version(python: Callable[..., Any], versions: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    import numba

    try:
        types = [numba.typeof(argument) for argument in arguments]
    except (ValueError, TypeError):
        # An object of a host.
        return python
    return versions(*types) or python
