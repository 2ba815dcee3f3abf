"""Weighbridge and VectorBT: `run` for the harness, `from_records` for VectorBT's analysis of any run.

    run = weighbridge_vectorbt.run(bars, targets, how="native", costs=costs, cash=1_000_000.0)
    portfolio = weighbridge_vectorbt.from_records(run, bars)
    portfolio.stats()

Importing this package does not import VectorBT: names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weighbridge_vectorbt.adapter import ADAPTER
    from weighbridge_vectorbt.costs import DEFAULT_COSTS
    from weighbridge_vectorbt.limits import Limits
    from weighbridge_vectorbt.recording import from_records
    from weighbridge_vectorbt.run import run

__all__ = ["ADAPTER", "DEFAULT_COSTS", "Limits", "from_records", "run"]

_HOME = {
    "ADAPTER": "adapter",
    "DEFAULT_COSTS": "costs",
    "Limits": "limits",
    "from_records": "recording",
    "run": "run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Set here, since importing the submodule `run` binds the module itself to the name `run`.
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
