"""Weighbridge: target portfolio weights into orders, the same way everywhere, and proof of it.

    import weighbridge as wb

    bars = wb.Bars.from_frames(close=closes, open=opens)
    run = wb.simulate(bars, wb.TargetWeights(weights), conventions="backtrader", cash=1_000_000.0)
    run.fills, run.denials, run.equity, run.positions

Importing the package is light: compiled code, file formats and frameworks load on use.
"""

from __future__ import annotations

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights, WeightProvider
from weighbridge.engine.simulation import simulate
from weighbridge.events.engine import Engine
from weighbridge.events.strategy import Strategy
from weighbridge.exceptions import WeighbridgeError
from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge.rebalance.host import Holding, Host
from weighbridge.rebalance.orders import Denial, Fill, Order, OrderStatus, OrderType, Position, Side
from weighbridge.rebalance.plan import Plan, PlannedTrade
from weighbridge.record.provenance import own_version
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.reasons import DenialRule, Reason
from weighbridge.settings.config import LateAssetPolicy, MissingPricePolicy, RebalanceConfig, RebalanceMode
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import (
    Costs,
    FixedBasisPointsSlippage,
    FixedCommission,
    FixedSlippage,
    NoCommission,
    NoSlippage,
    PercentCommission,
    PercentSlippage,
    PerShareCommission,
    VolumeShareSlippage,
)

__version__ = own_version()

# What users call it: the executor takes it as `broker=`, and every adapter's own is called so.
Broker = Host

__all__ = [
    "Bars",
    "Broker",
    "Contract",
    "Conventions",
    "Costs",
    "Denial",
    "DenialRule",
    "Engine",
    "Fill",
    "FixedBasisPointsSlippage",
    "FixedCommission",
    "FixedSlippage",
    "Holding",
    "LateAssetPolicy",
    "MissingPricePolicy",
    "NoCommission",
    "NoSlippage",
    "Order",
    "OrderStatus",
    "OrderType",
    "PerShareCommission",
    "PercentCommission",
    "PercentSlippage",
    "Plan",
    "PlannedTrade",
    "Position",
    "Reason",
    "RebalanceConfig",
    "RebalanceMode",
    "RunRecord",
    "Side",
    "Strategy",
    "TargetWeightExecutor",
    "TargetWeights",
    "VolumeShareSlippage",
    "WeighbridgeError",
    "WeightProvider",
    "simulate",
]
