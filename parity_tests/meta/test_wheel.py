"""What users install is the wheel: it is built, installed beside nothing of the checkout, and used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from parity_tests.meta.house import ADAPTERS, CORE, ROOT, adapter_names

# One worker builds the wheel for all of these.
pytestmark = pytest.mark.xdist_group("wheel")

FIXTURES = ("prices.parquet", "actions.parquet", "scenarios.toml", "differences.toml")

USE = """
import json, sys
import pandas as pd
import weighbridge as wb
from weighbridge.parity.adapter import adapters
from weighbridge.parity.embedded import embedded_bars, embedded_file

index = pd.date_range("2024-01-01", periods=4)
bars = wb.Bars.from_frames(
    close=pd.DataFrame({"A": [10.0, 11.0, 12.0, 13.0]}, index=index),
    open=pd.DataFrame({"A": [10.0, 11.0, 12.0, 13.0]}, index=index),
)
targets = wb.TargetWeights(pd.DataFrame({"A": [0.5]}, index=index[:1]))
run = wb.simulate(bars, targets, conventions="reference", rebalance=wb.RebalanceConfig(), cash=1_000.0)
print(json.dumps({
    "file": wb.__file__,
    "version": wb.__version__,
    "fills": run.fills[["asset", "quantity", "price"]].astype({"asset": str}).values.tolist(),
    "embedded": str(embedded_file("prices.parquet")),
    "assets": list(embedded_bars().assets),
    "adapters": sorted(adapters()),
    "path": sys.path,
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the checkout and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own and return the folder of its commands.

    Third-party packages come from the running environment through a path entry, so nothing is downloaded.
    Python does not follow the path entries of a folder that was added in this way: the checkout, which the
    running environment has on its path, does not come along.
    """
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    scheme = {"base": str(folder), "platbase": str(folder)}
    own = Path(sysconfig.get_path("purelib", scheme="venv", vars=scheme))
    (own / "third_party.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    scripts = Path(sysconfig.get_path("scripts", scheme="venv", vars=scheme))
    python = scripts / Path(sys.executable).name
    install = (
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--force-reinstall",
        "--disable-pip-version-check",
    )
    run(sys.executable, "-m", "pip", "--python", python, *install, wheel, cwd=folder)
    return scripts


def test_the_wheel_holds_the_packages_and_the_prices_and_nothing_else(wheel: Path) -> None:
    sources = [CORE / "weighbridge", *(ADAPTERS / name for name in adapter_names())]
    expected = {
        path.relative_to(source.parent).as_posix()
        for source in sources
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    } | {f"weighbridge/_fixtures/{name}" for name in FIXTURES}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        prices = {name: archive.read(f"weighbridge/_fixtures/{name}") for name in FIXTURES}
    assert held == expected
    assert prices == {name: (ROOT / "fixtures" / name).read_bytes() for name in FIXTURES}
    assert {f"{source.name}/py.typed" for source in sources} <= held


def test_the_installed_wheel_works_away_from_the_checkout(binaries: Path, tmp_path: Path) -> None:
    said = json.loads(run(binaries / Path(sys.executable).name, "-c", USE, cwd=tmp_path))
    environment = binaries.parent.resolve()
    assert Path(said["file"]).resolve().is_relative_to(environment)
    assert Path(said["embedded"]).resolve().is_relative_to(environment)
    assert not {str(CORE), str(ADAPTERS), str(ROOT)} & set(said["path"])
    assert said["assets"] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert said["adapters"] == [name.removeprefix("weighbridge_") for name in adapter_names()]
    # Half of 1,000 at a close of 10 is 50 units, filled at the next bar's open of 11.
    assert said["fills"] == [["A", 50.0, 11.0]]


def test_the_command_of_the_installed_wheel_works(binaries: Path, tmp_path: Path) -> None:
    said = run(binaries / "weighbridge", "--help", cwd=tmp_path)
    assert all(command in said for command in ("parity", "simulate", "engines"))
