from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from parity_tests.parity.fakes import changed, fake_adapter, small_scenario, with_value
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import (
    BarsError,
    MissingExtraError,
    ParityError,
    UnknownAdapterError,
    UnsupportedError,
)
from weighbridge.parity.compare import Tolerance, Verdict
from weighbridge.parity.harness import run_parity
from weighbridge.parity.subjects import Claim
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.costs import Costs, FixedCommission

SMALL = small_scenario()
ABSENT = fake_adapter("absent", distribution="no-such-distribution")


def idle_scenario() -> Any:
    zeros = pd.DataFrame(np.zeros((3, 4)), index=SMALL.bars.index[:3], columns=list(SMALL.bars.assets))
    return small_scenario("idle", targets=TargetWeights(zeros))


def test_a_framework_that_agrees_passes() -> None:
    report = run_parity([fake_adapter()], [SMALL])
    assert report.passed
    assert report.failures == ()
    assert len(report.rows) == 5
    assert {row.verdict for row in report.rows} == {Verdict.IDENTICAL}
    assert all(row.fills > 10 and row.bars == 80 for row in report.rows)
    assert list(report.versions) == ["fake"]
    assert (report.skipped, report.not_for) == ((), ())


def test_every_subject_runs_once_for_a_mode() -> None:
    calls: list[tuple[str, RebalanceMode]] = []
    report = run_parity([fake_adapter(calls=calls)], [SMALL])
    assert sorted(calls) == sorted(
        [("native", RebalanceMode.SNAPSHOT), *(("executor", mode) for mode in RebalanceMode)]
    )
    snapshot = {row.claim: row for row in report.rows if row.mode is RebalanceMode.SNAPSHOT}
    assert snapshot[Claim.EXECUTOR_IS_NATIVE].right_record is snapshot[Claim.NATIVE_IS_ENGINE].left_record
    assert snapshot[Claim.EXECUTOR_IS_ENGINE].right_record is snapshot[Claim.NATIVE_IS_ENGINE].right_record


def test_denials_are_compared_too() -> None:
    report = run_parity([fake_adapter()], [small_scenario(gross=1.6)])
    assert report.passed
    assert sum(row.denials for row in report.rows if row.mode is RebalanceMode.SNAPSHOT) > 0


def test_one_wrong_mode_fails_and_names_itself() -> None:
    def hybrid_is_wrong(run: RunRecord) -> RunRecord:
        wrong = run.provenance["rebalance"]["mode"] == "hybrid"
        return changed(run, "fill", 4, price=1.0) if wrong else run

    report = run_parity([fake_adapter(executor=hybrid_is_wrong)], [SMALL])
    assert not report.passed
    assert report.failures == ("small, fake, HYBRID: executor = engine: different",)
    bad = next(row for row in report.rows if not row.verdict.agrees)
    assert "fills.price" in bad.explain()
    assert "HYBRID" in bad.explain()


def test_nothing_traded_is_not_a_pass() -> None:
    report = run_parity([fake_adapter()], [idle_scenario()])
    assert {row.verdict for row in report.rows} == {Verdict.EMPTY}
    assert not report.passed
    assert any("nothing was traded" in failure for failure in report.failures)
    assert not run_parity([fake_adapter()], [SMALL, idle_scenario()]).passed


def test_no_framework_is_not_a_pass() -> None:
    report = run_parity([], [SMALL])
    assert report.failures == ("no framework took part",)


def test_a_framework_that_no_scenario_is_for_is_not_a_pass() -> None:
    scenario = small_scenario(costs=Costs(commission=FixedCommission(1.0)))
    report = run_parity([fake_adapter()], [scenario])
    assert report.not_for == (("small", "fake"),)
    assert report.failures == ("fake: no comparison was made",)


def test_a_missing_framework_is_skipped_and_named() -> None:
    report = run_parity([fake_adapter(), ABSENT], [SMALL])
    assert report.passed
    assert [skipped.framework for skipped in report.skipped] == ["absent"]
    assert 'pip install "weighbridge[absent]"' in report.skipped[0].reason


def test_a_required_framework_may_not_be_skipped() -> None:
    with pytest.raises(MissingExtraError, match="no-such-distribution"):
        run_parity([fake_adapter(), ABSENT], [SMALL], require=["absent"])
    with pytest.raises(UnknownAdapterError, match="nobody"):
        run_parity([fake_adapter()], [SMALL], require=["nobody"])
    assert run_parity([fake_adapter()], [SMALL], require=["fake"]).passed


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), UnsupportedError("not here", hint="elsewhere")])
def test_a_framework_that_raises_fails_without_losing_the_rest(error: Exception) -> None:
    def raises(run: RunRecord) -> RunRecord:
        raise error

    report = run_parity([fake_adapter("bad", executor=raises), fake_adapter()], [SMALL])
    verdicts = {(row.framework, row.claim): row.verdict for row in report.rows}
    assert verdicts["bad", Claim.EXECUTOR_IS_ENGINE] is Verdict.FAILED
    assert verdicts["bad", Claim.NATIVE_IS_ENGINE] is Verdict.IDENTICAL
    assert verdicts["fake", Claim.EXECUTOR_IS_ENGINE] is Verdict.IDENTICAL
    bad = next(row for row in report.rows if row.verdict is Verdict.FAILED)
    assert type(error).__name__ in bad.explain()
    assert (bad.fills, bad.denials, bad.bars) == (0, 0, 0)
    assert not report.passed


def test_wrong_input_is_an_error_and_not_a_verdict() -> None:
    closes_only = type(SMALL.bars).from_frames(close=SMALL.bars.frame("close"))
    with pytest.raises(BarsError, match="no open"):
        run_parity([fake_adapter()], [small_scenario(bars=closes_only)])
    with pytest.raises(ParityError, match="same name"):
        run_parity([fake_adapter()], [SMALL, SMALL])


def test_a_tolerance_covers_native_runs_only() -> None:
    allowed = Tolerance(field="value", relative=1e-9, reason="rounded by the framework")

    def nudged(run: RunRecord) -> RunRecord:
        return with_value(run, "value", 40, run.value[40] * (1.0 + 1e-12))

    report = run_parity([fake_adapter(native=nudged)], [SMALL], tolerances={"fake": [allowed]})
    assert report.passed
    assert [row.claim for row in report.rows if row.verdict is Verdict.WITHIN] == [
        Claim.NATIVE_IS_ENGINE,
        Claim.EXECUTOR_IS_NATIVE,
    ]
    report = run_parity([fake_adapter(executor=nudged)], [SMALL], tolerances={"fake": [allowed]})
    assert not report.passed


def test_progress_is_told_from_first_to_last() -> None:
    seen: list[tuple[int, int, str]] = []
    run_parity([fake_adapter()], [SMALL], progress=lambda *step: seen.append(step))
    assert seen[0] == (0, 5, "small: fake native, SNAPSHOT")
    assert seen[-1] == (5, 5, "done")
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


def test_rows_hold_the_time_that_each_side_took() -> None:
    rows = run_parity([fake_adapter()], [SMALL]).rows
    assert all(row.left_seconds > 0.0 and row.right_seconds > 0.0 for row in rows)


def test_a_record_of_other_bars_is_an_error_of_the_adapter() -> None:
    def shifted(run: RunRecord) -> RunRecord:
        return replace(run, index=run.index + pd.Timedelta(days=1))

    with pytest.raises(ParityError, match="bar 0"):
        run_parity([fake_adapter(native=shifted)], [SMALL])
