"""RebalanceConfig: bounds, names, combinations, and the way through a dictionary."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weighbridge.exceptions import ConfigError
from weighbridge.settings.config import LateAssetPolicy, MissingPricePolicy, RebalanceConfig, RebalanceMode, Unlisted

HUGE = 10**400  # A whole number that no float holds.


def test_defaults_are_those_of_the_design() -> None:
    assert RebalanceConfig().as_dict() == {
        "mode": "incremental",
        "min_trade_value": 100.0,
        "min_weight_change": 0.01,
        "allow_fractional": None,
        "round_lots": False,
        "lot_size": 100,
        "allow_short": False,
        "max_single_weight": 1.0,
        "max_gross_leverage": 1.0,
        "headroom": 1.0,
        "unlisted": "close",
        "cancel_before_rebalance": True,
        "account_for_pending": True,
        "phase_timeout": 1,
        "late_asset_policy": "allow",
        "late_asset_min_bars": 1,
        "missing_price_policy": "use_last",
    }


def test_unfiltered_is_what_native_functions_do() -> None:
    plain = RebalanceConfig.unfiltered()
    assert plain.mode is RebalanceMode.SNAPSHOT
    assert (plain.min_trade_value, plain.min_weight_change, plain.headroom) == (0.0, 0.0, 1.0)
    assert (plain.max_single_weight, plain.max_gross_leverage) == (math.inf, None)
    assert plain.allow_short
    assert plain.unlisted is Unlisted.HOLD
    assert not plain.cancel_before_rebalance
    assert not plain.account_for_pending
    changed = RebalanceConfig.unfiltered("hybrid", headroom=0.5)
    assert (changed.mode, changed.headroom) == (RebalanceMode.HYBRID, 0.5)
    assert RebalanceConfig.unfiltered(mode=RebalanceMode.INCREMENTAL).mode is RebalanceMode.INCREMENTAL


@pytest.mark.parametrize(
    ("field", "name", "member"),
    [
        ("mode", "snapshot", RebalanceMode.SNAPSHOT),
        ("mode", "Incremental", RebalanceMode.INCREMENTAL),
        ("mode", "HYBRID", RebalanceMode.HYBRID),
        ("mode", RebalanceMode.HYBRID, RebalanceMode.HYBRID),
        ("unlisted", "hold", Unlisted.HOLD),
        ("late_asset_policy", "require_history", LateAssetPolicy.REQUIRE_HISTORY),
        ("missing_price_policy", "skip", MissingPricePolicy.SKIP),
    ],
)
def test_names_become_members(field: str, name: Any, member: Any) -> None:
    assert getattr(RebalanceConfig(**{field: name}), field) is member


def fails(**fields: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        RebalanceConfig(**fields)
    assert isinstance(caught.value, ValueError)
    assert caught.value.hint
    text = str(caught.value)
    assert "\nHint: " in text
    return text


@pytest.mark.parametrize("field", ["mode", "unlisted", "late_asset_policy", "missing_price_policy"])
@pytest.mark.parametrize("value", ["nonsense", "", 0, 1, True, None, 1.0, b"skip", LateAssetPolicy, ["hybrid"]])
def test_names_that_nobody_knows(field: str, value: Any) -> None:
    text = fails(**{field: value})
    assert f"{field}={value!r}" in text
    known = {"mode": "'hybrid'", "unlisted": "'hold'", "late_asset_policy": "'require_history'"}.get(field, "'skip'")
    assert known in text


def test_an_integer_or_a_member_of_another_enum_is_no_mode() -> None:
    assert "mode=" in fails(mode=Unlisted.CLOSE)  # Equal to SNAPSHOT as an integer.


# Field, the bound as the message says it, values just outside, values just inside.
BOUNDS: list[tuple[str, str, list[float], list[float]]] = [
    ("min_trade_value", ">= 0", [-1e-300, -1.0, -math.inf], [0.0, 5e-324, 1e300, math.inf]),
    ("min_weight_change", ">= 0", [-1e-300, -0.01], [0.0, 0.5, 2.0]),
    ("max_single_weight", "> 0", [0.0, -0.1], [5e-324, 0.3, 2.0, math.inf]),
    ("max_gross_leverage", "> 0", [0.0, -1.0], [5e-324, 1.5, math.inf]),
    ("headroom", "> 0 and <= 1", [0.0, -0.5, math.nextafter(1.0, 2.0), math.inf], [5e-324, 0.998, 1.0]),
]


@pytest.mark.parametrize(("field", "bound", "outside", "inside"), BOUNDS)
def test_bounds(field: str, bound: str, outside: list[float], inside: list[float]) -> None:
    for value in [*outside, math.nan]:
        text = fails(**{field: value})
        assert f"{field}={value!r}" in text
        assert bound in text
    for value in inside:
        assert getattr(RebalanceConfig(**{field: value}), field) == value
    for value in [True, False, "1", [1.0], 1j]:
        assert f"{field}={value!r} is not a number" in fails(**{field: value})
    assert field in fails(**{field: HUGE})


def test_none_is_no_scaling_and_nothing_else() -> None:
    assert RebalanceConfig(max_gross_leverage=None).max_gross_leverage is None
    for field in ("min_trade_value", "min_weight_change", "max_single_weight", "headroom", "lot_size"):
        assert f"{field}=None" in fails(**{field: None})


def test_whole_numbers_become_floats() -> None:
    config = RebalanceConfig(min_trade_value=5, headroom=1, max_single_weight=2)
    values = (config.min_trade_value, config.headroom, config.max_single_weight)
    assert values == (5.0, 1.0, 2.0)
    assert {type(value) for value in values} == {float}


@pytest.mark.parametrize("field", ["lot_size", "phase_timeout", "late_asset_min_bars"])
def test_counts_are_whole_and_at_least_one(field: str) -> None:
    for value in [0, -1, 1.0, 1.5, True, "1", None, math.nan]:
        text = fails(**{field: value})
        assert f"{field}={value!r}" in text
        assert ">= 1" in text
    policy = {"late_asset_policy": "require_history"} if field == "late_asset_min_bars" else {}
    assert getattr(RebalanceConfig(**{field: 7, **policy}), field) == 7


@pytest.mark.parametrize("field", ["round_lots", "allow_short", "cancel_before_rebalance", "account_for_pending"])
def test_switches_are_booleans(field: str) -> None:
    for value in [0, 1, None, "yes", 1.0]:
        assert f"{field}={value!r} is not True or False" in fails(**{field: value})
    for value in [True, False]:
        assert getattr(RebalanceConfig(**{field: value}), field) is value


def test_fractional_is_none_or_a_boolean() -> None:
    for value in [0, 1, 1.0, "no"]:  # 1 == True, which would let it through a plain comparison.
        assert f"allow_fractional={value!r}" in fails(allow_fractional=value)
    for value in [None, True, False]:
        assert RebalanceConfig(allow_fractional=value).allow_fractional is value


def test_combinations_that_contradict_themselves() -> None:
    text = fails(round_lots=True, allow_fractional=True)
    assert "round_lots=True" in text
    assert "allow_fractional=True" in text
    assert RebalanceConfig(round_lots=True, allow_fractional=False).round_lots
    assert RebalanceConfig(round_lots=True).round_lots
    text = fails(late_asset_min_bars=2)
    assert "late_asset_min_bars=2" in text
    assert "require_history" in text
    assert RebalanceConfig(late_asset_min_bars=2, late_asset_policy="require_history").late_asset_min_bars == 2


def test_replace_checks_again() -> None:
    config = RebalanceConfig(round_lots=True)
    with pytest.raises(ConfigError, match="round_lots"):
        config.replace(allow_fractional=True)
    assert config.replace(lot_size=10).lot_size == 10
    assert config.lot_size == 100


def test_frozen_and_by_keyword_only() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RebalanceConfig().headroom = 0.5  # type: ignore[misc]
    with pytest.raises(TypeError):
        RebalanceConfig("hybrid")  # type: ignore[misc]


amounts = st.floats(0.0, 1e12) | st.just(math.inf)
configs = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["snapshot", "incremental", "hybrid", *RebalanceMode]),
        "min_trade_value": amounts,
        "min_weight_change": amounts,
        "allow_short": st.booleans(),
        "max_single_weight": st.floats(1e-9, 10.0) | st.just(math.inf),
        "max_gross_leverage": st.none() | st.floats(1e-9, 10.0) | st.just(math.inf),
        "headroom": st.floats(1e-9, 1.0),
        "unlisted": st.sampled_from(list(Unlisted)),
        "cancel_before_rebalance": st.booleans(),
        "account_for_pending": st.booleans(),
        "phase_timeout": st.integers(1, 10**9),
        "lot_size": st.integers(1, 10**9),
        "missing_price_policy": st.sampled_from(list(MissingPricePolicy)),
    }
).flatmap(
    lambda fields: st.sampled_from(
        [
            fields | {"round_lots": True},
            fields | {"allow_fractional": True},
            fields | {"allow_fractional": False, "round_lots": True},
            fields | {"late_asset_policy": "require_history", "late_asset_min_bars": 9},
        ]
    )
)


@given(fields=configs)
def test_through_json_and_back(fields: dict[str, Any]) -> None:
    config = RebalanceConfig(**fields)
    text = json.dumps(config.as_dict(), allow_nan=False)
    assert RebalanceConfig.from_dict(json.loads(text)) == config


def test_unknown_fields_in_a_dictionary_are_named() -> None:
    with pytest.raises(ConfigError, match=r"unknown fields of RebalanceConfig: colour, size\nHint: known fields: mode"):
        RebalanceConfig.from_dict({"size": 1, "colour": 2, "mode": "hybrid"})
    with pytest.raises(ConfigError, match="headroom=2"):
        RebalanceConfig.from_dict({"headroom": 2.0})
