"""The executor's subject: its plan inside VectorBT's own simulation. This module imports VectorBT."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import vectorbt as vbt
from vectorbt.portfolio.nb import order_nothing_nb

from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits
from weighbridge_vectorbt.feeds import Feed
from weighbridge_vectorbt.planner import Planner, note_fill_nb, order_nb, plan_nb, planner_for

__all__ = ["executed"]

compiled: Any = numba.njit


@compiled
def pre_segment(c: Any, targets: Any, planner: Planner) -> tuple[int]:
    """Plan the bar's row; the number of trades is passed on."""
    return (plan_nb(c, targets[c.i], planner),)


@compiled
def order(c: Any, count: int, planner: Planner) -> Any:
    """Order what is next in the sequence of the plan."""
    if c.call_idx >= count:
        return -1, order_nothing_nb()
    column = c.from_col + planner.book.room.sequence[c.call_idx]
    return column, order_nb(c, column, planner)


@compiled
def post_order(c: Any, count: int, planner: Planner) -> None:
    """Remember the price of a fill."""
    note_fill_nb(c, planner)


def executed(
    feed: Feed,
    config: RebalanceConfig,
    costs: Costs,
    limits: Limits,
    cash: float,
    *,
    log: bool,
    freq: str | None = None,
) -> Any:
    """Return the `vbt.Portfolio` of `Portfolio.from_order_func` with the executor's plan."""
    decided = np.asarray(~np.isnan(feed.size).all(axis=1))
    most = max(int(np.count_nonzero(~np.isnan(feed.size))), 1)
    planner = planner_for(feed.price, rebalance=config, costs=costs, limits=limits, log=log)
    return vbt.Portfolio.from_order_func(
        feed.close,
        order,
        planner,
        pre_segment_func_nb=pre_segment,
        pre_segment_args=(feed.size, planner),
        post_order_func_nb=post_order,
        post_order_args=(planner,),
        # Without a call sequence of every column at every bar, and without a call for what is not traded.
        flexible=True,
        row_wise=False,
        use_numba=True,
        init_cash=cash,
        cash_sharing=True,
        group_by=True,
        segment_mask=decided.reshape(-1, 1),
        call_pre_segment=False,
        call_post_segment=False,
        ffill_val_price=True,
        update_value=config.mode is RebalanceMode.INCREMENTAL,
        fill_pos_record=False,
        max_orders=most,
        max_logs=most if log else 1,
        attach_call_seq=False,
        freq=freq,
    )
