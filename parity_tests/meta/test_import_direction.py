"""Imports point one way: tests -> adapters -> core, and within core nothing points at what uses it."""

from __future__ import annotations

import pytest

from parity_tests.meta.house import ADAPTERS, CORE, adapter_names, imports, modules, private_uses, within

FRAMEWORKS = frozenset({"backtrader", "vectorbt", "vectorbtpro", "zipline", "exchange_calendars", "bcolz"})
CORE_MODULES = modules(CORE)
ADAPTER_MODULES = modules(ADAPTERS)

# What a part of core must not import. The harness and the command stand on top of the rest.
FORBIDDEN_IN_CORE = {
    "weighbridge.rebalance.planning": frozenset({"weighbridge.parity", "weighbridge.cli"}),
    "weighbridge.engine": frozenset({"weighbridge.parity", "weighbridge.cli"}),
    "weighbridge.rebalance.executor": frozenset({"weighbridge.parity", "weighbridge.cli", "weighbridge.engine.kernel"}),
}

# Public by their own documentation, although they begin with an underscore.
DOCUMENTED = frozenset({"_asdict", "_fields", "_make", "_replace"})

# Private names of others that have no public way, by module, with the reason. A stale entry fails.
REACH_THROUGH = {
    ("weighbridge_backtrader.recording", "_name"): "a feed's name; Backtrader's documentation has no other",
    ("weighbridge_zipline.memory", "_create_context"): "what is called at a bar before the algorithm's own functions",
    ("weighbridge_zipline.memory", "_get_pricing_reader"): "closes of many assets at once; the public way is slower",
}


def offenders(source: str, forbidden: frozenset[str]) -> list[str]:
    return [f"line {found.line}: {found.name}" for found in imports(source) if within(found.name, forbidden)]


@pytest.mark.parametrize("module", CORE_MODULES)
def test_core_imports_no_framework_and_no_adapter(module: str) -> None:
    source = CORE_MODULES[module].read_text(encoding="utf-8")
    assert offenders(source, FRAMEWORKS | frozenset(adapter_names())) == []


@pytest.mark.parametrize("module", ADAPTER_MODULES)
def test_an_adapter_imports_no_other_adapter(module: str) -> None:
    own = module.split(".")[0]
    source = ADAPTER_MODULES[module].read_text(encoding="utf-8")
    assert offenders(source, frozenset(adapter_names()) - {own}) == []


@pytest.mark.parametrize("part", FORBIDDEN_IN_CORE)
def test_a_part_of_core_does_not_know_what_uses_it(part: str) -> None:
    inside = [name for name in CORE_MODULES if within(name, frozenset({part}))]
    assert inside, f"{part} is not there"
    for name in inside:
        source = CORE_MODULES[name].read_text(encoding="utf-8")
        assert offenders(source, FORBIDDEN_IN_CORE[part]) == [], name


@pytest.mark.parametrize("module", CORE_MODULES | ADAPTER_MODULES)
def test_nothing_imports_the_command_line_but_itself(module: str) -> None:
    command_line = frozenset({"weighbridge.cli"})
    if within(module, command_line) or module == "weighbridge.__main__":
        return
    source = (CORE_MODULES | ADAPTER_MODULES)[module].read_text(encoding="utf-8")
    assert offenders(source, command_line) == []


@pytest.mark.parametrize("module", CORE_MODULES | ADAPTER_MODULES)
def test_no_import_is_relative(module: str) -> None:
    source = (CORE_MODULES | ADAPTER_MODULES)[module].read_text(encoding="utf-8")
    assert [found for found in imports(source) if found.name.startswith(".")] == []


@pytest.mark.parametrize("module", CORE_MODULES | ADAPTER_MODULES)
def test_no_module_reaches_for_the_private_names_of_another(module: str) -> None:
    source = (CORE_MODULES | ADAPTER_MODULES)[module].read_text(encoding="utf-8")
    reached = [
        f"line {found.line}: {found.name}"
        for found in private_uses(source)
        if found.name not in DOCUMENTED and (module, found.name) not in REACH_THROUGH
    ]
    assert reached == []


def test_no_allowed_reach_through_is_stale() -> None:
    used = {
        (module, found.name)
        for module, path in (CORE_MODULES | ADAPTER_MODULES).items()
        for found in private_uses(path.read_text(encoding="utf-8"))
    }
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
        ("from weighbridge.engine.desk import _settle", ["_settle"]),
        ("self._cash, cls._made, thing.__class__, thing.public", []),
    ],
)
def test_a_private_name_is_seen(source: str, reached: list[str]) -> None:
    assert [found.name for found in private_uses(source)] == reached
