"""Compiled kernels are kept in a folder that changes its name with every source that is compiled into them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from parity_tests.meta.house import CORE, imports, modules
from weighbridge.rules import compiled

PACKAGE = CORE / "weighbridge"
DECORATORS = frozenset({"rule", "kernel", "compiled_as"})


def folder_of(package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "__file__", str(package / "rules" / "compiled.py"))
    compiled.cache_folder.cache_clear()
    try:
        return compiled.cache_folder()
    finally:
        compiled.cache_folder.cache_clear()


@pytest.mark.parametrize("folder", compiled.COMPILED_IN)
def test_a_changed_source_changes_the_folder(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in compiled.COMPILED_IN:
        shutil.copytree(PACKAGE / name, tmp_path / name)
    before = folder_of(tmp_path, monkeypatch)
    assert before == folder_of(PACKAGE, monkeypatch)
    source = max((tmp_path / folder).rglob("*.py"))
    source.write_text(source.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert folder_of(tmp_path, monkeypatch) != before


def test_every_module_with_a_rule_or_a_kernel_counts() -> None:
    decorated = {
        module.split(".")[1]
        for module, path in modules(CORE).items()
        for found in imports(path.read_text(encoding="utf-8"))
        if found.name.startswith("weighbridge.rules.compiled.") and found.name.split(".")[-1] in DECORATORS
    }
    assert decorated
    assert decorated <= set(compiled.COMPILED_IN)
