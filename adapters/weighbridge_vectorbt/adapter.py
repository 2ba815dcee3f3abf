"""What this adapter says about itself."""

from __future__ import annotations

from typing import Any

from weighbridge.parity.adapter import Adapter, Capabilities
from weighbridge.parity.compare import Tolerance
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import VECTORBT, VECTORBT_NEXT_CLOSE, VECTORBT_NEXT_OPEN, VECTORBT_OPEN
from weighbridge_vectorbt.costs import DEFAULT_COSTS, SUPPORTED

__all__ = ["ADAPTER"]


def _run(*args: Any, **options: Any) -> RunRecord:
    import weighbridge_vectorbt

    return weighbridge_vectorbt.run(*args, **options)


ADAPTER = Adapter(
    name="vectorbt",
    distribution="vectorbt",
    versions=">=0.28.5,<2",
    extra="vectorbt",
    conventions=(VECTORBT, VECTORBT_OPEN, VECTORBT_NEXT_OPEN, VECTORBT_NEXT_CLOSE),
    capabilities=Capabilities(
        native_modes=frozenset({RebalanceMode.HYBRID, RebalanceMode.INCREMENTAL}),
        executor_modes=frozenset(RebalanceMode),
        costs=SUPPORTED,
        fractional=True,
        orders=False,
    ),
    default_costs=DEFAULT_COSTS,
    run=_run,
    tolerances=(
        Tolerance(
            field="value",
            relative=1e-9,
            reason="VectorBT rebuilds the value from its order records afterwards, with its own rounding.",
        ),
    ),
)
