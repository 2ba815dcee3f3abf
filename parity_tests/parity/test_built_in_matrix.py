"""The proof itself: every built-in scenario through every framework of the test environment."""

from __future__ import annotations

import pytest

from weighbridge.parity.adapter import Adapter
from weighbridge.parity.harness import run_parity
from weighbridge.parity.scenarios import built_in_scenarios, built_in_whys
from weighbridge.parity.subjects import claims_on
from weighbridge.settings.config import RebalanceMode
from weighbridge_backtrader import ADAPTER as BACKTRADER
from weighbridge_vectorbt import ADAPTER as VECTORBT
from weighbridge_zipline import ADAPTER as ZIPLINE

FRAMEWORKS = (BACKTRADER, VECTORBT, ZIPLINE)

# Some scenarios are of cheats, prices, cost models and splits that a framework does not have; most are for all.
FEWEST = 0.7


# One worker for all of them: each process would compile the frameworks' own code again.
@pytest.mark.xdist_group("matrix")
@pytest.mark.parametrize("name", built_in_whys())
def test_all_that_must_agree_does(name: str) -> None:
    report = run_parity(FRAMEWORKS, built_in_scenarios([name]))
    texts = [row.explain() for row in report.rows if not row.verdict.agrees]
    took_part = {row.framework for row in report.rows} | {framework for _, framework in report.not_for}
    assert took_part == {adapter.name for adapter in FRAMEWORKS}
    assert report.skipped == ()
    assert report.rows
    assert texts == [], "\n\n".join(texts)


@pytest.mark.parametrize("adapter", FRAMEWORKS, ids=lambda adapter: adapter.name)
def test_most_scenarios_are_for_every_framework(adapter: Adapter) -> None:
    scenarios = built_in_scenarios()
    assert sum(any(claims_on(adapter, scenario, RebalanceMode)) for scenario in scenarios) >= FEWEST * len(scenarios)
