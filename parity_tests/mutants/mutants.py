"""All mutants of a source, and a sample of them that is the same on every machine."""

from __future__ import annotations

import ast
import difflib
import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from parity_tests.mutants.mutations import EXPRESSIONS, STATEMENTS
from parity_tests.mutants.spots import MODULE, Spot, Text, spots

__all__ = ["Mutant", "mutants_of", "sample"]

# What stands by itself wherever an expression may stand.
ATOMS = (ast.Constant, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Tuple)


class Mutant(NamedTuple):
    """One change of one file. `was` and `becomes` are its statement as one line, without the blocks below it."""

    number: str
    file: str
    function: str
    kind: str
    was: str
    becomes: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what names the change wherever its line moves."""
        return self.file, self.function, self.was, self.becomes

    def diff(self, original: str) -> str:
        """Return the change as a unified diff."""
        lines = difflib.unified_diff(
            original.splitlines(), self.source.splitlines(), self.file, f"{self.file} ({self.kind})", "", "", 0, ""
        )
        return "\n".join(lines)


def mutants_of(file: str, source: str) -> list[Mutant]:
    """Return every mutant of a source; those that come out alike, once."""
    text = Text(source)
    found: dict[str, Mutant] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    unchanged = ast.dump(ast.parse(source))
    for spot in spots(text):
        for kind, old, new in _changes(spot):
            span = text.span(old)
            written = ast.unparse(ast.fix_missing_locations(new))
            if isinstance(new, ast.expr) and not isinstance(new, ATOMS) and old not in spot.own:
                written = f"({written})"
            mutated = text.replaced(span, written)
            if mutated in found or ast.dump(ast.parse(mutated)) == unchanged:
                continue
            longer = len(mutated.encode()) - len(text.data)
            becomes = Text(mutated).words((spot.span[0], spot.span[1] + longer))
            key = (file, spot.function, text.words(spot.span), becomes)
            seen[key] += 1
            number = hashlib.sha256("|".join((*key, str(seen[key]))).encode()).hexdigest()[:8]
            found[mutated] = Mutant(number, *key[:2], kind, *key[2:], mutated)
    return list(found.values())


def _changes(spot: Spot) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    if spot.function == MODULE:
        # Whole numbers of a module are codes and places: renumbered they mean the same.
        for node in _nodes(spot):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                yield from _applied(node)
        return
    for change in STATEMENTS:
        for old, new in change(spot.statement, spot.known):
            yield change.__name__, old, new
    for node in _nodes(spot):
        yield from _applied(node)


def _applied(node: ast.AST) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    for change in EXPRESSIONS:
        for new in change(node):
            yield change.__name__, node, new


def _nodes(spot: Spot) -> Iterator[ast.AST]:
    for expression in spot.own:
        for node in ast.walk(expression):
            # A sign belongs to its number; in an f-string a place is not a place of the source before Python 3.12.
            if isinstance(node, ast.JoinedStr):
                break
            yield node


def sample(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """Take at least `count` mutants (0: all), in turns from every function.

    The turns of one function do not depend on any other, so a change of one file keeps the sample of the rest.
    """
    functions: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in mutants:
        functions.setdefault((mutant.file, mutant.function), []).append(mutant)
    for (file, function), members in functions.items():
        members.sort(key=lambda mutant: mutant.number)
        random.Random(f"{seed} {file} {function}").shuffle(members)
    chosen: list[Mutant] = []
    for turn in zip_longest(*functions.values()):
        if count and len(chosen) >= count:
            break
        chosen += [mutant for mutant in turn if mutant is not None]
    return chosen
