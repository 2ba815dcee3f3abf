"""What holds for every event-driven run: random orders of every type, cancellations and rebalances on random bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weighbridge as wb
from parity_tests.core.markets import ROUNDING, Market, by_value, configs, costs, many, markets
from weighbridge.rebalance.orders import OrderStatus

CONVENTIONS = ["reference", "backtrader", "backtrader-coc", "backtrader-coo"]
TYPES = ["market", "limit", "stop", "stop_limit", "trailing_stop"]

conventions = st.sampled_from(CONVENTIONS)


class Restless(wb.Strategy):
    """Do something at random at every bar, rebalance to `weights` too if there are any, and look at everything."""

    def __init__(self, seed: int, weights: Any, long_only: bool, types: Sequence[str]) -> None:
        self.random = np.random.default_rng(seed)
        self.weights = weights
        self.long_only = long_only
        self.types = types
        self.orders: list[wb.Order] = []
        self.acts: list[Any] = []
        self.seen: list[tuple[int, float, float]] = []

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        if self.random.random() < 0.3 and broker.pending_orders:
            pending = broker.pending_orders
            broker.cancel_order(pending[self.random.integers(len(pending))])
        if self.weights is not None and self.random.random() < 0.3:
            row = {name: float(w) for name, w in self.weights.loc[timestamp].items() if not math.isnan(w)}
            before = [broker.get_position(name).quantity for name in context.assets]
            preview = self.executor.preview(row, broker=broker)
            sent = self.executor.execute(row, broker=broker)
            if not broker.conventions.fill.immediate:
                assert [(o.asset, o.quantity) for o in sent] == [(t.asset, t.quantity) for t in preview.now]
            elif broker.conventions.name in ("vectorbt", "vectorbt-open"):
                # Orders are filled on return, and the plan told what would come of them.
                after = [broker.get_position(name).quantity for name in context.assets]
                told = {trade.asset: trade.quantity for trade in preview.now}
                moved = [told.get(name, 0.0) for name in context.assets]
                assert np.subtract(after, before) == pytest.approx(moved, rel=ROUNDING, abs=ROUNDING * 1e6)
        for asset in data:
            if self.random.random() < 0.5:
                self.order(asset, broker)
        self.acts.append((context.bar, [(o.asset, o.quantity, o.type) for o in broker.pending_orders]))
        self.seen.append((context.bar, broker.get_cash(), broker.get_account_value()))

    def order(self, asset: str, broker: Any) -> None:
        price = broker.get_price(asset)
        near = price * float(np.exp(self.random.normal(0.0, 0.03)))
        kind = self.types[self.random.integers(len(self.types))]
        prices: dict[str, float] = {}
        if "limit" in kind:
            prices["limit_price"] = near
        if kind.startswith("stop"):
            prices["stop_price"] = price * float(np.exp(self.random.normal(0.0, 0.03)))
        if kind == "trailing_stop":
            prices["trail_percent"] = 0.03
        quantity = float(self.random.integers(1, 400)) * (1.0 if self.random.random() < 0.6 else -1.0)
        if self.long_only and quantity < 0.0:
            # Everything that might still be sold counts: two stops may both be reached.
            pending = sum(o.quantity for o in broker.pending_orders if o.asset == asset and o.quantity < 0.0)
            quantity = -min(-quantity, broker.get_position(asset).quantity + pending)
            if quantity >= 0.0:
                return
        order = broker.submit_order(asset, quantity, kind, **prices)
        if order is not None:
            self.orders.append(order)

    def on_end(self, context: Any, broker: Any) -> None:
        self.states = [broker.order_status(order) for order in self.orders]


def run(
    market: Market,
    seed: int,
    *,
    until: int | None = None,
    rebalances: bool = True,
    long_only: bool = False,
    types: Sequence[str] = TYPES,
    **settings: Any,
) -> tuple[wb.RunRecord, Restless]:
    bars = wb.Bars.from_frames(**market.frames)  # type: ignore[arg-type]
    strategy = Restless(seed, market.weights if rebalances else None, long_only, types)
    return wb.Engine(bars if until is None else bars.slice(stop=until), strategy, **settings).run(), strategy


def assert_adds_up(market: Market, record: wb.RunRecord, cash: float, near: float = 0.0) -> None:
    """Cash is what the fills leave of it; value is cash and positions at their last closes.

    Positions are the sums of the fills: `near` them where a host takes what is close to zero for zero.
    """
    table, closes = record.fill_table, market.last_close().to_numpy()
    exact_cash, moved, place = Fraction(cash), Fraction(cash), 0
    held = [0.0] * len(record.assets)
    for bar in range(len(record.index)):
        while place < len(table.bar) and table.bar[place] == bar:
            asset, quantity = int(table.asset[place]), float(table.quantity[place])
            spent = Fraction(quantity) * Fraction(table.price[place])
            exact_cash -= spent + Fraction(table.commission[place])
            moved += abs(spent) + Fraction(table.commission[place])
            assert abs(table.position[place] - (held[asset] + quantity)) <= near
            held[asset] = float(table.position[place])
            place += 1
        assert abs(Fraction(record.cash[bar]) - exact_cash) <= moved * Fraction(ROUNDING)
        worth = [quantity * closes[bar, asset] for asset, quantity in enumerate(held) if quantity]
        assert record.value[bar] == pytest.approx(
            math.fsum([record.cash[bar], *worth]), rel=0, abs=ROUNDING * float(moved + 1)
        )
    assert place == len(table.bar)


def assert_same_until(cut: int, whole: wb.RunRecord, part: wb.RunRecord) -> None:
    """The record of the first bars is the beginning of the whole one."""
    assert part.cash.tobytes() == whole.cash[:cut].tobytes()
    assert part.value.tobytes() == whole.value[:cut].tobytes()
    for name in ("order_table", "fill_table", "denial_table"):
        long, short = getattr(whole, name), getattr(part, name)
        if long is None:  # What fills at once leaves no table of orders.
            assert (name, short) == ("order_table", None)
            continue
        before = long.bar < cut
        for column, other in zip(long, short, strict=True):
            assert column[before].tolist() == other.tolist(), name


seeds = st.integers(0, 2**32 - 1)
amounts = st.sampled_from([1e5, 1e7, 1234.5])


@many
@given(market=markets(), seed=seeds, config=configs(), costs=costs, cash=amounts, conventions=conventions)
def test_cash_positions_and_value_follow_from_the_fills(
    market: Market, seed: int, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    record, strategy = run(market, seed, rebalance=config, costs=costs, cash=cash, conventions=conventions)
    assert_adds_up(market, record, cash)
    if conventions != "backtrader-coo":
        # What the strategy was told at a bar is what the record says of it, where the bar was settled before.
        for bar, told_cash, told_value in strategy.seen:
            assert (told_cash, told_value) == (record.cash[bar], record.value[bar])


@many
@given(market=markets(), seed=seeds, config=configs(), costs=by_value, cash=amounts)
def test_the_cut_rule_never_overspends(
    market: Market, seed: int, config: wb.RebalanceConfig, costs: wb.Costs, cash: float
) -> None:
    """Shorts included, whatever the type of the order."""
    record, _ = run(market, seed, rebalance=config, costs=costs, cash=cash)
    assert (record.cash >= 0.0).all()


@many
@given(market=markets(), seed=seeds, costs=by_value, cash=amounts, conventions=conventions)
def test_refusals_never_overspend_long_only(
    market: Market, seed: int, costs: wb.Costs, cash: float, conventions: str
) -> None:
    record, _ = run(market, seed, rebalances=False, long_only=True, costs=costs, cash=cash, conventions=conventions)
    assert (record.cash >= 0.0).all()
    assert (record.positions.to_numpy() >= 0.0).all()


@many
@given(market=markets(), seed=seeds, costs=costs, cash=amounts, conventions=conventions)
def test_every_order_comes_to_one_end(
    market: Market, seed: int, costs: wb.Costs, cash: float, conventions: str
) -> None:
    """Filled, denied, cancelled or still open: and what was filled or denied is in the record, once."""
    record, strategy = run(market, seed, rebalances=False, costs=costs, cash=cash, conventions=conventions)
    orders, fills, denials = record.order_table, record.fill_table, record.denial_table
    assert orders is not None
    assert len(orders.bar) == len(strategy.orders) == len(strategy.states)
    count = {state: strategy.states.count(state) for state in OrderStatus}
    assert len(fills.bar) == count[OrderStatus.FILLED]
    # A part of an order that was filled may be denied; one that was denied was denied whole.
    assert count[OrderStatus.DENIED] <= len(denials.bar) <= count[OrderStatus.DENIED] + count[OrderStatus.FILLED]
    for asset, name in enumerate(record.assets):
        asked = sum(
            order.quantity
            for order, state in zip(strategy.orders, strategy.states, strict=True)
            if order.asset == name and state in (OrderStatus.FILLED, OrderStatus.DENIED)
        )
        came = fills.quantity[fills.asset == asset].sum() + denials.quantity[denials.asset == asset].sum()
        assert came == asked


@many
@given(
    market=markets(), data=st.data(), seed=seeds, config=configs(), costs=costs, cash=amounts, conventions=conventions
)
def test_what_happens_later_does_not_matter(
    market: Market,
    data: st.DataObject,
    seed: int,
    config: wb.RebalanceConfig,
    costs: wb.Costs,
    cash: float,
    conventions: str,
) -> None:
    """No look-ahead: a run over the first bars is told, orders and gets what the whole run does in them."""
    cut = data.draw(st.integers(1, len(market.weights) - 1))
    settings: dict[str, Any] = {"rebalance": config, "costs": costs, "cash": cash, "conventions": conventions}
    whole, all_day = run(market, seed, **settings)
    part, half_day = run(market, seed, until=cut, **settings)
    assert_same_until(cut, whole, part)
    calls = len(half_day.seen)
    assert (half_day.seen, half_day.acts) == (all_day.seen[:calls], all_day.acts[:calls])


IN_PARTS: dict[str, Any] = {"conventions": "zipline", "types": [kind for kind in TYPES if kind != "trailing_stop"]}


@many
@given(market=markets(), seed=seeds, config=configs(allow_fractional=None), costs=by_value, cash=amounts)
def test_cash_positions_and_value_follow_from_the_fills_in_parts(
    market: Market, seed: int, config: wb.RebalanceConfig, costs: wb.Costs, cash: float
) -> None:
    record, _ = run(market, seed, rebalance=config, costs=costs, cash=cash, **IN_PARTS)
    assert_adds_up(market, record, cash)


@many
@given(
    market=markets(gaps=False),
    data=st.data(),
    seed=seeds,
    config=configs(allow_fractional=None),
    costs=by_value,
    cash=amounts,
)
def test_what_happens_later_does_not_matter_to_fills_in_parts(
    market: Market, data: st.DataObject, seed: int, config: wb.RebalanceConfig, costs: wb.Costs, cash: float
) -> None:
    """Where no asset ends: Zipline's calendar knows beforehand when one does."""
    cut = data.draw(st.integers(1, len(market.weights) - 1))
    settings: dict[str, Any] = {"rebalance": config, "costs": costs, "cash": cash, **IN_PARTS}
    whole, all_day = run(market, seed, **settings)
    part, half_day = run(market, seed, until=cut, **settings)
    assert_same_until(cut, whole, part)
    calls = len(half_day.seen)
    assert (half_day.seen, half_day.acts) == (all_day.seen[:calls], all_day.acts[:calls])


at_once = st.sampled_from(["vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close"])


@many
@given(market=markets(), seed=seeds, config=configs(allow_fractional=None), costs=by_value, cash=amounts, rules=at_once)
def test_cash_positions_and_value_follow_from_the_fills_at_once(
    market: Market, seed: int, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, rules: str
) -> None:
    settings: dict[str, Any] = {"conventions": rules, "types": ["market"]}
    record, _ = run(market, seed, rebalance=config, costs=costs, cash=cash, **settings)
    assert_adds_up(market, record, cash, near=ROUNDING * 1e6)


@many
@given(
    market=markets(),
    data=st.data(),
    seed=seeds,
    config=configs(allow_fractional=None),
    costs=by_value,
    cash=amounts,
    rules=at_once,
)
def test_what_happens_later_does_not_matter_to_fills_at_once(
    market: Market, data: st.DataObject, seed: int, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, rules: str
) -> None:
    cut = data.draw(st.integers(1, len(market.weights) - 1))
    settings: dict[str, Any] = {
        "rebalance": config, "costs": costs, "cash": cash, "conventions": rules, "types": ["market"],
    }  # fmt: skip
    whole, all_day = run(market, seed, **settings)
    part, half_day = run(market, seed, until=cut, **settings)
    assert_same_until(cut, whole, part)
    calls = len(half_day.seen)
    assert (half_day.seen, half_day.acts) == (all_day.seen[:calls], all_day.acts[:calls])
