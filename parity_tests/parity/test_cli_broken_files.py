"""Whatever is in a file, the command line answers with an error of ours or with a result, never a traceback."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from parity_tests.parity.fakes import fake_adapter
from weighbridge.cli import app

RUNNER = CliRunner()
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
PRICES = pd.DataFrame(
    [[day, asset, 10.0, 12.0, 9.0, 11.0, 500.0] for day in DAYS for asset in ("A", "B")],
    columns=["time", "asset", "open", "high", "low", "close", "volume"],
)
WEIGHTS = pd.DataFrame({"time": DAYS, "A": [0.5, 0.2, 0.0, 0.4], "B": [0.5, 0.1, 0.9, 0.4]})

NASTY = st.sampled_from(
    [
        "",
        "NaN",
        "inf",
        "-inf",
        "-1",
        "0",
        "1e999",
        "abc",
        "2024-13-01",
        "2024-01-02",
        "'",
        '"',
        "\n",
        ",",
        "é",
        "1e-320",
    ]
)
FRAMES = st.sampled_from(["prices", "weights"])


@pytest.fixture(scope="module", autouse=True)
def announced() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "weighbridge.parity.adapter.entry_points", lambda group: [SimpleNamespace(load=lambda: fake_adapter())]
        )
        yield


def status(command: str, prices: bytes, weights: bytes, ending: str = ".csv") -> int:
    """Run a command on two files; anything but exit status 0, 1 or an error of ours with a hint fails."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, f"prices{ending}"), Path(folder, f"weights{ending}")
        for path, content in zip(paths, (prices, weights), strict=True):
            path.write_bytes(content)
        options = ["--prices", str(paths[0]), "--weights", str(paths[1]), "--output", str(Path(folder, "out"))]
        result = RUNNER.invoke(app, [command, *options])
        written = Path(folder, "out").exists()
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    if result.exit_code == 2:
        assert result.stderr.startswith("Error: ")
        assert "Traceback" not in result.stderr
        # Bad files are refused before anything is written; the harness makes its folder before it runs.
        assert command == "parity" or not written
    else:
        assert result.exit_code in ((0,) if command == "simulate" else (0, 1))
    return result.exit_code


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def test_what_is_not_broken_runs() -> None:
    assert status("simulate", csv(PRICES), csv(WEIGHTS)) == 0
    assert status("parity", csv(PRICES), csv(WEIGHTS)) == 0


@pytest.mark.parametrize("command", ["simulate", "parity"])
@pytest.mark.parametrize("which", ["prices", "weights"])
@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\n",
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        b"time,A\n",
        b"time,time\n1,2\n",
        b"time,A\n2024-01-01,1,2,3\n",
        b"time,A,B\nyesterday,0.5,0.5\n",
        b"time,A,B\n2024-01-02,0.5,0.5\n2024-01-01,0.5,0.5\n",
        b"time,A,B\n2024-01-01,0.5,0.5\n2024-01-01,0.5,0.5\n",
        b"time,A,B\n2024-01-01,inf,0.5\n",
        b"time,A,B\n2024-01-01,much,0.5\n",
        b"time,A,Z\n2024-01-01T00:00:00+02:00,0.5,0.5\n",
        b"time,asset\n2024-01-01,A\n",
        b'time,A\n"2024-01-01,1\n',
    ],
)
def test_a_broken_file_is_exit_status_two(command: str, which: str, broken: bytes) -> None:
    pair = {"prices": csv(PRICES), "weights": csv(WEIGHTS), which: broken}
    assert status(command, **pair) == 2


@given(content=st.binary(max_size=300), which=FRAMES, ending=st.sampled_from([".csv", ".parquet", ".txt", ""]))
def test_any_bytes(content: bytes, which: str, ending: str) -> None:
    pair = {"prices": csv(PRICES), "weights": csv(WEIGHTS), which: content}
    assert status("simulate", **pair, ending=ending) == 2


@settings(max_examples=40)  # The harness runs the engine five times for an example.
@given(
    row=st.integers(0, 7),
    column=st.integers(0, 6),
    text=NASTY,
    which=FRAMES,
    command=st.sampled_from(["simulate", "parity"]),
)
def test_any_cell_replaced(row: int, column: int, text: str, which: str, command: str) -> None:
    frames = {"prices": PRICES, "weights": WEIGHTS}
    broken = frames[which].astype(object)
    broken.iloc[row % len(broken), column % broken.shape[1]] = text
    status(command, **{name: csv(broken if name == which else frame) for name, frame in frames.items()})


@given(drop=st.lists(st.integers(0, 7), max_size=8), seed=st.integers(0, 99), names=st.booleans())
def test_any_rows_dropped_and_shuffled(drop: list[int], seed: int, names: bool) -> None:
    random = np.random.default_rng(seed)
    prices = PRICES.drop(index=drop)
    prices = prices.iloc[random.permutation(len(prices))]
    if names:
        prices.columns = random.permutation(prices.columns.to_numpy())
    weights = WEIGHTS.drop(index=[row for row in drop if row < len(WEIGHTS)])
    status("simulate", csv(prices), csv(weights))


@given(cut=st.integers(0, 2000), which=FRAMES)
def test_a_truncated_parquet_file(cut: int, which: str) -> None:
    whole = {"prices": PRICES.to_parquet(index=False), "weights": WEIGHTS.to_parquet(index=False)}
    pair = {**whole, which: whole[which][:cut]}
    assert status("simulate", **pair, ending=".parquet") == 2
