"""What a worker runs: read the request in a folder, call the function, write the answer beside it.

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
        start = Path(folder) / "__init__.py"
        if start.is_file():
            return spec_from_file_location(fullname, start, submodule_search_locations=[folder])
        # A folder of modules without one of its own.
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [folder]
        return spec


def main(folder: Path) -> None:
    """Answer the request in `folder`."""
    request: dict[str, Any] = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    sys.meta_path.insert(0, _Packages(request["packages"]))
    from weighbridge.exceptions import WeighbridgeError

    module, name = request["function"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = getattr(import_module(module), name)(**request["arguments"])
            answer: dict[str, Any] = {"value": value, "versions": _versions()}
        except WeighbridgeError as error:
            answer = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    answer["warnings"] = sorted({str(warning.message) for warning in caught})
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


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
