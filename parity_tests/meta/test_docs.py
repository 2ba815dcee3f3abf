"""What the documentation says of the code is what the code says."""

from __future__ import annotations

import re

import pytest

from parity_tests.meta.house import ROOT
from weighbridge.parity.markers import is_current
from weighbridge.rules.reasons import DenialRule, Reason, sentence, sentences_table

SEMANTICS = ROOT / "docs" / "semantics.md"


@pytest.mark.parametrize(("name", "kind"), [("reasons", Reason), ("denials", DenialRule)])
def test_generated_tables_are_current(name: str, kind: type[Reason] | type[DenialRule]) -> None:
    assert is_current(SEMANTICS, name, sentences_table(kind)), "run: make tables"


@pytest.mark.parametrize("rule", [*Reason, *DenialRule], ids=lambda rule: f"{type(rule).__name__}.{rule.name}")
def test_every_reason_has_a_sentence(rule: Reason | DenialRule) -> None:
    assert sentence(rule).endswith(".")


def test_no_two_rules_share_a_sentence() -> None:
    sentences = [sentence(rule) for rule in (*Reason, *DenialRule)]
    assert len(set(sentences)) == len(sentences)


def test_links_between_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name} links to {target}"


def test_the_walk_through_the_sample_adapter_quotes_its_files() -> None:
    page = (ROOT / "docs" / "writing-an-adapter.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^<!-- from (\S+) -->\n```\w+\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(quoted) == len(re.findall(r"^```\w+$", page, re.MULTILINE)) > 6
    for file, text in quoted:
        assert text in (ROOT / file).read_text(encoding="utf-8"), f"{file} has changed"
