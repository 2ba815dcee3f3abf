from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from parity_tests.parity.fakes import changed, fake_adapter, small_scenario
from weighbridge.cli import app
from weighbridge.engine.simulation import simulate
from weighbridge.parity.adapter import Adapter
from weighbridge.parity.scenarios import built_in_whys
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.costs import Costs, PercentSlippage

Announce = Callable[..., None]
RUNNER = CliRunner()
SMALL = small_scenario()


def run(*arguments: object) -> Any:
    result = RUNNER.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*arguments: object) -> str:
    """Run what must be refused, and return what was said, in one line."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stderr.startswith("Error: ")
    assert "Hint: " in result.stderr
    return " ".join(result.stderr.split())


@pytest.fixture
def announce(monkeypatch: pytest.MonkeyPatch) -> Announce:
    """Let these adapters be the installed ones."""

    def set_up(*adapters: Adapter) -> None:
        points = [SimpleNamespace(load=lambda adapter=adapter: adapter) for adapter in adapters]
        monkeypatch.setattr("weighbridge.parity.adapter.entry_points", lambda group: points)

    set_up(fake_adapter())
    return set_up


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write the small scenario's prices and weights, and return the options that name them."""
    bars = SMALL.bars
    fields = {field: bars.frame(field).stack() for field in ("open", "high", "low", "close", "volume")}
    pd.DataFrame(fields).rename_axis(["time", "asset"]).reset_index().to_csv(tmp_path / "prices.csv", index=False)
    SMALL.targets.frame.to_parquet(tmp_path / "weights.parquet")
    return ["--prices", str(tmp_path / "prices.csv"), "--weights", str(tmp_path / "weights.parquet")]


def test_help_and_version() -> None:
    text = run("--help").output
    for command in ("parity", "simulate", "engines", "docs-tables"):
        assert command in text
    assert run("--version").output.startswith("weighbridge ")


def test_help_imports_neither_numba_nor_a_framework() -> None:
    code = (
        "import sys; from weighbridge.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numba', 'jinja2', 'backtrader', 'vectorbt', 'zipline'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_parity_passes_on_built_in_scenarios(announce: Announce, tmp_path: Path) -> None:
    result = run("parity", "--scenario", "one-asset", "--scenario", "tiny-portfolio", "--output", tmp_path / "out")
    assert result.exit_code == 0
    assert "all agree" in result.output
    assert (tmp_path / "out" / "report.html").is_file()
    assert (tmp_path / "out" / "report.json").is_file()


def test_parity_on_own_files(announce: Announce, files: list[str]) -> None:
    result = run("parity", *files, "--cash", "50000", "--commission", "percent:0.001", "--mode", "hybrid")
    assert result.exit_code == 0
    assert "own-files" in result.output
    assert "1 comparisons" in " ".join(result.output.split())


def test_a_difference_is_exit_status_one_and_told(announce: Announce, files: list[str]) -> None:
    announce(fake_adapter(executor=lambda made: changed(made, "fill", 3, price=1.0)))
    result = run("parity", *files)
    assert result.exit_code == 1
    assert "fills.price" in result.output
    assert "do not agree" in result.output


def test_nothing_traded_is_exit_status_one(announce: Announce, files: list[str], tmp_path: Path) -> None:
    idle = SMALL.targets.frame.fillna(0.0) * 0.0
    idle.to_parquet(tmp_path / "weights.parquet")
    result = run("parity", *files)
    assert result.exit_code == 1
    assert "nothing was traded" in result.output


def test_no_framework_is_exit_status_one(announce: Announce, files: list[str]) -> None:
    announce()
    result = run("parity", *files)
    assert result.exit_code == 1
    assert "no framework took part" in result.output


def test_a_skipped_framework_is_named_and_may_be_required(announce: Announce, files: list[str]) -> None:
    announce(fake_adapter(), fake_adapter("absent", distribution="no-such-distribution"))
    result = run("parity", *files)
    assert result.exit_code == 0
    assert "Skipped absent" in result.output
    assert 'pip install "weighbridge[absent]"' in refused("parity", *files, "--require", "absent")


def test_the_list_of_scenarios() -> None:
    text = run("parity", "--list").output
    assert all(name in text for name in built_in_whys())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scenario", "nothing"], "no scenario is called 'nothing'"),
        (["--framework", "nobody"], "no adapter is called 'nobody'"),
        (["--require", "nobody"], "no adapter is called 'nobody'"),
        (["--mode", "sideways"], "--mode 'sideways' is not a mode"),
        (["--prices", "prices.csv"], "belong together"),
        (["--cash", "5"], "--cash is for your own files"),
        (["--prices", "no.csv", "--weights", "no.csv"], "no.csv is not there"),
        (["--prices", "no.csv", "--weights", "no.csv", "--cash", "much"], "'much' is not a number"),
        (["--prices", "no.csv", "--weights", "no.csv", "--scenario", "one-asset"], "--scenario names built-in"),
    ],
)
def test_parity_refuses_wrong_options(announce: Announce, options: list[str], message: str) -> None:
    assert message in refused("parity", *options)


def test_parity_asks_another_interpreter(announce: Announce, files: list[str]) -> None:
    assert "nowhere/python cannot be run" in refused("parity", *files, "--python", "fake=nowhere/python")
    assert "nowhere/python cannot be run" in refused(
        "parity", *files, "--framework", "fake", "--python", "fake=nowhere/python"
    )
    assert "--python 'fake' names no interpreter" in refused("parity", *files, "--python", "fake")
    assert "no adapter is called 'other'" in refused("parity", *files, "--python", "other=nowhere/python")


def test_parity_refuses_an_output_before_it_works(announce: Announce, files: list[str], tmp_path: Path) -> None:
    calls: list[Any] = []
    announce(fake_adapter(calls=calls))
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert "cannot be made" in refused("parity", *files, "--output", tmp_path / "taken")
    assert calls == []


def test_simulate_writes_the_record_that_simulate_returns(files: list[str], tmp_path: Path) -> None:
    options = ["--conventions", "backtrader", "--unfiltered", "--mode", "hybrid", "--cash", "100000"]
    options += ["--slippage", "percent:0.001"]
    result = run("simulate", *files, *options, "--output", tmp_path / "run")
    assert result.exit_code == 0
    direct = simulate(
        SMALL.bars,
        SMALL.targets,
        conventions="backtrader",
        rebalance=SMALL.rebalance.replace(mode="hybrid"),
        cash=100_000.0,
        costs=Costs(slippage=PercentSlippage(0.001)),
    )
    saved = RunRecord.load(tmp_path / "run")
    pd.testing.assert_frame_equal(saved.fills, direct.fills, check_exact=True, check_dtype=False)
    assert saved.weights is not None
    assert saved.slippage is not None
    assert saved.weights.equals(direct.weights)
    assert saved.slippage.equals(direct.slippage)
    stats = direct.stats()
    assert f"{stats['slippage']:,.2f}" in result.output
    assert f"{stats['mean_misallocation'] * 100:,.2f} %" in result.output
    assert f"{direct.value[-1]:,.2f}" in result.output
    assert f"{len(direct.fills):,}" in result.output


def test_splits_and_dividends_are_read(files: list[str], tmp_path: Path) -> None:
    bars = SMALL.bars
    splits = pd.DataFrame({"date": bars.index[[20]], "asset": [bars.assets[0]], "ratio": [0.5]})
    dividends = pd.DataFrame({"date": bars.index[[30]], "asset": [bars.assets[1]], "amount": [1.25]})
    splits.to_csv(tmp_path / "splits.csv", index=False)
    dividends.to_parquet(tmp_path / "dividends.parquet")
    options = ["--splits", tmp_path / "splits.csv", "--dividends", tmp_path / "dividends.parquet"]
    result = run("simulate", *files, *options, "--conventions", "zipline", "--output", tmp_path / "run")
    assert result.exit_code == 0, result.output
    saved = RunRecord.load(tmp_path / "run")
    direct = simulate(SMALL.bars, SMALL.targets, conventions="zipline", splits=splits, dividends=dividends)
    assert len(saved.adjustments) == 1
    assert saved.provenance["actions"] == {"splits": 1, "dividends": 1}
    assert saved.value.tobytes() == direct.value.tobytes()


def test_costs_are_read(files: list[str], tmp_path: Path) -> None:
    for commission, slippage in (
        ("percent:0.001", "percent:0.0005"),
        ("per-share:0.005", "fixed:0.01"),
        ("per-share:0.005:1", "percent:0"),
        ("fixed:1", "fixed:0"),
    ):
        options = ["--commission", commission, "--slippage", slippage, "--output", tmp_path / "run"]
        assert run("simulate", *files, *options).exit_code == 0
    costs = RunRecord.load(tmp_path / "run").provenance["costs"]
    assert costs["commission"] == {"model": "FixedCommission", "amount": 1.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--conventions", "metastock"], "conventions='metastock' is not known"),
        (["--mode", ""], "is not a mode"),
        (["--cash", "-1"], "must be finite and 0 or more"),
        (["--cash", "nan"], "must be finite and 0 or more"),
        (["--cash", "1,000"], "'1,000' is not a number"),
        (["--commission", "percent"], "is not a commission"),
        (["--commission", "percent:"], "is not a number"),
        (["--commission", "percent:-0.1"], "must be finite"),
        (["--commission", "percent:1:2"], "is not a commission"),
        (["--commission", "bribe:1"], "is not a commission"),
        (["--slippage", "percent:inf"], "must be finite"),
        (["--slippage", "per-share:1"], "is not a slippage"),
    ],
)
def test_simulate_refuses_wrong_options(files: list[str], tmp_path: Path, options: list[str], message: str) -> None:
    assert message in refused("simulate", *files, *options, "--output", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_simulate_does_not_write_over_what_is_no_record(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "music.txt").write_text("vinyl", encoding="utf-8")
    assert "not a run record" in refused("simulate", *files, "--output", tmp_path / "run")


def test_engines_names_what_is_there_and_what_is_missing(announce: Announce) -> None:
    announce(fake_adapter(), fake_adapter("absent", distribution="no-such-distribution"))
    text = run("engines").output
    for part in ("fake", "absent", "missing", 'pip install "weighbridge[absent]"', "Compiled code is kept in"):
        assert part in text
    announce()
    assert "No adapter is installed" in run("engines").output


def test_the_table_of_the_readme_is_written_and_checked(
    announce: Announce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weighbridge.parity.scenarios.built_in_scenarios", lambda names=None: (SMALL,))
    readme = tmp_path / "README.md"
    readme.write_text("<!-- parity-table:begin -->\n<!-- parity-table:end -->\n", encoding="utf-8")
    assert run("docs-tables", "--check", "--readme", readme).exit_code == 1
    assert run("docs-tables", "--readme", readme).exit_code == 0
    assert "comparisons of" in readme.read_text(encoding="utf-8")
    assert run("docs-tables", "--check", "--readme", readme).exit_code == 0
    assert "cannot be read" in refused("docs-tables", "--readme", tmp_path / "none.md")
    announce(fake_adapter(executor=lambda made: changed(made, "fill", 3, price=1.0)))
    before = readme.read_text(encoding="utf-8")
    assert run("docs-tables", "--readme", readme).exit_code == 1
    assert readme.read_text(encoding="utf-8") == before
