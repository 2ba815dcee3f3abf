"""What a worker does to run an adapter: read bars and targets, run, save the record."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import ParityError
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import PRESETS, Conventions
from weighbridge.settings.costs import Costs

__all__ = ["run_adapter", "version_of"]


def version_of(distribution: str) -> str | None:
    """Return the version of a distribution, or None where it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def run_adapter(
    folder: str,
    adapter: list[str],
    arguments: dict[str, Any],
    options: dict[str, Any],
    assets: dict[str, list[str]],
    signals: list[str],
    fingerprints: dict[str, str],
) -> None:
    """Run "module", "attribute" with the frames in `folder`; the record goes beside them."""
    module, attribute = adapter
    found = getattr(import_module(module), attribute)
    found.require()
    frames: dict[str, Any] = {}
    for file in Path(folder).glob("*.parquet"):
        frame = pd.read_parquet(file)
        names = assets["targets" if file.stem == "targets" else "bars"]
        frames[file.stem] = frame.set_axis(pd.Index(names, name="asset"), axis=1)
    targets = TargetWeights(frames.pop("targets"))
    fields = {name: frames.pop(f"signal-{number}") for number, name in enumerate(signals)}
    bars = Bars.from_frames(**frames, fields=fields)
    if fingerprints != {"bars": bars.fingerprint(), "targets": targets.fingerprint()}:
        raise ParityError("bars or targets changed on their way to the worker", hint="compare pandas and pyarrow")
    for name, kind in (("rebalance", RebalanceConfig), ("costs", Costs)):
        if arguments[name] is not None:
            arguments[name] = kind.from_dict(arguments[name])
    arguments["conventions"] = _conventions(arguments["conventions"], getattr(found, "conventions", ()))
    for file in (Path(folder) / "options").glob("*.parquet"):
        options[file.stem] = pd.read_parquet(file)
    found.run(bars, targets, **arguments, **options).save(Path(folder) / "record")


def _conventions(values: dict[str, Any] | None, own: Iterable[Conventions]) -> Conventions | None:
    """Return the adapter's own, or the preset itself, where it is one: a rule of its own is nothing to be read."""
    if values is None:
        return None
    known = (one for one in (*own, *PRESETS.values()) if one.as_dict() == values)
    return next(known, None) or Conventions.from_dict(values)
