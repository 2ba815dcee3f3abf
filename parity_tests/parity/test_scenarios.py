from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from parity_tests.parity.fakes import fake_adapter, small_scenario
from weighbridge.data.bars import Bars
from weighbridge.engine.inputs import decisions_on
from weighbridge.exceptions import ConfigError, InputError, ParityError, TargetsError
from weighbridge.parity.decision_streams import constant_weights, rotation_weights
from weighbridge.parity.scenarios import Scenario, built_in_scenarios, built_in_whys, scenario_from_files
from weighbridge.parity.subjects import Claim, Subject, claims_on
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.costs import Costs, FixedCommission

BUILT_IN = built_in_scenarios()
DAYS = pd.date_range("2024-01-01", periods=5, name="time")
CLOSES = Bars.from_frames(
    close=pd.DataFrame(
        {"A": [10.0, 11.0, 12.0, 13.0, 14.0], "B": [10.0, 12.0, 9.0, 9.0, 20.0], "C": [np.nan, np.nan, 5.0, 6.0, 6.0]},
        index=DAYS,
    )
)


def named(name: str) -> Scenario:
    return next(scenario for scenario in BUILT_IN if scenario.name == name)


@pytest.mark.parametrize("scenario", BUILT_IN, ids=lambda scenario: scenario.name)
def test_a_built_in_scenario_can_run(scenario: Scenario) -> None:
    assert scenario.why.endswith(".")
    scenario.bars.require("open", "high", "low", "volume")
    row_of_bar, _ = decisions_on(scenario.bars, scenario.targets)
    assert (row_of_bar >= 0).sum() > 10


def test_names_and_reasons_are_known_without_making_bars() -> None:
    assert built_in_whys() == {scenario.name: scenario.why for scenario in BUILT_IN}
    assert len(built_in_whys()) == len(BUILT_IN)


def test_the_matrix_covers_what_it_promises() -> None:
    """Facts of the data itself, so that a change of a seed cannot hollow a scenario out."""
    late = named("embedded-late-listings")
    assert (late.bars.first_bar > 0).sum() == 2
    assert not np.isnan(late.targets.weights).any()
    gone = named("missing-and-delisted").bars
    assert (gone.last_bar < gone.n_bars - 1).any()
    spans = zip(gone.first_bar, gone.last_bar, strict=True)
    inside = [gone.has_bar[first : last + 1, asset] for asset, (first, last) in enumerate(spans)]
    assert any(not present.all() for present in inside)
    assert np.nansum(np.abs(named("embedded-over-allocated").targets.weights), axis=1).max() == pytest.approx(1.6)
    assert (named("embedded-long-short").targets.weights < 0.0).any()
    assert (named("exact-zeros").targets.weights == 0.0).mean() > 0.4
    assert np.isnan(named("no-decisions").targets.weights).all(axis=1).mean() > 0.6
    assert len(named("every-bar").targets.index) == named("every-bar").bars.n_bars
    assert (named("tiny-portfolio").cash, named("huge-portfolio").cash) == (1e3, 1e10)
    assert named("one-asset").bars.n_assets == 1
    fifty = named("fifty-by-thousand").bars
    assert (fifty.n_assets, fifty.n_bars) == (50, 1000)
    models = {type(s.costs.commission).__name__ for s in BUILT_IN} | {type(s.costs.slippage).__name__ for s in BUILT_IN}
    assert len(models) == 9
    acted = named("embedded-splits-and-dividends")
    assert {name: len(frame) for name, frame in acted.actions.items()} == {"splits": 3, "dividends": 92}
    assert not any(s.actions for s in BUILT_IN if s is not acted)
    assert named("default-config").rebalance == RebalanceConfig()
    assert named("thresholds-lots-caps").rebalance.round_lots


def test_some_names_are_made_in_the_order_asked_for() -> None:
    assert [s.name for s in built_in_scenarios(["one-asset", "every-bar"])] == ["one-asset", "every-bar"]
    with pytest.raises(ParityError, match="'nothing'"):
        built_in_scenarios(["nothing"])


def test_native_needs_an_unfiltered_config() -> None:
    with pytest.raises(ParityError, match="filters trades"):
        small_scenario(rebalance=RebalanceConfig())
    assert not small_scenario(rebalance=RebalanceConfig(), native=False).unfiltered
    assert small_scenario(rebalance=RebalanceConfig.unfiltered("hybrid")).unfiltered


def test_a_scenario_refuses_bad_cash_and_no_modes() -> None:
    with pytest.raises(ConfigError, match="cash"):
        small_scenario(cash=-1.0)
    with pytest.raises(ParityError, match="no modes"):
        small_scenario(modes=frozenset())


def claims(scenario: Scenario, modes: Any = RebalanceMode) -> list[tuple[Claim, str]]:
    return [(c.claim, c.mode.name) for c in claims_on(fake_adapter(), scenario, modes)]


def test_claims_follow_the_table_of_the_design() -> None:
    assert claims(small_scenario()) == [
        (Claim.NATIVE_IS_ENGINE, "SNAPSHOT"),
        (Claim.EXECUTOR_IS_NATIVE, "SNAPSHOT"),
        (Claim.EXECUTOR_IS_ENGINE, "SNAPSHOT"),
        (Claim.EXECUTOR_IS_ENGINE, "INCREMENTAL"),
        (Claim.EXECUTOR_IS_ENGINE, "HYBRID"),
    ]
    assert claims(small_scenario(), [RebalanceMode.HYBRID]) == [(Claim.EXECUTOR_IS_ENGINE, "HYBRID")]
    filtered = small_scenario(rebalance=RebalanceConfig(), native=False)
    assert {claim for claim, _ in claims(filtered)} == {Claim.EXECUTOR_IS_ENGINE}


def test_a_scenario_is_not_for_a_framework_without_its_setting_or_costs() -> None:
    assert claims(small_scenario(conventions={"other": "backtrader-coc"})) == []
    assert claims(small_scenario(costs=Costs(commission=FixedCommission(1.0)))) == []
    own = small_scenario(conventions={"fake": "backtrader-coc"})
    assert {c.left.conventions.name for c in claims_on(fake_adapter(), own, RebalanceMode)} == {"backtrader-coc"}


def test_half_a_framework_is_no_subject() -> None:
    with pytest.raises(ParityError, match="how"):
        Subject(adapter=fake_adapter(), conventions=fake_adapter().conventions[0])


def test_constant_weights_ask_before_an_asset_is_listed() -> None:
    weights = constant_weights(CLOSES, weights={"A": 0.5, "C": 0.5}, every=2)
    assert weights.frame.to_numpy().tolist() == [[0.5, 0.5]] * 3
    assert list(weights.index) == list(DAYS[::2])


def test_a_rotation_holds_the_best_known_so_far() -> None:
    """By hand: over one bar A gains 1/10, then 1/11, 1/12, 1/13; B 2/10, -3/12, 0, 11/9; C is new at the third."""
    weights = rotation_weights(CLOSES, every=1, top=1, lookback=1)
    nan = float("nan")
    expected = [[0.0, 1.0, nan], [1.0, 0.0, nan], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    np.testing.assert_array_equal(weights.weights, expected)


@pytest.mark.parametrize("settings", [{"every": 0}, {"top": 0}, {"lookback": 0}, {"lookback": 5}])
def test_a_rotation_refuses_what_it_cannot_do(settings: dict[str, int]) -> None:
    with pytest.raises(InputError):
        rotation_weights(CLOSES, **{"every": 1, "top": 1, "lookback": 1, **settings})


def test_own_files_become_a_scenario(tmp_path: Path) -> None:
    prices, weights = tmp_path / "prices.csv", tmp_path / "weights.csv"
    CLOSES.frame("close")[["A", "B"]].to_csv(prices)
    pd.DataFrame({"A": [0.5]}, index=DAYS[:1]).to_csv(weights)
    scenario = scenario_from_files(prices, weights, cash=5000.0)
    assert (scenario.cash, scenario.native, scenario.bars.assets) == (5000.0, True, ("A", "B"))
    assert "prices.csv" in scenario.why
    assert not scenario_from_files(prices, weights, rebalance=RebalanceConfig()).native
    pd.DataFrame({"Z": [0.5]}, index=DAYS[:1]).to_csv(weights)
    with pytest.raises(TargetsError, match="'Z'"):
        scenario_from_files(prices, weights)
