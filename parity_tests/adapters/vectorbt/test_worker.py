"""A framework in another interpreter: the same record, and every way in which a worker can fail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weighbridge import Bars, Costs, PercentCommission, RebalanceConfig, TargetWeights
from weighbridge.exceptions import (
    AdapterError,
    ConfigError,
    FileError,
    MissingExtraError,
    ParityError,
    TargetsError,
    UnknownAdapterError,
)
from weighbridge.parity.workers import adapter_elsewhere, run_in_worker
from weighbridge_vectorbt import ADAPTER, run

Case = tuple[Bars, TargetWeights]

FAILING = """
import os, sys, time, warnings

class Adapter:
    def __init__(self, deed):
        self.run = deed
    def require(self):
        return "1"

def crash(*args, **options):
    print("about to fall", file=sys.stderr, flush=True)
    os._exit(3)

def sleep(*args, **options):
    print("half asleep", file=sys.stderr, flush=True)
    time.sleep(60)

def fail(*args, **options):
    raise RuntimeError("framework trouble")

def warn(bars, targets, **options):
    from weighbridge import simulate
    warnings.warn("mind the gap")
    return simulate(bars, targets, conventions="vectorbt")

def need(*args, **options):
    import no_such_package

CRASH, SLEEP, FAIL, NEED, WARN = (Adapter(deed) for deed in (crash, sleep, fail, need, warn))
"""


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "failing_adapter").mkdir()
    (tmp_path / "failing_adapter" / "__init__.py").write_text(FAILING, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda attribute: f"failing_adapter:{attribute}"


@pytest.fixture
def tiny(small: Callable[..., Case]) -> Case:
    return small([[10.0, 20.0]] * 3, [[0.5, 0.5]] * 3)


def test_a_worker_gives_the_record_of_a_run_in_process(gapped: Case) -> None:
    arguments: dict[str, Any] = {
        "how": "native",
        "rebalance": RebalanceConfig.unfiltered("incremental"),
        "costs": Costs(commission=PercentCommission(0.001)),
        "cash": 2e5,
        "price": "next_open",
        "limits": {"size_granularity": 1.0},
    }
    there = run_in_worker(sys.executable, "vectorbt", *gapped, **arguments)
    here = run(*gapped, **arguments)
    assert len(there.fills) > 100
    for ours, theirs in zip(here.fill_table, there.fill_table, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert here.denials.equals(there.denials)
    assert here.equity.equals(there.equity)
    assert there.provenance["worker"]["python"] == sys.version.split()[0]
    assert there.provenance["worker"]["pandas"]
    assert there.provenance["conventions"] == here.provenance["conventions"]
    assert there.provenance["conventions"]["limits"]["size_granularity"] == 1.0


def test_signals_reach_the_worker_under_any_name(tiny: Case) -> None:
    bars, targets = tiny
    signals = {"targets": bars.frame("close") - 15.0, "../a signal": bars.frame("close") * np.nan}
    told = Bars.from_frames(close=bars.frame("close"), fields=signals)
    there = run_in_worker(sys.executable, "vectorbt", told, targets)
    assert there.provenance["bars"]["sha256"] == told.fingerprint() != bars.fingerprint()


def test_an_adapter_elsewhere_is_the_adapter_in_another_interpreter(tiny: Case) -> None:
    there = adapter_elsewhere(ADAPTER, sys.executable, engine="numba", timeout=60)
    assert there.require() == ADAPTER.require()
    assert (there.name, there.conventions, there.tolerances) == (ADAPTER.name, ADAPTER.conventions, ADAPTER.tolerances)
    told = there.run(*tiny, how="native")
    assert told.provenance["worker"]["python"]
    assert told.fills.equals(ADAPTER.run(*tiny, how="native").fills)
    with pytest.raises(ConfigError, match="'python'"):
        adapter_elsewhere(ADAPTER, sys.executable, engine="python").run(*tiny, how="native")


def test_an_interpreter_without_the_framework_is_named() -> None:
    absent = adapter_elsewhere(replace(ADAPTER, distribution="no-such-distribution"), sys.executable)
    assert absent.installed_version() is None
    with pytest.raises(MissingExtraError, match="no-such-distribution"):
        absent.require()


@pytest.mark.parametrize(
    ("attribute", "error", "words"),
    [
        ("CRASH", ParityError, "status 3 and no answer(.|\n)*about to fall"),
        ("FAIL", ParityError, "no answer(.|\n)*RuntimeError: framework trouble"),
        ("NEED", AdapterError, "lacks a package(.|\n)*no_such_package"),
    ],
)
def test_what_goes_wrong_comes_with_the_last_lines(
    failing: Any, tiny: Case, attribute: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        run_in_worker(sys.executable, failing(attribute), *tiny)


def test_what_a_worker_warns_of_is_in_the_provenance(failing: Any, tiny: Case) -> None:
    record = run_in_worker(sys.executable, failing("WARN"), *tiny)
    assert record.provenance["warnings"] == ["mind the gap"]
    assert {"python", "numpy", "pandas", "numba", "pyarrow"} == set(record.provenance["worker"])


def test_a_worker_that_takes_too_long_is_ended(failing: Any, tiny: Case) -> None:
    with pytest.raises(ParityError, match=r"did not finish within 5 s(.|\n)*half asleep"):
        run_in_worker(sys.executable, failing("SLEEP"), *tiny, timeout=5)


def test_our_own_errors_keep_their_kind(small: Callable[..., Case]) -> None:
    case = small([[10.0]], [[-0.5]])
    with pytest.raises(TargetsError, match=r"in the worker: the weight is -0.5(.|\n)*Hint: pass direction="):
        run_in_worker(sys.executable, "vectorbt", *case, limits={"direction": "longonly"})


@pytest.mark.parametrize(
    ("python", "adapter", "options", "error"),
    [
        ("nowhere/bin/python", "vectorbt", {}, FileError),
        (sys.executable, "no_such", {}, UnknownAdapterError),
        (sys.executable, "not a name", {}, UnknownAdapterError),
        (sys.executable, "vectorbt", {"timeout": 0}, ConfigError),
        (sys.executable, "vectorbt", {"limits": object()}, ConfigError),
    ],
)
def test_requests_that_cannot_be_made(
    tiny: Case, python: str, adapter: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run_in_worker(python, adapter, *tiny, **options)
