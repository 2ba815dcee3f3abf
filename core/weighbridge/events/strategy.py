"""`Strategy`: what users derive from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge.settings.config import RebalanceConfig

if TYPE_CHECKING:
    from weighbridge.events.broker import EventBroker
    from weighbridge.events.data import BarData, Context

__all__ = ["Strategy"]


class Strategy:
    """Base of strategies for `Engine`; override what is needed.

    Attributes:
        rebalance: Class attribute: how this strategy rebalances where `Engine` is not told.
        executor: A fresh `TargetWeightExecutor` with that config, there from `on_start` on.
    """

    rebalance: ClassVar[RebalanceConfig | None] = None
    executor: TargetWeightExecutor

    def on_start(self, context: Context, broker: EventBroker) -> None:
        """Prepare, before the first bar: no price is known, and no order can be submitted."""

    def on_data(self, timestamp: datetime, data: BarData, context: Context, broker: EventBroker) -> None:
        """Decide at a bar.

        Called at every bar in which an asset trades, after the bar's fills; where the conventions decide at the
        open, before them.

        Args:
            timestamp: Time of the bar, a pandas Timestamp.
            data: The bar of each asset that trades.
            context: The run's own data, and the user's.
            broker: Where orders go; what it answers is as of now.
        """

    def on_end(self, context: Context, broker: EventBroker) -> None:
        """Look at the account once the last bar is settled; orders are denied (`after_end`)."""
