"""Wrong input to the adapter: what, where and what to do, before anything runs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import weighbridge as wb
import weighbridge_backtrader
from parity_tests.adapters.backtrader.material import awkward_bars
from weighbridge.exceptions import (
    BarsError,
    ConfigError,
    ExecutionError,
    MissingExtraError,
    TargetsError,
    UnsupportedError,
)
from weighbridge.parity import adapter as adapter_module
from weighbridge.testing.awkward import awkward_weights

BARS = awkward_bars(n_bars=40, n_assets=2, late=0, ended=0)
TARGETS = awkward_weights(BARS)
ONLY_CLOSES = wb.Bars.from_frames(close=BARS.frame("close"))
NO_RANGE = wb.Bars.from_frames(close=BARS.frame("close"), open=BARS.frame("open"))
STRANGER = wb.TargetWeights(pd.DataFrame({"NOBODY": [0.5]}, BARS.index[:1]))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"how": "natively"}, ConfigError, "how='natively'"),
        ({"cash": -1.0}, ConfigError, "cash=-1.0"),
        ({"conventions": "nonsense"}, ConfigError, "conventions='nonsense'"),
        ({"conventions": "reference"}, UnsupportedError, "reference"),
        ({"conventions": "backtrader-coo"}, UnsupportedError, "next_open"),
        ({"rebalance": wb.RebalanceConfig()}, UnsupportedError, "neither thresholds nor modes"),
        ({"bars": ONLY_CLOSES}, BarsError, "open"),
        ({"bars": NO_RANGE, "costs": wb.Costs(slippage=wb.PercentSlippage(0.001))}, BarsError, "high, low"),
        ({"targets": STRANGER}, TargetsError, "NOBODY"),
    ],
)
def test_wrong_input_is_refused(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"bars": BARS, "targets": TARGETS, "how": "native", **changes}
    with pytest.raises(error, match=message) as caught:
        weighbridge_backtrader.run(**arguments)
    assert "Hint: " in str(caught.value)


def test_missing_framework_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_installed(name: str) -> str:
        raise adapter_module.PackageNotFoundError(name)

    monkeypatch.setattr(adapter_module, "version", nothing_installed)
    with pytest.raises(MissingExtraError, match=r'pip install "weighbridge\[backtrader\]"'):
        weighbridge_backtrader.run(BARS, TARGETS, how="native")


def test_two_feeds_of_one_name() -> None:
    import backtrader as bt

    class Strategy(bt.Strategy):
        def __init__(self) -> None:
            weighbridge_backtrader.Broker(self)

    brain = bt.Cerebro(stdstats=False)
    frame = pd.DataFrame({"open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0}, pd.bdate_range("2020-01-01", periods=3))
    for _ in range(2):
        brain.adddata(bt.feeds.PandasData(dataname=frame, volume=None, openinterest=None), name="SAME")
    brain.addstrategy(Strategy)
    with pytest.raises(ExecutionError, match="two data feeds are called 'SAME'"):
        brain.run()
