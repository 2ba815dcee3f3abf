"""Every mutant in a process of its own, a few at a time; what becomes of each."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from parity_tests.mutants.child import Job, start
from parity_tests.mutants.mutants import Mutant
from parity_tests.mutants.table import Source

__all__ = ["KILLED", "LIVED", "TIMEOUT", "Baseline", "BrokenRunError", "Outcome", "baselines", "judged"]

KILLED, LIVED, TIMEOUT = "killed", "lived", "timeout"
# What ends a test, or a whole child, that takes too long.
LATE = (-signal.SIGALRM, -signal.SIGKILL)

# The tests of one file may take this long. Each test of a mutant has a limit of its own (`child`).
PATIENCE = 600.0

_Key = TypeVar("_Key")


class BrokenRunError(Exception):
    """The tests could not be run at all, whatever the mutant."""


class Finished(NamedTuple):
    """A child that ended: its exit status, or minus the signal that ended it, and what it wrote."""

    status: int
    output: str
    result: dict[str, object]


class Baseline(NamedTuple):
    """The nearest tests on the original: how long each takes that passes, and which fail when nothing is compiled."""

    durations: dict[str, float]
    entered: dict[str, list[str]]
    failed: list[str]
    seconds: float

    def order(self, function: str) -> dict[str, float]:
        """Return the tests with their seconds: first those that enter a function, the fastest of them first."""
        names = sorted(self.durations, key=lambda name: (function not in self.entered[name], self.durations[name]))
        return {name: self.durations[name] for name in names}


class Outcome(NamedTuple):
    """What became of a mutant, the test that killed it and what the tests wrote."""

    mutant: Mutant
    verdict: str
    killer: str
    output: str


def _finished(jobs: Iterable[tuple[_Key, Job]], at_once: int) -> Iterator[tuple[_Key, Finished]]:
    """Run jobs and yield them as they end."""
    waiting = iter(jobs)
    running: dict[int, tuple[_Key, Job, float]] = {}
    while True:
        while len(running) < at_once and (job := next(waiting, None)) is not None:
            running[start(job[1])] = (*job, time.monotonic() + PATIENCE)
        if not running:
            return
        time.sleep(0.01)
        for process, (key, job, deadline) in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            late = not ended and time.monotonic() > deadline
            if ended or late:
                # The child leads a group of its own, so what its tests started goes with it.
                with suppress(ProcessLookupError):
                    os.killpg(process, signal.SIGKILL)
                if late:
                    _, status = os.waitpid(process, 0)
                del running[process]
                yield key, _told(job, os.waitstatus_to_exitcode(status))


def _told(job: Job, status: int) -> Finished:
    output, result = job.folder / "output", job.folder / "result"
    text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    return Finished(status, text, json.loads(result.read_text(encoding="utf-8")) if result.exists() else {})


def baselines(root: Path, sources: Iterable[Source], folder: Path, at_once: int) -> dict[str, Baseline]:
    """Run the nearest tests of each source on the original, by file.

    Raises:
        BrokenRunError: No test passes, or none imports the source.
    """

    def jobs() -> Iterator[tuple[str, Job]]:
        for number, source in enumerate(sources):
            path = root / source.file
            text = path.read_text(encoding="utf-8")
            yield source.file, Job(source.module, path, text, source.tests, {}, folder / f"b{number}")

    found: dict[str, Baseline] = {}
    for file, ended in _finished(jobs(), at_once):
        passed = ended.result.get("passed")
        if not passed or not ended.result["imported"]:
            why = "none of its tests imports it" if passed else "none of its tests passes"
            raise BrokenRunError(f"{file}: {why}\n{ended.output}")
        found[file] = Baseline(passed, *(ended.result[name] for name in ("entered", "failed", "seconds")))
    return found


def judged(
    root: Path,
    chosen: Iterable[Mutant],
    sources: dict[str, Source],
    originals: dict[str, Baseline],
    folder: Path,
    at_once: int,
) -> Iterator[Outcome]:
    """Run the tests on each mutant and yield what became of it.

    Raises:
        BrokenRunError: Pytest did not run.
    """

    def jobs() -> Iterator[tuple[Mutant, Job]]:
        for mutant in chosen:
            source, original = sources[mutant.file], originals[mutant.file]
            order, own = original.order(mutant.function), folder / mutant.number
            yield mutant, Job(source.module, root / mutant.file, mutant.source, source.tests, order, own)

    for mutant, ended in _finished(jobs(), at_once):
        if ended.status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise BrokenRunError(f"{mutant.number} in {mutant.file}: pytest ran no test\n{ended.output}")
        failed = ended.result.get("failed") or [""]
        verdict = LIVED if ended.status == 0 else TIMEOUT if ended.status in LATE else KILLED
        yield Outcome(mutant, verdict, str(failed[0]), ended.output)
