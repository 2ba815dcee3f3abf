"""Conventions: presets, names, kinds, and the way through a dictionary."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

import weighbridge as wb
from weighbridge.exceptions import ConfigError
from weighbridge.rules.booking import Booking
from weighbridge.rules.calendar import Calendar
from weighbridge.rules.cash import Cash
from weighbridge.rules.charging import Charging
from weighbridge.rules.ending import Ending
from weighbridge.rules.fill import Fill
from weighbridge.rules.parts import Parts
from weighbridge.rules.queue import Queue
from weighbridge.rules.sequence import Sequence
from weighbridge.rules.sizing import Sizing
from weighbridge.rules.slipping import Slipping
from weighbridge.rules.triggers import Triggers
from weighbridge.rules.valuing import Valuing
from weighbridge.rules.waiting import Waiting
from weighbridge.settings.conventions import (
    BACKTRADER,
    BACKTRADER_COC,
    BACKTRADER_COO,
    PRESETS,
    REFERENCE,
    RULES,
    VECTORBT,
    VECTORBT_NEXT_CLOSE,
    VECTORBT_NEXT_OPEN,
    VECTORBT_OPEN,
    ZIPLINE,
    conventions_named,
)
from weighbridge.settings.limits import Limits


def test_the_reference_preset() -> None:
    assert REFERENCE.as_dict() == {
        "name": "reference",
        "fill": "next_open",
        "parts": "whole",
        "queue": "as_submitted",
        "waiting": "for_a_bar",
        "sequence": "reductions_first",
        "sizing": "quantity_difference_truncated",
        "cash": "cut",
        "booking": "plain",
        "charging": "one_charge",
        "slipping": "unbounded",
        "valuing": "plain",
        "triggers": "whole_bars",
        "ending": "stays",
        "calendar": "bars_with_a_trade",
    }


def test_the_backtrader_presets_differ_in_the_fill_only() -> None:
    assert BACKTRADER.as_dict() == {
        "name": "backtrader",
        "fill": "next_open",
        "parts": "whole",
        "queue": "as_submitted",
        "waiting": "for_a_bar",
        "sequence": "reductions_first",
        "sizing": "value_difference_floored",
        "cash": "refused_twice",
        "booking": "average_cost",
        "charging": "part_by_part",
        "slipping": "within_bar",
        "valuing": "term_by_term",
        "triggers": "whole_bars",
        "ending": "stays",
        "calendar": "bars_with_a_trade",
    }
    for preset, fill in ((BACKTRADER_COC, Fill.DECISION_CLOSE), (BACKTRADER_COO, Fill.SAME_OPEN)):
        assert preset.replace(name="backtrader", fill=Fill.NEXT_OPEN) == BACKTRADER
        assert preset.fill is fill


def test_the_vectorbt_presets_differ_in_the_fill_only() -> None:
    assert VECTORBT.as_dict() == {
        "name": "vectorbt",
        "fill": "at_close",
        "parts": "whole",
        "queue": "as_submitted",
        "waiting": "never",
        "sequence": "by_order_value",
        "sizing": "quantity_difference",
        "cash": "cut_within_tolerance",
        "booking": "within_tolerance",
        "charging": "of_order_value",
        "slipping": "unbounded",
        "valuing": "from_cash",
        "triggers": "none",
        "ending": "stays",
        "calendar": "bars_with_a_trade",
        "limits": Limits().as_dict(),
    }
    for preset, fill in (
        (VECTORBT_OPEN, Fill.AT_OPEN),
        (VECTORBT_NEXT_OPEN, Fill.AT_NEXT_OPEN),
        (VECTORBT_NEXT_CLOSE, Fill.AT_NEXT_CLOSE),
    ):
        assert preset.replace(name="vectorbt", fill=Fill.AT_CLOSE) == VECTORBT
        assert preset.fill is fill


def test_the_zipline_preset() -> None:
    assert ZIPLINE.as_dict() == {
        "name": "zipline",
        "fill": "next_close",
        "parts": "by_volume",
        "queue": "asset_by_asset",
        "waiting": "for_volume",
        "sequence": "reductions_first",
        "sizing": "quantity_difference_snapped",
        "cash": "unchecked",
        "booking": "cost_basis",
        "charging": "after_all_fills",
        "slipping": "added",
        "valuing": "long_and_short",
        "triggers": "closes",
        "ending": "sold",
        "calendar": "every_bar",
    }


def test_each_rule_is_an_enum_of_its_field() -> None:
    assert RULES == {
        "fill": Fill,
        "parts": Parts,
        "queue": Queue,
        "waiting": Waiting,
        "sequence": Sequence,
        "sizing": Sizing,
        "cash": Cash,
        "booking": Booking,
        "charging": Charging,
        "slipping": Slipping,
        "valuing": Valuing,
        "triggers": Triggers,
        "ending": Ending,
        "calendar": Calendar,
    }
    assert all(kind.__name__.lower() == name for name, kind in RULES.items())


def test_limits_go_with_one_cash_rule() -> None:
    """They are numbers of CUT_WITHIN_TOLERANCE: demanded there, refused elsewhere, and a mixture carries them along."""
    with pytest.raises(ConfigError, match="do not go with cash=cut"):
        REFERENCE.replace(limits=Limits())
    with pytest.raises(ConfigError, match="limits=None do not go with cash=cut_within_tolerance") as caught:
        VECTORBT.replace(limits=None)
    assert caught.value.hint == "pass limits=a Limits"
    assert REFERENCE.replace(name="own", cash=Cash.CUT_WITHIN_TOLERANCE).limits == Limits()
    assert VECTORBT.replace(name="own", cash=Cash.CUT).limits is None
    small = VECTORBT.replace(name="own", limits=Limits(max_size=3.0))
    assert small.replace(cash=Cash.CUT_WITHIN_TOLERANCE).limits == Limits(max_size=3.0)


def test_look_ups_are_names() -> None:
    for wrong in ("MSFT", 3, None):
        with pytest.raises(ConfigError, match="are no names"):
            REFERENCE.replace(lookups=wrong)
    assert REFERENCE.replace(lookups=["B", "A"]).lookups == ("B", "A")


def test_a_pair_without_a_meaning_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot fill in parts by the volumes of later bars") as caught:
        BACKTRADER_COC.replace(name="own", parts=Parts.BY_VOLUME)
    assert "'own'" in caught.value.message
    assert caught.value.hint == "change one of the two"


def test_which_fill_prices_are_known_at_the_decision() -> None:
    assert {fill: fill.known for fill in Fill} == {
        Fill.NEXT_OPEN: False,
        Fill.DECISION_CLOSE: True,
        Fill.SAME_OPEN: True,
        Fill.NEXT_CLOSE: False,
        Fill.AT_CLOSE: True,
        Fill.AT_OPEN: True,
        Fill.AT_NEXT_OPEN: True,
        Fill.AT_NEXT_CLOSE: True,
    }


def test_presets_by_name() -> None:
    for name, preset in PRESETS.items():
        assert preset.name == name
        assert conventions_named(name) is preset
    own = REFERENCE.replace(name="own", booking=Booking.AVERAGE_COST)
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
        ("fill", "next_open", "Fill"),
        ("fill", 0, "Fill"),
        ("sizing", Cash.CUT, "Sizing"),
        ("cash", None, "Cash"),
        ("sequence", True, "Sequence"),
        ("booking", Sizing.VALUE_DIFFERENCE_FLOORED, "Booking"),
    ],
)
def test_each_rule_is_a_member_of_its_own_enum(field: str, value: Any, kind: str) -> None:
    with pytest.raises(ConfigError) as caught:
        REFERENCE.replace(**{field: value})
    assert f"{field}={value!r} is not a {kind}" in caught.value.message
    assert f"{kind}." in str(caught.value.hint)


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        REFERENCE.fill = Fill.SAME_OPEN  # type: ignore[misc]


@pytest.mark.parametrize(
    "preset", [*PRESETS.values(), VECTORBT.replace(name="own", limits=Limits(max_size=3.0), lookups=("B", "A"))]
)
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
    del values["cash"]
    with pytest.raises(ConfigError, match="'cash'"):
        wb.Conventions.from_dict(values)
