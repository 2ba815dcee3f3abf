"""VectorBT's `execute_order_nb` on the same orders: what is let through, with which fees, and what it leaves.

Amounts are chosen so that sums end on the bounds of its tolerance: 1e-9 * 1e9 is 1.0, and 1e-12.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
from vectorbt.portfolio.enums import OrderSide, OrderStatus, OrderStatusInfo, ProcessOrderState, SizeType
from vectorbt.portfolio.nb import execute_order_nb, order_nb

from parity_tests.rules.material import FREE, INF, NAN, bits, draws, nearby, row_of, rules_of
from weighbridge.rules.booking import within_tolerance
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.tolerance import added
from weighbridge.rules.within_tolerance import (
    IGNORED,
    allowed_within_tolerance,
    denied_part,
    locked_after_buying,
    locked_after_selling,
)

INFO = {
    OrderStatusInfo.SizeZero: IGNORED,
    OrderStatusInfo.ValueZeroNeg: DenialRule.VALUE_ZERO_NEG,
    OrderStatusInfo.NoCashShort: DenialRule.NO_CASH_SHORT,
    OrderStatusInfo.NoCashLong: DenialRule.NO_CASH_LONG,
    OrderStatusInfo.NoOpenPosition: DenialRule.NO_OPEN_POSITION,
    OrderStatusInfo.MaxSizeExceeded: DenialRule.MAX_SIZE_EXCEEDED,
    OrderStatusInfo.CantCoverFees: DenialRule.CANT_COVER_FEES,
    OrderStatusInfo.MinSizeNotReached: DenialRule.MIN_SIZE_NOT_REACHED,
    OrderStatusInfo.PartialFill: DenialRule.PARTIAL_FILL,
}
VECTORBT = rules_of("vectorbt")
PLAIN = FREE._replace(min_size=0.0)


def check(terms: Any, asked: float, price: float, cash: float, position: float, debt: float, free: float) -> int:
    """Hold one order, and what becomes of the account, to VectorBT's; return the status."""
    short = terms.direction == 1
    order = order_nb(
        size=-asked if short else asked,
        price=price,
        size_type=SizeType.Amount,
        direction=terms.direction,
        fees=terms.fees,
        fixed_fees=terms.fixed_fees,
        min_size=terms.min_size,
        max_size=terms.max_size,
        size_granularity=terms.granularity,
        lock_cash=terms.lock_cash,
        allow_partial=terms.allow_partial,
    )
    said = (terms, asked, price, cash, position, debt, free)
    row = row_of(position=position, debt=debt)
    try:
        after, result = execute_order_nb(ProcessOrderState(cash, position, debt, free, price, INF, 0, 0), order)
    except ZeroDivisionError:
        # A short position at exactly half its price with its costs: VectorBT ends there.
        assert terms.lock_cash
        return IGNORED
    status, quantity, fees, cost = allowed_within_tolerance(terms, row, asked, price, (cash, free, INF), price)
    if result.status != OrderStatus.Filled:
        assert status == INFO[result.status_info], said
        assert (abs(quantity), fees, cost) == (0.0, 0.0, 0.0), said
        return status
    assert status == -1, said
    sign = 1.0 if result.side == OrderSide.Buy else -1.0
    assert bits((quantity, fees)) == bits((sign * result.size, result.fees)), said
    if quantity == 0.0:
        # The granularity leaves nothing, and a `min_size` of 0.0 does not mind.
        return status
    held = added(position, quantity)
    assert bits(held) == bits(after.position), said
    assert bits(within_tolerance(VECTORBT, quantity, price, cash, fees, cost)) == bits(after.cash), said
    if terms.lock_cash:
        owed, free = (number if abs(number) > 1e-12 else 0.0 for number in (debt, free))
        if quantity > 0.0:
            found = locked_after_buying(position, owed, free, quantity, held, cost)
        else:
            found = locked_after_selling(position, owed, free, -quantity, held, (price, cost))
        assert bits(found) == bits((after.debt, after.free_cash)), said
    return status


FEES = [{}, {"fees": 0.25}, {"fixed_fees": 1.0}, {"fees": 0.0013, "fixed_fees": 3.7}]
BOUNDS: list[dict[str, Any]] = [
    {},
    {"min_size": 4.0},
    {"min_size": 999_999_999.0},
    {"max_size": 3.0},
    {"max_size": 3.0, "allow_partial": False},
    {"allow_partial": False},
    {"granularity": 0.75},
    {"granularity": 3.0, "allow_partial": False},
    {"granularity": 1e10},
]
SIZES = (*nearby(1e-12), 2e-12, 1.0, 2.5, 3.0, math.nextafter(3.0, 4.0), 4.0, 8.0, 10.0, 999_999_999.0, 1e9)


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
@pytest.mark.parametrize("fees", FEES, ids=str)
def test_buys_and_sales_are_vectorbts(fees, bounds):
    seen = set()
    for cash, price in product((0.0, 1.0, 10.0, 12.5, 1e9, 999_999_999.0), (1.0, 3.3)):
        for size in SIZES:
            for position in (0.0, 3.0, -3.0):
                for asked in (size, -size):
                    seen.add(check(PLAIN._replace(**fees, **bounds), asked, price, cash, position, 0.0, cash))
    assert (-1 in seen) is (bounds != {"granularity": 1e10})
    assert len(seen) > 1


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("fees", FEES, ids=str)
@pytest.mark.parametrize("bounds", [BOUNDS[0], BOUNDS[1], BOUNDS[3], BOUNDS[4], BOUNDS[5]], ids=str)
def test_directions_are_vectorbts(direction, fees, bounds):
    terms = PLAIN._replace(direction=direction, **fees, **bounds)
    seen = set()
    for cash, size, held in product((0.0, 1.0, 10.0, 1e9), (1e-12, 0.5, 3.0, 4.0, 999_999_999.0), (0.0, 1.0, 3.0, 1e9)):
        for asked in (size, -size):
            seen.add(check(terms, asked, 2.0, cash, held if direction == 0 else -held, 0.0, cash))
    assert DenialRule.NO_OPEN_POSITION in seen


# Position, debt, cash, free cash: long; short for what it brought; debts and free cash that are almost nothing.
LOCKED = [
    (0.0, 0.0, 100.0, 100.0),
    (0.0, 0.0, 100.0, 40.0),
    (0.5, 0.0, 100.0, -10.0),
    (0.5, 0.0, 100.0, 40.0),
    (5.0, 0.0, 100.0, 130.0),
    (5.0, 0.0, 100.0, -8.0),
    (5.0, 0.0, 100.0, -10.0),
    (5.0, 0.0, 100.0, -12.0),
    (0.0, 0.0, 100.0, 0.0),
    (0.0, 0.0, 100.0, -3.0),
    (-5.0, 10.0, 120.0, 100.0),
    (-5.0, 10.0, 20.0, 0.0),
    (-5.0, 10.0, 20.0, -10.0),
    (-5.0, 5.0, 20.0, 0.0),
    (-5.0, 5.0, 20.0, 2.0),
    (-5.0, 4.0, 12.0, 3.0),
    (-5.0, 4.0, 8.0, 2.0),
    (-5.0, 4.0, 100.0, 3.0),
    (-5.0, 5e-13, 20.0, 5e-13),
    (-5.0, 1e-12, 20.0, 1e-12),
    (-5.0, 2e-12, 20.0, 2e-12),
    (-5.0, 10.0, 120.0, 1e-12),
    (5.0, 0.0, 100.0, -10.0 - 1e-12),
    (0.0, 0.0, 100.0, 1e-12),
    (0.0, 0.0, 100.0, 2e-12),
    (3.0, 0.0, 100.0, 1e-12),
    (-1e9, 1e9, 3e9, 1.0),
]


@pytest.mark.parametrize("fees", [*FEES, {"fees": 1.0}, {"fees": 2.0, "fixed_fees": 0.5}], ids=str)
@pytest.mark.parametrize(
    "bounds", [{}, {"max_size": 3.0}, {"max_size": 3.0, "allow_partial": False}, {"allow_partial": False}], ids=str
)
def test_locked_cash_is_vectorbts(fees, bounds):
    terms = PLAIN._replace(lock_cash=True, **fees, **bounds)
    seen = set()
    for (position, debt, cash, free), price, size in product(LOCKED, (1.0, 2.0, 3.3), (0.5, 3.0, 5.0, 40.0)):
        for asked in (size, -size):
            seen.add(check(terms, asked, price, cash, position, debt, free))
    assert {-1, DenialRule.NO_CASH_SHORT, DenialRule.NO_CASH_LONG} <= seen


def test_random_accounts_are_vectorbts():
    for chance in draws(14, 2500):
        price = chance.choice([chance.uniform(0.1, 50.0), chance.randint(1, 400) / 8])
        cash = chance.choice([chance.uniform(0.0, 500.0), float(chance.randint(0, 100))])
        position = chance.choice([0.0, chance.uniform(-20.0, 20.0), float(chance.randint(-9, 9))])
        terms = PLAIN._replace(
            fees=chance.choice([0.0, 0.001, 0.3]),
            fixed_fees=chance.choice([0.0, 1.0, 2.5]),
            min_size=chance.choice([0.0, 1e-8, 2.0]),
            max_size=chance.choice([INF, 8.0]),
            granularity=chance.choice([NAN, NAN, 1.0, 0.1]),
            allow_partial=chance.random() < 0.8,
            lock_cash=chance.random() < 0.5,
        )
        debt = abs(position) * chance.uniform(0.1, 60.0) if position < 0.0 else 0.0
        free = chance.choice([cash, cash - 2.0 * debt, chance.uniform(-100.0, 300.0)])
        asked = chance.choice([-1, 1]) * chance.choice(
            [chance.uniform(0.01, 60.0), float(chance.randint(1, 30)), abs(position) or 1.0]
        )
        if chance.random() < 0.2:
            asked = (
                added(cash, -terms.fixed_fees)
                / (1.0 + terms.fees)
                / price
                * chance.choice([1.0, 1 + 1e-9, 1 - 1e-9, 1 + 3e-9])
            )
        if asked != 0.0:
            check(terms, asked, price, cash, position, debt, free)


@pytest.mark.parametrize(
    ("value", "refused"),
    [(0.0, True), (-1.0, True), (1e-12, True), (math.nextafter(1e-12, 1.0), False), (1.0, False), (NAN, False)],
)
def test_a_fraction_of_nothing_is_refused(value, refused):
    """`execute_order_nb`: `value` close to 0.0 is 0.0, and `value <= 0` is refused before all else."""
    for asked in (3.0, -3.0):
        status, *rest = allowed_within_tolerance(PLAIN, row_of(), asked, 2.0, (100.0, 100.0, value), 2.0)
        assert (status == DenialRule.VALUE_ZERO_NEG) is refused
        if refused:
            assert rest == [0.0, 0.0, 0.0]


def test_a_commission_may_be_of_another_price():
    """Semantics 9.5: what a percentage is of is told apart from what a unit costs."""
    terms = PLAIN._replace(fees=0.1)
    assert allowed_within_tolerance(terms, row_of(), 3.0, 20.0, (100.0, 100.0, INF), 4.0) == (
        -1,
        3.0,
        3.0 * 4.0 * 0.1,
        60.0 + 3.0 * 4.0 * 0.1,
    )
    assert allowed_within_tolerance(terms, row_of(), -3.0, 20.0, (100.0, 100.0, INF), 4.0) == (
        -1,
        -3.0,
        3.0 * 4.0 * 0.1,
        60.0 - 3.0 * 4.0 * 0.1,
    )
    stepped = terms._replace(granularity=1.0)
    status, quantity, fees, cost = allowed_within_tolerance(stepped, row_of(), 9.0, 20.0, (100.0, 100.0, INF), 4.0)
    assert (status, quantity, fees, cost) == (-1, 4.0, 4.0 * 4.0 * 0.1, 80.0 + 4.0 * 4.0 * 0.1)


CUT, MOST = int(DenialRule.CUT_TO_CASH), int(DenialRule.MAX_SIZE_EXCEEDED)


@pytest.mark.parametrize(
    ("status", "asked", "executed", "bounds", "expected"),
    [
        (DenialRule.NO_CASH_LONG, 5.0, 0.0, {}, (DenialRule.NO_CASH_LONG, 5.0)),
        (DenialRule.MARGIN_AT_SUBMISSION, -5.0, 0.0, {}, (DenialRule.MARGIN_AT_SUBMISSION, -5.0)),
        (DenialRule.NO_CASH_SHORT, 0.0, 0.0, {}, (IGNORED, 0.0)),
        (IGNORED, 5.0, 0.0, {}, (IGNORED, 0.0)),
        (-1, 5.0, 5.0, {}, (IGNORED, 0.0)),
        (-1, -5.0, -5.0, {}, (IGNORED, 0.0)),
        (-1, 5.0, 3.0, {}, (CUT, 2.0)),
        (-1, -5.0, -3.0, {}, (CUT, -2.0)),
        (-1, 5.0, 3.0, {"max_size": 3.0}, (MOST, 2.0)),
        (-1, -5.0, -3.0, {"max_size": 3.0}, (MOST, -2.0)),
        (-1, 5.0, 2.0, {"max_size": 3.0}, (CUT, 3.0)),
        (-1, 5.5, 5.0, {"granularity": 1.0}, (IGNORED, 0.0)),  # rounding cuts nothing
        (-1, 5.5, 4.0, {"granularity": 1.0}, (CUT, 1.5)),
        (-1, 5.5, 3.0, {"granularity": 1.5, "max_size": 4.0}, (MOST, 2.5)),
        (-1, 1e9, 999_999_999.0, {}, (IGNORED, 0.0)),  # close to it
        (-1, 1e9, 999_999_998.0, {}, (CUT, 2.0)),
        (-1, 3.0, 2.5, {"max_size": 3.0, "granularity": 2.5}, (IGNORED, 0.0)),  # at the most, not above it
        (-1, 0.5, 0.25, {}, (CUT, 0.25)),
        (-1, 5.5, 3.0, {"granularity": 1.5}, (CUT, 2.5)),
    ],
)
def test_what_is_denied(status, asked, executed, bounds, expected):
    assert denied_part(status, asked, executed, PLAIN._replace(**bounds)) == expected


def test_what_covers_almost_all_repays_all():
    """VectorBT adds 999,999,999 to -1,000,000,000 and has 0.0: all of the debt goes, and what was paid."""
    assert locked_after_buying(-1e9, 3e9, 5e9, 999_999_999.0, 0.0, 1e9) == (0.0, 10e9)
    assert locked_after_selling(0.5, 0.0, 7.0, 2.0, -1.5, (4.0, 8.0)) == (6.0, 7.0 + (8.0 - 12.0))


def test_free_cash_at_the_edge_of_what_covers():
    """What is left of it is nothing, or not, by the last bit of |position| * price * (1 + fees) + fixed fees."""
    for chance in draws(35, 300):
        position, price, fees = -chance.uniform(1.0, 20.0), chance.uniform(1.0, 50.0), chance.choice([0.013, 0.3])
        cover = abs(position) * price * (1.0 + fees)
        terms = PLAIN._replace(lock_cash=True, fees=fees)
        for edge in (cover * (1.0 + 1e-9), cover * (1.0 - 1e-9), cover / (1.0 - 1e-9)):
            for free in (*nearby(edge), math.nextafter(math.nextafter(edge, INF), INF)):
                check(terms, 1000.0, price, 10.0 * cover, position, 0.0, free)
