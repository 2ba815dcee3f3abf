"""The compiled planner for VectorBT's simulations: the engine's plan, fills by VectorBT.

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

A flexible simulation calls `plan_nb` in the same place, and its order function orders as many columns of
`planner.book.room.sequence` as that returns, which are counted within the group: executor.py is an example. This
module imports VectorBT.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from vectorbt.portfolio.enums import SizeType
from vectorbt.portfolio.nb import order_nb as vectorbt_order_nb
from vectorbt.portfolio.nb import order_nothing_nb

from weighbridge.engine.at_once import kept_back, sized_at_once, turns
from weighbridge.engine.book import book_for
from weighbridge.engine.decisions import decision_value
from weighbridge.engine.flat import flat_rules, flat_terms
from weighbridge.engine.prices import take_prices
from weighbridge.rebalance.listed import listed_by_column
from weighbridge.rebalance.prepared import prepare_weights
from weighbridge.rebalance.terms import TradeTerms, trade_terms
from weighbridge.rules.cash import allowed
from weighbridge.rules.compiled import load_compiler
from weighbridge.rules.costs import Terms
from weighbridge.rules.sequence import Room
from weighbridge.rules.slipping import slipped
from weighbridge.rules.within_tolerance import SHORT_ONLY
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import VECTORBT
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits

__all__ = ["Planner", "note_fill_nb", "order_nb", "plan_nb", "planner_for", "sequence_nb"]

TARGET_PERCENT = int(SizeType.TargetPercent)

compiled: Any = numba.njit(**load_compiler())


class Group(NamedTuple):
    """The part of the engine's `Book` that a plan needs: of all columns, or of those of one group."""

    run: Any
    assets: Any
    lookups: Any
    held: Any
    room: Room


class Prices(NamedTuple):
    """The part of the engine's `Market` that a plan needs: one price for all that is done at a bar."""

    open: Any
    close: Any
    complete: bool
    counted: bool


class Planner(NamedTuple):
    """Rules, config, costs and limits flattened, and what a rebalance leaves behind for the next one.

    `prices` (n_bars, n_assets) value and fill the orders; `complete` says that none is missing. `book.assets` are the
    engine's rows, by column, `book.run` those of the groups, each at the group's first column; the rest of it serves
    the segment that is under way.
    """

    rules: Any
    trade: TradeTerms
    terms: Terms
    prices: Any
    complete: bool
    log: bool
    book: Group


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
    conventions = VECTORBT.replace(limits=Limits() if limits is None else limits)
    quoted = np.ascontiguousarray(prices, dtype=np.float64)
    n_assets = quoted.shape[1]
    book = book_for(n_assets, 0.0, slots=0, orders=0, fills=0, denials=0)
    return Planner(
        rules=flat_rules(conventions, contracts=False, priced=False, actions=False),
        trade=trade_terms(config, conventions),
        terms=flat_terms(conventions, config, costs or Costs()),
        prices=quoted,
        complete=not np.isnan(quoted).any(),
        log=log,
        book=Group(np.repeat(book.run, n_assets), book.assets, book.lookups, book.held, book.room),
    )


@compiled
def group_of(c: Any, planner: Planner) -> Group:
    """Return the rows of a segment's group, with cash, positions and debts as VectorBT has them."""
    start, whole = c.from_col, planner.book
    group = Group(whole.run[start : start + 1], whole.assets[start : c.to_col], whole.lookups, whole.held, whole.room)
    run = group.run[0]
    begins = c.i <= run.seen  # Another simulation has begun.
    if begins:
        run.seen = -1
    run.cash = c.last_cash[c.group]
    for asset in range(len(group.assets)):
        row = group.assets[asset]
        row.position = c.last_position[start + asset]
        row.debt = c.last_debt[start + asset]
        row.side = 0
        if begins:
            row.price = np.nan
            row.bars_seen = 0
    return group


@compiled
def plan_nb(c: Any, weights: Any, planner: Planner) -> int:
    """Plan a segment: prepare the weights of the group's columns, value them, put the trades in sequence.

    To be called in `pre_segment_func_nb`. It sets VectorBT's valuation prices, so that VectorBT's value of the group is
    the one that the plan was made with. NaN leaves a column alone.

    Returns:
        How many trades the plan has; `planner.book.room.sequence` begins with their columns, counted within the group.
    """
    rules, trade = planner.rules, planner.trade
    prices = planner.prices[:, c.from_col : c.to_col]
    market: Any = Prices(prices, prices, planner.complete, True)
    book: Any = group_of(c, planner)
    assets, room = book.assets, book.room
    take_prices(rules, market, book, c.i)
    for asset in range(len(assets)):
        c.last_val_price[c.from_col + asset] = assets[asset].price
    value = decision_value(rules, book)
    prepare_weights(trade, assets, weights)
    count = turns(rules, trade, planner.terms, market, book, c.i, value)
    for k in range(count):
        row = assets[room.sequence[k]]
        row.side = 1
        row.at = c.i
    listed_by_column(assets, room, 0, count)
    return count


@compiled
def sequence_nb(c: Any, planner: Planner) -> None:
    """Have VectorBT call the columns of the segment in the sequence of the plan; what is not traded comes last."""
    for k in range(c.to_col - c.from_col):
        c.call_seq_now[k] = planner.book.room.sequence[k]


@compiled
def order_nb(c: Any, column: int, planner: Planner) -> Any:
    """Return the order for a column at its turn, or none where the plan has none or a filter keeps it back.

    A target of the value that VectorBT has now, which is frozen or live as `update_value` says. VectorBT cuts it to
    cash and limits.
    """
    row, rules, trade, terms = planner.book.assets[column], planner.rules, planner.trade, planner.terms
    if row.side == 0 or row.at != c.i:
        return order_nothing_nb()
    if trade.filtered:
        value = c.last_value[c.group]
        wanted, _ = sized_at_once(rules, trade, row, value)
        price = slipped(rules, terms, wanted, row.price)
        money = (c.last_cash[c.group], 0.0, c.last_free_cash[c.group], value)
        status, most, _, _ = allowed(rules, terms, row, column, wanted, price, money, trade.step)
        if kept_back(rules, trade, terms, row, wanted, (status, most), value) != 0:
            return order_nothing_nb()
    return vectorbt_order_nb(
        size=-row.weight if terms.direction == SHORT_ONLY else row.weight,
        price=row.price,
        size_type=TARGET_PERCENT,
        direction=terms.direction,
        fees=terms.fees,
        fixed_fees=terms.fixed_fees,
        slippage=terms.amount,
        min_size=terms.min_size,
        max_size=terms.max_size,
        size_granularity=terms.granularity,
        lock_cash=terms.lock_cash,
        allow_partial=terms.allow_partial,
        log=planner.log,
    )


@compiled
def note_fill_nb(c: Any, planner: Planner) -> None:
    """Take over the price that VectorBT values a column with after its order. For `post_order_func_nb`."""
    planner.book.assets[c.col].price = c.val_price_now
