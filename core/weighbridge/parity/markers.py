"""Generated text in documents: what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`."""

from __future__ import annotations

from pathlib import Path

from weighbridge.exceptions import FileError
from weighbridge.parity.report_files import read_text, write_text

__all__ = ["around", "is_current", "put_between"]


def around(path: Path, name: str) -> tuple[str, str]:
    """Return a document up to and from the markers of `name`, markers included.

    Raises:
        FileError: The file is not there or lacks the markers.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = read_text(path).partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise FileError(f"{path} lacks the markers of {name}", hint=f"add the lines {begin} and {end}")
    return f"{before}{begin}\n", f"{end}{after}"


def put_between(path: Path, name: str, text: str) -> Path:
    """Put text, which ends with a line break, between the markers; raises as `around` does."""
    before, after = around(path, name)
    return write_text(path, f"{before}{text}{after}")


def is_current(path: Path, name: str, text: str) -> bool:
    """Say whether that text stands there already; raises as `around` does."""
    before, after = around(path, name)
    return read_text(path) == f"{before}{text}{after}"
