"""The adapter does all that it declares."""

from __future__ import annotations

import pytest
from weighbridge_sample import ADAPTER

from weighbridge.testing import ConformanceCase, conformance_cases


@pytest.mark.parametrize("case", conformance_cases(ADAPTER), ids=str)
def test_conformance(case: ConformanceCase) -> None:
    case.check()
