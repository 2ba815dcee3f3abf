"""What this adapter says about itself."""

from __future__ import annotations

from weighbridge.parity.adapter import Adapter, Capabilities
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import VECTORBT, VECTORBT_NEXT_CLOSE, VECTORBT_NEXT_OPEN, VECTORBT_OPEN
from weighbridge_vectorbt.costs import DEFAULT_COSTS, SUPPORTED
from weighbridge_vectorbt.framework import FRAMEWORK
from weighbridge_vectorbt.run import run

__all__ = ["ADAPTER"]


ADAPTER = Adapter(
    name=FRAMEWORK.name,
    distribution=FRAMEWORK.distribution,
    versions=FRAMEWORK.versions,
    extra=FRAMEWORK.extra,
    conventions=(VECTORBT, VECTORBT_OPEN, VECTORBT_NEXT_OPEN, VECTORBT_NEXT_CLOSE),
    capabilities=Capabilities(
        native_modes=frozenset({RebalanceMode.HYBRID, RebalanceMode.INCREMENTAL}),
        executor_modes=frozenset(RebalanceMode),
        costs=SUPPORTED,
        fractional=True,
        orders=False,
    ),
    default_costs=DEFAULT_COSTS,
    run=run,
)
