"""VectorBT 1.2 on pandas 3, both engines, in an environment of its own: the same records as on pandas 2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from parity_tests.adapters.vectorbt.material import assert_native_equal
from weighbridge import Bars, Costs, PercentCommission, RebalanceConfig, RunRecord, TargetWeights, simulate
from weighbridge.parity.workers import run_in_worker
from weighbridge.testing import assert_records_equal

pytestmark = pytest.mark.xdist_group("vectorbt12")

ROOT = Path(__file__).parents[3]
PYTHON = Path(os.environ.get("WEIGHBRIDGE_VECTORBT12_PYTHON", ROOT / ".venv-vectorbt12" / "bin" / "python"))
COSTS = Costs(commission=PercentCommission(0.001))

Case = tuple[Bars, TargetWeights]


def there(case: Case, config: RebalanceConfig, **arguments: Any) -> RunRecord:
    """Run in the second environment."""
    assert PYTHON.is_file(), f"{PYTHON} is not there; `make vectorbt12` sets it up"
    record = run_in_worker(PYTHON, "vectorbt", *case, rebalance=config, costs=COSTS, **arguments)
    assert record.provenance["version"].startswith("1.2")
    assert record.provenance["worker"]["pandas"].startswith("3.")
    assert len(record.fills) > 100
    return record


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
@pytest.mark.parametrize("engine", ["numba", "rust"])
def test_both_engines_of_the_second_line_give_the_engines_records(gapped: Case, engine: str, mode: str) -> None:
    config = RebalanceConfig.unfiltered(mode)
    ours = simulate(*gapped, conventions="vectorbt", rebalance=config, costs=COSTS)
    assert_native_equal(there(gapped, config, how="native", engine=engine), ours, 1e6)


def test_the_executor_inside_the_second_line_gives_the_engines_record(gapped: Case) -> None:
    config = RebalanceConfig(mode="incremental", min_trade_value=1_000.0, allow_short=True)
    ours = simulate(*gapped, conventions="vectorbt", rebalance=config, costs=COSTS)
    assert_records_equal(there(gapped, config, how="executor"), ours)
