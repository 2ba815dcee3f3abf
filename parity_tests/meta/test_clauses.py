"""Every rule has a test of its own, and every numbered clause of the semantics is cited by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parity_tests.meta.house import CORE, ROOT

PARITY_TESTS = ROOT / "parity_tests"
CLAUSE = re.compile(r"\*\*(\d+\.\d+)\b")
# "Semantics 4.2, 4.6 and 6.4", "semantics 9.2 to 9.6": over the end of a line of comment too.
CITED = re.compile(r"[Ss]emantics[\s#]+(\d+\.\d+(?:(?:,|\s+and|,\s+and|\s+to)[\s#]+\d+\.\d+)*)")


def clauses(text: str) -> list[str]:
    """Return the numbers of the clauses of a document."""
    return CLAUSE.findall(text)


def cited(text: str) -> Iterator[str]:
    """Yield the numbers of the clauses that a source cites; "9.2 to 9.6" cites all between."""
    for match in CITED.finditer(text):
        numbers = re.findall(r"(to\s+|)(\d+)\.(\d+)", match[1])
        before = 0
        for word, section, clause in numbers:
            yield from (f"{section}.{number}" for number in range(before + 1 if word else int(clause), int(clause) + 1))
            before = int(clause)


def test_every_clause_is_cited_by_a_test() -> None:
    """A clause that no test holds is a defect, as docs/semantics.md says of itself."""
    written = clauses((ROOT / "docs" / "semantics.md").read_text(encoding="utf-8"))
    assert len(written) == len(set(written)) > 50
    found = {number for path in PARITY_TESTS.rglob("*.py") for number in cited(path.read_text(encoding="utf-8"))}
    assert [number for number in written if number not in found] == []
    assert sorted(found - set(written)) == []


def test_what_cites_a_clause() -> None:
    number = "4" + ".1"
    assert list(cited(f"Semantics {number}, 4.3 and 4.6: never.")) == [number, "4.3", "4.6"]
    assert list(cited(f"semantics {number} to 4.4, by hand")) == [number, "4.2", "4.3", "4.4"]
    assert list(cited("semantics 4: all of it")) == []


RULES = [
    path
    for path in sorted((CORE / "weighbridge" / "rules").glob("*.py"))
    if re.search(r"^@(rule|kernel)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("path", RULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_with_rules_has_a_test_file_of_its_own(path: Path) -> None:
    assert (PARITY_TESTS / path.parent.name / f"test_{path.name}").exists()
