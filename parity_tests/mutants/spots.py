"""Where a source can be changed: its own statements one by one, each with its function and its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Spot", "Text", "spots"]

MODULE = "<module>"


class Text:
    """A source whose parts are found by the places that the parser gives, which count bytes of UTF-8."""

    def __init__(self, source: str) -> None:
        self.data = source.encode()
        self._lines = [0]
        for line in self.data.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends."""
        begin = self._lines[node.lineno - 1] + node.col_offset
        return begin, self._lines[node.end_lineno - 1] + node.end_col_offset

    def replaced(self, span: tuple[int, int], new: str) -> str:
        """Return the whole source with a part replaced."""
        return (self.data[: span[0]] + new.encode() + self.data[span[1] :]).decode()

    def words(self, span: tuple[int, int]) -> str:
        """Return a part of the source as one line."""
        return " ".join(self.data[span[0] : span[1]].decode().split())


class Spot(NamedTuple):
    """A statement: the function it is in, what belongs to itself (a loop's body does not) and where that ends."""

    function: str
    statement: ast.stmt
    own: tuple[ast.expr, ...]
    span: tuple[int, int]
    # Names that have a value before the statement: to delete an assignment to another one stops every test.
    known: frozenset[str]


def spots(text: Text) -> Iterator[Spot]:
    """Yield the statements of every function, and the plain assignments of the module."""
    tree = ast.parse(text.data)
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            yield Spot(MODULE, statement, (statement.value,), text.span(statement), frozenset())
    yield from _inside(text, tree, "")


def _inside(text: Text, node: ast.AST, name: str) -> Iterator[Spot]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            full = f"{name}.{child.name}" if name else child.name
            if isinstance(child, ast.FunctionDef):
                arguments = child.args
                known = {item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
                yield from _statements(text, full, child.body, known)
            yield from _inside(text, child, full)
        else:
            yield from _inside(text, child, name)


def _statements(text: Text, function: str, body: list[ast.stmt], known: set[str]) -> Iterator[Spot]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Raise | ast.Import | ast.ImportFrom):
            continue
        blocks = _blocks(statement)
        begin, end = text.span(statement)
        if blocks:
            end = text.span(blocks[0][0])[0]
        yield Spot(function, statement, _own(statement), (begin, end), frozenset(known))
        known.update(
            item.id for target in _targets(statement) for item in ast.walk(target) if isinstance(item, ast.Name)
        )
        for block in blocks:
            yield from _statements(text, function, block, known)


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(statement, ast.Match):
        return [case.body for case in statement.cases]
    blocks = [getattr(statement, field, None) for field in ("body", "orelse", "finalbody")]
    handlers = [handler.body for handler in getattr(statement, "handlers", [])]
    return [block for block in (*blocks[:1], *handlers, *blocks[1:]) if block]


def _own(statement: ast.stmt) -> tuple[ast.expr, ...]:
    """Return the expressions of a statement that are not its annotation and not in its blocks."""
    fields = ("targets", "target", "value", "test", "iter", "subject")
    found: list[ast.expr] = []
    for field in fields:
        value = getattr(statement, field, None)
        found += value if isinstance(value, list) else [value] if isinstance(value, ast.expr) else []
    return tuple(found)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For) else []
