"""What this adapter says about itself."""

from __future__ import annotations

from weighbridge.parity.adapter import Adapter, Capabilities
from weighbridge.settings.config import RebalanceMode
from weighbridge_zipline.costs import DEFAULT_COSTS
from weighbridge_zipline.framework import FRAMEWORK
from weighbridge_zipline.run import run

__all__ = ["ADAPTER"]

ADAPTER = Adapter(
    **vars(FRAMEWORK),
    capabilities=Capabilities(
        native_modes=frozenset({RebalanceMode.SNAPSHOT}),
        executor_modes=frozenset(RebalanceMode),
        costs=frozenset(
            {
                "NoCommission",
                "PercentCommission",
                "PerShareCommission",
                "FixedCommission",
                "NoSlippage",
                "PercentSlippage",
                "FixedSlippage",
                "FixedBasisPointsSlippage",
                "VolumeShareSlippage",
            }
        ),
        fractional=False,
        orders=True,
    ),
    default_costs=DEFAULT_COSTS,
    run=run,
)
