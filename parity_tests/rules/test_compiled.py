"""Every rule compiled is the same rule interpreted, to the bit: one small kernel for each file of rules.

A kernel calls every function of its file over a table of numbers, some of them awkward, and writes down what each
returns. The very same lines, run as plain Python, are what it is held to.
"""

from __future__ import annotations

import ast
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_tests.meta.house import CORE
from parity_tests.rules.material import FREE, INF, NAN, every, rules_of
from weighbridge.engine.book import SLOT, asset_table
from weighbridge.rules.actions import round_cents, split_position, split_units
from weighbridge.rules.affordable import affordable, affordable_change, cash_after_change, closing_part, left_after
from weighbridge.rules.booking import (
    average_after,
    basis_with_commission,
    booked,
    charge,
    parts_of,
    position_after,
    within_tolerance,
)
from weighbridge.rules.cash import allowed, covered, imagined
from weighbridge.rules.charging import commission, of_part, predicted_commission
from weighbridge.rules.compiled import kernel
from weighbridge.rules.contracts import bound, gain, lent_on, unit_value, worth
from weighbridge.rules.costs import BASIS_POINTS, FIXED, PER_SHARE, PERCENT, VOLUME_SHARE
from weighbridge.rules.frozen import FrozenRules
from weighbridge.rules.parts import part_of
from weighbridge.rules.sizing import held_value, sized_quantity, snapped, truncated
from weighbridge.rules.slipping import predicted_price, slipped, within_bar
from weighbridge.rules.tolerance import added, at_most, clearly_less, close_to, is_nothing
from weighbridge.rules.triggers import price_in_cents, touched, trailed, triggered, worse_than_limit
from weighbridge.rules.valuing import added_contract, added_term, first_term, known_price, portfolio_value, value_after
from weighbridge.rules.waiting import meets
from weighbridge.rules.within_tolerance import denied_part, locked_after_buying, locked_after_selling, nearly

AWKWARD = (0.0, -0.0, NAN, INF, -INF, 5e-324, -1e-300, 1e300, 1e-12, 2.0**53, -0.5)
PLAIN = (1.0, -3.0, 7.25, 0.1, -1234.5)


def table(seed: int) -> Any:
    """Draw rows of numbers: most are ordinary, and each awkward one is met in every column."""
    chance = np.random.default_rng(seed)
    rows = np.round(chance.normal(size=(60, 6)) * 20.0, 2)
    rows[chance.random(rows.shape) < 0.2] = chance.choice(PLAIN)
    extra = np.round(chance.normal(size=(6 * len(AWKWARD), 6)) * 20.0, 2)
    for at, (column, number) in enumerate(product(range(6), AWKWARD)):
        extra[at, column] = number
    return np.concatenate((rows, extra))


def assets() -> Any:
    """Return shares, contracts with a margin, levered ones and large ones, flat, long and short."""
    rows = asset_table(12)
    rows["price"] = rows["close"] = 10.0
    rows["position"] = np.tile([0.0, 4.0, -3.0], 4)
    rows["average"], rows["settled"], rows["entered"], rows["debt"] = 8.0, 9.0, 5.0, 24.0
    rows["multiplier"], rows["leverage"], rows["charged_on"] = 1.0, 1.0, 1.0
    rows["margined"][3:6], rows["margin"][3:6], rows["multiplier"][3:6] = True, 12.5, 5.0
    rows["leverage"][6:9], rows["multiplier"][9:] = 3.0, 0.3
    return rows


def tolerances(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b = numbers[0], numbers[1]
    out[0], out[1], out[2], out[3], out[4] = (
        is_nothing(a),
        close_to(a, b),
        clearly_less(a, b),
        at_most(a, b),
        added(a, b),
    )


def sizes(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d, e = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    out[0], out[1], out[2] = truncated(a), snapped(a), held_value(rules, row, a, b)
    for k in range(4):
        out[3 + k] = sized_quantity(rules, (0.0, 1.0, 10.0, 0.5)[k], a, b, c, abs(d) + 0.01, abs(e) + 1.0)


def commissions(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d = numbers[0], numbers[1], numbers[2], numbers[3]
    out[0], out[1] = of_part(terms, a, b, c, d), commission(rules, terms, a, b)
    out[2], out[3] = (
        predicted_commission(rules, terms, row, 0, a, b),
        charge(rules, terms, row, a, b, (c, d), numbers[4]),
    )


def slips(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d = numbers[0], numbers[1], numbers[2], numbers[3]
    out[0], out[1], out[2] = slipped(rules, terms, a, b), within_bar(a, b, c, d), predicted_price(rules, terms, 0, a, b)


def parts(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    out[0], out[1], out[2] = part_of(rules, terms, numbers[0], abs(numbers[1]), abs(numbers[2]) + 0.5, abs(numbers[3]))
    for member in range(3):
        out[3 + member] = meets(member, numbers[0], numbers[1])


def contracts(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c = numbers[0], numbers[1], numbers[2]
    out[0], out[1], out[2] = unit_value(rules, row), worth(row, a, b), bound(row, a, b)
    out[3], out[4] = gain(row, a, b, c), lent_on(row, a, b)


def afforded(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d = numbers[0], numbers[1], numbers[2], numbers[3]
    paid, wanted = (abs(c) + 0.01, abs(d) + 0.01), (min(abs(a) + 0.01, 1e6) if a == a else 3.0)
    out[0] = closing_part(a, b)
    out[1] = left_after(rules, terms, row, 0, a, b, paid, c)
    out[2] = affordable(rules, terms, row, 0, wanted, paid, (b, 0.0), 0.0)
    out[3] = affordable(rules, terms, row, 0, wanted, paid, (b, 1.0), 2.0)
    out[4] = affordable_change(rules, terms, row, 0, row.position, wanted, paid, (b, 1.0))
    out[5] = cash_after_change(rules, terms, row, 0, row.position, a, paid, b)


def cashes(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d = numbers[0], numbers[1], numbers[2], numbers[3]
    quantity, price = (max(min(a, 1e6), -1e6) if a == a else -3.0), abs(b) + 0.01
    out[0], out[1], out[2], out[3] = allowed(rules, terms, row, 0, quantity, price, (c, 0.5, d, numbers[4]), 1.0)
    out[4] = covered(rules, terms, row, 0, quantity, price, (c, 0.0))
    out[5] = imagined(rules, terms, row, a, b, c, d)


def bookings(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d, e, f = numbers
    out[0], out[1], out[2], refused = booked(rules, terms, row, a, b, (c, 0.5, e, f), (d, 0.0), True)
    out[3], out[4], out[5], _ = booked(rules, terms, row, a, b, (c, 0.5, NAN, NAN), (0.0, 0.0), False)
    closed, opened = parts_of(a, b)
    out[6] = position_after(rules, a, b) + (1.0 if refused else 0.0) + 7.0 * closed + 11.0 * opened
    out[7], out[8] = average_after(rules, row, a, row.position + a, b)
    out[9], out[10] = basis_with_commission(a, b, c), within_tolerance(rules, a, b, c, d, e)
    out[11] = row.settled


def locks(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d, e, f = numbers
    out[0], out[1] = denied_part(-1, a, b, terms)
    out[2], out[3] = denied_part(5, a, b, terms)
    out[4], out[5] = locked_after_buying(a, b, c, d, e, f)
    out[6], out[7] = locked_after_selling(a, b, c, d, e, (f, a))
    out[8] = nearly(a)


def values(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d, e, f = numbers
    out[0], out[1] = known_price(a, b), first_term(rules, a)
    out[2], out[3] = added_term(rules, a, b, c, d, e)
    out[4], out[5] = added_contract(rules, a, b, row, c)
    out[6] = portfolio_value(rules, a, b, c)
    out[7] = value_after(a, (b, c), (d, row.position), (e, f))


def triggers(rules: Any, terms: Any, rows: Any, row: Any, numbers: Any, out: Any) -> None:
    a, b, c, d, e, f = numbers
    slot = rows[0]
    slot.limit, slot.stop = a, b
    for kind in range(2, 7):
        slot.kind = kind
        price, worst, after = touched(slot, c, d, e, f, a, kind % 2 == 0)
        out[kind] += price if price == price else 0.25
        out[kind + 5] += worst + after
    out[0], out[1] = trailed(5, c, a, b, d), trailed(6, c, a, b, d)
    out[12], out[13] = triggered(c > 0.0, a, b, d)
    out[14] = worse_than_limit(c > 0.0, a, b)
    out[15] = round_cents(a)
    out[16], out[17], out[18] = split_position(c, d, abs(e) + 0.01)
    out[19] = split_units(c, abs(e) + 0.01)
    if abs(a) < 1e15:
        out[20], out[21] = price_in_cents(a, True), price_in_cents(a, False)


KERNELS = {
    function.__name__: function
    for function in (
        tolerances,
        sizes,
        commissions,
        slips,
        parts,
        contracts,
        afforded,
        cashes,
        bookings,
        locks,
        values,
        triggers,
    )
}
# The seats whose every member a kernel is run with.
SEATS = {
    "sizes": ("sizing",),
    "commissions": ("charging",),
    "slips": ("slipping",),
    "parts": ("parts", "slipping"),
    "afforded": ("charging",),
    "cashes": ("cash", "booking", "charging"),
    "bookings": ("booking", "charging"),
    "values": ("valuing",),
}
COSTS = [
    FREE,
    FREE._replace(commission=PERCENT, rate=0.0013, fees=0.0013, slippage=PERCENT, amount=0.01),
    FREE._replace(commission=PER_SHARE, rate=0.03, minimum=0.5, slippage=FIXED, amount=0.07),
    FREE._replace(commission=FIXED, rate=3.7, fixed_fees=3.7, slippage=BASIS_POINTS, amount=0.0005, volume_limit=0.1),
    FREE._replace(slippage=VOLUME_SHARE, amount=0.1, volume_limit=0.25, granularity=0.75, lock_cash=True),
    FREE._replace(max_size=3.0, min_size=0.5, allow_partial=False, direction=0),
]


def driver(call: Any) -> Any:
    """Return a kernel that calls a function for every row of numbers and every asset in turn."""

    def run(rules: Any, terms: Any, slots: Any, rows: Any, numbers: Any, out: Any) -> None:
        for k in range(len(numbers)):
            call(rules, terms, slots, rows[k % len(rows)], numbers[k], out[k])

    return run


def mixtures(name: str) -> list[Any]:
    found = [
        rules_of(preset, contracts=contracts)
        for preset in ("reference", "backtrader", "vectorbt", "zipline")
        for contracts in (False, True)
    ]
    for seat in SEATS.get(name, ()):
        for contracts in (False, True):
            found += every(seat, contracts=contracts)
    return found


@pytest.mark.parametrize("name", KERNELS)
def test_compiled_is_interpreted(name: str) -> None:
    """DESIGN 2: a rule is written once."""
    from weighbridge.rules.compiled import rule

    plain = driver(KERNELS[name])
    compiled = kernel(driver(rule(KERNELS[name])))
    every_number = table(len(name))
    slots = np.zeros(1, SLOT)
    for place, (rules, terms) in enumerate(product(mixtures(name), COSTS)):
        # All numbers in turn: a few for each mixture, with another asset each time.
        numbers = np.roll(every_number, -17 * place, axis=0)[:17]
        by_python, by_machine = np.zeros((len(numbers), 24)), np.zeros((len(numbers), 24))
        with np.errstate(all="ignore"):
            plain(rules, terms, slots, assets(), numbers, by_python)
        compiled(rules, terms, slots, assets(), numbers, by_machine)
        same = (by_python.view(np.int64) == by_machine.view(np.int64)) | (np.isnan(by_python) & np.isnan(by_machine))
        where = np.argwhere(~same)
        assert len(where) == 0, (
            rules,
            terms,
            where[0],
            numbers[where[0][0]],
            by_python[tuple(where[0])],
            by_machine[tuple(where[0])],
        )


def test_frozen_rules_are_the_same_rules() -> None:
    """A preset is compiled with its members in place of the numbers: nothing else changes."""
    from weighbridge.rules.compiled import rule

    numbers = table(9)
    compiled = kernel(driver(rule(sizes)))
    for rules in every("sizing")[:2]:
        by_number, frozen = np.zeros((len(numbers), 24)), np.zeros((len(numbers), 24))
        for given, out in ((rules, by_number), (FrozenRules(rules), frozen)):
            compiled(given, FREE, np.zeros(1, SLOT), assets(), numbers, out)
        np.testing.assert_array_equal(by_number.view(np.int64), frozen.view(np.int64))


def test_no_rule_is_left_out() -> None:
    """Public functions of a file of rules are called here, or by what is; sorting is called by the run's own tests."""
    here = Path(__file__).read_text(encoding="utf-8")
    called = {
        node.func.id
        for node in ast.walk(ast.parse(here))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    left_out = []
    for path in sorted((CORE / "weighbridge" / "rules").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        public = ast.literal_eval(re.search(r"__all__ = (\[[^]]*\])", text)[1]) if "__all__" in text else []
        rules = re.findall(r"^@(?:rule|step)\ndef (\w+)", text, re.MULTILINE)
        left_out += [name for name in rules if name in public and name not in called]
    assert left_out == ["sort_by_key", "allowed_within_tolerance"]
