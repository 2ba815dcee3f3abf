"""`run`: a decision stream through Zipline, for the harness and for anybody's own comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import ConfigError
from weighbridge.parity.adapter import How
from weighbridge.parity.opened import opened
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs
from weighbridge_zipline.costs import blotter_models
from weighbridge_zipline.framework import FRAMEWORK

if TYPE_CHECKING:
    from weighbridge_zipline.calendars import Calendar

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
    calendar: Calendar = None,
    splits: pd.DataFrame | None = None,
    dividends: pd.DataFrame | None = None,
) -> RunRecord:
    """Run target weights in Zipline: decided at the close of a bar, filled at the close of a later one.

    Args:
        bars: Daily bars; `volume` is needed by costs with a volume limit.
        targets: Weights at the decision bars. An asset that has not begun or has ended is left alone.
        how: "native": one `order_target_percent` for each asset, reductions first; "executor":
            `TargetWeightExecutor` inside `handle_data`.
        rebalance: For "executor", defaults to `RebalanceConfig.unfiltered("snapshot")`; the native functions know
            no thresholds and no modes, so "native" takes only that.
        costs: Defaults to none; `DEFAULT_COSTS` are Zipline's own.
        cash: Starting cash, account currency.
        conventions: "zipline".
        calendar: As in `run_on_frames`; None for the data's own dates.
        splits: As in `run_on_frames`.
        dividends: As in `run_on_frames`.

    Raises:
        MissingExtraError: Zipline is not installed.
        InputError: What was passed is wrong; as in `run_on_frames`.
        UnsupportedError: Zipline has nothing of the kind.
    """
    setup = opened(FRAMEWORK, bars, targets, how, rebalance=rebalance, costs=costs, cash=cash, conventions=conventions)
    if setup.cash == 0.0:
        raise ConfigError("cash=0.0 must be above 0", hint="Zipline starts no run without cash")
    actions = Actions.on(bars, splits, dividends)

    from weighbridge_zipline.algorithm import run_algorithm_on
    from weighbridge_zipline.feeds import feed_from
    from weighbridge_zipline.recording import RecordingBlotter, metrics, tables_from
    from weighbridge_zipline.strategies import executing, native

    feed = feed_from(bars, calendar, "raise", actions)
    blotter = RecordingBlotter(**blotter_models(setup.costs))
    performance = run_algorithm_on(
        feed,
        None,
        (native if how == "native" else executing)(setup, feed.assets),
        blotter=blotter,
        cash=setup.cash,
        metrics=metrics(() if actions is None else actions.splits.bar.tolist()),
    )
    about: dict[str, Any] = {} if actions is None else {"actions": actions.as_dict()}
    return setup.record(tables_from(performance, blotter, feed), calendar=feed.calendar.name, **about)
