"""Writing files so that they are there as a whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from weighbridge.exceptions import FileError

__all__ = ["fresh_folder", "read_text", "slug", "write_text"]


def write_text(path: Path, text: str) -> Path:
    """Write to a neighbour first and rename it.

    Raises:
        FileError: The file cannot be written.
    """
    neighbour = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            neighbour.write_text(text, encoding="utf-8")
            neighbour.replace(path)
        finally:
            neighbour.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be written: {error}", hint="choose another folder") from error
    return path


def read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        FileError: It is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read: {error}", hint="check the path") from error


def fresh_folder(folder: Path) -> Path:
    """Empty a folder of run records, so that none of an earlier report stays behind.

    Raises:
        FileError: Something else is in it, or it cannot be emptied.
    """
    try:
        inside = sorted(folder.iterdir()) if folder.exists() else []
        for record in inside:
            if not (record / "record.json").is_file():
                raise FileError(f"{record} is not a run record", hint="choose another output folder")
        for record in inside:
            shutil.rmtree(record)
    except OSError as error:
        raise FileError(f"{folder} cannot be emptied: {error}", hint="choose another output folder") from error
    return folder


def slug(*parts: str) -> str:
    """Return a name that any file system takes."""
    return ".".join(re.sub(r"[^A-Za-z0-9_-]+", "-", part).strip("-") for part in parts)
