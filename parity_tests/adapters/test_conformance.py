"""Each adapter of the house does all that it declares: the suite that adapters of others are tested with."""

from __future__ import annotations

import pytest

import weighbridge_backtrader
import weighbridge_vectorbt
import weighbridge_zipline
from weighbridge.testing import ConformanceCase, conformance_cases

# VectorBT's simulation is compiled once in a process: one worker runs all of its cases.
CASES = [
    pytest.param(case, id=f"{package.ADAPTER.name}-{case}", marks=pytest.mark.xdist_group(package.ADAPTER.name))
    for package in (weighbridge_backtrader, weighbridge_vectorbt, weighbridge_zipline)
    for case in conformance_cases(package.ADAPTER, package=package.__name__)
]


@pytest.mark.parametrize("case", CASES)
def test_conformance(case: ConformanceCase) -> None:
    case.check()
