"""Decisions whose orders fill at once: what filters and granularity look at; numbers by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import weighbridge as wb


def quantities(weights: dict[str, float], mode: str, cash: float = 100.0, **config: Any) -> dict[str, float]:
    """Ask for weights at the first of two bars at 10.0, under VectorBT's rules."""
    close = pd.DataFrame({name: [10.0, 10.0] for name in weights}, index=pd.bdate_range("2015-01-05", periods=2))
    targets = wb.TargetWeights(pd.DataFrame([weights], index=close.index[:1]))
    run = wb.simulate(
        wb.Bars.from_frames(close=close),
        targets,
        conventions="vectorbt",
        rebalance=wb.RebalanceConfig(
            mode=mode, allow_short=True, **{"min_trade_value": 0.0, "headroom": 1.0, **config}
        ),
        cash=cash,
    )
    fills = run.fill_table
    return {
        list(weights)[asset]: quantity
        for asset, quantity in zip(fills.asset.tolist(), fills.quantity.tolist(), strict=True)
    }


LIMITS = {"max_single_weight": 10.0, "max_gross_leverage": 10.0}


@pytest.mark.parametrize(("mode", "filled"), [("snapshot", {"A", "B"}), ("hybrid", {"A"}), ("incremental", {"A"})])
def test_a_snapshot_filters_what_was_planned_and_others_what_the_cash_leaves(mode: str, filled: set[str]) -> None:
    """Semantics 4.4: of B 60 are planned, and 44 or exactly 50 are left, where 50 is the least."""
    assert quantities({"A": 0.5, "B": 0.6}, mode, min_trade_value=50.0, **LIMITS) == {"A": 5.0, "B": 5.0}
    assert quantities({"A": 0.56, "B": 0.6}, mode, min_trade_value=50.0, **LIMITS).keys() == filled


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_whole_units_and_lots_are_the_granularity(mode: str) -> None:
    """Semantics 4.4: 5.7 units are 5, and what 100 of cash leave of 25 units in lots of 3 are 9."""
    assert quantities({"A": 0.57}, mode, allow_fractional=False, **LIMITS) == {"A": 5.0}
    assert quantities({"A": 2.5}, mode, round_lots=True, lot_size=3, **LIMITS) == {"A": 9.0}
    assert quantities({"A": 0.57}, mode, allow_fractional=True, **LIMITS) == pytest.approx({"A": 5.7}, rel=1e-15)
