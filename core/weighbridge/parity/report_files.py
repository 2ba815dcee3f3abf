"""Writing files so that they are there as a whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from weighbridge.exceptions import FileError

__all__ = ["make_folder", "read_text", "records_in", "remove_records", "slug", "write_text"]


def write_text(path: Path, text: str) -> Path:
    """Write to a neighbour first and rename it.

    Raises:
        FileError: The file cannot be written.
    """
    neighbour = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        make_folder(path.parent)
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


def make_folder(folder: Path) -> Path:
    """Make a folder unless it is there.

    Raises:
        FileError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise FileError(f"{folder} cannot be made: {error}", hint="choose another folder") from error
    return folder


def records_in(folder: Path) -> list[Path]:
    """Return the run records in a folder.

    Raises:
        FileError: Something else is in it, or it cannot be read.
    """
    try:
        inside = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise FileError(f"{folder} cannot be read: {error}", hint="choose another output folder") from error
    for record in inside:
        if not (record / "record.json").is_file():
            raise FileError(f"{record} is not a run record", hint="choose another output folder")
    return inside


def remove_records(folder: Path) -> None:
    """Remove the run records in a folder, so that none of an earlier report stays behind.

    Raises:
        FileError: Something else is in it, or they cannot be removed.
    """
    for record in records_in(folder):
        try:
            shutil.rmtree(record)
        except OSError as error:
            raise FileError(f"{record} cannot be removed: {error}", hint="choose another folder") from error


def slug(*parts: str) -> str:
    """Return a name that any file system takes."""
    return ".".join(re.sub(r"[^A-Za-z0-9_-]+", "-", part).strip("-") for part in parts)
