"""The proof itself: every built-in scenario through every framework of the test environment."""

from __future__ import annotations

import pytest

from weighbridge.adapter import Adapter
from weighbridge.parity.harness import run_parity
from weighbridge.parity.scenarios import built_in_scenarios, built_in_whys
from weighbridge_backtrader import ADAPTER as BACKTRADER

FRAMEWORKS = (BACKTRADER,)


@pytest.mark.parametrize("adapter", FRAMEWORKS, ids=lambda adapter: adapter.name)
@pytest.mark.parametrize("name", built_in_whys())
def test_all_that_must_agree_does(name: str, adapter: Adapter) -> None:
    report = run_parity([adapter], built_in_scenarios([name]))
    texts = [row.explain() for row in report.rows if not row.verdict.agrees]
    assert report.passed, "\n\n".join([*report.failures, *texts])
