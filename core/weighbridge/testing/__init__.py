"""What adapters of others are tested with: `conformance_cases`, and `assert_records_equal` for tests of their own.

In the tests of an adapter package:

    import pytest
    from my_adapter import ADAPTER
    from weighbridge.testing import conformance_cases

    @pytest.mark.parametrize("case", conformance_cases(ADAPTER), ids=str)
    def test_conformance(case):
        case.check()
"""

from __future__ import annotations

from weighbridge.testing.awkward import awkward_bars, awkward_weights
from weighbridge.testing.conformance import ConformanceCase, check_adapter, conformance_cases
from weighbridge.testing.records import assert_records_equal

__all__ = [
    "ConformanceCase",
    "assert_records_equal",
    "awkward_bars",
    "awkward_weights",
    "check_adapter",
    "conformance_cases",
]
