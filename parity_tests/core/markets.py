"""Random markets, decisions, costs and configs for the tests of what holds for every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st

import weighbridge as wb

MODES = ["snapshot", "hybrid", "incremental"]
ROUNDING = 1e-9  # Of the money that has moved: the sums here add in another order than engines do.

many = settings(max_examples=120)


@dataclass
class Market:
    """Frames before they become bars, so that they can be permuted and cut."""

    frames: dict[str, pd.DataFrame]
    weights: pd.DataFrame

    def run(self, **arguments: Any) -> wb.RunRecord:
        return wb.simulate(wb.Bars.from_frames(**self.frames), wb.TargetWeights(self.weights), **arguments)  # type: ignore[arg-type]

    def last_close(self) -> pd.DataFrame:
        return self.frames["close"].ffill()


@st.composite
def markets(
    draw: st.DrawFn, *, gaps: bool = True, short: bool = True, gross: float = 1.5, eighths: bool = False
) -> Market:
    """Draw a market; with `eighths`, prices and weights are so round that no sum is ever rounded."""
    n_bars, n_assets = draw(st.integers(4, 24)), draw(st.integers(1, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = list("EDCBA")[:n_assets]
    index = pd.date_range("2020-01-01", periods=n_bars, tz=draw(st.sampled_from([None, "America/New_York"])))
    shape = (n_bars, n_assets)
    close = np.exp(random.normal(0.0, 0.05, shape).cumsum(axis=0)) * random.choice([3.0, 40.0, 600.0], n_assets)
    opening = close * np.exp(random.normal(0.0, 0.03, shape))
    if eighths:
        close, opening = (np.maximum(1, np.round(prices * 8)) / 8 for prices in (close, opening))
    high = np.maximum(opening, close) * (1 if eighths else 1.01)
    low = np.minimum(opening, close) * (1 if eighths else 0.99)
    missing = random.random(shape) < (draw(st.sampled_from([0.0, 0.2])) if gaps else 0.0)
    if gaps:
        for asset, first in enumerate(
            random.integers(0, max(1, n_bars // 2), n_assets) * (random.random(n_assets) < 0.3)
        ):
            missing[:first, asset] = True
    frames = {
        name: pd.DataFrame(np.where(missing, np.nan, values), index=index, columns=names)
        for name, values in (("open", opening), ("high", high), ("low", low), ("close", close))
    }
    weights = random.uniform(-gross / n_assets if short else 0.0, gross / n_assets, shape)
    if eighths:
        weights = np.trunc(weights * 64) / 64
    weights[random.random(shape) < 0.1] = 0.0
    weights[random.random(shape) < 0.1] = np.nan
    weights[(random.random(n_bars) < 0.3) | missing.all(axis=1)] = np.nan
    return Market(frames, pd.DataFrame(weights, index=index, columns=names))


commissions = st.sampled_from(
    [wb.NoCommission(), wb.PercentCommission(0.002), wb.PerShareCommission(0.01, minimum=1.0), wb.FixedCommission(2.5)]
)
costs = st.builds(
    wb.Costs,
    commission=commissions,
    slippage=st.sampled_from([wb.NoSlippage(), wb.PercentSlippage(0.001), wb.FixedSlippage(0.01)]),
)
by_value = st.builds(
    wb.Costs,
    commission=st.sampled_from([wb.NoCommission(), wb.PercentCommission(0.002)]),
    slippage=st.sampled_from([wb.NoSlippage(), wb.PercentSlippage(0.001)]),
)


def configs(**fixed: Any) -> st.SearchStrategy[wb.RebalanceConfig]:
    drawn: dict[str, Any] = {
        "mode": st.sampled_from(MODES),
        "min_trade_value": st.sampled_from([0.0, 100.0]),
        "min_weight_change": st.sampled_from([0.0, 0.01]),
        "allow_fractional": st.sampled_from([None, None, True]),
        "allow_short": st.booleans(),
        "max_gross_leverage": st.sampled_from([None, 1.0]),
        "cancel_before_rebalance": st.booleans(),
        "account_for_pending": st.booleans(),
        "phase_timeout": st.integers(1, 3),
        "missing_price_policy": st.sampled_from(["use_last", "skip"]),
    }
    return st.fixed_dictionaries({**drawn, **{name: st.just(value) for name, value in fixed.items()}}).map(
        lambda fields: wb.RebalanceConfig(**fields)
    )


cash_amounts = st.sampled_from([1e5, 1e7, 1234.5, 0.0])
