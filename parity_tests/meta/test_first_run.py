"""The first `simulate` on a machine compiles; every later one only loads. Neither says anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# What a user would put up with at the first call, compiling; and afterwards, beyond the imports. Processor time,
# since other tests run beside this one; the compiler uses one core.
FIRST_SECONDS = 15.0
LATER_SECONDS = 1.0

PROGRAM = """
import json, sys, time
import pandas as pd
import weighbridge as wb
import numba
index = pd.bdate_range("2024-01-01", periods=4)
close = pd.DataFrame({"A": [10.0, 11.0, 12.0, 11.0], "B": [20.0, 19.0, 21.0, 20.0]}, index)
bars = wb.Bars.from_frames(close=close, open=close, high=close, low=close)
targets = wb.TargetWeights(pd.DataFrame({"A": [0.5], "B": [0.4]}, index[:1]))
start = time.process_time()
run = wb.simulate(bars, targets, conventions=sys.argv[1])
print(json.dumps({"seconds": time.process_time() - start, "fills": len(run.fills)}))
"""


def simulate_in_a_new_process(conventions: str, cache: Path) -> dict[str, float]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, conventions],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


# One kernel serves `reference` and every `backtrader` preset, another one every `vectorbt` preset.
@pytest.mark.parametrize("conventions", ["backtrader", "vectorbt"])
def test_first_and_later_runs(conventions: str, tmp_path: Path) -> None:
    first = simulate_in_a_new_process(conventions, tmp_path)
    later = simulate_in_a_new_process(conventions, tmp_path)
    assert first["fills"] == later["fills"] == 2
    assert first["seconds"] <= FIRST_SECONDS
    assert later["seconds"] <= LATER_SECONDS


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("not a folder")
    assert simulate_in_a_new_process("reference", nowhere)["fills"] == 2
