"""The engine under VectorBT's conventions against the fastest engine of VectorBT, in its common and its newest line.

`make bench` runs it; vectorbt_speed.py says what is measured. The newest line has VectorBT's Rust engine, and an
interpreter of its own, in which both sides run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from parity_tests.benchmarks.vectorbt_speed import race
from weighbridge.parity.interpreters import call_elsewhere

ROOT = Path(__file__).parents[2]
NEWEST = Path(os.environ.get("WEIGHBRIDGE_VECTORBT12_PYTHON", ROOT / ".venv-vectorbt12" / "bin" / "python"))

# How many times faster the engine must be; assets, bars, a decision every so many bars; turns of each side.
SIZES: dict[str, tuple[float, tuple[int, int, int, dict[str, int]]]] = {
    "250x5040-every-bar": (5.0, (250, 5040, 1, {"ours": 15, "rust": 8, "numba": 5})),
    "2000x5040-every-bar": (10.0, (2000, 5040, 1, {"ours": 4, "rust": 2, "numba": 1})),
    "5000x2520-every-21": (500.0, (5000, 2520, 21, {"ours": 8, "rust": 1, "numba": 1})),
}

# Beside twice the fills: cash and value, the arrays of one rebalance, and what the allocator keeps.
SPARE_BYTES = 32 * 2**20


def race_in(line: str, size: tuple[int, int, int, dict[str, int]]) -> dict[str, Any]:
    """Run both sides here, or in the interpreter of VectorBT's newest line."""
    if line == "common":
        return race(*size)
    assert NEWEST.is_file(), f"{NEWEST} is not there; `make vectorbt12` sets it up"
    names = ("n_assets", "n_bars", "every", "turns")
    arguments = dict(zip(names, size, strict=True))
    return call_elsewhere(NEWEST, "parity_tests.benchmarks.vectorbt_speed:race", arguments).value


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("line", ["common", "newest"])
def test_the_engine_is_many_times_faster(benchmark: Any, line: str, size: str) -> None:
    target, arguments = SIZES[size]
    found = benchmark.pedantic(race_in, args=(line, arguments), rounds=1)
    assert line == "common" or (found["vectorbt"] >= "1.2" and "rust_seconds" in found)
    theirs = min(found[name] for name in ("rust_seconds", "numba_seconds") if name in found)
    found["times_faster"] = theirs / found["engine_seconds"]
    benchmark.extra_info |= found
    assert found["peak_bytes_beyond_inputs"] <= 2 * found["fill_bytes"] + SPARE_BYTES
    assert found["times_faster"] >= target
