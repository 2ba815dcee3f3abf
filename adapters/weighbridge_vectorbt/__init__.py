"""Weighbridge and VectorBT: `portfolio` for users, `run` for the harness, `from_records` for analysis of any run.

    portfolio = weighbridge_vectorbt.portfolio(bars, targets, rebalance=RebalanceConfig(mode="hybrid"), cash=1e6)
    portfolio.stats()

    run = wb.simulate(bars, targets, conventions="vectorbt")         # far faster, the same fills
    portfolio = weighbridge_vectorbt.from_records(run, bars)

For your own `from_order_func` there are `planner_for`, `plan_nb`, `sequence_nb`, `order_nb` and `note_fill_nb`
(weighbridge_vectorbt/planner.py shows how).

Importing this package does not import VectorBT: the names of the compiled planner, which is made of VectorBT's own
functions, load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from weighbridge.settings.limits import Limits
from weighbridge_vectorbt.adapter import ADAPTER
from weighbridge_vectorbt.broker import Broker
from weighbridge_vectorbt.costs import DEFAULT_COSTS
from weighbridge_vectorbt.recording import from_records
from weighbridge_vectorbt.run import portfolio, run

if TYPE_CHECKING:
    from weighbridge_vectorbt.planner import note_fill_nb, order_nb, plan_nb, planner_for, sequence_nb

__all__ = [
    "ADAPTER",
    "DEFAULT_COSTS",
    "Broker",
    "Limits",
    "from_records",
    "note_fill_nb",
    "order_nb",
    "plan_nb",
    "planner_for",
    "portfolio",
    "run",
    "sequence_nb",
]

_PLANNER = frozenset({"note_fill_nb", "order_nb", "plan_nb", "planner_for", "sequence_nb"})


def __getattr__(name: str) -> Any:
    if name not in _PLANNER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module("weighbridge_vectorbt.planner"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
