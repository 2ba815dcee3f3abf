"""A rule from outside core: what it is told, and what is wrong with one."""

from __future__ import annotations

from typing import Any

import pytest

from parity_tests.rules.material import rules_of
from weighbridge.exceptions import ConfigError
from weighbridge.rules.compiled import kernel, rule
from weighbridge.rules.own import OwnRule, address_of, own_cash, own_slipped


def told(first, second, third, fourth):
    return ((first * 10.0 + second) * 10.0 + third) * 10.0 + fourth


def told_backwards(first, second, third, fourth):
    return told(fourth, third, second, first)


rule(told)


@kernel
def both(rules: Any) -> tuple[float, float]:
    return own_cash(rules, 1.0, 2.0, 3.0, 4.0), own_slipped(rules, 1.0, 2.0, 3.0, 4.0)


def test_a_rule_is_told_numbers():
    """In plain Python and compiled; it may call what is decorated as a rule."""
    rules = rules_of()._replace(own_cash=address_of(told), own_slipping=address_of(told_backwards))
    assert both.plain(rules) == (1234.0, 4321.0)
    assert both(rules) == (1234.0, 4321.0)
    others = rules._replace(own_cash=rules.own_slipping, own_slipping=rules.own_cash)
    assert both(others) == (4321.0, 1234.0)


def test_a_function_is_compiled_once():
    assert address_of(told) == address_of(told) != address_of(told_backwards)


@pytest.mark.parametrize(("name", "function"), [("", told), ("half", None), ("half", 3)])
def test_a_rule_has_a_name_and_a_function(name, function):
    with pytest.raises(ConfigError, match="needs a name and a function"):
        OwnRule(name, function)


def test_a_rule_is_named():
    assert repr(OwnRule("half", told, "Half of it.")) == "OwnRule(name='half', sentence='Half of it.')"
