"""Realised weights and slippage (semantics 10): by hand for every fill timing, and against a walk in plain Python."""

from __future__ import annotations

import copy
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import awkward_bars
from parity_tests.core.events.material import Script, Weights, bars_of, rows_of
from weighbridge.exceptions import RecordError
from weighbridge.record.inputs import UNSLIPPED, RunInputs, fills_later
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import AdjustmentTable, DenialTable, FillTable, Measures, WeightTable
from weighbridge.rules.fill import Fill
from weighbridge.settings.conventions import PRESETS
from weighbridge.testing.awkward import awkward_weights

UNFILTERED = wb.RebalanceConfig.unfiltered("hybrid")
SLIPPAGE = wb.Costs(slippage=wb.PercentSlippage(1 / 64))

# What a fill is measured against: the field, how many bars before its booking, and whether that is after the decision.
RULES = {
    "reference": ("open", 0, True),
    "backtrader": ("open", 0, True),
    "backtrader-coc": ("close", 1, True),
    "backtrader-coo": ("open", 0, False),
    "zipline": ("close", 0, True),
    "vectorbt": ("close", 0, False),
    "vectorbt-open": ("open", 0, False),
    "vectorbt-next-open": ("open", 0, True),
    "vectorbt-next-close": ("close", 0, True),
}


def test_every_fill_timing_has_its_price() -> None:
    """Semantics 10.4."""
    assert set(UNSLIPPED) == set(Fill)
    for name, (field, before, later) in RULES.items():
        fill = PRESETS[name].fill
        assert (UNSLIPPED[fill], fills_later(fill)) == ((field, before), later)
    assert {PRESETS[name].fill for name in RULES} == set(Fill)


def bars() -> wb.Bars:
    """Four bars of A, whose every price is another number."""
    return bars_of((100, 999, 1, 104), (110, 999, 1, 112), (120, 999, 1, 128), (130, 999, 1, 136))


def asking(weights: dict[int, float]) -> wb.TargetWeights:
    index = bars().index[[*weights]]
    return wb.TargetWeights(pd.DataFrame({"A": [*weights.values()]}, index))


# By hand: decided at bar 1; the price that is slipped, and the bar that books it with its close.
BY_HAND = {
    "reference": (120, 2, 128),
    "backtrader": (120, 2, 128),
    "backtrader-coc": (112, 2, 128),
    "backtrader-coo": (110, 1, 112),
    "zipline": (128, 2, 128),
    "vectorbt": (112, 1, 112),
    "vectorbt-open": (110, 1, 112),
    "vectorbt-next-open": (120, 2, 128),
    "vectorbt-next-close": (128, 2, 128),
}


@pytest.mark.parametrize("conventions", BY_HAND)
def test_one_purchase_by_hand(conventions: str) -> None:
    price, bar, close = BY_HAND[conventions]
    run = wb.simulate(
        bars(), asking({1: 0.5}), conventions=conventions, rebalance=UNFILTERED, costs=SLIPPAGE, cash=10_000.0
    )
    assert run.fills["bar"].tolist() == [bar]
    quantity = run.fills["quantity"].item()
    # VectorBT's fractions round; everything else is a sum of small powers of two.
    assert quantity == pytest.approx(5000 / (price if "vectorbt" in conventions else 112), abs=4)
    assert run.slippage is not None
    assert run.slippage.tolist() == pytest.approx([quantity * price / 64], rel=1e-14)
    value = 10_000 - quantity * price * 65 / 64 + quantity * close
    assert run.weights is not None
    assert run.weights.drop(columns="realised").to_dict("records") == [
        {"bar": 1, "time": bars().index[1], "asset": "A", "target": 0.5}
    ]
    assert run.weights["realised"].item() == pytest.approx(quantity * close / value, rel=1e-14)


@pytest.mark.parametrize("conventions", BY_HAND)
def test_a_sale_costs_what_it_brings_less(conventions: str) -> None:
    run = wb.simulate(
        bars(), asking({0: 0.5, 1: 0.0}), conventions=conventions, rebalance=UNFILTERED, costs=SLIPPAGE, cash=10_000.0
    )
    quantity = run.fills["quantity"].to_numpy()
    assert list(np.sign(quantity)) == [1, -1]
    assert run.slippage is not None
    assert run.slippage.iloc[1] == pytest.approx(-quantity[1] * BY_HAND[conventions][0] / 64, rel=1e-14)
    # The sale was asked for with 0.0 and nothing is left: there is nothing to tell.
    assert run.weights is not None
    assert run.weights["bar"].tolist() == [0]


def test_the_last_decision_had_no_chance_where_fills_come_later() -> None:
    for conventions, (_, _, later) in RULES.items():
        run = wb.simulate(bars(), asking({3: 0.5}), conventions=conventions, rebalance=UNFILTERED, cash=10_000.0)
        assert run.weights is not None
        assert run.weights["bar"].tolist() == [3]
        assert math.isnan(run.weights["realised"].item()) == later, conventions


def test_what_was_not_traded_is_measured_at_the_decision() -> None:
    held = wb.RebalanceConfig(min_weight_change=0.2, min_trade_value=0.0)
    run = wb.simulate(bars(), asking({0: 0.5, 2: 0.6}), rebalance=held, cash=10_000.0)
    # 48 at 110, the next open; at the end of bar 2 they are worth 48 * 128.
    assert run.fills[["bar", "quantity", "price"]].to_numpy().tolist() == [[1, 48, 110]]
    assert run.weights is not None
    assert run.weights["realised"].tolist() == [48 * 112 / (10_000 + 48 * 2), 48 * 128 / (10_000 + 48 * 18)]


def walked(run: RunRecord, prices: wb.Bars, targets: wb.TargetWeights, conventions: str) -> tuple[Any, Any]:
    """Return the rows of `weights` and the slippage of each fill, one after the other in plain Python."""
    field, before, later = RULES[conventions]
    frame = targets.frame.reindex(columns=list(prices.assets))
    decisions = [(prices.index.get_loc(time), row) for time, row in frame.iterrows() if row.notna().any()]
    fills = list(run.fills[["bar", "asset", "quantity", "price"]].itertuples(index=False))
    closes = prices.frame("close").ffill()
    quoted = prices.frame(field).ffill().shift(before)
    rows: list[Any] = []
    for place, (bar, row) in enumerate(decisions):
        after = decisions[place + 1][0] if place + 1 < len(decisions) else prices.n_bars
        end = max((f.bar for f in fills if bar + later <= f.bar < after + later), default=bar)
        held = dict.fromkeys(prices.assets, 0.0)
        for fill in fills:
            if fill.bar <= end:
                held[fill.asset] += fill.quantity
        for asset, target in row.items():
            quantity = run.positions[asset].iloc[end]
            assert quantity == pytest.approx(held[asset], abs=1e-9)
            if math.isnan(target) or (target == 0.0 and quantity == 0.0):
                continue
            realised = quantity * closes[asset].iloc[end] / run.value[end] if quantity else 0.0
            realised = math.nan if later and bar == prices.n_bars - 1 else realised
            rows.append((bar, prices.index[bar], asset, target, realised))
    slippage = [f.quantity * (f.price - quoted[f.asset].iloc[f.bar]) for f in fills]
    return pd.DataFrame(rows, columns=["bar", "time", "asset", "target", "realised"]), slippage


def check(run: RunRecord, prices: wb.Bars, targets: wb.TargetWeights, conventions: str) -> None:
    weights, slippage = walked(run, prices, targets, conventions)
    assert len(weights) > 20
    assert run.weights is not None
    assert run.slippage is not None
    pd.testing.assert_frame_equal(
        run.weights.astype({"asset": str}), weights.astype({"asset": str}), check_exact=True, check_dtype=False
    )
    assert run.slippage.tolist() == slippage


CASES = {
    "rare": {"every": 9},
    "every_bar": {"every": 1},
    "short": {"every": 4, "short": True, "gross": 1.4},
}


@pytest.mark.parametrize("stream", CASES)
@pytest.mark.parametrize("conventions", RULES)
def test_against_a_walk(conventions: str, stream: str) -> None:
    for seed, mode in ((0, "snapshot"), (1, "hybrid"), (2, "incremental")):
        # Where orders fill at once there are no decisions without a price: no bar is missing.
        whole = {"missing": 0.0, "late": 0, "ended": 0} if "vectorbt" in conventions else {}
        prices = awkward_bars(90, seed=seed, **whole)
        targets = awkward_weights(prices, seed=seed, **CASES[stream])
        config = wb.RebalanceConfig.unfiltered(mode)
        costs = wb.Costs(commission=wb.PercentCommission(0.001), slippage=wb.PercentSlippage(0.002))
        run = wb.simulate(prices, targets, conventions=conventions, rebalance=config, costs=costs, cash=1e5)
        check(run, prices, targets, conventions)


@pytest.mark.parametrize("conventions", [name for name in RULES if "vectorbt" not in name])
@pytest.mark.parametrize("how", ["compiled", "executor"])
def test_a_strategy_is_measured_like_the_same_targets(conventions: str, how: str) -> None:
    prices = awkward_bars(90, seed=5)
    targets = awkward_weights(prices, seed=5, every=4)
    settings: dict[str, Any] = {
        "conventions": conventions,
        "rebalance": wb.RebalanceConfig(mode="hybrid"),
        "costs": SLIPPAGE,
    }
    run = wb.Engine(prices, Weights(rows_of(targets), how), **settings).run()
    check(run, prices, targets, conventions)
    same(run, wb.simulate(prices, targets, **settings))


def same(left: RunRecord, right: RunRecord) -> None:
    for one, other in ((left.weights, right.weights), (left.slippage, right.slippage)):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.equals(other)


def test_one_target_after_the_other_adds_up() -> None:
    prices = bars_of(*[(10, 10, 10, 10)] * 4, B=[(20, 20, 20, 20)] * 4)

    class Both(Script):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            if context.bar == 1:
                broker.order_target_percent("A", 0.2)
                broker.order_target_percent("B", 0.4)
                broker.order_target_percent("A", 0.3)
            if context.bar == 2:
                self.executor.execute({"B": 0.1}, broker=broker)

    run = wb.Engine(prices, Both(), rebalance=UNFILTERED, cash=1000.0).run()
    assert run.weights is not None
    # Unfiltered keeps what is not mentioned: at bar 2 only B is asked for.
    assert run.weights[["bar", "asset", "target", "realised"]].to_numpy().tolist() == [
        [1, "A", 0.3, 0.3],
        [1, "B", 0.4, 0.4],
        [2, "B", 0.1, 0.1],
    ]


def test_what_a_later_request_of_a_bar_leaves_alone_stays() -> None:
    """Semantics 10.2."""
    prices = bars_of(*[(10, 10, 10, 10)] * 3, B=[(20, 20, 20, 20)] * 3)

    def ask_twice(broker: Any) -> None:
        broker.rebalance_to_weights({"A": 0.2, "B": 0.1})
        broker.rebalance_to_weights({"B": 0.4})

    run = wb.Engine(prices, Script(ask_twice), rebalance=wb.RebalanceConfig.unfiltered("snapshot"), cash=1000.0).run()
    assert run.weights is not None
    assert run.weights[["asset", "target", "realised"]].to_numpy().tolist() == [["A", 0.2, 0.2], ["B", 0.4, 0.4]]


def test_prices_of_ones_own_have_no_slippage_to_tell() -> None:
    """Semantics 10.4."""
    prices = bars_of(*[(10, 11, 9, 10)] * 4, B=[(20, 21, 19, 20)] * 4)
    script = Script(
        lambda broker: [
            broker.submit_order("A", 5, "limit", limit_price=9.5),
            broker.submit_order("B", 5),
        ],
        None,
        lambda broker: broker.close_position("A"),
    )
    run = wb.Engine(prices, script, costs=wb.Costs(slippage=wb.FixedSlippage(0.25)), cash=1000.0).run()
    assert run.fills["asset"].tolist() == ["A", "B", "A"]
    assert run.slippage is not None
    assert run.slippage.isna().tolist() == [True, False, True]
    assert run.slippage.iloc[1] == 5 * 0.25
    assert run.weights is None  # Nobody asked for any.


def test_limits_under_zipline_fill_at_the_close_and_slip_from_it() -> None:
    prices = bars_of(*[(10, 11, 9, 10)] * 4)
    script = Script(lambda broker: broker.submit_order("A", 5, "limit", limit_price=11.0))
    costs = wb.Costs(slippage=wb.FixedSlippage(0.25))
    run = wb.Engine(prices, script, conventions="zipline", costs=costs, cash=1000.0).run()
    assert run.fills["price"].tolist() == [10.25]
    assert run.slippage is not None
    assert run.slippage.tolist() == [5 * 0.25]


def test_what_an_engine_did_until_a_strategy_raised_is_measured() -> None:
    prices = bars_of(*[(10, 10, 10, 10)] * 4)

    def fail(broker: Any) -> None:
        raise RuntimeError

    engine = wb.Engine(
        prices, Script(lambda broker: broker.rebalance_to_weights({"A": 0.5}), None, fail), rebalance=UNFILTERED
    )
    with pytest.raises(wb.WeighbridgeError):
        engine.run()
    assert engine.record is not None
    assert engine.record.weights is not None
    assert engine.record.weights["realised"].tolist() == [0.5]


def test_a_lost_portfolio_has_no_weights() -> None:
    prices = bars_of((10, 10, 10, 10), (10, 10, 10, 10), (10, 30, 10, 30), (30, 30, 30, 30))
    frame = pd.DataFrame({"A": [-1.0, -1.0]}, prices.index[[0, 2]])
    run = wb.simulate(prices, wb.TargetWeights(frame), conventions="zipline", cash=1000.0, rebalance=UNFILTERED)
    assert run.value[2] <= 0.0
    assert run.weights is not None
    assert run.weights["realised"].iloc[0] == -1.0
    assert math.isnan(run.weights["realised"].iloc[1])


@pytest.mark.parametrize("conventions", ["reference", "backtrader"])
def test_contracts_are_measured_by_what_they_bind(conventions: str) -> None:
    settings: dict[str, Any] = {
        "conventions": conventions,
        "rebalance": UNFILTERED,
        "costs": SLIPPAGE,
        "cash": 10_000.0,
        "contracts": {"A": wb.Contract(multiplier=50.0, margin=1000.0)},
    }
    run = wb.simulate(bars(), asking({1: 0.5}), **settings)
    same(run, wb.Engine(bars(), Weights(rows_of(asking({1: 0.5}))), **settings).run())
    # Half of 10,000 binds five contracts of 1,000, filled at 120 + 120 / 64; at the close they stand at 128.
    assert run.fills["quantity"].tolist() == [5]
    assert run.weights is not None
    assert run.slippage is not None
    assert run.weights["realised"].tolist() == [5 * 1000 / run.value[2]]
    assert run.value[2] == 10_000 + 5 * 50 * (128 - 121.875)
    assert run.slippage.tolist() == [5 * 1.875 * 50]
    assert run.stats()["traded_value"] == 5 * 121.875 * 50


def test_a_split_changes_what_is_held_before_the_fills_of_its_bar() -> None:
    prices = bars_of((10, 10, 10, 10), (10, 10, 10, 10), (5, 5, 5, 5), (5, 5, 5, 5))
    targets = wb.TargetWeights(pd.DataFrame({"A": [0.5, 0.5, 0.4]}, prices.index[[0, 1, 2]]))
    split = AdjustmentTable(np.array([2]), np.array([0]), np.array([100.0]))

    def realised(*fills: tuple[int, float, float]) -> list[float]:
        bar, quantity, position = (np.array(column) for column in zip(*fills, strict=True))
        run = RunRecord(
            index=prices.index,
            assets=prices.assets,
            fill_table=FillTable(bar, bar * 0, quantity, quantity * 0.0 + 5.0, quantity * 0.0, position),
            denial_table=DenialTable(*(np.empty(0, dtype=np.int64) for _ in range(4))),
            cash=np.full(4, 500.0),
            value=np.full(4, 1000.0),
            adjustment_table=split,
            measures=RunInputs(prices, Fill.NEXT_CLOSE, targets),
        )
        assert run.weights is not None
        return run.weights["realised"].tolist()

    # Nothing but the split: the second decision is measured before it, the third after it.
    assert realised((1, 50.0, 50.0)) == [0.5, 0.5, 0.5]
    # A sale in the bar of the split leaves 80 of the 100.
    assert realised((1, 50.0, 50.0), (2, -20.0, 80.0)) == [0.5, 0.4, 0.4]


def saved(run: RunRecord, folder: Path) -> RunRecord:
    return RunRecord.load(run.save(folder / "run"))


def pickled(run: RunRecord, folder: Path) -> RunRecord:
    return pickle.loads(pickle.dumps(run))


def copied(run: RunRecord, folder: Path) -> RunRecord:
    return copy.copy(run)


@pytest.mark.parametrize("way", [saved, pickled, copied])
def test_measures_survive(way: Any, tmp_path: Path) -> None:
    prices = awkward_bars(60, seed=7)
    targets = awkward_weights(prices, seed=7)
    run = wb.simulate(prices, targets, costs=SLIPPAGE, cash=1e5)
    other = way(run, tmp_path)
    assert other.weights is not None
    same(run, other)
    # The bars and the targets stay where they are.
    assert isinstance(other.measures, Measures)
    assert b"RunInputs" not in pickle.dumps(run)
    same(other, saved(other, tmp_path / "again"))


def test_a_record_without_them(tmp_path: Path) -> None:
    run = wb.simulate(bars(), asking({1: 0.5}), cash=10_000.0)
    path = run.save(tmp_path / "run")
    (path / "weights.parquet").unlink()
    (path / "slippage.parquet").unlink()
    older = RunRecord.load(path)
    assert older.weights is None
    assert older.slippage is None
    same(older, saved(older, tmp_path / "again"))


def test_nothing_is_worked_out_before_it_is_asked_for() -> None:
    prices, targets = bars(), asking({1: 0.5})
    run = wb.simulate(prices, targets, cash=10_000.0)
    inputs: Any = run.measures
    assert inputs.bars is prices
    assert inputs.targets is targets
    fields = set(RunRecord.__dataclass_fields__)
    assert set(vars(run)) == fields
    assert run.weights is not None
    assert set(vars(run)) == fields | {"measured", "weights"}


def test_measures_must_fit() -> None:
    run = wb.simulate(bars(), asking({1: 0.5}), cash=10_000.0)
    fields = {name: getattr(run, name) for name in RunRecord.__dataclass_fields__}
    beyond = WeightTable(np.array([4]), np.array([0]), np.array([0.5]), np.array([0.5]))
    with pytest.raises(RecordError, match="weights name a bar or asset"):
        RunRecord(**{**fields, "measures": Measures(beyond, None)})
    with pytest.raises(RecordError, match="slippage of 2 fills for 1 fills"):
        RunRecord(**{**fields, "measures": Measures(None, np.zeros(2))})


def test_a_record_says_what_it_is() -> None:
    run = wb.simulate(bars(), asking({1: 0.5}), cash=10_000.0)
    span = f"{bars().index[0]} to {bars().index[3]}"
    assert repr(run) == f"<RunRecord engine, reference: 4 x 1, {span}; 1 fills, 0 denials>"
