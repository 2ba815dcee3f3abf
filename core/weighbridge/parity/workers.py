"""Run a framework in another Python interpreter: one run, or as an adapter like any other.

The other interpreter needs the framework and what core depends on, and nothing of ours (`interpreters.py`).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, fields
from functools import cache, partial
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import UnknownAdapterError
from weighbridge.parity.adapter import ENTRY_POINT_GROUP, Adapter, How
from weighbridge.parity.interpreters import call_elsewhere
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions, conventions_named
from weighbridge.settings.costs import Costs

__all__ = ["AdapterElsewhere", "adapter_elsewhere", "run_in_worker"]

FIELDS = ("close", "open", "high", "low", "volume")


@dataclass(frozen=True, kw_only=True)
class AdapterElsewhere(Adapter):
    """An adapter whose framework is in another interpreter.

    Attributes:
        python: The interpreter.
    """

    python: str = field(repr=False)

    def installed_version(self) -> str | None:
        """Return the framework's version in the other interpreter, or None where it is not installed there."""
        return _version_there(self.python, self.distribution)


@cache
def _version_there(python: str, distribution: str) -> str | None:
    function = "weighbridge.parity.worker_run:version_of"
    return call_elsewhere(python, function, {"distribution": distribution}).value


def adapter_elsewhere(
    adapter: Adapter, python: str | os.PathLike[str], *, timeout: float = 600.0, **options: Any
) -> AdapterElsewhere:
    """Return an adapter that runs in another interpreter.

    Args:
        adapter: The adapter, by whose name it is called there too.
        python: The interpreter.
        timeout: As for `run_in_worker`, for each run.
        **options: Further arguments of every run: for example `engine="rust"` for VectorBT.
    """
    said: dict[str, Any] = {one.name: getattr(adapter, one.name) for one in fields(Adapter)}
    said["run"] = partial(run_in_worker, python, adapter.name, timeout=timeout, **options)
    return AdapterElsewhere(python=os.fspath(python), **said)


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
        **options: Further arguments of the adapter's `run`, plain values that JSON can hold, or frames.

    Returns:
        The record; its provenance has the worker's versions, and what it warned of.

    Raises:
        FileError: There is no such interpreter.
        UnknownAdapterError: No adapter has that name.
        AdapterError: The interpreter lacks the framework or a package that core needs.
        ParityError: The worker crashed or took too long; the message has its last lines.
        WeighbridgeError: What the adapter itself raised there.
    """
    home, attribute = _home_of(adapter)
    with tempfile.TemporaryDirectory(prefix="weighbridge-frames-") as scratch:
        folder = Path(scratch)
        _write_frames(folder, bars, targets)
        tables = {name: options.pop(name) for name in [*options] if isinstance(options[name], pd.DataFrame)}
        (folder / "options").mkdir()
        for name, table in tables.items():
            table.to_parquet(folder / "options" / f"{name}.parquet")
        answer = call_elsewhere(
            python,
            "weighbridge.parity.worker_run:run_adapter",
            {
                "folder": scratch,
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
                "signals": list(bars.fields),
                "fingerprints": {"bars": bars.fingerprint(), "targets": targets.fingerprint()},
            },
            packages=[home.partition(".")[0]],
            timeout=timeout,
        )
        record = RunRecord.load(folder / "record")
    record.provenance["worker"] = answer.versions
    record.provenance["warnings"] = sorted({*record.provenance.get("warnings", []), *answer.warnings})
    return record


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


def _write_frames(folder: Path, bars: Bars, targets: TargetWeights) -> None:
    """Number columns and signals, since they may be called anything; their names are in the request."""
    frames = {field: bars.frame(field) for field in FIELDS if getattr(bars, field) is not None}
    frames.update({f"signal-{number}": bars.frame(name) for number, name in enumerate(bars.fields)})
    for name, frame in {**frames, "targets": targets.frame}.items():
        frame.columns = [str(column) for column in range(frame.shape[1])]
        frame.to_parquet(folder / f"{name}.parquet")
