"""Commission schemes: Backtrader's own, and those that it does not bring. This module imports Backtrader."""

from __future__ import annotations

from typing import Any

import backtrader as bt

from weighbridge.exceptions import UnsupportedError
from weighbridge.settings.contracts import Contract
from weighbridge.settings.costs import Commission, FixedCommission, NoCommission, PercentCommission, PerShareCommission

__all__ = ["FixedAmount", "PerShareWithMinimum", "scheme"]


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


def scheme(commission: Commission, contract: Contract) -> Any:
    """Return the commission info of a contract; that of `Contract()` is for ordinary shares.

    Raises:
        UnsupportedError: There is no such commission in Backtrader.
    """
    unit: dict[str, Any] = {
        "mult": contract.multiplier,
        "margin": contract.margin,
        "leverage": contract.leverage,
        "stocklike": contract.margin is None,
    }
    # Parameters of Backtrader classes are known at run time only.
    base: Any = bt.CommissionInfo
    per_share: Any = PerShareWithMinimum
    fixed: Any = FixedAmount
    match commission:
        case NoCommission():
            return base(commtype=base.COMM_FIXED, **unit)
        case PercentCommission(rate):
            return base(commission=rate, commtype=base.COMM_PERC, **unit)
        case PerShareCommission(amount, 0.0):
            return base(commission=amount, commtype=base.COMM_FIXED, **unit)
        case PerShareCommission(amount, minimum):
            return per_share(commission=amount, minimum=minimum, **unit)
        case FixedCommission(amount):
            return fixed(commission=amount, **unit)
        case other:
            raise UnsupportedError(f"Backtrader has no commission {other!r}", hint="see ADAPTER.capabilities.costs")
