"""Semantics 7: every reason and every denial has a name and a sentence."""

from __future__ import annotations

import pytest

from weighbridge.rules.reasons import DenialRule, Reason, sentence, sentences_table


@pytest.mark.parametrize("kind", [Reason, DenialRule])
def test_every_member_has_its_own_sentence(kind):
    sentences = [sentence(rule) for rule in kind]
    assert len(set(sentences)) == len(list(kind))
    assert sentences_table(kind).endswith(" |\n")
    table = sentences_table(kind).splitlines()
    assert table[:2] == ["| name | meaning |", "|---|---|"]
    assert table[2:] == [f"| `{rule.name.lower()}` | {text} |" for rule, text in zip(kind, sentences, strict=True)]


def test_numbers_that_two_kinds_share_are_told_apart():
    assert Reason(1) == DenialRule(1) == 1
    assert sentence(Reason(1)) != sentence(DenialRule(1))


def test_names_of_what_is_marked():
    assert (Reason.CUT_TO_CASH | Reason.PENDING_ORDER).names == ("cut_to_cash", "pending_order")
    assert Reason.NONE.names == ()
