"""What a worker runs: read the request in a folder, run the adapter, write the answer beside it.

Started as a file by an interpreter in which Weighbridge need not be installed. Nothing but the standard
library is imported before the packages named in the request can be found.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["main"]

REPORTED = ("numpy", "pandas", "numba", "pyarrow")


class _Packages(MetaPathFinder):
    """Find top-level packages in given folders.

    PYTHONPATH would bring along everything else in the same folder: the whole of site-packages, if that is
    where Weighbridge is.
    """

    def __init__(self, folders: dict[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the package's spec, or None to leave the search to others."""
        folder = self._folders.get(fullname)
        if folder is None:
            return None
        return spec_from_file_location(fullname, Path(folder) / "__init__.py", submodule_search_locations=[folder])


def main(folder: Path) -> None:
    """Answer the request in `folder`."""
    request: dict[str, Any] = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    sys.meta_path.insert(0, _Packages(request["packages"]))
    from weighbridge.exceptions import WeighbridgeError

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            _run(folder, request)
            answer: dict[str, Any] = {"versions": _versions()}
        except WeighbridgeError as error:
            answer = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    answer["warnings"] = sorted({str(warning.message) for warning in caught})
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _run(folder: Path, request: dict[str, Any]) -> None:
    import pandas as pd

    from weighbridge.bars import Bars
    from weighbridge.config import RebalanceConfig
    from weighbridge.costs import Costs
    from weighbridge.exceptions import ParityError
    from weighbridge.targets import TargetWeights

    module, attribute = request["adapter"]
    adapter = getattr(import_module(module), attribute)
    adapter.require()
    frames: dict[str, Any] = {}
    for file in folder.glob("*.parquet"):
        frame = pd.read_parquet(file)
        names = request["assets"]["targets" if file.stem == "targets" else "bars"]
        frames[file.stem] = frame.set_axis(pd.Index(names, name="asset"), axis=1)
    targets = TargetWeights(frames.pop("targets"))
    bars = Bars.from_frames(**frames)
    if request["fingerprints"] != {"bars": bars.fingerprint(), "targets": targets.fingerprint()}:
        raise ParityError("bars or targets changed on their way to the worker", hint="compare pandas and pyarrow")
    arguments = request["arguments"]
    for name, kind in (("rebalance", RebalanceConfig), ("costs", Costs)):
        if arguments[name] is not None:
            arguments[name] = kind.from_dict(arguments[name])
    arguments["conventions"] = _conventions(arguments["conventions"])
    adapter.run(bars, targets, **arguments, **request["options"]).save(folder / "record")


def _conventions(values: dict[str, Any] | None) -> Any:
    """Return the preset itself where it is one, since adapters may ask whether it is."""
    from weighbridge.conventions import PRESETS, Conventions

    if values is None:
        return None
    read = Conventions.from_dict(values)
    preset = PRESETS.get(read.name)
    return preset if preset == read else read


def _versions() -> dict[str, str]:
    found: dict[str, str] = {"python": sys.version.split()[0]}
    for name in REPORTED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
