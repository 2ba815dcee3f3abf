"""The rule of the fill: at which bar, and at which of its prices, an order fills."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Fill"]


class Fill(IntEnum):
    """When an order fills, and at which price of which bar."""

    NEXT_OPEN = 0
    """The asset's next bar, at its open. Backtrader's and the reference's default."""
    DECISION_CLOSE = 1
    """Booked at the next bar, priced at the decision bar's close: Backtrader with `set_coc(True)`."""
    SAME_OPEN = 2
    """Decided and filled at a bar's open, valued at the closes before: Backtrader with `cheat_on_open`."""
    NEXT_CLOSE = 3
    """The asset's next bar, at its close. Zipline `SlippageModel.simulate`."""
    AT_CLOSE = 4
    """At once, order by order, at the decision bar's close, which values the portfolio too. VectorBT's default."""
    AT_OPEN = 5
    """The same at the open of the decision's bar: for decisions that are known before it."""
    AT_NEXT_OPEN = 6
    """The same at the open of the bar after the decision; a decision at the last bar is lost."""
    AT_NEXT_CLOSE = 7
    """The same at the close of the bar after the decision."""

    @property
    def known(self) -> bool:
        """Say whether the strategy knows the fill price when it decides."""
        return self in (Fill.DECISION_CLOSE, Fill.SAME_OPEN) or self.immediate

    @property
    def immediate(self) -> bool:
        """Say whether an order fills before the next one of the same rebalance is sized. Compiled: >= AT_CLOSE."""
        return self >= Fill.AT_CLOSE

    @property
    def later(self) -> int:
        """How many bars a decision is moved: 1 for the "next" prices of orders that fill at once."""
        return int(self in (Fill.AT_NEXT_OPEN, Fill.AT_NEXT_CLOSE))

    @property
    def opening(self) -> bool:
        """Say whether a decision is carried out before its bar's open orders, knowing its open alone."""
        return self in (Fill.SAME_OPEN, Fill.AT_OPEN, Fill.AT_NEXT_OPEN)
