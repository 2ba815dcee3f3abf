"""Run a framework in another Python interpreter: request and answer are files.

The other interpreter needs the framework and what core depends on (numpy, pandas, pyarrow, numba,
platformdirs), and nothing of ours: the code of `weighbridge` and of the adapter is read from where it is
imported here (`worker_main.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from weighbridge import exceptions
from weighbridge.adapter import ENTRY_POINT_GROUP, How
from weighbridge.bars import Bars
from weighbridge.config import RebalanceConfig
from weighbridge.conventions import Conventions, conventions_named
from weighbridge.costs import Costs
from weighbridge.exceptions import (
    AdapterError,
    ConfigError,
    FileError,
    ParityError,
    UnknownAdapterError,
    WeighbridgeError,
)
from weighbridge.record import RunRecord
from weighbridge.targets import TargetWeights

__all__ = ["run_in_worker"]

FIELDS = ("close", "open", "high", "low", "volume")

# Enough for an exception with the calls that led to it.
LAST_LINES = 15


def run_in_worker(
    python: str | os.PathLike[str],
    adapter: str,
    bars: Bars,
    targets: TargetWeights,
    *,
    how: How = "native",
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    conventions: Conventions | str | None = None,
    timeout: float = 600.0,
    **options: Any,
) -> RunRecord:
    """Run an adapter in another interpreter and return its record.

    Args:
        python: The interpreter, for example "other-environment/bin/python"; Python 3.11 or later.
        adapter: The adapter's name ("vectorbt"), or "module:attribute" of an `Adapter`.
        bars: Prices, as for the adapter's `run`.
        targets: Decisions at bars of `bars`.
        how: "native" or "executor".
        rebalance: None: the adapter's default.
        costs: None: no costs.
        cash: Starting cash, account currency.
        conventions: None: the adapter's default.
        timeout: Seconds after which the worker is ended.
        **options: Further arguments of the adapter's `run`, plain values that JSON can hold.

    Returns:
        The record; its provenance has the worker's versions, and what it warned of.

    Raises:
        FileError: There is no such interpreter.
        UnknownAdapterError: No adapter has that name.
        AdapterError: The interpreter lacks the framework or a package that core needs.
        ParityError: The worker crashed or took too long; the message has its last lines.
        WeighbridgeError: What the adapter itself raised there.
    """
    if not timeout > 0.0:
        raise ConfigError(f"timeout={timeout!r} is not a number above 0", hint="pass seconds")
    home, attribute = _home_of(adapter)
    request = {
        "packages": {name: _folder_of(name) for name in ("weighbridge", home.partition(".")[0])},
        "adapter": [home, attribute],
        "arguments": {
            "how": how,
            "rebalance": None if rebalance is None else rebalance.as_dict(),
            "costs": None if costs is None else costs.as_dict(),
            "cash": cash,
            "conventions": None if conventions is None else conventions_named(conventions).as_dict(),
        },
        "options": options,
        "assets": {"bars": bars.assets, "targets": targets.assets},
        "fingerprints": {"bars": bars.fingerprint(), "targets": targets.fingerprint()},
    }
    try:
        text = json.dumps(request)
    except TypeError as error:
        raise ConfigError(f"an option cannot be sent to a worker: {error}", hint="pass plain values") from error
    with tempfile.TemporaryDirectory(prefix="weighbridge-worker-") as scratch:
        folder = Path(scratch)
        (folder / "request.json").write_text(text, encoding="utf-8")
        _write_frames(folder, bars, targets)
        status = _call(Path(python), folder, timeout)
        return _answer(folder, status, adapter)


def _home_of(adapter: str) -> tuple[str, str]:
    """Return module and attribute: as given, as announced, or as our own packages are called."""
    announced = {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}
    value = adapter if ":" in adapter else announced.get(adapter, f"weighbridge_{adapter}:ADAPTER")
    module, _, attribute = value.partition(":")
    if not module.partition(".")[0].isidentifier() or find_spec(module.partition(".")[0]) is None:
        raise UnknownAdapterError(
            f"no adapter is called {adapter!r}", hint=f"there are: {', '.join(sorted(announced)) or 'none'}"
        )
    return module, attribute


def _folder_of(package: str) -> str:
    spec = find_spec(package)
    places = None if spec is None else spec.submodule_search_locations
    if not places:
        raise AdapterError(f"{package} is not a package with a folder", hint="install the adapter as a package")
    return str(Path(next(iter(places))).resolve())


def _write_frames(folder: Path, bars: Bars, targets: TargetWeights) -> None:
    """Number the columns, since an asset may be called like the index; their names are in the request."""
    frames = {field: bars.frame(field) for field in FIELDS if getattr(bars, field) is not None}
    for name, frame in {**frames, "targets": targets.frame}.items():
        frame.columns = [str(column) for column in range(frame.shape[1])]
        frame.to_parquet(folder / f"{name}.parquet")


def _call(python: Path, folder: Path, timeout: float) -> int:
    """Run the worker; what it prints goes to files, so that nothing it leaves behind can hold a pipe open."""
    main = Path(__file__).with_name("worker_main.py")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with (folder / "stdout.txt").open("wb") as stdout, (folder / "stderr.txt").open("wb") as stderr:
        try:
            # -P: the folder of worker_main.py stays off the path of modules.
            return subprocess.run(
                [str(python), "-P", str(main), str(folder)],
                cwd=folder,
                env={**ours, "PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                timeout=timeout,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise ParityError(
                f"the worker did not finish within {timeout:g} s{_last_lines(folder)}",
                hint="pass a longer timeout",
            ) from error
        except OSError as error:
            raise FileError(
                f"{python} cannot be run: {error.strerror}", hint="pass the path of a Python interpreter"
            ) from error


def _answer(folder: Path, status: int, adapter: str) -> RunRecord:
    if not (folder / "answer.json").is_file():
        lines = _last_lines(folder)
        # Our own packages' imports come before there is anybody to answer.
        if "ModuleNotFoundError" in lines:
            raise AdapterError(
                f"the interpreter lacks a package that the worker needs{lines}",
                hint="install numpy, pandas, pyarrow, numba and platformdirs beside the framework",
            )
        raise ParityError(
            f"the worker for {adapter!r} ended with status {status} and no answer{lines}",
            hint="run the adapter in that interpreter by hand",
        )
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    if "error" in answer:
        kind = getattr(exceptions, str(answer["error"]), WeighbridgeError)
        raise kind(f"in the worker: {answer['message']}", hint=answer["hint"])
    record = RunRecord.load(folder / "record")
    record.provenance["worker"] = answer["versions"]
    record.provenance["warnings"] = sorted({*record.provenance.get("warnings", []), *answer["warnings"]})
    return record


def _last_lines(folder: Path) -> str:
    lines = (folder / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "".join(f"\n    {line}" for line in ["; its last lines:", *lines[-LAST_LINES:]]) if lines else ""
