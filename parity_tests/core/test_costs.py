"""Costs: bounds, kinds, and the way through a dictionary. What models charge: parity_tests/rules."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest

import weighbridge as wb
from weighbridge.engine.flat import flat_terms
from weighbridge.exceptions import ConfigError, UnsupportedError
from weighbridge.settings.conventions import REFERENCE
from weighbridge.settings.costs import Commission, Slippage

# Model and field, the values that it takes, the values that it refuses beside those that no model takes.
AMOUNTS: list[tuple[Any, str, list[float], list[float]]] = [
    (wb.PercentCommission, "rate", [0.0, 0.001, 0.999], [1.0, 5.0]),
    (wb.PerShareCommission, "amount", [0.0, 0.005, 1e9], []),
    (wb.FixedCommission, "amount", [0.0, 1.0, 1e9], []),
    (wb.PercentSlippage, "rate", [0.0, 0.0005, 0.999], [1.0, 2.0]),
    (wb.FixedSlippage, "amount", [0.0, 0.01, 1e9], []),
]


@pytest.mark.parametrize(("model", "field", "inside", "outside"), AMOUNTS)
def test_bounds(model: Any, field: str, inside: list[float], outside: list[float]) -> None:
    for value in inside:
        assert getattr(model(value), field) == value
    assert type(getattr(model(0), field)) is float
    for value in [*outside, -1e-300, -1.0, math.nan, math.inf, -math.inf, 10**400]:
        with pytest.raises(ConfigError) as caught:
            model(value)
        assert f"{model.__name__}: {field}={value!r} must be finite, 0 or more" in caught.value.message
        assert ("below 1" in caught.value.message) == bool(outside)
        assert caught.value.hint
    for value in [True, "0.1", None, [0.1], 1j]:
        with pytest.raises(ConfigError, match="is not a number") as caught:
            model(value)
        assert f"{field}={value!r}" in caught.value.message
        assert caught.value.hint


def test_the_minimum_of_an_order_has_bounds_too() -> None:
    assert wb.PerShareCommission(0.005, 1).minimum == 1.0
    with pytest.raises(ConfigError, match="PerShareCommission: minimum=-1"):
        wb.PerShareCommission(0.005, minimum=-1)


def test_costs_hold_one_model_of_each_kind() -> None:
    assert wb.Costs() == wb.Costs(commission=wb.NoCommission(), slippage=wb.NoSlippage())
    for wrong in [0.001, None, wb.NoSlippage(), wb.PercentCommission]:
        with pytest.raises(ConfigError, match="is not a commission model") as caught:
            wb.Costs(commission=wrong)  # type: ignore[arg-type]
        assert "PercentCommission(0.001)" in str(caught.value.hint)
    for wrong in [0.001, None, wb.NoCommission(), wb.NoSlippage]:
        with pytest.raises(ConfigError, match="is not a slippage model"):
            wb.Costs(slippage=wrong)  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        wb.Costs().commission = wb.NoCommission()  # type: ignore[misc]


@pytest.mark.parametrize(
    "costs",
    [
        wb.Costs(),
        wb.Costs(commission=wb.PercentCommission(0.1), slippage=wb.PercentSlippage(1 / 3)),
        wb.Costs(commission=wb.PerShareCommission(0.005, minimum=1.25), slippage=wb.FixedSlippage(0.01)),
        wb.Costs(commission=wb.FixedCommission(9.99)),
    ],
)
def test_through_json_and_back(costs: wb.Costs) -> None:
    assert wb.Costs.from_dict(json.loads(json.dumps(costs.as_dict(), allow_nan=False))) == costs


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"commission": {"model": "Bribe"}}, "unknown cost model 'Bribe'"),
        ({"commission": {"rate": 0.1}}, "unknown cost model None"),
        ({"commission": {"model": "PercentCommission", "amount": 1.0}}, "PercentCommission does not take"),
        ({"commission": {"model": "PercentCommission"}}, "PercentCommission does not take"),
        ({"commission": {"model": "NoSlippage"}}, "is not a commission model"),
        ({"tax": {"model": "NoSlippage"}}, "unknown fields of Costs: tax"),
    ],
)
def test_dictionaries_that_are_no_costs(values: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        wb.Costs.from_dict(values)
    assert named in caught.value.message
    assert caught.value.hint


def test_a_model_that_the_engine_has_no_rule_for() -> None:
    class Stamp(Commission):
        pass

    class Queue(Slippage):
        pass

    with pytest.raises(UnsupportedError, match="commission"):
        flat_terms(REFERENCE, wb.RebalanceConfig(), wb.Costs(commission=Stamp()))
    with pytest.raises(UnsupportedError, match="slippage"):
        flat_terms(REFERENCE, wb.RebalanceConfig(), wb.Costs(slippage=Queue()))
