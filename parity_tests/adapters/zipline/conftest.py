"""Fixtures for the tests of the Zipline adapter."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def xnys() -> pd.DatetimeIndex:
    """Return the sessions of New York in 2015."""
    from zipline.utils.calendar_utils import get_calendar

    return get_calendar("XNYS").sessions_in_range("2015-01-01", "2015-12-31")
