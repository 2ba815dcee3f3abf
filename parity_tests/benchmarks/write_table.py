"""Put what the benchmarks measured into docs/performance.md: `python parity_tests/benchmarks/write_table.py FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from weighbridge.parity.markers import put_between

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def figure(value: float | str) -> str:
    """Write a figure with as many digits as it deserves."""
    if isinstance(value, str):
        return value
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(measured: dict[str, object]) -> str:
    """Return the Markdown table of a pytest-benchmark file."""
    machine, rows = measured["machine_info"], measured["benchmarks"]
    lines = ["| benchmark | time, ms | measured beside it |", "|---|---:|---|"]
    for row in rows:
        about = Path(row["fullname"].partition("::")[0]).stem.removeprefix("bench_")
        name = f"{about}: {row['name'].removeprefix('test_').replace('_', ' ')}"
        beside = "; ".join(f"{key.replace('_', ' ')} {figure(value)}" for key, value in row["extra_info"].items())
        # Where a benchmark takes its own time, in turns with another side's, the rest of its run does not count.
        seconds = row["extra_info"].get("engine_seconds", row["stats"]["median"])
        lines.append(f"| {name} | {seconds * 1000:,.2f} | {beside} |")
    cpu = machine["cpu"].get("brand_raw", machine["machine"])
    where = f"{cpu}, {machine['cpu'].get('count', '?')} cores, Python {machine['python_version']}"
    return "\n".join([*lines, "", f"Measured on: {where}, on {measured['datetime'][:10]}."]) + "\n"


if __name__ == "__main__":
    put_between(PAGE, "benchmarks", table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
