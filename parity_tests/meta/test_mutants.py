"""The tester of tests: what is killed, what lives, and what of the list of equivalents is stale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parity_tests.meta.house import ROOT
from parity_tests.mutants.mutants import Mutant, mutants_of, sample
from parity_tests.mutants.table import TableError, read_table

RULE = """
def need(quantity, price, fee):
    return quantity * price + fee


def tail(units):
    while units > 5:
        units -= 1
    return units
"""
TESTS = """
from toy.rule import need, tail

def test_need():
    assert need(2.0, 3.0, 1.0) == 7.0

def test_tail():
    assert tail(8) == 5
    assert tail(2) == 2
"""
TABLE = """
folder = "."
[[sources]]
files = "toy/rule.py"
tests = "test_{stem}.py"
"""
# Nobody asks for a fee below one.
SURVIVOR = RULE.replace("price + fee", "price + max(fee, 0.0)")
EQUIVALENT = """
[[equivalent]]
file = "toy/rule.py"
function = "need"
was = "return quantity * price + max(fee, 0.0)"
becomes = "return quantity * price + max(fee, 1.0)"
reason = "a fee is 1.0 at least"
"""


def made(folder: Path, rule: str = RULE, table: str = TABLE) -> Path:
    (folder / "toy").mkdir()
    for name, text in {
        "toy/rule.py": rule,
        "test_rule.py": TESTS,
        "table.toml": table,
        "pytest.ini": "[pytest]",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def mutated(folder: Path, *options: str) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "parity_tests.mutants",
        "--root",
        str(folder),
        "--table",
        str(folder / "table.toml"),
    ]
    paths = os.pathsep.join([str(ROOT), *sys.path[1:], str(folder)])
    ended = subprocess.run(
        [*command, "--mutants", "0", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def numbers(rule: str) -> dict[str, str]:
    return {mutant.becomes: mutant.number for mutant in mutants_of("toy/rule.py", rule)}


def test_all_are_killed_and_those_that_never_end_too(tmp_path: Path) -> None:
    status, said = mutated(made(tmp_path))
    count = len(mutants_of("toy/rule.py", RULE))
    assert f"{count} of {count} mutants killed (100.0%)" in said
    assert status == 0


def test_a_survivor_is_shown_as_a_change(tmp_path: Path) -> None:
    status, said = mutated(made(tmp_path, SURVIVOR))
    assert status == 1
    assert "lived in need" in said
    assert "-    return quantity * price + max(fee, 0.0)" in said
    assert "+    return quantity * price + max(fee, 1.0)" in said
    number = numbers(SURVIVOR)["return quantity * price + max(fee, 1.0)"]
    status, said = mutated(tmp_path, "--show", number)
    assert status == 0
    assert "2 passed" in said
    assert said.rstrip().endswith("lived")


def test_a_listed_equivalent_need_not_be_killed_and_a_stale_one_fails(tmp_path: Path) -> None:
    killed = EQUIVALENT.replace("+ max(fee, 1.0)", "- max(fee, 0.0)")
    absent = EQUIVALENT.replace("max(fee, 1.0)", "max(fee, 2.5)")
    status, said = mutated(made(tmp_path, SURVIVOR, TABLE + EQUIVALENT + killed + absent))
    assert status == 1
    assert "+    return quantity * price + max(fee, 1.0)" not in said
    stale = said.replace("\n  ", " ")
    assert "return quantity * price - max(fee, 0.0) is killed test_rule.py::test_need" in stale
    assert "return quantity * price + max(fee, 2.5) is no mutant of" in stale


def test_tests_that_do_not_import_the_file_are_an_error(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "test_rule.py").write_text("def test_nothing(): ...", encoding="utf-8")
    status, said = mutated(tmp_path)
    assert status == 2
    assert "toy/rule.py: none of its tests imports it" in said


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (TABLE.replace("{stem}", "other"), "has no tests of its own"),
        (TABLE.replace("toy/rule", "toy/gone"), "no file is called"),
        (TABLE + EQUIVALENT + EQUIVALENT, "needs one reason"),
        (TABLE + EQUIVALENT.replace("a fee is 1.0 at least", ""), "needs one reason"),
    ],
)
def test_a_table_that_names_nothing_is_an_error(tmp_path: Path, table: str, why: str) -> None:
    folder = made(tmp_path, table=table)
    with pytest.raises(TableError, match=why):
        read_table(folder, folder / "table.toml")


@pytest.mark.parametrize(
    ("statement", "becomes"),
    [
        ("return a < b", "return a <= b"),
        ("return a == b", "return a != b"),
        ("return a + b + c", "return a + (b + c)"),
        ("return a - b - c", "return a - (b + c)"),
        ("return a * b // c", "return a * (b // c)"),
        ("return a * (b // c)", "return a * b // c"),
        ("return a // b", "return a / b"),
        ("return a + b", "return a"),
        ("return a and b or c", "return b or c"),
        ("return abs(a)", "return a"),
        ("return min(a, b)", "return max(a, b)"),
        ("return np.floor(a)", "return np.trunc(a)"),
        ("return a, b, c", "return (a, c, b)"),
        ("return 1e-9 + a", "return 1e-08 + a"),
        ("return not a", "return a"),
        ("return a if b else c", "return c if b else a"),
        ("return True", "return False"),
        ("a -= b", "a += b"),
        ("a -= b", "pass"),
        ("a[0] = b", "pass"),
        ("a = b", "pass"),
        ("if a > b: pass", "if not a > b:"),
    ],
)
def test_what_is_changed(statement: str, becomes: str) -> None:
    assert becomes in numbers(f"def f(a, b, c):\n    {statement}\n")


def test_what_is_not_changed() -> None:
    """Annotations, texts, what is raised, codes, whole numbers' association, names that nothing set before."""
    source = 'CODE = 3\n\ndef f(a: Literal[1], b=2) -> X[3]:\n    """Text."""\n    c = a\n    raise Wrong(a + 1)\n'
    assert mutants_of("x.py", source) == []
    assert "return a + (b + 1)" not in numbers("def f(a, b):\n    return a + b + 1\n")


def drawn(*functions: tuple[str, int]) -> list[Mutant]:
    text = "".join(f"def {name}(a):\n" + "    a[0] = 1.0\n" * count + "\n\n" for name, count in functions)
    return mutants_of("x.py", text)


def test_a_sample_is_the_same_every_time_and_comes_from_every_function() -> None:
    big, small = ("big", 30), ("small", 1)
    chosen = sample(drawn(big, small), 8, seed=1)
    assert len(chosen) >= 8
    assert {mutant.function for mutant in chosen} == {"big", "small"}
    assert chosen == sample(drawn(big, small), 8, seed=1)
    alone = [mutant.number for mutant in sample(drawn(big), 5, seed=1)]
    assert alone == [mutant.number for mutant in chosen if mutant.function == "big"][: len(alone)]
    assert len(sample(drawn(big, small), 0, seed=1)) == len(drawn(big, small))


def test_a_mutant_keeps_its_number_when_its_line_moves() -> None:
    assert numbers(RULE) == numbers("# More.\n" * 3 + RULE)
