"""The compiled planner for VectorBT's simulations: the executor's plan, fills by VectorBT.

In a user's own `Portfolio.from_order_func`, cash shared, `update_value=True` for INCREMENTAL and False else:

    @njit
    def pre_segment_func_nb(c, planner):
        plan_nb(c, my_weights(c), planner)
        sequence_nb(c, planner)
        return ()

    @njit
    def order_func_nb(c, planner):
        return order_nb(c, c.col, planner)

    @njit
    def post_order_func_nb(c, planner):
        note_fill_nb(c, planner)

A flexible simulation calls `plan_nb` in the same place, and its order function orders the first
`planner.count[c.from_col]` columns of `planner.scratch.sequence[c.from_col :]`, which are counted within the group:
executor.py is an example. This module imports VectorBT.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from vectorbt.portfolio.enums import SizeType
from vectorbt.portfolio.nb import order_nb as vectorbt_order_nb
from vectorbt.portfolio.nb import order_nothing_nb

from weighbridge.engine.immediate_tables import changes_no_weight, filters
from weighbridge.engine.order_rules import SHORT_ONLY, OrderRules, order_rules, stepped_limits
from weighbridge.engine.parameters import TradeRules, trade_rules
from weighbridge.engine.rules.immediate_plan import (
    SKIPPED,
    Scratch,
    asked_quantity,
    at_turn,
    prepared_row,
    scratch_for,
    sequence_of,
    value_holdings,
)
from weighbridge.engine.rules.tolerance import is_nothing
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import VECTORBT
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits

__all__ = ["Planner", "note_fill_nb", "order_nb", "plan_nb", "planner_for", "sequence_nb"]

SNAPSHOT = int(RebalanceMode.SNAPSHOT)
TARGET_PERCENT, AMOUNT = int(SizeType.TargetPercent), int(SizeType.Amount)

compiled: Any = numba.njit(error_model="numpy")


class Planner(NamedTuple):
    """A config flattened, and what a rebalance leaves behind for the next one; by column unless said otherwise.

    `prices` (n_bars, n_assets) value and fill the orders. `planned` is the last bar at which an asset had its place in
    the sequence, `quantity` what SNAPSHOT fixed for it. `seen` and `count` hold, at the first column of each group,
    the bar of its last plan and how many trades that has.
    """

    prices: Any
    trade: TradeRules
    orders: OrderRules
    unprepared: bool
    filtered: bool
    log: bool
    known: Any
    bars_seen: Any
    planned: Any
    quantity: Any
    seen: Any
    count: Any
    scratch: Scratch


def planner_for(
    prices: Any,
    *,
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    limits: Limits | None = None,
    log: bool = False,
) -> Planner:
    """Make a planner for one simulation over `prices`.

    Args:
        prices: What values and fills the orders, (n_bars, n_assets); NaN where an asset does not trade.
        rebalance: Defaults to `RebalanceConfig()`. Its mode must go with the simulation's `update_value`.
        costs: Defaults to none.
        limits: Defaults to VectorBT's own.
        log: Have VectorBT log every order.

    Raises:
        ConfigError: Limits and config contradict each other.
        UnsupportedError: VectorBT has no such cost model.
    """
    config = RebalanceConfig() if rebalance is None else rebalance
    trade = trade_rules(config, VECTORBT)
    quoted = np.ascontiguousarray(prices, dtype=np.float64)
    n_assets = quoted.shape[1]
    return Planner(
        prices=quoted,
        trade=trade,
        orders=order_rules(stepped_limits(Limits() if limits is None else limits, config), costs or Costs()),
        unprepared=changes_no_weight(trade),
        filtered=filters(trade),
        log=log,
        known=np.full(n_assets, np.nan),
        bars_seen=np.zeros(n_assets, dtype=np.int64),
        planned=np.full(n_assets, -1, dtype=np.int64),
        quantity=np.zeros(n_assets),
        seen=np.full(n_assets, -1, dtype=np.int64),
        count=np.zeros(n_assets, dtype=np.int64),
        scratch=scratch_for(n_assets),
    )


@compiled
def part_of(scratch: Scratch, start: int, stop: int) -> Scratch:
    """Return a group's columns of the scratch arrays."""
    return Scratch(
        scratch.weight[start:stop],
        scratch.reason[start:stop],
        scratch.keys[start:stop],
        scratch.items[start:stop],
        scratch.sorted_keys[start:stop],
        scratch.sequence[start:stop],
        scratch.codes[start:stop],
        scratch.by_low_digit[start:stop],
        scratch.counts,
    )


@compiled
def plan_nb(c: Any, weights: Any, planner: Planner) -> int:
    """Plan a segment: prepare the weights of the group's columns, value them, put the trades in sequence.

    To be called in `pre_segment_func_nb`. It sets VectorBT's valuation prices, so that VectorBT's value of the group is
    the one that the plan was made with. NaN leaves a column alone.

    Returns:
        How many trades the plan has; `planner.scratch.sequence` lists their columns, counted within the group.
    """
    start, stop = c.from_col, c.to_col
    prices, known, position = planner.prices[:, start:stop], planner.known[start:stop], c.last_position[start:stop]
    bars_seen, scratch = planner.bars_seen[start:stop], part_of(planner.scratch, start, stop)
    seen = planner.seen[start]
    if c.i <= seen:  # Another simulation has begun.
        known[:] = np.nan
        bars_seen[:] = 0
        planner.planned[start:stop] = -1
        seen = -1
    value = value_holdings(prices, c.i, seen, c.last_cash[c.group], position, known)
    c.last_val_price[start:stop] = known
    prepared_row(weights, planner.unprepared, planner.trade, scratch)
    count = sequence_of(prices, c.i, seen, value, position, known, bars_seen, planner.trade.min_bars, scratch)
    planner.seen[start] = c.i
    planner.count[start] = count
    for k in range(count):
        asset = scratch.sequence[k]
        planner.planned[start + asset] = c.i
        planner.quantity[start + asset] = asked_quantity(
            scratch.weight[asset], value, known[asset], position[asset], planner.trade
        )
    return count


@compiled
def sequence_nb(c: Any, planner: Planner) -> None:
    """Have VectorBT call the columns of the segment in the sequence of the plan; what is not traded comes last."""
    start = c.from_col
    count = planner.count[start]
    for k in range(count):
        c.call_seq_now[k] = planner.scratch.sequence[start + k]
    for column in range(start, c.to_col):
        if planner.planned[column] != c.i:
            c.call_seq_now[count] = column - start
            count += 1


@compiled
def order_nb(c: Any, column: int, planner: Planner) -> Any:
    """Return the order for a column at its turn, or none where the plan has none or a filter keeps it back.

    A target of the value that VectorBT has now, which is frozen or live as `update_value` says; in SNAPSHOT the
    quantity that was fixed at the start. VectorBT cuts it to cash and limits.
    """
    if planner.planned[column] != c.i:
        return order_nothing_nb()
    trade, orders = planner.trade, planner.orders
    weight, value = planner.scratch.weight[column], c.last_value[c.group]
    price = planner.prices[c.i, column]
    if planner.filtered:
        status = at_turn(
            weight,
            value,
            c.last_val_price[column],
            price,
            c.last_cash[c.group],
            c.last_position[column],
            c.last_debt[column],
            c.last_free_cash[c.group],
            True,
            trade,
            orders,
        )[0]
        if status <= SKIPPED:
            return order_nothing_nb()
    size, kind = weight, TARGET_PERCENT
    # VectorBT refuses a fraction of a value of nothing, but not a quantity.
    if trade.mode == SNAPSHOT and value > 0.0 and not is_nothing(value):
        size, kind = planner.quantity[column], AMOUNT
    return vectorbt_order_nb(
        size=-size if orders.direction == SHORT_ONLY else size,
        price=price,
        size_type=kind,
        direction=orders.direction,
        fees=orders.fees,
        fixed_fees=orders.fixed_fees,
        slippage=orders.slippage,
        min_size=orders.min_size,
        max_size=orders.max_size,
        size_granularity=orders.granularity,
        lock_cash=orders.lock_cash,
        allow_partial=orders.allow_partial,
        log=planner.log,
    )


@compiled
def note_fill_nb(c: Any, planner: Planner) -> None:
    """Take over the price that VectorBT values a column with after its order. For `post_order_func_nb`."""
    planner.known[c.col] = c.val_price_now
