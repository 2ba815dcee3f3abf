"""What the tests of rules share: rules, terms and rows by name, numbers that are awkward, and equality of bits."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from weighbridge.rules.costs import NO_COST, Terms
from weighbridge.rules.seats import Rules
from weighbridge.settings.conventions import PRESETS, RULES

NAN = math.nan
INF = math.inf


def rules_of(preset: str = "reference", **changes: Any) -> Rules:
    """Return a preset's rules with some changed: members by seat, or `contracts`, `priced`, `actions`."""
    seats = {name: int(member) for name, member in PRESETS[preset].rules().items()}
    flags = {"contracts": False, "priced": False, "actions": False}
    return Rules(**{**seats, **flags, **{name: item if name in flags else int(item) for name, item in changes.items()}})


def every(seat: str, preset: str = "reference", **changes: Any) -> list[Rules]:
    """Return a preset's rules with each member of a seat."""
    return [rules_of(preset, **{seat: member}, **changes) for member in RULES[seat]]


FREE = Terms(
    commission=NO_COST,
    rate=0.0,
    minimum=0.0,
    slippage=NO_COST,
    amount=0.0,
    volume_limit=INF,
    two=2.0,
    fees=0.0,
    fixed_fees=0.0,
    min_size=1e-8,
    max_size=INF,
    granularity=NAN,
    allow_partial=True,
    lock_cash=False,
    direction=2,
)


def row_of(**changes: Any) -> Any:
    """Return a row of an ordinary share at 10.0 of which nothing is held."""
    plain = {
        "position": 0.0,
        "price": 10.0,
        "close": 10.0,
        "average": 0.0,
        "weight": 0.0,
        "quantity": 0.0,
        "side": 0,
        "reason": 0,
        "pending": 0.0,
        "sold": 0.0,
        "needed": 0.0,
        "traded": True,
        "bars_seen": 1,
        "entered": 0.0,
        "debt": 0.0,
        "multiplier": 1.0,
        "margin": 0.0,
        "leverage": 1.0,
        "margined": False,
        "charged_on": 1.0,
        "settled": 10.0,
    }
    assert not set(changes) - set(plain)
    return SimpleNamespace(**{**plain, **changes})


def bits(value: Any) -> Any:
    """Return something that is equal only for the same bits; any NaN is the same."""
    if isinstance(value, tuple | list | np.ndarray):
        return tuple(bits(item) for item in value)
    if value is None or isinstance(value, bool | np.bool_ | int | np.integer):
        return value if value is None else int(value)
    return "nan" if math.isnan(value) else struct.pack("<d", float(value))


def nearby(number: float) -> tuple[float, float, float]:
    """Return a number between its two neighbours."""
    return math.nextafter(number, -INF), number, math.nextafter(number, INF)


def draws(seed: int, count: int) -> Iterator[random.Random]:
    """Yield the same random numbers every time."""
    chance = random.Random(seed)
    for _ in range(count):
        yield chance


def quantity_of(chance: random.Random) -> float:
    """Draw units that are not 0.0: whole ones and fractions, of both signs."""
    size = float(chance.randint(1, 40)) if chance.random() < 0.5 else chance.uniform(0.01, 40.0)
    return size if chance.random() < 0.5 else -size


def price_of(chance: random.Random) -> float:
    """Draw a price: cents, or any number."""
    return chance.randint(1, 20_000) / 100 if chance.random() < 0.5 else chance.uniform(0.01, 200.0)
