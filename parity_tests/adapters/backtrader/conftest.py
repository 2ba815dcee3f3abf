"""Shared by the tests of the Backtrader adapter."""

from __future__ import annotations

from typing import Any

import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import COSTS


@pytest.fixture(params=list(COSTS))
def costs(request: Any) -> wb.Costs:
    """Each cost model that Backtrader and the engine share."""
    return COSTS[request.param]
