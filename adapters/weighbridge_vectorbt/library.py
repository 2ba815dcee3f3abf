"""VectorBT itself, imported on first use: its import takes seconds."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from weighbridge.exceptions import AdapterError
from weighbridge_vectorbt.framework import FRAMEWORK

__all__ = ["vectorbt"]


@cache
def vectorbt() -> Any:
    """Return the module `vectorbt`.

    Raises:
        MissingExtraError: It is not installed.
        AdapterError: It is, and cannot be imported.
    """
    installed = FRAMEWORK.require()
    try:
        return import_module("vectorbt")
    except Exception as error:  # What goes wrong in its import is of any kind.
        raise AdapterError(
            f"vectorbt {installed} is installed and cannot be imported: {type(error).__name__}: {error}",
            hint='VectorBT before 1.2 needs plotly before 7: pip install "plotly<7"',
        ) from error
