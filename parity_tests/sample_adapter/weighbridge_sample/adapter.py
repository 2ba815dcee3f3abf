"""What this adapter says about itself."""

from __future__ import annotations

from weighbridge.parity.adapter import Adapter, Capabilities
from weighbridge.settings.config import RebalanceMode
from weighbridge_sample.costs import DEFAULT_COSTS
from weighbridge_sample.framework import FRAMEWORK
from weighbridge_sample.run import run

ADAPTER = Adapter(
    **vars(FRAMEWORK),
    capabilities=Capabilities(
        native_modes=frozenset({RebalanceMode.SNAPSHOT}),
        executor_modes=frozenset(RebalanceMode),
        costs=frozenset({"NoCommission", "PercentCommission", "NoSlippage"}),
        fractional=True,
        orders=True,
    ),
    default_costs=DEFAULT_COSTS,
    run=run,
)
