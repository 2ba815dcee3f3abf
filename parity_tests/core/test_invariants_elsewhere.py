"""What holds for every run, where orders fill in parts at the next close (Zipline) or at once (VectorBT)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weighbridge as wb
from parity_tests.core.markets import MODES, ROUNDING, Market, by_value, cash_amounts, configs, many, markets

AT_ONCE = ["vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close"]
PRESETS = ["zipline", *AT_ONCE]

presets = st.sampled_from(PRESETS)
long_only = configs(allow_fractional=None, allow_short=False)


@many
@given(
    market=markets(),
    config=configs(allow_fractional=None, max_gross_leverage=1.0),
    costs=by_value,
    cash=st.sampled_from([1e5, 1e7, 1234.5]),
    conventions=presets,
)
def test_cash_positions_and_value_follow_from_the_fills(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    """Cash is conserved, and value = cash + the sum of position x last close; shorts and sales at an end included."""
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=cash)
    table = record.fill_table
    closes = market.last_close().to_numpy()
    exact_cash, moved = Fraction(cash), Fraction(cash)
    held = np.zeros(len(record.assets))
    place = 0
    for bar in range(len(record.index)):
        while place < len(table.bar) and table.bar[place] == bar:
            asset, quantity = int(table.asset[place]), float(table.quantity[place])
            spent = Fraction(quantity) * Fraction(table.price[place])
            exact_cash -= spent + Fraction(table.commission[place])
            moved += abs(spent) + Fraction(table.commission[place])
            # VectorBT: a position that is close to zero is zero.
            assert table.position[place] == pytest.approx(held[asset] + quantity, rel=ROUNDING, abs=ROUNDING * 1e6)
            held[asset] = table.position[place]
            place += 1
        assert abs(Fraction(record.cash[bar]) - exact_cash) <= moved * Fraction(ROUNDING)
        worth = [quantity * closes[bar, asset] for asset, quantity in enumerate(held) if quantity]
        assert record.value[bar] == pytest.approx(
            math.fsum([record.cash[bar], *worth]), rel=0, abs=ROUNDING * float(moved + 1)
        )
        assert record.positions.iloc[bar].tolist() == held.tolist()
    assert place == len(table.bar)


@many
@given(
    market=markets(short=False),
    config=long_only,
    costs=by_value,
    cash=cash_amounts,
    conventions=st.sampled_from(AT_ONCE),
)
def test_what_is_cut_at_once_never_overspends(
    market: Market, config: wb.RebalanceConfig, costs: wb.Costs, cash: float, conventions: str
) -> None:
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=cash)
    assert (record.cash >= 0.0).all()
    assert (record.positions.to_numpy() >= 0.0).all()


def test_what_is_not_checked_is_overspent() -> None:
    """Zipline's rule: the close at which 100 units fill is 11, and there are 1,000."""
    index = pd.bdate_range("2020-01-01", periods=2)
    close = pd.DataFrame({"A": [10.0, 11.0]}, index=index)
    market = Market({"close": close}, pd.DataFrame({"A": [1.0]}, index=index[:1]))
    record = market.run(conventions="zipline", rebalance=wb.RebalanceConfig(), cash=1000.0)
    assert record.cash.tolist() == [1000.0, -100.0]


@many
@given(market=markets(gaps=False, short=False), config=long_only, costs=by_value, conventions=presets)
def test_zero_targets_end_flat(market: Market, config: wb.RebalanceConfig, costs: wb.Costs, conventions: str) -> None:
    market.weights.iloc[-3:] = np.nan
    market.weights.iloc[-3] = 0.0
    record = market.run(conventions=conventions, rebalance=config, costs=costs, cash=1e5)
    assert record.positions.iloc[-1].tolist() == [0.0] * len(record.assets)
    assert record.value[-1] == record.cash[-1]


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
    """Where prices stand still: no unit, and of fractions no more than what rounding has left of the first trade."""
    weight = st.floats(0.0, 1.0).map(lambda weight: weight / len(prices))
    weights = data.draw(st.lists(weight, min_size=len(prices), max_size=len(prices)))
    index = pd.bdate_range("2020-01-01", periods=10)
    names = [f"asset {place}" for place in range(len(prices))]
    close = pd.DataFrame([prices] * 10, index=index, columns=names)
    market = Market(
        {"close": close, "open": close},
        pd.DataFrame([weights] * 3, index=index[[0, 3, 6]], columns=names),
    )
    table = market.run(conventions=conventions, rebalance=wb.RebalanceConfig.unfiltered(mode), cash=1e5).fill_table
    again = table.bar > 2
    if conventions == "zipline":
        assert not again.any()
    assert (np.abs(table.quantity[again] * table.price[again]) <= ROUNDING * 1e5).all()


@many
@given(market=markets(), config=configs(allow_fractional=None), costs=by_value, conventions=presets)
def test_names_do_not_matter(market: Market, config: wb.RebalanceConfig, costs: wb.Costs, conventions: str) -> None:
    names = {name: f"{ord(name) * 7919 % 101}" for name in "ABCDE"}
    renamed = Market(
        {field: frame.rename(columns=names) for field, frame in market.frames.items()},
        market.weights.rename(columns=names),
    )
    arguments: dict[str, Any] = {"conventions": conventions, "rebalance": config, "costs": costs, "cash": 1e5}
    record, other = market.run(**arguments), renamed.run(**arguments)
    assert record.value.tobytes() == other.value.tobytes()
    assert [names[name] for name in record.fills["asset"]] == other.fills["asset"].tolist()


@many
@given(
    market=markets(gross=0.5, eighths=True),
    data=st.data(),
    config=configs(allow_fractional=None, max_gross_leverage=None, min_weight_change=0.0),
)
def test_permuted_assets_permute_ziplines_result(
    market: Market, data: st.DataObject, config: wb.RebalanceConfig
) -> None:
    """No cash is checked, so that the sequence of the columns decides over nothing; no sum is rounded here."""
    order = data.draw(st.permutations(list(market.weights.columns)))
    permuted = Market({field: frame[order] for field, frame in market.frames.items()}, market.weights)
    record, other = (m.run(conventions="zipline", rebalance=config, cash=2.0**20) for m in (market, permuted))
    pd.testing.assert_frame_equal(record.equity, other.equity, check_exact=True)
    pd.testing.assert_frame_equal(record.positions, other.positions[list(record.assets)], check_exact=True)


@many
@given(market=markets(gross=0.5), data=st.data(), mode=st.sampled_from(MODES), conventions=st.sampled_from(AT_ONCE))
def test_permuted_assets_permute_the_result_at_once_where_cash_is_ample(
    market: Market, data: st.DataObject, mode: str, conventions: str
) -> None:
    """The sequence is that of the order values; where cash is ample, fractions differ by rounding alone."""
    order = data.draw(st.permutations(list(market.weights.columns)))
    permuted = Market({field: frame[order] for field, frame in market.frames.items()}, market.weights.abs())
    straight = Market(market.frames, market.weights.abs())
    config = wb.RebalanceConfig.unfiltered(mode)
    record, other = (m.run(conventions=conventions, rebalance=config, cash=1e5) for m in (straight, permuted))
    assert not len(record.denials)
    np.testing.assert_allclose(record.value, other.value, rtol=1e-11)
    np.testing.assert_allclose(
        record.positions.to_numpy(), other.positions[list(record.assets)].to_numpy(), rtol=1e-9, atol=1e-6
    )
