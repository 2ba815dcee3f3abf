"""The ledger of declared differences: what is told, what fails, and what is stale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parity_tests.parity.fakes import Change, changed, fake_adapter, small_scenario
from weighbridge.exceptions import ParityError
from weighbridge.parity.compare import Verdict
from weighbridge.parity.declared import Difference, declared_differences
from weighbridge.parity.harness import run_parity
from weighbridge.parity.outcome import ParityReport
from weighbridge.parity.report import write_report
from weighbridge.parity.report_data import report_as_dict
from weighbridge.parity.report_table import overview_table, terminal_table
from weighbridge.parity.scenarios import built_in_whys
from weighbridge.parity.subjects import Claim
from weighbridge.record.run_record import RunRecord

SMALL = small_scenario()
DECLARED = Difference(
    kind="upstream",
    scenario="small",
    subject="fake native",
    settings={"engine": "odd"},
    versions=("1.2", "1.10"),
    field="fills.quantity",
    size=1.0,
    reason="The fake buys one too many.",
    link="https://example.org/1",
)


def fake(by: float, version: str = "1.9.1", engine: str = "odd", field: str = "quantity") -> Change:
    """Make a framework whose fifth fill is off by something."""

    def change(run: RunRecord) -> RunRecord:
        there = replace(run, provenance={**run.provenance, "version": version, "engine": engine})
        return changed(there, "fill", 4, **{field: getattr(run.fill_table, field)[4] + by})

    return change


def report_of(change: Change, *ledger: Difference) -> ParityReport:
    return run_parity([fake_adapter(native=change)], [SMALL], differences=ledger)


def native_verdicts(report: ParityReport) -> set[Verdict]:
    return {row.verdict for row in report.rows if row.claim is not Claim.EXECUTOR_IS_ENGINE}


def test_a_difference_as_declared_passes_with_its_reason() -> None:
    report = report_of(fake(1.0), DECLARED)
    assert native_verdicts(report) == {Verdict.DECLARED}
    assert {row.verdict for row in report.rows if row.claim is Claim.EXECUTOR_IS_ENGINE} == {Verdict.IDENTICAL}
    assert report.passed
    told = next(row for row in report.rows if row.verdict is Verdict.DECLARED).explain()
    assert "As declared: fills.quantity within 1 (upstream): The fake buys one too many. https://example.org/1" in told
    assert "first difference at" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (fake(2.0), "Not as declared: fills.quantity within 1"),
        (fake(0.5, field="price"), "Not as declared: fills.quantity within 1"),
        (fake(1.0, version="1.10"), "fills.quantity"),
        (fake(1.0, version="1.1.9"), "fills.quantity"),
        (fake(1.0, engine="other"), "fills.quantity"),
    ],
    ids=["larger", "another field", "later version", "earlier version", "another setting"],
)
def test_any_other_difference_fails(change: Change, words: str) -> None:
    report = report_of(change, DECLARED)
    assert native_verdicts(report) == {Verdict.DIFFERENT}
    assert not report.passed
    assert words in next(row for row in report.rows if row.verdict is Verdict.DIFFERENT).explain()


def test_without_a_declaration_it_fails() -> None:
    assert native_verdicts(report_of(fake(1.0))) == {Verdict.DIFFERENT}
    other = replace(DECLARED, scenario="another")
    assert native_verdicts(report_of(fake(1.0), other)) == {Verdict.DIFFERENT}
    executor = replace(DECLARED, subject="fake executor")
    assert native_verdicts(report_of(fake(1.0), executor)) == {Verdict.DIFFERENT}


def test_a_declared_difference_that_does_not_occur_fails() -> None:
    report = report_of(fake(0.0), DECLARED)
    assert native_verdicts(report) == {Verdict.STALE}
    assert not report.passed
    assert "small, fake, SNAPSHOT: native = engine: stale" in report.failures
    stale = next(row for row in report.rows if row.verdict is Verdict.STALE)
    assert "Declared, and does not occur: fills.quantity" in stale.explain()


def test_reports_show_it(tmp_path: Any) -> None:
    report = report_of(fake(1.0), DECLARED)
    rows = report_as_dict(report)["rows"]
    declared = [row["declared"] for row in rows if row["verdict"] == "declared"]
    assert declared
    assert {one["reason"] for one in declared} == {DECLARED.reason}
    assert all(row["declared"] is None for row in rows if row["verdict"] == "identical")
    assert "(≠ fills.quantity within 1 (upstream): The fake buys one too many." in overview_table(report)
    assert terminal_table(report).row_count == 1
    page = write_report(report, tmp_path).page
    assert page is not None
    assert "The fake buys one too many." in page.read_text(encoding="utf-8")
    assert "≠ S" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_the_ledger_is_about_scenarios_that_exist() -> None:
    assert declared_differences()
    assert {one.scenario for one in declared_differences()} <= set(built_in_whys())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "theirs"}, "kind='theirs'"),
        ({"size": 0.0}, "size=0.0"),
        ({"size": float("inf")}, "size=inf"),
        ({"reason": " "}, "no reason"),
        ({"link": ""}, "no link"),
    ],
)
def test_a_declaration_that_says_too_little_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParityError, match=words):
        replace(DECLARED, **changes)
