"""Imports point one way: tests -> adapters -> core, and within core from each layer downwards, never in a circle."""

from __future__ import annotations

import pytest

from parity_tests.meta.house import (
    ADAPTERS,
    CORE,
    adapter_names,
    circles,
    graph_of,
    imports,
    modules,
    private_uses,
    within,
)

FRAMEWORKS = frozenset({"backtrader", "vectorbt", "vectorbtpro", "zipline", "exchange_calendars", "bcolz"})
CORE_MODULES = modules(CORE)
ADAPTER_MODULES = modules(ADAPTERS)

SOURCES = {name: path.read_text(encoding="utf-8") for name, path in (CORE_MODULES | ADAPTER_MODULES).items()}
GRAPH = graph_of(SOURCES)

# The folders and files of core, lowest first: each knows itself and what is before it. The package's own `__init__`,
# which users import, is above all.
LAYERS = (
    "exceptions",
    "data",
    "rules",
    "settings",
    "record",
    "rebalance",
    "engine",
    "events",
    "parity",
    "testing",
    "cli",
)

# Imports that point upwards, by module and what it imports, with the reason. A stale entry fails.
UPWARD: dict[tuple[str, str], str] = {}

# Public by their own documentation, although they begin with an underscore.
DOCUMENTED = frozenset({"_asdict", "_fields", "_make", "_replace"})

# Private names of others that have no public way, by module, with the reason. A stale entry fails.
REACH_THROUGH = {
    ("weighbridge.rules.frozen", "_getvalue"): "what a struct of Numba's holds; its own unboxing takes it so",
    ("weighbridge.rules.frozen", "_definitions"): "what defines a name in Numba's intermediate code; a pass keeps it",
    ("weighbridge_backtrader.recording", "_name"): "a feed's name; Backtrader's documentation has no other",
    ("weighbridge_zipline.memory", "_create_context"): "what is called at a bar before the algorithm's own functions",
    ("weighbridge_zipline.memory", "_get_pricing_reader"): "closes of many assets at once; the public way is slower",
}


def offenders(source: str, forbidden: frozenset[str]) -> list[str]:
    return [f"line {found.line}: {found.name}" for found in imports(source) if within(found.name, forbidden)]


def layer_of(module: str) -> int | None:
    """Return the place of a module of core among the layers; None of one that has none, or of another package."""
    package, _, inside = module.partition(".")
    if package != "weighbridge":
        return None
    part = inside.partition(".")[0]
    if not part:
        return len(LAYERS)
    return LAYERS.index(part) if part in LAYERS else None


def upward(graph: dict[str, set[str]], module: str) -> list[str]:
    """Return what a module of core imports from above it."""
    own = layer_of(module)
    layers = [(name, layer_of(name)) for name in sorted(graph[module])]
    return [name for name, layer in layers if own is not None and layer is not None and layer > own]


@pytest.mark.parametrize("module", CORE_MODULES)
def test_core_imports_no_framework_and_no_adapter(module: str) -> None:
    source = SOURCES[module]
    assert offenders(source, FRAMEWORKS | frozenset(adapter_names())) == []


@pytest.mark.parametrize("module", ADAPTER_MODULES)
def test_an_adapter_imports_no_other_adapter(module: str) -> None:
    own = module.split(".")[0]
    source = SOURCES[module]
    assert offenders(source, frozenset(adapter_names()) - {own}) == []


def test_every_module_of_core_has_a_layer() -> None:
    assert [name for name in CORE_MODULES if layer_of(name) is None] == []
    assert {layer_of(name) for name in CORE_MODULES} == {*range(len(LAYERS) + 1)}


@pytest.mark.parametrize("module", CORE_MODULES)
def test_a_layer_of_core_does_not_know_what_is_above_it(module: str) -> None:
    assert [found for found in upward(GRAPH, module) if (module, found) not in UPWARD] == []


def test_no_allowed_upward_import_is_stale() -> None:
    assert set(UPWARD) <= {(module, found) for module in GRAPH for found in upward(GRAPH, module)}
    assert all(UPWARD.values())


def test_no_imports_go_in_a_circle() -> None:
    assert circles(GRAPH) == []


@pytest.mark.parametrize("module", CORE_MODULES | ADAPTER_MODULES)
def test_nothing_imports_the_command_line_but_itself(module: str) -> None:
    command_line = frozenset({"weighbridge.cli"})
    if within(module, command_line) or module == "weighbridge.__main__":
        return
    source = SOURCES[module]
    assert offenders(source, command_line) == []


@pytest.mark.parametrize("module", CORE_MODULES | ADAPTER_MODULES)
def test_no_import_is_relative(module: str) -> None:
    source = SOURCES[module]
    assert [found for found in imports(source) if found.name.startswith(".")] == []


@pytest.mark.parametrize("module", CORE_MODULES | ADAPTER_MODULES)
def test_no_module_reaches_for_the_private_names_of_another(module: str) -> None:
    source = SOURCES[module]
    reached = [
        f"line {found.line}: {found.name}"
        for found in private_uses(source)
        if found.name not in DOCUMENTED and (module, found.name) not in REACH_THROUGH
    ]
    assert reached == []


def test_no_allowed_reach_through_is_stale() -> None:
    used = {(module, found.name) for module, source in SOURCES.items() for found in private_uses(source)}
    assert set(REACH_THROUGH) <= used
    assert all(REACH_THROUGH.values())


@pytest.mark.parametrize(
    "source",
    [
        "import backtrader as bt",
        "import zipline.api",
        "from vectorbt import Portfolio",
        "def late():\n    import vectorbt",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from zipline.assets import Asset",
    ],
)
def test_a_wrong_import_is_seen(source: str) -> None:
    assert len(offenders(source, FRAMEWORKS)) == 1


def test_a_name_that_only_begins_alike_is_no_offence() -> None:
    assert offenders("import backtrader_extras, zipline_like.api", FRAMEWORKS) == []


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("broker._cash", ["_cash"]),
        ("self.strategy._clock", ["_clock"]),
        ("from weighbridge.engine.fills import _settle", ["_settle"]),
        ("self._cash, cls._made, thing.__class__, thing.public", []),
    ],
)
def test_a_private_name_is_seen(source: str, reached: list[str]) -> None:
    assert [found.name for found in private_uses(source)] == reached


@pytest.mark.parametrize(
    "source",
    [
        "from weighbridge.engine.run import run_engine",
        "from weighbridge.engine import run",
        "import weighbridge.engine.run",
        "def late():\n    from weighbridge.engine.run import run_engine",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from weighbridge.engine.run import run_engine",
    ],
)
def test_an_upward_import_is_seen(source: str) -> None:
    graph = graph_of({"weighbridge.data.bars": source, "weighbridge.engine.run": "", "weighbridge.engine": ""})
    assert upward(graph, "weighbridge.data.bars") == ["weighbridge.engine.run"]


def test_an_import_of_the_package_itself_is_upward() -> None:
    graph = graph_of({"weighbridge": "", "weighbridge.cli.app": "from weighbridge import Bars"})
    assert upward(graph, "weighbridge.cli.app") == ["weighbridge"]


def test_a_downward_import_is_no_offence() -> None:
    graph = graph_of({"weighbridge.engine.run": "from weighbridge.data.bars import Bars", "weighbridge.data.bars": ""})
    assert upward(graph, "weighbridge.engine.run") == []


@pytest.mark.parametrize("late", ["import", "def f():\n    import", "if TYPE_CHECKING:\n    import"])
def test_a_circle_is_seen(late: str) -> None:
    sources = {"a": "import b", "b": "from c import name", "c": f"{late} a.thing", "d": "import a"}
    assert circles(graph_of(sources)) == [["a", "b", "c"]]


def test_circles_that_share_a_module_are_all_seen() -> None:
    assert circles(graph_of({"a": "import b, c", "b": "import a", "c": "import a"})) == [["a", "b"], ["c", "a"]]
    assert circles(graph_of({"a": "import a"})) == [["a"]]


def test_two_ways_to_one_module_are_no_circle() -> None:
    assert circles(graph_of({"a": "import b, c", "b": "import d", "c": "import d", "d": ""})) == []
