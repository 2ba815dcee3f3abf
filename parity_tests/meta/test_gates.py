"""The gates of the project itself: nothing is skipped silently, nothing pinned is out of step."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from parity_tests.meta.house import ROOT, adapter_names

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PARITY_TESTS = ROOT / "parity_tests"
TESTED_EXTRAS = ("backtrader", "vectorbt", "zipline", "report", "test")


def pins(file: Path = ROOT / "constraints.txt") -> dict[str, str]:
    """Return what a file of constraints pins: version by canonical name."""
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    unusual = [row for row in rows if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", row)]
    assert unusual == []
    return {canonicalize_name(name): version for name, version in (row.split("==") for row in rows)}


def unexplained(source: str) -> Iterator[int]:
    """Yield the lines of skips and xfails without a reason."""
    tree = ast.parse(source)
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or ast.unparse(node.value) not in ("pytest", "pytest.mark"):
            continue
        # The first argument is the reason of a skip, but a condition or a module of the other two.
        reason_first = {"skip": True, "xfail": True, "skipif": False, "importorskip": False}.get(node.attr)
        if reason_first is None:
            continue
        call = called.get(id(node))
        positional = call is not None and reason_first and bool(call.args)
        named = call is not None and any(keyword.arg == "reason" for keyword in call.keywords)
        if not (positional or named):
            yield node.lineno


def test_every_dependency_that_the_tests_install_is_pinned_within_its_bounds() -> None:
    project = PROJECT["project"]
    wanted = project["dependencies"] + [
        line for extra in TESTED_EXTRAS for line in project["optional-dependencies"][extra]
    ]
    pinned = pins()
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in constraints.txt"
        assert version in requirement.specifier, f"constraints.txt has {version}, pyproject.toml wants {requirement}"


@pytest.mark.parametrize("file", sorted(ROOT.glob("constraints*.txt")), ids=lambda file: file.name)
def test_pins_are_sorted_and_have_no_address(file: Path) -> None:
    found = pins(file)
    assert list(found) == sorted(found)
    assert "://" not in file.read_text(encoding="utf-8")


def test_every_adapter_is_packaged_and_announced() -> None:
    packaged = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packaged == ["core/weighbridge", *(f"adapters/{name}" for name in adapter_names())]
    announced = PROJECT["project"]["entry-points"]["weighbridge.adapters"]
    assert announced == {name.removeprefix("weighbridge_"): f"{name}:ADAPTER" for name in adapter_names()}


@pytest.mark.parametrize("name", adapter_names())
def test_an_adapter_is_called_as_its_entry_point_and_has_its_extra(name: str) -> None:
    adapter = import_module(name).ADAPTER
    assert adapter.name == name.removeprefix("weighbridge_")
    required = [Requirement(line) for line in PROJECT["project"]["optional-dependencies"][adapter.extra]]
    assert adapter.distribution in [requirement.name for requirement in required]


def test_every_test_file_is_collected() -> None:
    stray: list[str] = []
    for path in sorted(PARITY_TESTS.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        has_tests = any(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in ast.walk(tree))
        prefix = "bench_" if (PARITY_TESTS / "benchmarks") in path.parents else "test_"
        if has_tests and not path.name.startswith(prefix):
            stray.append(str(path.relative_to(ROOT)))
    assert stray == []


@pytest.mark.parametrize(
    "path", sorted(PARITY_TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(PARITY_TESTS))
)
def test_every_skip_and_xfail_has_a_reason(path: Path) -> None:
    assert list(unexplained(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("@pytest.mark.skip\ndef test_x(): ...", 1),
        ("@pytest.mark.xfail()\ndef test_x(): ...", 1),
        ("@pytest.mark.skipif(True, reason='x')\ndef test_x(): ...", 0),
        ("pytest.importorskip('zipline')", 1),
        ("pytest.skip('x')", 0),
        ("plan.skip", 0),
    ],
)
def test_a_bare_skip_is_seen(source: str, count: int) -> None:
    assert len(list(unexplained(source))) == count
