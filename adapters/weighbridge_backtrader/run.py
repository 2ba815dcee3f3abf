"""`run`: a decision stream through Backtrader, for the harness and for anybody's own comparison."""

from __future__ import annotations

from typing import Any

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.inputs import checked_cash, decisions_on, needed_fields
from weighbridge.exceptions import UnsupportedError
from weighbridge.parity.adapter import How, check_how
from weighbridge.record.inputs import RunInputs
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.contracts import Contracts, checked_contracts
from weighbridge.settings.conventions import BACKTRADER, BACKTRADER_COC, BACKTRADER_COO, Conventions, conventions_named
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
        conventions: "backtrader", "backtrader-coc" (`set_coc(True)`) or "backtrader-coo" (decisions in `next_open`).
        contracts: Multiplier, margin and leverage by asset; each becomes a commission info of the feed's own.
        **cerebro: Further settings of `bt.Cerebro`, for example `runonce=False`; `stdstats` is off by default.

    Returns:
        The record, with bars in which nothing traded filled in.

    Raises:
        MissingExtraError: Backtrader is not installed.
        InputError: What was passed is wrong.
        UnsupportedError: Backtrader has nothing of the kind.
    """
    installed = FRAMEWORK.require()
    config = RebalanceConfig.unfiltered(RebalanceMode.SNAPSHOT) if rebalance is None else rebalance
    models = Costs() if costs is None else costs
    amount = checked_cash(cash)
    rules = BACKTRADER if conventions is None else conventions_named(conventions)
    _check(how, config, rules)
    units = checked_contracts(contracts, bars.assets, rules)
    bars.require("open", *needed_fields(rules, models))
    row_of_bar, weights = decisions_on(bars, targets)

    import backtrader as bt

    from weighbridge_backtrader.feeds import add_feeds
    from weighbridge_backtrader.strategies import ExecutorStrategy, NativeStrategy

    at_open = rules == BACKTRADER_COO
    brain = bt.Cerebro(**{"stdstats": False, "cheat_on_open": at_open, **cerebro})
    brain.broker.setcash(amount)
    brain.broker.set_coc(rules == BACKTRADER_COC)
    set_costs(brain.broker, models, units)
    add_feeds(brain, bars)
    recording = Recording(bars, amount)
    brain.addstrategy(
        NativeStrategy if how == "native" else ExecutorStrategy,
        recording=recording,
        row_of_bar=row_of_bar,
        weights=weights,
        config=config,
        at_open=at_open,
    )
    brain.run()
    about = provenance_of(
        f"backtrader {how}",
        rules,
        config,
        models,
        amount,
        bars,
        targets,
        units,
        framework="backtrader",
        version=installed,
    )
    return RunRecord(
        index=bars.index,
        assets=bars.assets,
        provenance=about,
        measures=RunInputs(bars, rules.fill, targets),
        **recording.tables(),
    )


def _check(how: str, config: RebalanceConfig, rules: Conventions) -> None:
    check_how(how)
    if rules not in (BACKTRADER, BACKTRADER_COC, BACKTRADER_COO):
        raise UnsupportedError(
            f"Backtrader does not follow the conventions {rules.name!r}",
            hint="pass 'backtrader', 'backtrader-coc' or 'backtrader-coo'",
        )
    if how == "native" and config != RebalanceConfig.unfiltered(RebalanceMode.SNAPSHOT):
        raise UnsupportedError(
            "order_target_percent knows neither thresholds nor modes",
            hint="pass rebalance=None, or how='executor'",
        )
    if how == "native" and rules == BACKTRADER_COO:
        raise UnsupportedError(
            "order_target_percent in next_open compares with the close of the bar that has only opened",
            hint="pass how='executor', which sizes with the open, or conventions='backtrader'",
        )
