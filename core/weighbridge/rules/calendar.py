"""The rule of the calendar: which bars are events."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Calendar"]


class Calendar(IntEnum):
    """At which bars orders are looked at and strategies asked (semantics 6.2)."""

    BARS_WITH_A_TRADE = 0
    """Where an asset trades: a framework that its data drive is never called elsewhere. Backtrader, VectorBT."""
    EVERY_BAR = 1
    """Every bar of the calendar. Zipline `AlgorithmSimulator.transform`."""
