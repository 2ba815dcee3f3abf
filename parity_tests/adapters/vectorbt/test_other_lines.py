"""The oldest and the newest line of VectorBT, each in an environment of its own: all that holds in the common one.

0.28.5 on pandas 2, before its engines; 1.2 on pandas 3, with numba and Rust.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parity_tests.adapters.vectorbt.claims import MODES, NATIVE
from weighbridge import Bars, Costs, PercentCommission, RebalanceConfig, TargetWeights, simulate
from weighbridge.exceptions import ParityError, UnsupportedError
from weighbridge.parity.compare import Verdict
from weighbridge.parity.declared import declared_differences
from weighbridge.parity.harness import run_parity
from weighbridge.parity.interpreters import call_elsewhere
from weighbridge.parity.scenarios import built_in_scenarios
from weighbridge.parity.subjects import Claim
from weighbridge.parity.workers import adapter_elsewhere, run_in_worker
from weighbridge.testing import assert_records_equal
from weighbridge_vectorbt import ADAPTER

ROOT = Path(__file__).parents[3]
COSTS = Costs(commission=PercentCommission(0.001))

Case = tuple[Bars, TargetWeights]


class Line(NamedTuple):
    """A line: the target of `make` that sets it up, its versions, and what its `run` is told about engines."""

    target: str
    vectorbt: str
    pandas: str
    engines: tuple[str, ...]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        name = f"WEIGHBRIDGE_{self.target.upper()}_PYTHON"
        found = Path(os.environ.get(name, ROOT / f".venv-{self.target}" / "bin" / "python"))
        assert found.is_file(), f"{found} is not there; `make {self.target}` sets it up"
        return found


LINES = (Line("vectorbt028", "0.28.", "2.", ("numba",)), Line("vectorbt12", "1.2.", "3.", ("numba", "rust")))

# The processes of a line compile the same: one worker of the tests runs them one after the other.
EACH_LINE = pytest.mark.parametrize(
    "line", [pytest.param(line, marks=pytest.mark.xdist_group(line.target), id=line.target) for line in LINES]
)
EACH_ENGINE = pytest.mark.parametrize(
    ("line", "engine"),
    [
        pytest.param(line, engine, marks=pytest.mark.xdist_group(line.target), id=f"{line.target}-{engine}")
        for line in LINES
        for engine in line.engines
    ],
)


def hold(line: Line, claims: list[tuple[str, dict[str, Any]]]) -> list[int]:
    """State claims in a line's interpreter and return how many fills each compared."""
    answer = call_elsewhere(
        line.python,
        "parity_tests.adapters.vectorbt.claims:hold",
        {"claims": claims},
        packages=["weighbridge_vectorbt"],
    )
    assert answer.value["vectorbt"].startswith(line.vectorbt)
    assert answer.versions["pandas"].startswith(line.pandas)
    return answer.value["fills"]


@EACH_ENGINE
@pytest.mark.parametrize("mode", NATIVE)
def test_a_native_run_there_is_the_engines_here(gapped: Case, line: Line, engine: Any, mode: str) -> None:
    config = RebalanceConfig.unfiltered(mode)
    ours = simulate(*gapped, conventions="vectorbt", rebalance=config, costs=COSTS)
    told = run_in_worker(line.python, "vectorbt", *gapped, rebalance=config, costs=COSTS, how="native", engine=engine)
    assert told.provenance["version"].startswith(line.vectorbt)
    assert told.provenance["engine"] == engine
    assert told.provenance["worker"]["pandas"].startswith(line.pandas)
    assert len(told.fills) > 100
    assert_records_equal(told, ours)


@EACH_LINE
def test_an_executors_run_there_is_the_engines_here(gapped: Case, line: Line) -> None:
    config = RebalanceConfig(mode="incremental", min_trade_value=1_000.0, allow_short=True)
    ours = simulate(*gapped, conventions="vectorbt", rebalance=config, costs=COSTS)
    told = run_in_worker(line.python, "vectorbt", *gapped, rebalance=config, costs=COSTS, how="executor")
    assert told.provenance["version"].startswith(line.vectorbt)
    assert len(told.fills) > 100
    assert_records_equal(told, ours)


def claims_of(engines: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is stated in a line; each claim goes through every mode that it can."""
    for engine in engines:
        # A step of 0.5 divides without rounding: with 0.1 the engines part (fixtures/differences.toml).
        step = {"engine": engine, "fraction": 0.1 if engine == "numba" else 0.5}
        for direction in ("both", "longonly", "shortonly"):
            for seed in range(6):
                yield "any_costs_limits_and_price", {"seed": seed, "direction": direction, **step}
        for n_assets in (1, 50, 500):
            yield "from_one_asset_to_hundreds", {"n_assets": n_assets, "engine": engine}
    for mode in MODES:
        for changes in ({}, {"allow_short": True}, {"round_lots": True, "lot_size": 10}, {"headroom": 0.9}):
            yield "a_field_of_the_config", {"mode": mode, "changes": changes}
    for mode in NATIVE:
        yield "native_is_the_plain_call", {"mode": mode}
        yield "native_is_the_plain_call", {"mode": mode, "log": False}
    for price in ("close", "next_open"):
        yield "the_portfolio_is_the_engines", {"price": price}
    yield "a_record_becomes_a_portfolio", {}


@EACH_LINE
def test_all_that_holds_here_holds_there(line: Line) -> None:
    claims = list(claims_of(line.engines))
    fills = hold(line, claims)
    assert len(fills) == len(claims)
    assert sum(fills) > 10_000
    assert sum(found == 0 for found in fills) <= len(fills) // 10, "hardly anything was traded"


@EACH_LINE
def test_a_claim_that_does_not_hold_fails(line: Line) -> None:
    with pytest.raises(ParityError, match=r"a_field_of_the_config with (.|\n)*the field changed nothing"):
        hold(line, [("a_field_of_the_config", {"mode": "hybrid", "changes": {"phase_timeout": 5}})])


@pytest.mark.xdist_group("vectorbt028")
def test_the_oldest_line_has_no_rust(gapped: Case) -> None:
    config = RebalanceConfig.unfiltered("hybrid")
    with pytest.raises(UnsupportedError, match="has no rust engine"):
        run_in_worker(LINES[0].python, "vectorbt", *gapped, rebalance=config, engine="rust")


@pytest.mark.xdist_group("vectorbt12")
def test_every_declared_difference_occurs() -> None:
    """All that are declared are of the Rust engine: one of another run needs a test of its own here."""
    ledger = declared_differences()
    assert {(one.subject, one.settings["engine"]) for one in ledger} == {("vectorbt native", "rust")}
    rust = adapter_elsewhere(ADAPTER, LINES[1].python, engine="rust")
    report = run_parity([rust], built_in_scenarios({one.scenario for one in ledger}))
    found = {(row.claim, row.verdict) for row in report.rows}
    assert report.versions["vectorbt"].startswith(LINES[1].vectorbt)
    assert found == {
        (Claim.NATIVE_IS_ENGINE, Verdict.DECLARED),
        (Claim.EXECUTOR_IS_NATIVE, Verdict.DECLARED),
        (Claim.EXECUTOR_IS_ENGINE, Verdict.IDENTICAL),
    }
    assert report.passed
