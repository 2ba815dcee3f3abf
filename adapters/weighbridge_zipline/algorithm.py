"""One run of a Zipline algorithm on a feed. This module imports Zipline."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from zipline.algorithm import TradingAlgorithm
from zipline.assets import Equity
from zipline.errors import CannotOrderDelistedAsset, SymbolNotFound
from zipline.finance.blotter import SimulationBlotter
from zipline.finance.trading import SimulationParameters
from zipline.pipeline.data import EquityPricing
from zipline.pipeline.loaders import USEquityPricingLoader

from weighbridge.exceptions import BarsError, ExecutionError, UnknownAssetError, UnsupportedError
from weighbridge_zipline.bundles import BundleFeed
from weighbridge_zipline.feeds import Feed
from weighbridge_zipline.models import needs_volume
from weighbridge_zipline.notices import without_pandas_notices

__all__ = ["run_algorithm_on"]

# Names in an error message; a universe may have thousands.
_SHOWN = 8


def run_algorithm_on(
    feed: Feed | BundleFeed,
    initialize: Callable[[Any], None] | None,
    handle_data: Callable[[Any, Any], None] | None,
    *,
    blotter: SimulationBlotter,
    cash: float,
    metrics: set[Any],
    before_trading_start: Callable[[Any, Any], None] | None = None,
    analyze: Callable[[Any, pd.DataFrame], None] | None = None,
    benchmark: pd.Series | None = None,
) -> pd.DataFrame:
    """Run an algorithm with a given blotter and metrics, and return the performance frame, a row per session.

    Raises:
        BarsError: The algorithm's slippage model needs a volume that the bars lack.
        UnknownAssetError, ExecutionError: As in `run_on_frames`.
    """

    def initialize_and_check(context: Any) -> None:
        if initialize is not None:
            initialize(context)
        # Only now are the algorithm's own models set.
        _require_volume(feed, blotter)

    algorithm = TradingAlgorithm(
        sim_params=SimulationParameters(
            start_session=feed.sessions[0],
            end_session=feed.sessions[-1],
            trading_calendar=feed.calendar,
            capital_base=cash,
            data_frequency="daily",
        ),
        data_portal=feed.portal(),
        trading_calendar=feed.calendar,
        initialize=initialize_and_check,
        handle_data=handle_data,
        before_trading_start=before_trading_start,
        analyze=analyze,
        blotter=blotter,
        metrics_set=metrics,
        benchmark_returns=_benchmark(benchmark, feed.sessions),
        get_pipeline_loader=_pipeline_loader(feed),
    )
    with _own_errors(feed), without_pandas_notices():
        return algorithm.run()


def _require_volume(feed: Feed | BundleFeed, blotter: SimulationBlotter) -> None:
    model = blotter.slippage_models[Equity]
    if needs_volume(model) and not feed.has_volume:
        raise BarsError(
            f"the bars have no volume, and the slippage model {type(model).__name__} needs it",
            hint="Bars.from_frames(close=..., volume=...), or a model without a limit: "
            "costs=Costs(slippage=PercentSlippage(0.0005))",
        )


def _benchmark(returns: pd.Series | None, sessions: pd.DatetimeIndex) -> pd.Series:
    if returns is None:
        return pd.Series(0.0, index=sessions)
    dates = pd.DatetimeIndex(returns.index).tz_localize(None).as_unit("ns").normalize()
    return pd.Series(returns.to_numpy(dtype=float), index=dates)


def _pipeline_loader(feed: Feed | BundleFeed) -> Callable[[Any], USEquityPricingLoader]:
    made: list[USEquityPricingLoader] = []

    def choose(column: Any) -> USEquityPricingLoader:
        if column.unspecialize() not in EquityPricing.columns:
            raise UnsupportedError(f"there is no data for {column}", hint="a pipeline has the columns of EquityPricing")
        if not made:
            made.append(USEquityPricingLoader.without_fx(feed.reader, feed.pipeline_adjustments()))
        return made[0]

    return choose


@contextmanager
def _own_errors(feed: Feed | BundleFeed) -> Generator[None]:
    try:
        yield
    except SymbolNotFound as error:
        sids = feed.finder.sids
        known = ", ".join(repr(asset.symbol) for asset in feed.finder.retrieve_all(sids[:_SHOWN]))
        more = "" if len(sids) <= _SHOWN else f" and {len(sids) - _SHOWN} more"
        raise UnknownAssetError(str(error), hint=f"the data has {known}{more}") from error
    except CannotOrderDelistedAsset as error:
        raise ExecutionError(
            str(error), hint="order an asset only while data.can_trade(asset): from its first bar to its last"
        ) from error
    except OverflowError as error:
        raise ExecutionError(
            str(error), hint="this is Zipline's limit for the units of an order or a position: see to prices and cash"
        ) from error
    except ZeroDivisionError as error:
        if not _in_ledger(error):
            raise
        raise ExecutionError(
            "the portfolio value was 0.0 at the end of a session, and Zipline divides the next one's by it",
            hint="end the run where nothing is left: see to weights and cash",
        ) from error


def _in_ledger(error: BaseException) -> bool:
    """Say whether it came of Zipline's own returns (`Ledger.todays_returns`), and not of the algorithm's code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "zipline.finance.ledger"
