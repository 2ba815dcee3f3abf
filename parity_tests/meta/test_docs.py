"""What the documentation says of the code is what the code says."""

from __future__ import annotations

import re

import pytest

from parity_tests.meta.house import ROOT
from weighbridge.cli.rule_tables import members_table, presets_table, refused_table, rule_tables
from weighbridge.parity.markers import is_current
from weighbridge.rules.reasons import DenialRule, Reason, sentence, sentences_table
from weighbridge.rules.refused import REFUSED
from weighbridge.settings.conventions import PRESETS, RULES

SEMANTICS = ROOT / "docs" / "semantics.md"
CONVENTIONS = ROOT / "docs" / "conventions.md"
PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize(("name", "kind"), [("reasons", Reason), ("denials", DenialRule)])
def test_generated_tables_are_current(name: str, kind: type[Reason] | type[DenialRule]) -> None:
    assert is_current(SEMANTICS, name, sentences_table(kind)), "run: make tables"


@pytest.mark.parametrize(("name", "text"), rule_tables().items(), ids=list(rule_tables()))
def test_tables_of_the_rules_are_current(name: str, text: str) -> None:
    assert is_current(CONVENTIONS, name, text), "run: make tables"


def test_the_tables_tell_every_rule() -> None:
    for field, kind in RULES.items():
        for member, line in zip(kind.__members__, members_table(field).splitlines()[2:], strict=True):
            name, text, _ = line.removeprefix("| ").removesuffix(" |").split(" | ")
            assert name == f"`{member}`"
            assert text.endswith("."), f"{field}: {member} is not explained"
        assert f"### {field}\n" in CONVENTIONS.read_text(encoding="utf-8")
    assert all(f"`{name}`" in presets_table() for name in PRESETS)
    assert all(reason in refused_table() for reason in REFUSED.values())


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *(f"docs/{one.name}" for one in PAGES)])
def test_files_that_documents_name_exist(page: str) -> None:
    for name in re.findall(r"`((?:[a-z_]+/)+[a-z_0-9]+\.[a-z]+)`", (ROOT / page).read_text(encoding="utf-8")):
        if name.startswith(("finance/", "utils/", "brokers/", "portfolio/")):
            continue  # The framework's.
        places = [ROOT / name, ROOT / "core" / "weighbridge" / name, ROOT / "core" / name]
        assert any(place.is_file() for place in places), f"{page} names {name}"


@pytest.mark.parametrize("rule", [*Reason, *DenialRule], ids=lambda rule: f"{type(rule).__name__}.{rule.name}")
def test_every_reason_has_a_sentence(rule: Reason | DenialRule) -> None:
    assert sentence(rule).endswith(".")


def test_no_two_rules_share_a_sentence() -> None:
    sentences = [sentence(rule) for rule in (*Reason, *DenialRule)]
    assert len(set(sentences)) == len(sentences)


def test_links_between_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *PAGES):
        for target in re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name} links to {target}"


def test_the_walk_through_the_sample_adapter_quotes_its_files() -> None:
    page = (ROOT / "docs" / "writing-an-adapter.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^<!-- from (\S+) -->\n```\w+\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(quoted) == len(re.findall(r"^```\w+$", page, re.MULTILINE)) > 6
    for file, text in quoted:
        assert text in (ROOT / file).read_text(encoding="utf-8"), f"{file} has changed"
