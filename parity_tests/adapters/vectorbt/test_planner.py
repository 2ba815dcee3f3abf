"""The compiled planner in a user's own simulation, as documented: several groups, weights made at the segment.

The adapter's executor is the example of a flexible one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from vectorbt import Portfolio

from parity_tests.adapters.vectorbt.material import awkward
from weighbridge import Costs, PercentCommission, RebalanceConfig, TargetWeights, simulate
from weighbridge_vectorbt import note_fill_nb, order_nb, plan_nb, planner_for, sequence_nb

pytestmark = pytest.mark.xdist_group("vectorbt")

COSTS = Costs(commission=PercentCommission(0.002))
CASH = 50_000.0


@njit
def equal_weights(c: Any, price: Any) -> Any:
    """Decide inside the simulation: the same weight for everything that trades at this bar."""
    weights = np.full(c.to_col - c.from_col, np.nan)
    trading = 0
    for column in range(c.from_col, c.to_col):
        trading += price[c.i, column] == price[c.i, column]
    for column in range(c.from_col, c.to_col):
        if price[c.i, column] == price[c.i, column]:
            weights[column - c.from_col] = 0.9 / trading
    return weights


@njit
def pre_segment_func_nb(c: Any, planner: Any) -> Any:
    plan_nb(c, equal_weights(c, planner.prices), planner)
    sequence_nb(c, planner)
    return ()


@njit
def order_func_nb(c: Any, planner: Any) -> Any:
    return order_nb(c, c.col, planner)


@njit
def post_order_func_nb(c: Any, planner: Any) -> None:
    note_fill_nb(c, planner)


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
def test_weights_made_in_the_simulation_in_two_groups(mode: str) -> None:
    bars, _ = awkward(21, 50, 9)
    halves = [bars.select(bars.assets[:4]), bars.select(bars.assets[4:])]
    # In the second half there may be bars in which nothing trades, where the engine takes no decision.
    awake = halves[1].has_bar.any(axis=1)
    config = RebalanceConfig(mode=mode, min_trade_value=50.0, min_weight_change=0.002)
    planner = planner_for(bars.close, rebalance=config, costs=COSTS)
    portfolio = Portfolio.from_order_func(
        bars.frame("close"),
        order_func_nb,
        planner,
        pre_segment_func_nb=pre_segment_func_nb,
        pre_segment_args=(planner,),
        post_order_func_nb=post_order_func_nb,
        post_order_args=(planner,),
        segment_mask=np.column_stack([np.ones(len(awake), dtype=bool), awake]),
        group_by=np.array([0] * 4 + [1] * 5),
        cash_sharing=True,
        init_cash=CASH,
        update_value=mode == "incremental",
    )
    records = portfolio.orders.values
    for group, half in enumerate(halves):
        told = records[(records["col"] >= 4) == bool(group)]
        index = half.index[awake] if group else half.index
        frame = half.frame("close").loc[index]
        there = ~np.isnan(frame.to_numpy())
        frame.loc[:, :] = np.where(there, 0.9 / there.sum(axis=1, keepdims=True), np.nan)
        engine = simulate(
            half, TargetWeights(frame), conventions="vectorbt", rebalance=config, costs=COSTS, cash=CASH
        ).fill_table
        assert len(engine.bar) > 30
        assert engine.bar.tolist() == told["idx"].tolist()
        assert engine.asset.tolist() == (told["col"] - 4 * group).tolist()
        assert np.abs(engine.quantity).tobytes() == told["size"].tobytes()
        assert engine.price.tobytes() == told["price"].tobytes()
        assert engine.commission.tobytes() == told["fees"].tobytes()
