"""`import weighbridge` is light: nothing compiled, no framework, no plotting, no file formats."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

HEAVY = (
    "backtrader", "bcolz", "empyrical", "exchange_calendars", "jinja2", "llvmlite", "matplotlib", "numba",
    "plotly", "pyarrow", "rich", "scipy", "typer", "vectorbt", "zipline",
)  # fmt: skip

# What an import may cost beyond importing pandas: below what a user notices at a prompt.
LIMIT_SECONDS = 0.15

# Pandas imports pyarrow where it is installed; what comes after pandas is ours. Processor time, not the clock's:
# another test runs beside this one.
AFTER_PANDAS = """
import json, sys, time
import pandas
before = set(sys.modules)
start = time.process_time()
import weighbridge
print(json.dumps({"seconds": time.process_time() - start, "modules": sorted(set(sys.modules) - before)}))
"""

# The same on a machine where pandas finds none of it: importing any of it fails.
WITHOUT = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None
import weighbridge, weighbridge_backtrader
print(weighbridge.__all__)
"""


def python(program: str, *arguments: str) -> str:
    """Run a program in an interpreter of its own and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_adds_no_heavy_module() -> None:
    added = json.loads(python(AFTER_PANDAS))["modules"]
    assert [name for name in added if name.split(".")[0] in HEAVY] == []


def test_importing_works_with_every_heavy_module_missing() -> None:
    assert "simulate" in python(WITHOUT, *HEAVY)


def test_importing_adds_little_to_importing_pandas() -> None:
    seconds = statistics.median(json.loads(python(AFTER_PANDAS))["seconds"] for _ in range(5))
    assert seconds <= LIMIT_SECONDS
