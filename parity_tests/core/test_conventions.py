"""Conventions: presets, names, kinds, and the way through a dictionary."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

import weighbridge as wb
from weighbridge.exceptions import ConfigError
from weighbridge.settings.conventions import (
    BACKTRADER,
    BACKTRADER_COC,
    BACKTRADER_COO,
    PRESETS,
    REFERENCE,
    Accounting,
    CashRule,
    FillTiming,
    Sequence,
    Sizing,
    conventions_named,
)


def test_the_reference_preset() -> None:
    assert REFERENCE.as_dict() == {
        "name": "reference",
        "fill": "next_open",
        "sizing": "quantity_difference_truncated",
        "cash_rule": "cut",
        "sequence": "reductions_first",
        "accounting": "plain",
        "slippage_within_bar": False,
    }


def test_the_backtrader_presets_differ_in_the_fill_only() -> None:
    assert BACKTRADER.as_dict() == {
        "name": "backtrader",
        "fill": "next_open",
        "sizing": "value_difference_floored",
        "cash_rule": "refused_twice",
        "sequence": "reductions_first",
        "accounting": "average_cost",
        "slippage_within_bar": True,
    }
    for preset, fill in ((BACKTRADER_COC, FillTiming.DECISION_CLOSE), (BACKTRADER_COO, FillTiming.SAME_OPEN)):
        assert preset.replace(name="backtrader", fill=FillTiming.NEXT_OPEN) == BACKTRADER
        assert preset.fill is fill


def test_which_fill_prices_are_known_at_the_decision() -> None:
    assert {fill: fill.known for fill in FillTiming} == {
        FillTiming.NEXT_OPEN: False,
        FillTiming.DECISION_CLOSE: True,
        FillTiming.SAME_OPEN: True,
        FillTiming.NEXT_CLOSE: False,
        FillTiming.AT_CLOSE: True,
        FillTiming.AT_OPEN: True,
        FillTiming.AT_NEXT_OPEN: True,
        FillTiming.AT_NEXT_CLOSE: True,
    }


def test_presets_by_name() -> None:
    for name, preset in PRESETS.items():
        assert preset.name == name
        assert conventions_named(name) is preset
    own = REFERENCE.replace(name="own", accounting=Accounting.AVERAGE_COST)
    assert conventions_named(own) is own


@pytest.mark.parametrize("name", ["Reference", "backtrade", "", None, 1, [], {}, REFERENCE.as_dict()])
def test_names_that_nobody_knows(name: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        conventions_named(name)
    assert f"conventions={name!r}" in caught.value.message
    assert "'reference'" in str(caught.value.hint)
    assert "'backtrader'" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("fill", "next_open", "FillTiming"),
        ("fill", 0, "FillTiming"),
        ("sizing", CashRule.CUT, "Sizing"),
        ("cash_rule", None, "CashRule"),
        ("sequence", True, "Sequence"),
        ("accounting", Sizing.VALUE_DIFFERENCE_FLOORED, "Accounting"),
    ],
)
def test_each_rule_is_a_member_of_its_own_enum(field: str, value: Any, kind: str) -> None:
    with pytest.raises(ConfigError) as caught:
        REFERENCE.replace(**{field: value})
    assert f"{field}={value!r} is not a {kind}" in caught.value.message
    assert f"{kind}." in str(caught.value.hint)


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        REFERENCE.fill = FillTiming.SAME_OPEN  # type: ignore[misc]


@pytest.mark.parametrize("preset", [*PRESETS.values(), REFERENCE.replace(name="own", sequence=Sequence(0))])
def test_through_json_and_back(preset: wb.Conventions) -> None:
    assert wb.Conventions.from_dict(json.loads(json.dumps(preset.as_dict()))) == preset


@pytest.mark.parametrize(
    "changes", [{"fill": "yesterday"}, {"fill": None}, {"fill": 0}, {"colour": "red"}, {"fill": ["next_open"]}]
)
def test_dictionaries_that_are_no_conventions(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        wb.Conventions.from_dict({**REFERENCE.as_dict(), **changes})
    assert next(iter(changes)) in caught.value.message
    assert caught.value.hint


def test_a_dictionary_that_lacks_a_rule() -> None:
    values = REFERENCE.as_dict()
    del values["cash_rule"]
    with pytest.raises(ConfigError, match="cash_rule"):
        wb.Conventions.from_dict(values)
