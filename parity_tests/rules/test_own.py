"""A rule from outside core: what it is told, and what is wrong with one."""

from __future__ import annotations

import pytest

from parity_tests.rules.material import rules_of
from weighbridge.exceptions import ConfigError
from weighbridge.rules.compiled import kernel
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


def half(quantity, price, cash, position):
    return quantity / 2.0 + position


def lowest(quantity, price, high, low):
    return low


@kernel
def asked(rules, quantity, price, cash, position):
    return own_cash(rules, quantity, price, cash, position), own_slipped(rules, quantity, price, cash, position)


def test_a_rule_is_compiled_in():
    """`OwnRule` lets kernels call the function; a mixture of built-in rules has none, and changes nothing."""
    cash, slipping = OwnRule("half", half), OwnRule("lowest", lowest)
    own = FrozenRules(rules_of(), (("cash", cash.function), ("slipping", slipping.function)))
    assert asked(own, 8.0, 2.0, 3.0, 1.0) == (5.0, 1.0)


def test_a_mixture_has_no_rule_of_its_own():
    if isinstance(asked.compiled, type(half)):
        return  # Nothing is compiled: a host's version is asked, which needs one.
    assert asked(rules_of(), 8.0, 2.0, 3.0, 1.0) == (8.0, 2.0)
