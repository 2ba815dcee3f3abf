"""Call a function in another Python interpreter: request and answer are files.

The other interpreter needs what core depends on (numpy, pandas, pyarrow, numba, platformdirs), and nothing of
ours: the code of `weighbridge` and of the other packages named is read from where it is imported here
(`worker_main.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from weighbridge import exceptions
from weighbridge.exceptions import AdapterError, ConfigError, FileError, ParityError, WeighbridgeError

__all__ = ["Answer", "call_elsewhere"]

# Enough for an exception with the calls that led to it.
LAST_LINES = 15


class Answer(NamedTuple):
    """What a function returned, the versions it ran with, and what it warned of."""

    value: Any
    versions: dict[str, str]
    warnings: list[str]


def call_elsewhere(
    python: str | os.PathLike[str],
    function: str,
    arguments: dict[str, Any],
    *,
    packages: Iterable[str] = (),
    timeout: float = 600.0,
) -> Answer:
    """Call a function in another interpreter.

    Args:
        python: The interpreter, for example "other-environment/bin/python"; Python 3.11 or later.
        function: "module:function" of a package that can be imported here.
        arguments: By keyword, plain values that JSON can hold; so must be what the function returns.
        packages: Further packages that the function imports and that need not be installed there.
        timeout: Seconds after which the worker is ended.

    Raises:
        ConfigError: An argument cannot be sent, or the timeout is not above 0.
        FileError: There is no such interpreter.
        AdapterError: The interpreter lacks a package.
        ParityError: The worker crashed or took too long; the message has its last lines.
        WeighbridgeError: What the function itself raised there.
    """
    if not timeout > 0.0:
        raise ConfigError(f"timeout={timeout!r} is not a number above 0", hint="pass seconds")
    own = function.partition(":")[0].partition(".")[0]
    request = {
        "packages": {name: _folder_of(name) for name in ("weighbridge", own, *packages)},
        "function": function.split(":"),
        "arguments": arguments,
    }
    try:
        text = json.dumps(request)
    except TypeError as error:
        raise ConfigError(f"an option cannot be sent to a worker: {error}", hint="pass plain values") from error
    with tempfile.TemporaryDirectory(prefix="weighbridge-worker-") as scratch:
        folder = Path(scratch)
        (folder / "request.json").write_text(text, encoding="utf-8")
        status = _call(Path(python), folder, timeout)
        return _answer(folder, status, function)


def _folder_of(package: str) -> str:
    spec = find_spec(package)
    places = None if spec is None else spec.submodule_search_locations
    if not places:
        raise AdapterError(f"{package} is not a package with a folder", hint="install the adapter as a package")
    return str(Path(next(iter(places))).resolve())


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


def _answer(folder: Path, status: int, function: str) -> Answer:
    if not (folder / "answer.json").is_file():
        lines = _last_lines(folder)
        # Our own packages' imports come before there is anybody to answer.
        if "ModuleNotFoundError" in lines:
            raise AdapterError(
                f"the interpreter lacks a package that the worker needs{lines}",
                hint="install numpy, pandas, pyarrow, numba and platformdirs beside the framework",
            )
        raise ParityError(
            f"the worker for {function!r} ended with status {status} and no answer{lines}",
            hint="run it in that interpreter by hand",
        )
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    if "error" in answer:
        kind = getattr(exceptions, str(answer["error"]), WeighbridgeError)
        raise kind(f"in the worker: {answer['message']}", hint=answer["hint"])
    return Answer(answer["value"], answer["versions"], answer["warnings"])


def _last_lines(folder: Path) -> str:
    lines = (folder / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "".join(f"\n    {line}" for line in ["; its last lines:", *lines[-LAST_LINES:]]) if lines else ""
