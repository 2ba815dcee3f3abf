"""Small prices, decisions, and `order_target_percent` in a Backtrader that is set up by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import backtrader as bt
import pandas as pd

import weighbridge as wb
from weighbridge.parity.opened import opened
from weighbridge_backtrader.costs import set_costs
from weighbridge_backtrader.feeds import add_feeds
from weighbridge_backtrader.framework import FRAMEWORK
from weighbridge_backtrader.recording import Recording
from weighbridge_backtrader.strategies import NativeStrategy

__all__ = ["NAN", "UNFILTERED", "bars_of", "decide", "in_backtrader"]

NAN = float("nan")
UNFILTERED = wb.RebalanceConfig.unfiltered("snapshot")


def bars_of(prices: dict[str, Sequence[float]]) -> wb.Bars:
    """Return bars that open, trade and close at one price; NaN for no bar."""
    frame = pd.DataFrame(prices, dtype=float)
    frame.index = pd.bdate_range("2015-01-05", periods=len(frame))
    return wb.Bars.from_frames(open=frame, high=frame, low=frame, close=frame)


def decide(bars: wb.Bars, rows: dict[int, dict[str, float]]) -> wb.TargetWeights:
    """Return target weights at the bars with these numbers; NaN for assets that are not named."""
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(bars.assets), dtype=float)
    frame.index = bars.index[list(rows)]
    return wb.TargetWeights(frame)


def in_backtrader(
    bars: wb.Bars,
    targets: wb.TargetWeights,
    strategy: type[bt.Strategy] = NativeStrategy,
    *,
    costs: wb.Costs,
    cash: float,
    coc: bool = False,
    fractional: bool = False,
    **options: Any,
) -> wb.RunRecord:
    """Run `order_target_percent`; fractional by the usual `CommInfoBase.getsize` without its floor and its `int`."""
    brain = bt.Cerebro(stdstats=False)
    brain.broker.setcash(cash)
    brain.broker.set_coc(coc)
    set_costs(brain.broker, costs)
    if fractional:
        info = brain.broker.comminfo[None]
        info.getsize = lambda price, cash: info.p.leverage * (cash / price)
    add_feeds(brain, bars)
    recording = Recording(bars, cash)
    setup = opened(FRAMEWORK, bars, targets, "native", costs=costs, cash=cash)
    brain.addstrategy(strategy, recording=recording, setup=setup, **options)
    brain.run()
    return wb.RunRecord(index=bars.index, assets=bars.assets, **recording.tables())
