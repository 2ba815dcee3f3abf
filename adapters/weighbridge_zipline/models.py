"""A slippage model that Zipline lacks, and what its own models read. This module imports Zipline."""

from __future__ import annotations

from typing import Any

from zipline.finance.slippage import FixedSlippage, NoSlippage, SlippageModel

__all__ = ["UnlimitedPercentSlippage", "needs_volume"]


class UnlimitedPercentSlippage(SlippageModel):
    """Fill all of an order at the close plus or minus a fraction of it, however small the volume.

    Zipline has this price only together with a volume limit; the arithmetic is that of its
    `FixedBasisPointsSlippage.process_order`.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def process_order(self, data: Any, order: Any) -> tuple[float, int]:
        """Return price and quantity of the fill."""
        price = data.current(order.asset, "close")
        return price + price * (self.rate * order.direction), order.open_amount


# Models that look at a bar's volume only to see that it is not zero.
_UNLIMITED = (NoSlippage, FixedSlippage, UnlimitedPercentSlippage)


def needs_volume(model: SlippageModel) -> bool:
    """Return whether a slippage model reads the volume; a model of the user's own is taken to do so."""
    return type(model) not in _UNLIMITED
