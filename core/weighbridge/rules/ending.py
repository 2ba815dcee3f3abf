"""The rule of the ending: what becomes of an asset after its last bar. Its code is engine/ended.py."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Ending"]


class Ending(IntEnum):
    """What happens to positions and orders in an asset that has ended."""

    STAYS = 0
    """They stay as they are, valued at the last price. Backtrader, VectorBT."""
    SOLD = 1
    """At the end of the bar after its last, what is held is sold at the last price without costs, and open orders
    are denied. Zipline `AlgorithmSimulator._cleanup_expired_assets`, `Ledger.close_position`."""
