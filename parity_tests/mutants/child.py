"""One mutant in a forked process: its module comes from the mutated source, its tests run until one fails."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

__all__ = ["Job", "start"]

# A mutant that asks for more memory than this is not the rule; a test process needs about one GiB of addresses.
ADDRESSES = 12 << 30
# A mutant's test may take this many times as long as the original's, and so many seconds more.
TIMES, MORE = 5.0, 2.0


class Job(NamedTuple):
    """What a child does. `order` has the tests that count, by node id, each with its seconds; on the original, none."""

    module: str
    path: Path
    source: str
    tests: tuple[str, ...]
    order: dict[str, float]
    folder: Path


class Replaced(SourceFileLoader):
    """Imports one module, and only that, from a source that is on no disk."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.module, str(job.path))
        self.code: CodeType = compile(job.source, str(job.path), "exec", dont_inherit=True)

    def get_code(self, fullname: str) -> CodeType:
        return self.code

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None


class Run:
    """A plugin of pytest: the tests that count, in their order; what they said and which functions they entered."""

    def __init__(self, job: Job) -> None:
        self.order = job.order
        self.places = {name: place for place, name in enumerate(job.order)}
        self.file = str(job.path)
        self.passed: dict[str, float] = {}
        self.failed: list[str] = []
        self.entered: dict[str, list[str]] = {}
        self._spent: dict[str, float] = {}

    def pytest_configure(self) -> None:
        hypothesis = sys.modules.get("hypothesis")
        if hypothesis is not None:
            # The same examples for every mutant, and none better than the first that fails.
            hypothesis.settings.register_profile(
                "mutants",
                deadline=None,
                derandomize=True,
                database=None,
                report_multiple_bugs=False,
                phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            hypothesis.settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.order:
            items[:] = [item for item in items if item.nodeid in self.order]
            items.sort(key=lambda item: self.places[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self.order:
            # Whoever does not ask for this signal is ended by it.
            signal.setitimer(signal.ITIMER_REAL, MORE + TIMES * self.order[item.nodeid])
            try:
                return (yield)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        functions: set[str] = set()

        def called(frame: FrameType, event: str, argument: object) -> None:
            if event == "call" and frame.f_code.co_filename == self.file:
                functions.add(frame.f_code.co_qualname.replace(".<locals>", ""))

        sys.setprofile(called)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            self.entered[item.nodeid] = sorted(functions)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._spent[report.nodeid] = self._spent.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed[report.nodeid] = self._spent[report.nodeid]


def start(job: Job) -> int:
    """Fork, and return the child's process id. It leaves `output` and `result` in the job's folder."""
    job.folder.mkdir(parents=True)
    process = os.fork()
    if process == 0:
        status = int(pytest.ExitCode.INTERNAL_ERROR)
        try:
            status = _work(job)
        finally:
            # Nothing of the parent is flushed, closed or cleaned up here.
            os._exit(status)
    return process


def _work(job: Job) -> int:
    os.setsid()
    output = os.open(job.folder / "output", os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    sys.meta_path.insert(0, Replaced(job))  # type: ignore[arg-type]
    run = Run(job)
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    if job.order:
        options.append("-x")
    began = time.monotonic()
    status = pytest.main([*options, *job.tests], plugins=[run])
    result = {
        "passed": run.passed,
        "failed": run.failed,
        "entered": run.entered,
        "seconds": time.monotonic() - began,
        "imported": job.module in sys.modules,
    }
    (job.folder / "result").write_text(json.dumps(result), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    return int(status)
