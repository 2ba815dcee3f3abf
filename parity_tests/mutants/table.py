"""Which sources are mutated, which tests are nearest to each, and which mutants cannot be told from the original."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

__all__ = ["Equivalent", "Source", "Table", "TableError", "read_table"]


class TableError(Exception):
    """The table names something that is not there."""


class Equivalent(NamedTuple):
    """A mutant that no test can kill, by its words, and why."""

    file: str
    function: str
    was: str
    becomes: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what the mutant is found by."""
        return self.file, self.function, self.was, self.becomes


class Source(NamedTuple):
    """A file to mutate, the module it is, and its nearest tests: files or node ids."""

    file: str
    module: str
    tests: tuple[str, ...]


class Table(NamedTuple):
    """The whole table; `warm` is what is imported once, before any child."""

    sources: tuple[Source, ...]
    equivalents: tuple[Equivalent, ...]
    warm: tuple[str, ...]


def read_table(root: Path, file: Path) -> Table:
    """Read a table.

    Raises:
        TableError: A pattern without a file, a source without its tests, an equivalent without a reason or twice.
    """
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    top = content["folder"]
    named = content.get("tests", {})
    left_out = content.get("left_out", {})
    sources: dict[str, Source] = {}
    for row in content["sources"]:
        paths = sorted((root / top).glob(row["files"]))
        if not paths:
            raise TableError(f"no file is called {top}/{row['files']}")
        for path in paths:
            name = path.relative_to(root).as_posix()
            if path.name == "__init__.py" or name in left_out or name in sources:
                continue
            nearest = named.get(name, [])
            if "tests" in row and (not nearest or (root / row["tests"].format(stem=path.stem)).exists()):
                nearest = [row["tests"].format(stem=path.stem), *nearest]
            absent = [test for test in nearest if not (root / test.partition("::")[0]).exists()]
            if absent or not nearest:
                raise TableError(f"{name} has no tests of its own: {', '.join(absent) or 'none is named'} is not there")
            module = ".".join(path.relative_to(root / top).with_suffix("").parts)
            sources[name] = Source(name, module, tuple(nearest))
    unknown = [name for name in (*named, *left_out) if not (root / name).exists()]
    if unknown:
        raise TableError(f"not there: {', '.join(unknown)}")
    equivalents = [Equivalent(**row) for row in content.get("equivalent", [])]
    keys = [item.key for item in equivalents]
    wrong = [item.key for item in equivalents if not item.reason.strip() or keys.count(item.key) > 1]
    if wrong:
        raise TableError(f"an equivalent needs one reason: {wrong[0]}")
    return Table(tuple(sources.values()), tuple(equivalents), tuple(content.get("warm", ())))
