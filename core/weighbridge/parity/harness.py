"""Run scenarios through every subject and compare: `run_parity`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from weighbridge.exceptions import InputError, MissingExtraError, ParityError
from weighbridge.parity.adapter import Adapter, adapter_named, adapters
from weighbridge.parity.compare import Tolerance, Verdict, compare
from weighbridge.parity.declared import Difference, declared_differences
from weighbridge.parity.outcome import ParityReport, ParityRow, Skipped
from weighbridge.parity.scenarios import Scenario, built_in_scenarios
from weighbridge.parity.subjects import Claim, Comparable, Subject, claims_on, run_subject
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceMode

__all__ = ["Progress", "run_parity"]

Progress = Callable[[int, int, str], None]
"""Called with the number of comparisons done, the number in all, and what comes next."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    record: RunRecord | None
    error: str
    seconds: float


def run_parity(
    frameworks: Iterable[str | Adapter] | None = None,
    scenarios: Sequence[Scenario] | None = None,
    modes: Iterable[RebalanceMode] | None = None,
    *,
    require: Iterable[str] = (),
    tolerances: Mapping[str, Sequence[Tolerance]] | None = None,
    differences: Sequence[Difference] | None = None,
    progress: Progress | None = None,
) -> ParityReport:
    """Run each scenario through each framework and the engine, and compare what must agree.

    Args:
        frameworks: Adapters or their names; every adapter that is announced if None.
        scenarios: Defaults to the built-in ones.
        modes: Defaults to all.
        require: Names of frameworks that take part in any case and may not be skipped.
        tolerances: Framework -> fields in which its native run need not have the same bits; defaults to what its
            adapter declares.
        differences: What is known to differ; defaults to the ledger.
        progress: See `Progress`.

    Raises:
        UnknownAdapterError: A framework is not known.
        MissingExtraError: A framework in `require` is not installed.
        InputError: A scenario's prices, weights or costs are wrong for a framework.
        ParityError: Two scenarios have one name.
    """
    found, skipped = _installed(frameworks, tuple(require))
    cases = built_in_scenarios() if scenarios is None else tuple(scenarios)
    if len({case.name for case in cases}) < len(cases):
        raise ParityError("two scenarios have the same name", hint="give each scenario a name of its own")
    known = declared_differences() if differences is None else differences
    wanted = frozenset(RebalanceMode if modes is None else modes)
    plan = [(case, adapter, tuple(claims_on(adapter, case, wanted))) for case in cases for adapter in found]
    total = sum(len(claims) for _, _, claims in plan)
    rows: list[ParityRow] = []
    for case, adapter, claims in plan:
        runs: dict[tuple[Subject, RebalanceMode], _Run] = {}
        for claim in claims:
            for subject in (claim.left, claim.right):
                if (subject, claim.mode) not in runs:
                    if progress is not None:
                        progress(len(rows), total, f"{case.name}: {subject.name}, {claim.mode.name}")
                    runs[subject, claim.mode] = _run(subject, case, claim.mode)
            pair = runs[claim.left, claim.mode], runs[claim.right, claim.mode]
            allowed = (tolerances or {}).get(adapter.name, adapter.tolerances)
            rows.append(_row(case, adapter, claim, *pair, allowed, known))
    if progress is not None:
        progress(total, total, "done")
    return ParityReport(
        rows=tuple(rows),
        scenarios=cases,
        versions={adapter.name: adapter.require() for adapter in found},
        skipped=skipped,
        not_for=tuple((case.name, adapter.name) for case, adapter, claims in plan if not claims),
    )


def _installed(
    frameworks: Iterable[str | Adapter] | None, require: tuple[str, ...]
) -> tuple[tuple[Adapter, ...], tuple[Skipped, ...]]:
    asked = tuple(adapters().values()) if frameworks is None else tuple(frameworks)
    known = {one.name: one for one in (adapter_named(one) if isinstance(one, str) else one for one in asked)}
    for name in require:
        if name not in known:
            known[name] = adapter_named(name)
        known[name].require()
    found: list[Adapter] = []
    skipped: list[Skipped] = []
    for adapter in known.values():
        try:
            adapter.require()
            found.append(adapter)
        except MissingExtraError as error:
            skipped.append(Skipped(framework=adapter.name, reason=f"{error.message}: {error.hint}"))
    return tuple(found), tuple(skipped)


def _run(subject: Subject, case: Scenario, mode: RebalanceMode) -> _Run:
    begin = perf_counter()
    try:
        record, error = run_subject(subject, case, mode), ""
    except InputError:
        raise
    except Exception as problem:  # noqa: BLE001  a framework may raise anything, and the report is to name it
        record, error = None, f"{subject.name} could not run: {type(problem).__name__}: {problem}"
    return _Run(record=record, error=error, seconds=perf_counter() - begin)


def _row(
    case: Scenario,
    adapter: Adapter,
    claim: Comparable,
    left: _Run,
    right: _Run,
    tolerances: Sequence[Tolerance],
    differences: Sequence[Difference],
) -> ParityRow:
    comparison = None
    error = "; ".join(run.error for run in (left, right) if run.error)
    if left.record is not None and right.record is not None:
        # A native run is told by the framework's own accounts, which may need a tolerance; ours do not.
        allowed = tolerances if claim.claim is not Claim.EXECUTOR_IS_ENGINE else ()
        comparison = compare(left.record, right.record, scenario=case.name, tolerances=allowed, differences=differences)
    return ParityRow(
        scenario=case.name,
        framework=adapter.name,
        claim=claim.claim,
        mode=claim.mode,
        left=claim.left.name,
        right=claim.right.name,
        verdict=Verdict.FAILED if comparison is None else comparison.verdict,
        comparison=comparison,
        error=error,
        left_record=left.record,
        right_record=right.record,
        left_seconds=left.seconds,
        right_seconds=right.seconds,
    )
