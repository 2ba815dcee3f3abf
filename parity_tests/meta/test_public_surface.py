"""The public names, pinned: adding or removing one is a decision, and shows here."""

from __future__ import annotations

import importlib

import pytest

import weighbridge
from parity_tests.meta.house import adapter_names

PUBLIC = [
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

# Every adapter offers these four; some offer more.
ADAPTER = {"ADAPTER", "DEFAULT_COSTS", "Broker", "run"}


def test_the_public_names_are_these() -> None:
    assert weighbridge.__all__ == PUBLIC


def test_they_are_sorted_and_there() -> None:
    assert sorted(PUBLIC) == PUBLIC
    assert [name for name in PUBLIC if not hasattr(weighbridge, name)] == []


def test_every_public_name_says_what_it_is() -> None:
    assert [name for name in PUBLIC if not getattr(weighbridge, name).__doc__] == []


@pytest.mark.parametrize("name", adapter_names())
def test_an_adapter_offers_the_same_four_things(name: str) -> None:
    module = importlib.import_module(name)
    assert set(module.__all__) >= ADAPTER
    assert [public for public in module.__all__ if not hasattr(module, public)] == []
