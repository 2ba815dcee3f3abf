"""`run_on_frames`: any Zipline algorithm on `Bars`, or on a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.engine.inputs import checked_cash
from weighbridge.exceptions import ConfigError
from weighbridge.settings.costs import Costs
from weighbridge_zipline.costs import blotter_models
from weighbridge_zipline.framework import FRAMEWORK

if TYPE_CHECKING:
    from weighbridge_zipline.bundles import BundleFeed
    from weighbridge_zipline.calendars import Calendar, MissingSessions
    from weighbridge_zipline.feeds import Feed

__all__ = ["run_on_frames"]


def run_on_frames(
    bars: Bars | None,
    initialize: Callable[[Any], None] | None = None,
    handle_data: Callable[[Any, Any], None] | None = None,
    *,
    before_trading_start: Callable[[Any, Any], None] | None = None,
    analyze: Callable[[Any, pd.DataFrame], None] | None = None,
    cash: float = 1_000_000.0,
    costs: Costs | None = None,
    calendar: Calendar = None,
    missing_sessions: MissingSessions = "raise",
    splits: pd.DataFrame | None = None,
    dividends: pd.DataFrame | None = None,
    benchmark: pd.Series | None = None,
    metrics_set: str | set[Any] = "default",
    bundle: str | None = None,
    start: pd.Timestamp | str | None = None,
    end: pd.Timestamp | str | None = None,
    environ: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Run a Zipline algorithm on daily bars and return Zipline's performance frame.

    Nothing is ingested, no file or network is read, and prices are used as they are (a bundle rounds them to
    thousandths). Orders placed at a bar fill at the close of a later one. Zipline's default slippage is
    limited by
    volume: without `bars.volume`, pass `costs` or call `set_slippage` with a model that has no limit.
        Pipelines work
    on a named calendar.

    Args:
        bars: Daily bars. An asset starts at its first bar and ends at its last; a position that is left then
            is liquidated at the end of the next session, at the last price. None: use `bundle`.
        initialize: Called once, as for `zipline.run_algorithm`; so are the three that follow.
        handle_data: Called at each bar, after the orders of earlier bars have been tried.
        before_trading_start: Called before each bar.
        analyze: Called with the performance frame.
        cash: Starting cash, account currency.
        costs: Commission and slippage; None for Zipline's defaults. `set_commission` and `set_slippage` in
            `initialize` come later and win.
        calendar: Name of an exchange calendar, or a calendar; None for the data's own dates. A
            bundle has its own.
        missing_sessions: "raise", or "empty": nothing trades in sessions of the calendar without bars.
        splits: Columns date, asset, ratio: 0.5 is two shares for one.
        dividends: Columns date (ex-date), asset, amount (account currency per share), and optionally
            pay_date.
        benchmark: Daily returns by date; 0.0 where there is none.
        metrics_set: Name of a Zipline metrics set, or a set of metrics.
        bundle: Name of a registered and ingested Zipline bundle, instead of bars.
        start: First date of a bundle's run; where its first asset starts by default.
        end: Last date of a bundle's run; where its last asset ends by default.
        environ: Environment in which the bundle is looked up (ZIPLINE_ROOT); that of the process by default.

    Raises:
        MissingExtraError: Zipline is not installed.
        BarsError: Dates that are no sessions, sessions without bars, or a frame that the algorithm's costs
            need.
        ConfigError: An unknown calendar, cash that is not above 0, or arguments that contradict each other.
        FileError: The bundle is not registered or was never ingested.
        UnknownAssetError: The algorithm asks for a symbol that the data lacks.
        ExecutionError: The algorithm orders an asset before its first or after its last bar.
        UnsupportedError: The bars are not daily, or Zipline has no model for `costs`.
    """
    FRAMEWORK.require()
    amount = checked_cash(cash)
    if amount == 0.0:
        raise ConfigError("cash=0.0 must be above 0", hint="Zipline starts no run without cash")
    from zipline.finance.blotter import SimulationBlotter
    from zipline.finance.metrics import load

    from weighbridge_zipline.algorithm import run_algorithm_on

    if bundle is not None:
        feed = _from_bundle(bundle, bars, splits, dividends, calendar, start, end, environ)
    else:
        feed = _from_bars(bars, splits, dividends, calendar, missing_sessions, start, end)
    return run_algorithm_on(
        feed,
        initialize,
        handle_data,
        before_trading_start=before_trading_start,
        analyze=analyze,
        blotter=SimulationBlotter(**({} if costs is None else blotter_models(costs))),
        cash=amount,
        benchmark=benchmark,
        metrics=load(metrics_set) if isinstance(metrics_set, str) else metrics_set,
    )


def _from_bars(
    bars: Bars | None,
    splits: pd.DataFrame | None,
    dividends: pd.DataFrame | None,
    calendar: Calendar,
    missing_sessions: MissingSessions,
    start: object,
    end: object,
) -> Feed:
    from weighbridge_zipline.feeds import feed_from

    if bars is None:
        raise ConfigError("bars=None and bundle=None: there is no data", hint="pass one of the two")
    if start is not None or end is not None:
        raise ConfigError(f"start={start!r}, end={end!r} go with a bundle", hint="cut the bars: bars.slice(...)")
    return feed_from(bars, calendar, missing_sessions, Actions.on(bars, splits, dividends))


def _from_bundle(
    bundle: str,
    bars: Bars | None,
    splits: object,
    dividends: object,
    calendar: object,
    start: pd.Timestamp | str | None,
    end: pd.Timestamp | str | None,
    environ: Mapping[str, str] | None,
) -> BundleFeed:
    from weighbridge_zipline.bundles import feed_from_bundle

    for name, value in (("bars", bars), ("splits", splits), ("dividends", dividends), ("calendar", calendar)):
        if value is not None:
            raise ConfigError(f"{name} and bundle={bundle!r} exclude each other", hint=f"pass {name}=None")
    return feed_from_bundle(bundle, start, end, environ)
