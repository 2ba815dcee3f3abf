"""The two strategies that the harness compares."""

from __future__ import annotations

from typing import Any

from weighbridge.parity.opened import Opened
from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge_sample.broker import Broker


class NativeStrategy:
    """A rotation as Halfcash's users would write it: no line of our sizing. It notes cash and value of every bar."""

    def __init__(self, setup: Opened, broker: Any) -> None:
        self.setup, self.equity = setup, [(setup.cash, setup.cash)] * setup.bars.n_bars

    def on_bar(self, broker: Any) -> None:
        self.equity[broker.bar :] = [(broker.cash, broker.value())] * (len(self.equity) - broker.bar)
        row = self.setup.row_of_bar[broker.bar]
        if row >= 0:
            self.decide(broker, dict(zip(self.setup.bars.assets, self.setup.weights[row].tolist(), strict=True)))

    def decide(self, broker: Any, weights: dict[str, float]) -> None:
        """Call `order_target_percent` for each asset that has a price, reductions first; NaN leaves one alone."""
        value = broker.value()
        worth = {asset: broker.units.get(asset, 0.0) * price for asset, price in broker.prices.items()}
        asked = [asset for asset, weight in weights.items() if asset in worth and weight == weight]
        for asset in sorted(asked, key=lambda asset: weights[asset] * value >= worth[asset]):
            broker.order_target_percent(asset, weights[asset])


class ExecutorStrategy(NativeStrategy):
    """The same decisions through `TargetWeightExecutor`."""

    def __init__(self, setup: Opened, broker: Any) -> None:
        super().__init__(setup, broker)
        self.executor, self.host = TargetWeightExecutor(setup.rebalance), Broker(broker, setup.bars.assets)

    def on_bar(self, broker: Any) -> None:
        self.host.new_bar()
        super().on_bar(broker)

    def decide(self, broker: Any, weights: dict[str, float]) -> None:
        asked = {asset: weight if weight == weight else None for asset, weight in weights.items()}
        self.executor.execute(asked, broker=self.host)
