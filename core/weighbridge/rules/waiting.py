"""The rule of waiting: what becomes of a market order whose asset has no bar, or no volume."""

from __future__ import annotations

from enum import IntEnum

from weighbridge.rules.compiled import rule

__all__ = ["Waiting", "meets"]


class Waiting(IntEnum):
    """What a market order does where its asset does not trade. Orders at prices of their own wait in any case."""

    FOR_A_BAR = 0
    """It waits for its asset's next bar. Backtrader `BackBroker._try_exec_market`."""
    FOR_VOLUME = 1
    """It waits for a bar with a volume. Zipline `SlippageModel.simulate`."""
    NEVER = 2
    """There is no order without a price, and one that meets none is dropped. VectorBT `execute_order_nb`."""


@rule
def meets(waiting: int, close: float, volume: float) -> bool:
    """Say whether an asset with this close and volume (NaN: no bar) can fill an order."""
    if waiting == Waiting.FOR_VOLUME:
        return close == close and volume != 0.0
    return close == close
