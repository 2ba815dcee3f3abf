"""A rule from outside core: what it is told, and what is wrong with one."""

from __future__ import annotations

import pytest

from parity_tests.rules.material import rules_of
from weighbridge.exceptions import ConfigError
from weighbridge.rules.frozen import FrozenRules
from weighbridge.rules.own import OwnRule, own_cash, own_slipped


def told(*arguments):
    return arguments


def test_a_rule_is_told_numbers():
    rules = FrozenRules(rules_of(), (("cash", told), ("slipping", lambda *numbers: numbers[::-1])))
    assert own_cash(rules, 1.0, 2.0, 3.0, 4.0) == (1.0, 2.0, 3.0, 4.0)
    assert own_slipped(rules, 1.0, 2.0, 3.0, 4.0) == (4.0, 3.0, 2.0, 1.0)


@pytest.mark.parametrize(("name", "function"), [("", told), ("half", None), ("half", 3)])
def test_a_rule_has_a_name_and_a_function(name, function):
    with pytest.raises(ConfigError, match="needs a name and a function"):
        OwnRule(name, function)


def test_a_rule_is_named():
    assert repr(OwnRule("half", told, "Half of it.")) == "OwnRule(name='half', sentence='Half of it.')"
