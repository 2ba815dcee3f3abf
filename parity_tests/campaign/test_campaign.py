"""The campaign can fail, and its cases are what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import weighbridge as wb
from parity_tests.campaign import native
from parity_tests.campaign.__main__ import main
from parity_tests.campaign.building import built
from parity_tests.campaign.cases import PRESETS, drawn, preset_of
from parity_tests.campaign.native import Outcome

FEW = ["--only", "backtrader", "--cases", "4"]


def test_a_seed_gives_the_same_case() -> None:
    for seed in range(60):
        one, other = drawn(seed), drawn(seed)
        assert str(one) == str(other)
        assert one.weights.tobytes() == other.weights.tobytes()
        assert [it.tobytes() for it in one.prices.values()] == [it.tobytes() for it in other.prices.values()]


def test_every_preset_has_its_turn_and_few_cases_are_refused() -> None:
    assert {preset_of(seed) for seed in range(12)} == set(PRESETS)
    refused = 0
    for seed in range(240):
        case = drawn(seed)
        # A decision in a bar without any trade would be refused.
        assert not np.isnan(case.prices["close"][case.rows]).all(axis=1).any()
        try:
            built(case)
        except wb.WeighbridgeError:
            refused += 1
    assert refused == 0


def test_a_campaign_without_differences_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(FEW) == 0
    assert "4 of 4 cases, 0 differ" in capsys.readouterr().out


def test_a_difference_fails_the_campaign_and_says_how_to_see_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def richer(given: Any) -> wb.RunRecord:
        settings = {**given.settings, "cash": given.settings["cash"] * 1.5}
        return wb.simulate(given.bars, given.targets, **settings, **given.more)

    monkeypatch.setattr(native, "_in_engine", richer)
    assert main(FEW) == 1
    said = capsys.readouterr().out
    assert "4 cases differ: backtrader 0, backtrader 1, backtrader 2, backtrader 3" in said
    assert "python -m parity_tests.campaign --only backtrader --first 3 --cases 1" in said


def test_a_framework_that_fails_alone_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> wb.RunRecord:
        raise ZeroDivisionError("in the framework")

    monkeypatch.setattr(native, "_in_framework", broken)
    outcome: Outcome = native.tried("backtrader", 0)
    assert not outcome.agrees
    assert outcome.text == "backtrader alone: ZeroDivisionError: in the framework"


def test_a_campaign_that_trades_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def idle(given: Any) -> wb.RunRecord:
        nothing = wb.TargetWeights(given.targets.frame * np.nan)
        return wb.simulate(given.bars, nothing, **given.settings, **given.more)

    monkeypatch.setattr(native, "_in_engine", idle)
    monkeypatch.setattr(native, "_in_framework", lambda framework, how, given: idle(given))
    assert main(FEW) == 1
