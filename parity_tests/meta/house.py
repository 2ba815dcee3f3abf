"""Read the house's own sources: which module imports what, and which names it reaches for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
ADAPTERS = ROOT / "adapters"


class Imported(NamedTuple):
    """One imported module or name: `weighbridge.engine.fills` for `from weighbridge.engine import desk`."""

    name: str
    line: int


def adapter_names() -> list[str]:
    """Return the import names of all adapters in the tree, sorted."""
    return sorted(file.parent.name for file in ADAPTERS.glob("*/__init__.py"))


def modules(folder: Path) -> dict[str, Path]:
    """Return every module below a folder that is on the path, by dotted name."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(source: str) -> Iterator[Imported]:
    """Yield every import of a module, also those inside functions and for type checkers only."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                # A relative import keeps its dots, which no rule allows.
                yield Imported(f"{'.' * node.level}{node.module or ''}.{alias.name}", node.lineno)


def graph_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return for each module those of the others that it imports.

    Importing a name imports its module; the packages above a module, which Python imports too, do not count.
    """
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        graph[module] = set()
        for name, _ in imports(source):
            while name and name not in sources:
                name = name.rpartition(".")[0]
            if name:
                graph[module].add(name)
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return for every module that imports itself in the end the shortest way round; each circle once."""
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(graph):
        before = dict.fromkeys(sorted(graph[start]), start)
        queue = [*before]
        for module in queue:
            if start in before:
                break
            fresh = sorted(graph[module] - set(before))
            before |= dict.fromkeys(fresh, module)
            queue += fresh
        if start in before:
            circle = [start]
            while (module := before[circle[0]]) != start:
                circle.insert(0, module)
            found.setdefault(frozenset(circle), circle[-1:] + circle[:-1])
    return [*found.values()]


def within(name: str, packages: frozenset[str]) -> bool:
    """Say whether a dotted name is one of the packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def is_private(name: str) -> bool:
    """Say whether a name has one leading underscore: `_x`, not `__x__` and not `_`."""
    return len(name) > 1 and name.startswith("_") and not name.startswith("__")


def private_uses(source: str) -> Iterator[Imported]:
    """Yield private names taken from other objects or modules: not `self._x` and `cls._x`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = node.value
            if not (isinstance(owner, ast.Name) and owner.id in ("self", "cls")):
                yield Imported(node.attr, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            yield from (Imported(alias.name, node.lineno) for alias in node.names if is_private(alias.name))
