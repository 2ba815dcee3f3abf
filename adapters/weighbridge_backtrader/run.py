"""`run`: a decision stream through Backtrader, for the harness and for anybody's own comparison."""

from __future__ import annotations

from typing import Any

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import UnsupportedError
from weighbridge.parity.adapter import How
from weighbridge.parity.opened import opened
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.fill import Fill
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs
from weighbridge_backtrader.costs import set_costs
from weighbridge_backtrader.framework import FRAMEWORK
from weighbridge_backtrader.recording import Recording

__all__ = ["run"]


def run(
    bars: Bars,
    targets: TargetWeights,
    *,
    how: How,
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    conventions: Conventions | str | None = None,
    contracts: Contracts | None = None,
    **cerebro: Any,
) -> RunRecord:
    """Run target weights in Backtrader.

    Args:
        bars: Prices with an open; each asset becomes a feed without the bars it did not trade in.
        targets: Weights at the decision bars. An asset that has not begun is left alone.
        how: "native": one `order_target_percent` for each asset, reductions first; "executor":
            `TargetWeightExecutor` inside a strategy.
        rebalance: For "executor", defaults to `RebalanceConfig.unfiltered("snapshot")`; the native functions know
            no thresholds, so "native" takes only that.
        costs: Defaults to none; set up as the framework's own commission info and slippage.
        cash: Starting cash, account currency.
        conventions: "backtrader", "backtrader-coc" (`set_coc(True)`) or "backtrader-coo" (decisions in `next_open`), or
            one of them with `lookups`: the feeds' order of first look-ups.
        contracts: Multiplier, margin and leverage by asset; each becomes a commission info of the feed's own.
        **cerebro: Further settings of `bt.Cerebro`, for example `runonce=False`; `stdstats` is off by default.

    Returns:
        The record, with bars in which nothing traded filled in.

    Raises:
        MissingExtraError: Backtrader is not installed.
        InputError: What was passed is wrong.
        UnsupportedError: Backtrader has nothing of the kind.
    """
    setup = opened(
        FRAMEWORK,
        bars,
        targets,
        how,
        rebalance=rebalance,
        costs=costs,
        cash=cash,
        conventions=conventions,
        contracts=contracts,
    )
    bars.require("open")
    fill = setup.conventions.fill
    if how == "native" and fill is Fill.SAME_OPEN:
        raise UnsupportedError(
            "order_target_percent in next_open compares with the close of the bar that has only opened",
            hint="pass how='executor', which sizes with the open, or conventions='backtrader'",
        )

    import backtrader as bt

    from weighbridge_backtrader.feeds import add_feeds
    from weighbridge_backtrader.strategies import ExecutorStrategy, NativeStrategy

    brain = bt.Cerebro(**{"stdstats": False, "cheat_on_open": fill is Fill.SAME_OPEN, **cerebro})
    brain.broker.setcash(setup.cash)
    brain.broker.set_coc(fill is Fill.DECISION_CLOSE)
    set_costs(brain.broker, setup.costs, setup.contracts)
    add_feeds(brain, bars)
    recording = Recording(bars, setup.cash)
    brain.addstrategy(
        NativeStrategy if how == "native" else ExecutorStrategy,
        recording=recording,
        setup=setup,
    )
    brain.run()
    return setup.record(recording.tables())
