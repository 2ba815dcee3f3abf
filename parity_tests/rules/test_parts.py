"""Semantics 6.4: what a bar's volume gives an order. Zipline's own models process the same orders."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from zipline.finance.slippage import FixedBasisPointsSlippage, LiquidityExceeded, VolumeShareSlippage

from parity_tests.rules.material import FREE, draws, every, price_of, rules_of
from weighbridge.rules.costs import BASIS_POINTS, FIXED, NO_COST, PERCENT, VOLUME_SHARE
from weighbridge.rules.parts import Parts, part_of

BY_VOLUME = rules_of("zipline")
POINTS = FREE._replace(slippage=BASIS_POINTS, amount=0.0005, volume_limit=0.1)
SHARE = FREE._replace(slippage=VOLUME_SHARE, amount=0.1, volume_limit=0.025)


def same_kinds(found: Any) -> bool:
    return isinstance(found[2], bool) and not isinstance(found[1], bool)


def ziplines(model: Any, left: float, price: float, volume: float, taken: float) -> tuple[float, float, bool]:
    """Return what our rule returns: where there is no price of a fill, the price as it was."""
    model._volume_for_bar = taken
    data = SimpleNamespace(current=lambda asset, field: {"volume": volume, "close": price}[field])
    direction = 1 if left > 0 else -1
    order = SimpleNamespace(asset=None, open_amount=left, direction=direction, limit=None)
    try:
        paid, quantity = model.process_order(data, order)
    except LiquidityExceeded:
        return price, 0.0, True
    return (price, 0.0, False) if paid is None else (paid, quantity, False)


@pytest.mark.parametrize(
    ("terms", "model"), [(POINTS, FixedBasisPointsSlippage(5.0, 0.1)), (SHARE, VolumeShareSlippage(0.025, 0.1))]
)
def test_a_part_is_ziplines(terms, model):
    for chance in draws(10, 600):
        volume = float(chance.choice([chance.randint(1, 3000), 10 * chance.randint(1, 50), 40 * chance.randint(1, 60)]))
        left = float(chance.randint(1, 80) * chance.choice([-1, 1]))
        if chance.random() < 0.1:
            left /= 80.0
        taken = float(chance.randint(0, max(int(terms.volume_limit * volume), 0)))
        price = price_of(chance)
        found = part_of(BY_VOLUME, terms, left, price, volume, taken)
        assert found == ziplines(model, left, price, volume, taken)
        assert same_kinds(found)


@pytest.mark.parametrize(
    ("left", "volume", "taken", "expected"),
    [
        (5.0, 100.0, 0.0, (5.0, False)),
        (-5.0, 100.0, 0.0, (-5.0, False)),
        (50.0, 109.0, 0.0, (10.0, False)),  # trunc(10.9)
        (50.0, 100.0, 4.0, (6.0, False)),
        (50.0, 100.0, 10.0, (0.0, True)),
        (50.0, 9.0, 0.0, (0.0, True)),
    ],
)
def test_a_share_of_the_volume_by_hand(left, volume, taken, expected):
    assert part_of(BY_VOLUME, POINTS, left, 20.0, volume, taken)[1:] == expected


@pytest.mark.parametrize(
    ("left", "volume", "taken", "expected"),
    [
        (5.0, 400.0, 0.0, (20.0 + (5.0 / 400.0) ** 2 * 0.1 * 20.0, 5.0, False)),
        (-5.0, 400.0, 0.0, (20.0 + (5.0 / 400.0) ** 2 * -0.1 * 20.0, -5.0, False)),
        (5.0, 400.0, 2.0, (20.0 + (7.0 / 400.0) ** 2 * 0.1 * 20.0, 5.0, False)),  # orders before it move the price too
        (50.0, 400.0, 0.0, (20.0 + 0.025**2 * 0.1 * 20.0, 10.0, False)),
        (50.0, 40.0, 0.0, (20.0 + 0.025**2 * 0.1 * 20.0, 1.0, False)),  # exactly one unit is left
        (50.0, 400.0, 9.5, (20.0, 0.0, True)),
        (1.0, 400.0, 0.0, (20.0 + (1.0 / 400.0) ** 2 * 0.1 * 20.0, 1.0, False)),
        (0.5, 400.0, 0.0, (20.0, 0.0, False)),  # less than a unit of the order: the bar has more
    ],
)
def test_an_impact_by_hand(left, volume, taken, expected):
    assert part_of(BY_VOLUME, SHARE, left, 20.0, volume, taken) == expected


def test_the_share_is_bounded_by_the_limit():
    """`min(total_volume / volume, volume_limit)`: 13 times a limit just below 3 / 13 is 3.0 as floats multiply."""
    limit = math.nextafter(3 / 13, 0.0)
    large = SHARE._replace(volume_limit=limit, amount=1e15)
    found = part_of(BY_VOLUME, large, 5.0, 20.0, 13.0, 0.0)
    assert found == ziplines(VolumeShareSlippage(limit, 1e15), 5.0, 20.0, 13.0, 0.0)
    assert found == (20.0 + limit**2 * 1e15 * 20.0, 3.0, False)
    assert found[0] != 20.0 + (3 / 13) ** 2 * 1e15 * 20.0


@pytest.mark.parametrize("kind", [NO_COST, PERCENT, FIXED])
@pytest.mark.parametrize("rules", every("parts", "zipline"))
def test_without_a_limit_of_their_own_orders_fill_whole(rules, kind):
    terms = FREE._replace(slippage=kind, amount=0.25)
    price = {NO_COST: 2.0, PERCENT: 2.0 + 2.0 * 0.25, FIXED: 2.25}[kind]
    assert part_of(rules, terms, 1e9, 2.0, 0.0, 0.0) == (price, 1e9, False)


def test_whole_orders_ask_for_no_volume():
    assert part_of(rules_of(parts=Parts.WHOLE), POINTS, -50.0, 20.0, 1.0, 0.0) == (20.0 + 20.0 * -0.0005, -50.0, False)
