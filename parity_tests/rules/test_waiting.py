"""Semantics 5.4, 6.4: whether an asset with this close and volume can fill an order."""

from __future__ import annotations

import pytest

from parity_tests.rules.material import NAN
from weighbridge.rules.waiting import Waiting, meets


@pytest.mark.parametrize(
    ("close", "volume", "by_bar", "by_volume"),
    [
        (5.0, 9.0, True, True),
        (5.0, 0.0, True, False),
        (5.0, -0.0, True, False),
        (NAN, 9.0, False, False),
        (5.0, NAN, True, True),
        (0.0, 1.0, True, True),
    ],
)
def test_what_meets_an_order(close, volume, by_bar, by_volume):
    assert meets(Waiting.FOR_A_BAR, close, volume) is by_bar
    assert meets(Waiting.NEVER, close, volume) is by_bar
    assert meets(Waiting.FOR_VOLUME, close, volume) is by_volume
