"""VectorBT 1.2 on pandas 3, both engines, in an environment of its own: the same records as on pandas 2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from weighbridge import Bars, Costs, PercentCommission, RebalanceConfig, TargetWeights
from weighbridge.parity.workers import run_in_worker
from weighbridge_vectorbt import run

ROOT = Path(__file__).parents[3]
PYTHON = Path(os.environ.get("WEIGHBRIDGE_VECTORBT12_PYTHON", ROOT / ".venv-vectorbt12" / "bin" / "python"))


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
@pytest.mark.parametrize("engine", ["numba", "rust"])
def test_both_lines_and_engines_give_the_same_records(
    gapped: tuple[Bars, TargetWeights], engine: str, mode: str
) -> None:
    assert PYTHON.is_file(), f"{PYTHON} is not there; `make vectorbt12` sets it up"
    arguments: dict[str, Any] = {
        "rebalance": RebalanceConfig.unfiltered(mode),
        "costs": Costs(commission=PercentCommission(0.001)),
    }
    there = run_in_worker(PYTHON, "vectorbt", *gapped, engine=engine, **arguments)
    here = run(*gapped, **arguments)
    assert there.provenance["version"].startswith("1.2")
    assert there.provenance["worker"]["pandas"].startswith("3.")
    assert len(there.fills) > 200
    for ours, theirs in zip(here.fill_table, there.fill_table, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert here.denials.equals(there.denials)
    assert here.equity.equals(there.equity)
