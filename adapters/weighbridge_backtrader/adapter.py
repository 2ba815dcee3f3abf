"""What this adapter says about itself."""

from __future__ import annotations

from weighbridge.parity.adapter import Adapter, Capabilities
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import BACKTRADER, BACKTRADER_COC, BACKTRADER_COO
from weighbridge_backtrader.costs import DEFAULT_COSTS
from weighbridge_backtrader.framework import FRAMEWORK
from weighbridge_backtrader.run import run

__all__ = ["ADAPTER"]

ADAPTER = Adapter(
    name=FRAMEWORK.name,
    distribution=FRAMEWORK.distribution,
    versions=FRAMEWORK.versions,
    extra=FRAMEWORK.extra,
    conventions=(BACKTRADER, BACKTRADER_COC, BACKTRADER_COO),
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
            }
        ),
        fractional=True,
        orders=True,
        contracts=True,
    ),
    default_costs=DEFAULT_COSTS,
    run=run,
)
