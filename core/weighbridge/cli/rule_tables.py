"""The tables of the rules, for the documentation: what presets take, what each member is, which pairs are refused."""

from __future__ import annotations

import ast
import inspect
from enum import IntEnum
from math import prod

from weighbridge.rules.refused import REFUSED
from weighbridge.settings.conventions import PRESETS, RULES, Conventions

__all__ = ["members_table", "presets_table", "refused_table", "rule_tables"]

_BY_NAME = dict(sorted(PRESETS.items()))


def rule_tables() -> dict[str, str]:
    """Return every table by the name of its markers."""
    members = {f"rule-{field}": members_table(field) for field in RULES}
    return {"presets": presets_table(), **members, "refused": refused_table()}


def presets_table() -> str:
    """Return the fields by the presets, and the presets that are another one with another fill."""
    whole = _wholes()
    head = ["rule", *(f"`{name}`" for name in whole)]
    rows = [
        [f"[`{field}`](#{field})", *(f"`{getattr(preset, field).name}`" for preset in whole.values())]
        for field in RULES
    ]
    rows.append(["[`limits`](#limits)", *("none" if p.limits is None else "`Limits()`" for p in whole.values())])
    others = [
        [f"`{name}`", f"`{_whole(preset).name}`", f"`{preset.fill.name}`"]
        for name, preset in _BY_NAME.items()
        if name not in whole
    ]
    return f"{_table(head, rows)}\n{_table(['preset', 'is', 'with the fill'], others)}"


def members_table(field: str) -> str:
    """Return the members of a rule: what each does, where it is from, and which presets have it."""
    kind = RULES[field]
    presets = _BY_NAME if field == "fill" else _wholes()
    rows: list[list[str]] = []
    for member, text in _docstrings(kind).items():
        having = [f"`{name}`" for name, preset in presets.items() if getattr(preset, field) is kind[member]]
        rows.append([f"`{member}`", text, ", ".join(having)])
    return _table(["member", "what it does, and where it is from", "presets"], rows)


def refused_table() -> str:
    """Return the pairs that are refused, each with its reason, and their share of all mixtures."""
    rows = [
        [" with ".join(f"`{field}={type(rule).__name__}.{rule.name}`" for field, rule in sorted(pair)), reason]
        for pair, reason in REFUSED.items()
    ]
    return f"{_table(['rules', 'why not'], rows)}\nThat is {_refused_share():.2%} of all mixtures.\n"


def _wholes() -> dict[str, Conventions]:
    """Return the presets that are not another one with another fill."""
    return {name: preset for name, preset in _BY_NAME.items() if _whole(preset) is preset}


def _whole(preset: Conventions) -> Conventions:
    """Return the first preset, by name, that is the same but for its fill."""
    alike = preset.rules() | {"fill": None}
    return next(other for other in _BY_NAME.values() if other.rules() | {"fill": None} == alike)


def _docstrings(kind: type[IntEnum]) -> dict[str, str]:
    """Return what stands below each member in the source: Python itself does not keep it."""
    found: dict[str, str] = {}
    (definition,) = ast.parse(inspect.getsource(kind)).body
    name = ""
    for line in getattr(definition, "body", ()):
        match line:
            case ast.Assign(targets=[ast.Name(id=name)]):
                found[name] = ""
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                found[name] = " ".join(text.split())
            case _:
                name = ""
    return found


def _refused_share() -> float:
    """Return the refused part of all mixtures of built-in rules: whoever meets one pair is counted once."""
    fields = sorted({field for pair in REFUSED for field, _ in pair})
    mixtures: list[dict[str, IntEnum]] = [{}]
    for field in fields:
        mixtures = [mixture | {field: member} for mixture in mixtures for member in RULES[field]]
    refused = sum(any(dict(pair).items() <= mixture.items() for pair in REFUSED) for mixture in mixtures)
    return refused / prod(len(RULES[field]) for field in fields)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
