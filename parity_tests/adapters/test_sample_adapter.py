"""The sample of docs/writing-an-adapter.md: built, installed as a distribution of its own, and put to its own tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parity_tests.meta.house import ADAPTERS, CORE, ROOT

SAMPLE = ROOT / "parity_tests" / "sample_adapter"

ANNOUNCED = """
import halfcash, weighbridge_sample
from weighbridge.parity.adapter import adapter_named
from weighbridge.testing.awkward import awkward_bars, awkward_weights

adapter = adapter_named("sample")
assert adapter is weighbridge_sample.ADAPTER
print(adapter.require(), halfcash.__file__)
bars = awkward_bars()
record = adapter.run(bars, awkward_weights(bars, gross=1.5), how="executor", cash=1e5, conventions="halfcash")
assert record.provenance["conventions"]["cash"] == "own: half of the cash"
assert set(record.denials["rule"]) == {"cut_to_cash"}
"""


def python(target: Path, *arguments: str | Path) -> str:
    """Run Python with the installed sample, and core as this run has it; return what it prints."""
    path = os.pathsep.join(str(folder) for folder in (target, CORE, ADAPTERS))
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, *(str(argument) for argument in arguments)]
    done = subprocess.run(command, cwd=target, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and install it, without a network and away from the checkout."""
    folder = tmp_path_factory.mktemp("sample")
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    python(folder, "-m", "pip", "install", *options, "--target", folder, SAMPLE)
    return folder


def test_it_is_announced_and_has_its_own_rule(target: Path) -> None:
    version, file = python(target, "-c", ANNOUNCED).split()
    assert version == "1.0"
    assert Path(file) == target / "halfcash.py"


SUITE = (
    *("-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull),
    *(f"--rootdir={SAMPLE}", SAMPLE / "tests"),
)


def test_it_conforms(target: Path) -> None:
    said = python(target, *SUITE)
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None
    assert int(passed[1]) > 50
    assert "skipped" not in said


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # A product in another order: the last bit of some commissions.
        ("halfcash.py", "abs(order.units) * self.commission * price", "abs(order.units) * (self.commission * price)"),
        ("weighbridge_sample/rules.py", "> cash / 2.0", "> cash / 3.0"),
        ("weighbridge_sample/broker.py", "self.value = broker.value", "self.value = self.cash"),
    ],
)
def test_it_conforms_no_more_once_it_is_wrong(target: Path, tmp_path: Path, file: str, old: str, new: str) -> None:
    wrong = tmp_path / "wrong"
    shutil.copytree(target, wrong, ignore=shutil.ignore_patterns("__pycache__"))
    source = (wrong / file).read_text(encoding="utf-8")
    assert source.count(old) == 1
    (wrong / file).write_text(source.replace(old, new), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"(native|executor) = engine: sample, halfcash, RebalanceConfig"):
        python(wrong, *SUITE, "-x")


def test_it_is_short() -> None:
    """A backtester in one file, and the adapter in fewer than 300 lines, its packaging and its tests included."""
    files = [file for kind in ("py", "toml") for file in SAMPLE.rglob(f"*.{kind}")]
    lines = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert lines.pop("halfcash.py") < 80
    assert sum(lines.values()) < 300
