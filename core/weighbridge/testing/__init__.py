"""What adapters of others are tested with: `assert_records_equal` and `check_adapter`.

In the tests of an adapter package:

    from weighbridge.testing import check_adapter
    from my_adapter import ADAPTER

    def test_conformance():
        check_adapter(ADAPTER)
"""

from __future__ import annotations

from weighbridge.testing.conformance import assert_records_equal, check_adapter, conformance_scenarios

__all__ = ["assert_records_equal", "check_adapter", "conformance_scenarios"]
