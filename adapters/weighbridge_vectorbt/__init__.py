"""Weighbridge and VectorBT: `portfolio` for users, `run` for the harness, `from_records` for analysis of any run.

    portfolio = weighbridge_vectorbt.portfolio(bars, targets, rebalance=RebalanceConfig(mode="hybrid"), cash=1e6)
    portfolio.stats()

    run = wb.simulate(bars, targets, conventions="vectorbt")         # far faster, the same fills
    portfolio = weighbridge_vectorbt.from_records(run, bars)

For your own `from_order_func` there are `planner_for`, `plan_nb`, `sequence_nb`, `order_nb` and `note_fill_nb`
(weighbridge_vectorbt/planner.py shows how).

Importing this package does not import VectorBT: names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weighbridge.settings.limits import Limits
    from weighbridge_vectorbt.adapter import ADAPTER
    from weighbridge_vectorbt.broker import Broker
    from weighbridge_vectorbt.costs import DEFAULT_COSTS
    from weighbridge_vectorbt.planner import note_fill_nb, order_nb, plan_nb, planner_for, sequence_nb
    from weighbridge_vectorbt.recording import from_records
    from weighbridge_vectorbt.run import portfolio, run

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

_HOME = {
    "ADAPTER": "weighbridge_vectorbt.adapter",
    "Broker": "weighbridge_vectorbt.broker",
    "DEFAULT_COSTS": "weighbridge_vectorbt.costs",
    "Limits": "weighbridge.settings.limits",
    "from_records": "weighbridge_vectorbt.recording",
    "note_fill_nb": "weighbridge_vectorbt.planner",
    "order_nb": "weighbridge_vectorbt.planner",
    "plan_nb": "weighbridge_vectorbt.planner",
    "planner_for": "weighbridge_vectorbt.planner",
    "portfolio": "weighbridge_vectorbt.run",
    "run": "weighbridge_vectorbt.run",
    "sequence_nb": "weighbridge_vectorbt.planner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_HOME[name])
    # Set here, all of them, since importing the submodule `run` binds the module itself to the name `run`.
    globals().update({one: getattr(module, one) for one, home in _HOME.items() if home == _HOME[name]})
    return globals()[name]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
