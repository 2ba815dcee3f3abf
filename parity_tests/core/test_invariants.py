"""What holds for every run: random bars with gaps, random decisions and settings, under each set of conventions."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weighbridge as wb
from parity_tests.core.markets import (
    MODES,
    ROUNDING,
    Market,
    by_value,
    cash_amounts,
    configs,
    costs,
    many,
    markets,
)

PRESETS = ["reference", "backtrader", "backtrader-coc", "backtrader-coo"]

presets = st.sampled_from(PRESETS)


@many
@given(market=markets(), config=configs(), costs=costs, cash=cash_amounts, conventions=presets)
def test_cash_positions_and_value_follow_from_the_fills(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    """Cash is conserved, and value = cash + the sum of position x last close, at every bar."""
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=cash)
    table = record.fill_table
    closes = market.last_close().to_numpy()
    exact_cash, moved = Fraction(cash), Fraction(cash)
    held = [0.0] * len(record.assets)
    place = 0
    for bar in range(len(record.index)):
        while place < len(table.bar) and table.bar[place] == bar:
            asset, quantity = int(table.asset[place]), float(table.quantity[place])
            spent = Fraction(quantity) * Fraction(table.price[place])
            exact_cash -= spent + Fraction(table.commission[place])
            moved += abs(spent) + Fraction(table.commission[place])
            held[asset] += quantity
            assert table.position[place] == held[asset]
            place += 1
        assert abs(Fraction(record.cash[bar]) - exact_cash) <= moved * Fraction(ROUNDING)
        worth = [quantity * closes[bar, asset] for asset, quantity in enumerate(held) if quantity]
        assert record.value[bar] == pytest.approx(
            math.fsum([record.cash[bar], *worth]), rel=0, abs=ROUNDING * float(moved + 1)
        )
        assert record.positions.iloc[bar].tolist() == held
    assert place == len(table.bar)


@many
@given(market=markets(), config=configs(), costs=costs, cash=cash_amounts, conventions=presets)
def test_every_order_comes_to_one_end(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    """What was filled and denied was ordered before, in the same direction; nothing fills without a bar (5.4, 6.1)."""
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=cash)
    orders, table, denied = record.order_table, record.fill_table, record.denial_table
    assert orders is not None
    assert (orders.quantity != 0.0).all()
    assert (table.quantity != 0.0).all()
    assert (denied.quantity != 0.0).all()
    same_bar = conventions == "backtrader-coo"
    first = {}
    for bar, asset in zip(orders.bar.tolist(), orders.asset.tolist(), strict=True):
        first.setdefault(asset, bar)
    ordered = Counter(asset for asset in orders.asset.tolist())
    ended = Counter(zip(table.bar.tolist(), table.asset.tolist(), strict=True))
    assert all(first[asset] <= bar if same_bar else first[asset] < bar for bar, asset in ended)
    assert all(count <= ordered[asset] for asset, count in Counter(table.asset.tolist()).items())
    moved, refused, asked = (
        [float(np.abs(part.quantity[part.asset == asset]).sum()) for asset in range(len(record.assets))]
        for part in (table, denied, orders)
    )
    for filled, without, total in zip(moved, refused, asked, strict=True):
        assert filled + without <= total * (1 + 1e-12)
    if conventions in ("reference", "backtrader"):
        opening = market.frames["open"].to_numpy()[table.bar, table.asset]
        assert not np.isnan(opening).any()
        if isinstance(costs.slippage, wb.NoSlippage):
            assert (table.price == opening).all()


@many
@given(market=markets(), config=configs(), costs=by_value, cash=cash_amounts)
def test_the_cut_rule_never_overspends(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float
) -> None:
    """Semantics 6.1, reference conventions: no cash below zero, not by the last bit; shorts and leverage included."""
    record = market.run(rebalance=config, costs=costs, cash=cash)
    assert (record.cash >= 0.0).all()


@many
@given(market=markets(), config=configs(), costs=costs, cash=cash_amounts)
def test_the_cut_rule_overspends_by_commissions_of_sales_at_most(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float
) -> None:
    """A sale is not cut, and a fixed commission can be more than it brings."""
    record = market.run(rebalance=config, costs=costs, cash=cash)
    table = record.fill_table
    assert record.cash.min() >= -table.commission[table.quantity < 0].sum() * (1 + ROUNDING)


@many
@given(
    market=markets(short=False),
    config=configs(allow_fractional=None),
    costs=by_value,
    cash=cash_amounts,
    conventions=st.sampled_from(["backtrader", "backtrader-coc", "backtrader-coo"]),
)
def test_backtraders_refusals_never_overspend_long_only(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=cash)
    assert (record.cash >= 0.0).all()


@many
@given(market=markets(gaps=False, short=False), config=configs(allow_short=False), costs=by_value, conventions=presets)
def test_zero_targets_end_flat(market: Market, config: wb.RebalanceConfig, costs: wb.Costs, conventions: str) -> None:
    """Semantics 4.3 and 4.6: in every mode, through every filter, with increases of the bar before under way.

    Where shorts are allowed a close takes what is counted as bought (5.2) for granted, and cash may cut it.
    """
    market.weights.iloc[-3:] = np.nan
    market.weights.iloc[-3] = 0.0
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=1e5)
    assert record.positions.iloc[-1].tolist() == [0.0] * len(record.assets)
    assert record.value[-1] == record.cash[-1]


@many
@given(
    market=markets(short=False), config=configs(allow_short=False), costs=costs, cash=cash_amounts, conventions=presets
)
def test_nothing_is_sold_that_is_not_held(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    """Semantics 4.6: whatever waits, is counted, cut or refused; fractions are whole within rounding."""
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=cash)
    lowest = record.positions.to_numpy().min()
    assert lowest >= (-1e-9 if config.allow_fractional else 0.0)


@many
@given(
    market=markets(short=False),
    config=configs(allow_short=False, allow_fractional=None),
    cash=cash_amounts,
    share=st.sampled_from([0.001, 0.1]),
    units=st.sampled_from([50.0, 2_000.0]),
)
def test_nothing_is_sold_that_is_not_held_where_orders_fill_in_parts(
    market: Market, config: wb.RebalanceConfig, cash: float, share: float, units: float
) -> None:
    """Semantics 4.6 and 6.4: with a limit of the bar's volume, and bars without any."""
    close = market.frames["close"]
    volume = close.notna() * units * np.random.default_rng(len(close)).integers(0, 9, close.shape)
    bars = wb.Bars.from_frames(**market.frames, volume=volume.where(close.notna()))  # type: ignore[arg-type]
    record = wb.simulate(
        bars,
        wb.TargetWeights(market.weights),
        conventions="zipline",
        rebalance=config,
        costs=wb.Costs(slippage=wb.VolumeShareSlippage(share)),
        cash=cash,
    )
    assert record.positions.to_numpy().min(initial=0.0) >= 0.0


@many
@given(
    prices=st.lists(st.floats(0.5, 900.0), min_size=1, max_size=6),
    data=st.data(),
    mode=st.sampled_from(MODES),
    conventions=presets,
)
def test_the_same_targets_again_trade_nothing(
    prices: list[float], data: st.DataObject, mode: str, conventions: str
) -> None:
    """Where prices stand still and nothing is charged, a second decision finds everything done, and a third.

    Within rounding: 0.2499975 of 100,000 at 0.99999 is 25,000 units, floored to 24,999 by a quotient's last bit; the
    one unit that is missing then is bought.
    """
    weight = st.floats(-1.0, 1.0).map(lambda weight: weight / len(prices))
    weights = data.draw(st.lists(weight, min_size=len(prices), max_size=len(prices)))
    index = pd.bdate_range("2020-01-01", periods=10)
    names = [f"asset {place}" for place in range(len(prices))]
    close = pd.DataFrame([prices] * 10, index=index, columns=names)
    market = Market(
        {"close": close, "open": close, "high": close, "low": close},
        pd.DataFrame([weights] * 3, index=index[[0, 3, 6]], columns=names),
    )
    record = market.run(conventions=conventions, rebalance=wb.RebalanceConfig.unfiltered(mode), cash=1e5)
    orders = record.order_table
    assert orders is not None
    assert (orders.bar < 6).all()
    for asset, quantity in zip(orders.asset[orders.bar == 3], orders.quantity[orders.bar == 3], strict=True):
        units = weights[asset] * 1e5 / prices[asset]
        assert abs(quantity) == 1.0
        assert abs(units - round(units)) < 1e-9 * abs(units)


@many
@given(market=markets(), config=configs(), costs=costs, cash=cash_amounts, conventions=presets)
def test_names_do_not_matter(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    names = {name: f"{ord(name) * 7919 % 101}" for name in "ABCDE"}
    renamed = Market(
        {field: frame.rename(columns=names) for field, frame in market.frames.items()},
        market.weights.rename(columns=names),
    )
    arguments: dict[str, Any] = {"conventions": conventions, "rebalance": config, "costs": costs, "cash": cash}
    record, other = market.run(**arguments), renamed.run(**arguments)
    assert record.value.tobytes() == other.value.tobytes()
    assert record.cash.tobytes() == other.cash.tobytes()
    assert [names[name] for name in record.fills["asset"]] == other.fills["asset"].tolist()


@many
@given(
    market=markets(gross=0.5, eighths=True),
    data=st.data(),
    config=configs(allow_fractional=None, max_gross_leverage=None, min_weight_change=0.0),
    conventions=presets,
)
def test_permuted_assets_permute_the_result_where_cash_is_ample(
    market: Market, data: st.DataObject, config: wb.RebalanceConfig, conventions: str
) -> None:
    """Semantics 2.3 and 3.2: the sequence is the columns', and matters for the cash only; nothing is rounded here."""
    order = data.draw(st.permutations(list(market.weights.columns)))
    # Targets may come in any order of columns: they are taken in the bars' order.
    permuted = Market({field: frame[order] for field, frame in market.frames.items()}, market.weights)
    arguments: dict[str, Any] = {"conventions": conventions, "rebalance": config, "cash": 2.0**20}
    record, other = market.run(**arguments), permuted.run(**arguments)
    if len(record.denials):
        assert len(other.denials)
        return
    pd.testing.assert_frame_equal(record.equity, other.equity, check_exact=True)
    pd.testing.assert_frame_equal(record.positions, other.positions[list(record.assets)], check_exact=True)


@many
@given(market=markets(), data=st.data(), config=configs(), costs=costs, cash=cash_amounts, conventions=presets)
def test_what_happens_later_does_not_matter(
    market: Market, data: st.DataObject, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    """No look-ahead: a run over the first bars gives the first rows of the whole run, to the last bit."""
    cut = data.draw(st.integers(1, len(market.weights) - 1))
    weights = market.weights.iloc[:cut]
    bars, targets = wb.Bars.from_frames(**market.frames), wb.TargetWeights(market.weights)  # type: ignore[arg-type]
    arguments: dict[str, Any] = {"conventions": conventions, "rebalance": config, "costs": costs, "cash": cash}
    whole = wb.simulate(bars, targets, **arguments)
    part = wb.simulate(bars.slice(stop=cut), wb.TargetWeights(weights), **arguments)
    assert part.cash.tobytes() == whole.cash[:cut].tobytes()
    assert part.value.tobytes() == whole.value[:cut].tobytes()
    for name in ("order_table", "fill_table", "denial_table"):
        long, short = getattr(whole, name), getattr(part, name)
        before = long.bar < cut
        for column, other in zip(long, short, strict=True):
            assert column[before].tolist() == other.tolist(), name
