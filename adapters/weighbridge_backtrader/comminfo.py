"""Commission schemes that Backtrader does not bring. This module imports Backtrader."""

from __future__ import annotations

import backtrader as bt

__all__ = ["FixedAmount", "PerShareWithMinimum", "fixed_scheme"]


def fixed_scheme() -> int:
    """Return Backtrader's code for a commission in money for each unit."""
    return bt.CommInfoBase.COMM_FIXED


class PerShareWithMinimum(bt.CommInfoBase):
    """Charge an amount for each unit, and at least `minimum`."""

    params = (("minimum", 0.0), ("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return max(abs(size) * self.p.commission, self.p.minimum)


class FixedAmount(bt.CommInfoBase):
    """Charge the same amount for every execution."""

    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return self.p.commission
