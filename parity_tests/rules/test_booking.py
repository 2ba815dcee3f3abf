"""How a fill changes an account: Backtrader's `_execute`, Zipline's `Position`, VectorBT's record, and by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from backtrader.position import Position
from vectorbt.portfolio.enums import OrderResult, OrderSide, OrderStatus, trade_dt
from vectorbt.portfolio.nb import update_pos_record_nb
from zipline.assets import Equity, ExchangeInfo
from zipline.finance import position as ziplines

from parity_tests.rules.backtraders import PARTS, executed
from parity_tests.rules.material import FREE, NAN, bits, draws, every, price_of, quantity_of, row_of, rules_of
from weighbridge.rules.booking import (
    Booking,
    average_after,
    basis_with_commission,
    charge,
    position_after,
    within_tolerance,
)
from weighbridge.rules.booking import (
    booked as booked_and_told,
)
from weighbridge.rules.charging import Charging
from weighbridge.rules.costs import FIXED, PER_SHARE, PERCENT


def booked(*arguments: object) -> tuple[float, ...]:
    """Book, and leave out whether any was refused: `test_what_is_refused_is_told` has that."""
    return booked_and_told(*arguments)[:3]


def test_what_is_refused_is_told():
    for name in ("backtrader", "reference"):
        rules = rules_of(name)
        assert booked_and_told(rules, FREE, row_of(), 5.0, 10.0, money(50.0), NEW, True)[3] is False
        assert booked_and_told(rules, FREE, row_of(), 5.0, 10.0, money(49.0), NEW, True)[3] is True
        assert booked_and_told(rules, FREE, row_of(), 5.0, 10.0, money(49.0), NEW, False)[3] is False


BACKTRADER, BACKTRADERS_CONTRACTS = rules_of("backtrader"), rules_of("backtrader", contracts=True)
ASSET = Equity(1, ExchangeInfo("NYSE", "NYSE", "US"))
PERCENTAGE = FREE._replace(commission=PERCENT, rate=0.0013, fees=0.0013)
FEE = FREE._replace(commission=FIXED, rate=10.0, fixed_fees=10.0)
NEW = (0.0, 0.0)


def money(cash: float, loan: float = 0.0, fees: float = NAN, cost: float = NAN) -> Any:
    return cash, loan, fees, cost


def drawn(chance: Any) -> dict[str, float]:
    """Draw a position, and a fill that adds, reduces, closes or reverses."""
    position = chance.choice([0.0, quantity_of(chance), quantity_of(chance)])
    quantity = chance.choice([quantity_of(chance), -position or 2.0, -3.0 * position or 2.0, -position / 2.0 or 2.0])
    average = price_of(chance) if position else 0.0
    return {
        "position": position,
        "average": average,
        "settled": price_of(chance),
        "quantity": quantity,
        "price": price_of(chance),
    }


@pytest.mark.parametrize("terms", PARTS)
@pytest.mark.parametrize(
    "contract", [{}, {"leverage": 3.0}, {"margined": True, "margin": 70.0, "multiplier": 0.3}], ids=str
)
def test_average_cost_is_backtraders(terms, contract):
    """`BackBroker._execute`, with cash that covers everything, hardly anything, and exactly what is asked."""
    for chance in draws(18, 150):
        fill = drawn(chance)
        quantity, price = fill.pop("quantity"), fill.pop("price")
        for cash in (1e6, chance.uniform(-50.0, 500.0), None):
            if cash is None:
                enough = executed(terms, row_of(**fill, **contract), quantity, price, 1e6)
                cash = 1e6 - enough["cash"]  # what it took: about 0.0 is left
            row = row_of(**fill, **contract)
            expected = executed(terms, row, quantity, price, cash)
            for rules in [BACKTRADERS_CONTRACTS] if contract else [BACKTRADER, BACKTRADERS_CONTRACTS]:
                row = row_of(**fill, **contract)
                found = booked(rules, terms, row, quantity, price, money(cash), NEW, True)
                assert bits(found) == bits((expected["cash"], expected["executed"], expected["charged"])), (
                    fill,
                    quantity,
                    price,
                    cash,
                )
                if rules.contracts and expected["settled"] is not None and expected["executed"]:
                    assert row.settled == expected["settled"] or not row.margined


@pytest.mark.parametrize(("cash", "executed_units"), [(60.0, 3.0), (59.0, 0.0), (60.0 - 1e-9, 0.0)])
def test_cash_of_exactly_nothing_is_enough(cash, executed_units):
    """`if cash < 0.0`: 3 at 20."""
    row = row_of()
    found = booked(BACKTRADER, FREE, row, 3.0, 20.0, money(cash), NEW, True)
    assert found == ((cash - 60.0, 3.0, 0.0) if executed_units else (cash, 0.0, 0.0))
    assert booked(BACKTRADER, FREE, row, 3.0, 20.0, money(cash), NEW, False)[1] == 3.0


def test_a_reversal_is_not_opened_and_yet_closed():
    """Sell 5 of 2 held: 2 close and bring 20 - 10; 3 shorts bring 30, and cost 10 again."""
    row = row_of(position=2.0, average=8.0)
    assert booked(BACKTRADER, FEE, row, -5.0, 10.0, money(0.0), NEW, True) == (20.0 - 10.0 + 30.0 - 10.0, -5.0, 20.0)
    short = row_of(position=-2.0, average=8.0)
    assert booked(BACKTRADER, FEE, short, 5.0, 10.0, money(40.0), NEW, True) == (40.0 - 20.0 - 10.0, 2.0, 10.0)
    assert booked(BACKTRADER, FEE, short, 5.0, 10.0, money(70.0), NEW, True) == (0.0, 5.0, 20.0)
    assert booked(BACKTRADER, FEE, short, 5.0, 10.0, money(40.0), NEW, False) == (-30.0, 5.0, 20.0)


# What an order that closes 2 and opens 3 at 10 is charged: a fee for each, one fee, one fee, one fee later.
CHARGED = {
    Charging.PART_BY_PART: (20.0, 20.0),
    Charging.ONE_CHARGE: (10.0, 10.0),
    Charging.OF_ORDER_VALUE: (10.0, 10.0),
    Charging.AFTER_ALL_FILLS: (10.0, 0.0),
}


@pytest.mark.parametrize("rules", every("booking"), ids=lambda rules: Booking(rules.booking).name)
@pytest.mark.parametrize("charging", Charging)
def test_every_booking_with_every_charging(rules, charging):
    """Bought 5 at 10 where 2 are short at 8: 50 less the charge; what is charged later is not taken now."""
    charged, taken = CHARGED[charging]
    rules = rules._replace(charging=int(charging))
    for contracts in (False, True):
        found = booked(
            rules._replace(contracts=contracts),
            FEE,
            row_of(position=-2.0, average=8.0),
            5.0,
            10.0,
            money(100.0),
            NEW,
            False,
        )
        assert found == (100.0 - 50.0 - taken, 5.0, charged)
        closed = booked(
            rules._replace(contracts=contracts),
            FEE,
            row_of(position=2.0, average=8.0),
            -2.0,
            10.0,
            money(100.0),
            NEW,
            True,
        )
        assert closed == (100.0 + 20.0 - min(taken, 10.0), -2.0, 10.0)


@pytest.mark.parametrize("rules", every("booking"), ids=lambda rules: Booking(rules.booking).name)
@pytest.mark.parametrize("charging", Charging)
@pytest.mark.parametrize(("short_of", "fits"), [(0.0, True), (1.0, False)])
def test_every_booking_refuses_what_the_cash_does_not_cover(rules, charging, short_of, fits):
    """The charge counts even where it is taken later; the closing part of AVERAGE_COST stands."""
    charged, taken = CHARGED[charging]
    cash = 50.0 + charged - short_of
    row = row_of(position=-2.0, average=8.0)
    found = booked(rules._replace(charging=int(charging)), FEE, row, 5.0, 10.0, money(cash), NEW, True)
    if fits:
        assert found == (charged - taken, 5.0, charged)
    elif rules.booking == Booking.AVERAGE_COST:
        later = charging == Charging.AFTER_ALL_FILLS
        assert found == (cash - 20.0 - (0.0 if later else 10.0), 2.0, 10.0)
    else:
        assert found == (cash, 0.0, 0.0)


@pytest.mark.parametrize("booking", [Booking.PLAIN, Booking.COST_BASIS, Booking.WITHIN_TOLERANCE])
def test_a_sale_is_never_refused(booking):
    found = booked(rules_of(booking=booking), FEE, row_of(), -1.0, 2.0, money(-100.0), NEW, True)
    assert found == (-100.0 + 2.0 - 10.0, -1.0, 10.0)


def test_plain_booking_is_two_subtractions():
    for rules in (rules_of(), rules_of(booking=Booking.COST_BASIS), rules_of(contracts=True)):
        for chance in draws(19, 60):
            quantity, price, cash = quantity_of(chance), price_of(chance), chance.uniform(0.0, 1e4)
            charged = abs(quantity) * 0.0013 * price
            found = booked(rules, PERCENTAGE, row_of(), quantity, price, money(cash), NEW, False)
            assert found == ((cash - quantity * price) - charged, quantity, charged)


def test_fees_that_the_cash_rule_worked_out_are_taken():
    """VectorBT: what is left of the cash after a cut is the fee, whatever the rate says."""
    rules = rules_of("vectorbt")
    assert booked(rules, FEE, row_of(), 3.0, 10.0, money(100.0, 0.0, 7.0, 41.0), NEW, False) == (59.0, 3.0, 7.0)
    assert booked(rules, FEE, row_of(), -3.0, 10.0, money(100.0, 0.0, 7.0, 41.0), NEW, False) == (141.0, -3.0, 7.0)
    for charging in (Charging.PART_BY_PART, Charging.ONE_CHARGE):
        mixed = rules._replace(charging=int(charging))
        assert booked(mixed, FEE, row_of(), 3.0, 10.0, money(100.0, 0.0, 7.0, 41.0), NEW, False) == (60.0, 3.0, 10.0)
        assert booked(mixed, FEE, row_of(), -3.0, 10.0, money(100.0, 0.0, 7.0, 41.0), NEW, False) == (120.0, -3.0, 10.0)
    later = rules._replace(charging=int(Charging.AFTER_ALL_FILLS))
    assert booked(later, FEE, row_of(), 3.0, 10.0, money(100.0, 0.0, 7.0, 41.0), NEW, False) == (70.0, 3.0, 10.0)


def test_fees_in_average_cost():
    """As they are for all of an order; worked out anew for the part of it that is left."""
    rules = rules_of("backtrader", charging=Charging.OF_ORDER_VALUE)
    for contracts in (False, True):
        now = rules._replace(contracts=contracts)
        assert booked(now, FEE, row_of(), 3.0, 10.0, money(100.0, 0.0, 7.0), NEW, True) == (63.0, 3.0, 7.0)
        held = {"position": 3.0, "average": 10.0}
        assert booked(now, FEE, row_of(**held), -3.0, 10.0, money(100.0, 0.0, 7.0), NEW, True) == (123.0, -3.0, 7.0)
        short = {"position": -3.0, "average": 10.0}
        assert booked(now, FEE, row_of(**short), 9.0, 10.0, money(50.0, 0.0, 7.0), NEW, True) == (
            50.0 - 30.0 - 10.0,
            3.0,
            10.0,
        )


def test_close_to_nothing_is_nothing():
    """A buy is `added`; what a sale brings is `added`, and then summed."""
    rules = rules_of("vectorbt")
    assert within_tolerance(rules, 1.0, 999_999_999.0, 1e9, 0.0, NAN) == 0.0
    assert within_tolerance(rules, 1.0, 999_999_997.0, 1e9, 1.0, NAN) == 2.0
    assert within_tolerance(rules, -1.0, 1e9, 5.0, 999_999_999.0, NAN) == 5.0
    assert within_tolerance(rules, -1.0, 1e9, -999_999_999.0, 0.0, NAN) == 1.0
    assert within_tolerance(rules, 1.0, 5.0, 1e9, 3.0, 999_999_998.0) == 2.0
    one = rules._replace(charging=int(Charging.ONE_CHARGE))
    assert within_tolerance(one, 1.0, 5.0, 10.0, 3.0, 9.0) == 2.0
    assert within_tolerance(rules._replace(charging=int(Charging.AFTER_ALL_FILLS)), 1.0, 5.0, 10.0, 3.0, 9.0) == 5.0


def test_what_one_execution_is_charged():
    row = row_of(position=-2.0, charged_on=5.0)
    percent = FREE._replace(commission=PERCENT, rate=0.5, fees=0.5)
    for charging in Charging:
        rules = rules_of(charging=charging)
        assert charge(rules, percent, row, 5.0, 2.0, NEW, NAN) == 5.0
        assert charge(rules._replace(contracts=True), percent, row, 5.0, 2.0, NEW, NAN) == 25.0
        known = charge(rules, percent, row, 5.0, 2.0, NEW, 3.0)
        assert known == (3.0 if charging == Charging.OF_ORDER_VALUE else 5.0)
    parts = rules_of(charging=Charging.PART_BY_PART)
    assert charge(parts, FEE, row, 5.0, 2.0, NEW, NAN) == 20.0
    assert charge(parts, FEE, row, 2.0, 2.0, NEW, NAN) == 10.0
    assert charge(parts, FEE, row, -5.0, 2.0, NEW, NAN) == 10.0
    rates = FREE._replace(commission=PERCENT, rate=0.1)
    assert charge(parts, rates, row, 2.7, 0.7, NEW, NAN) == 2.0 * 0.1 * 0.7 + (2.7 - 2.0) * 0.1 * 0.7
    later = rules_of(charging=Charging.AFTER_ALL_FILLS)
    shares = FREE._replace(commission=PER_SHARE, rate=1.0, minimum=8.0)
    assert charge(later, shares, row, 3.0, 2.0, (6.0, 8.0), NAN) == 1.0
    assert charge(later, shares, row, 3.0, 2.0, (0.0, 0.0), NAN) == 8.0


FUTURE = {"margined": True, "margin": 70.0, "multiplier": 5.0}
ONE = FREE._replace(commission=PER_SHARE, rate=1.0)


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("contract", "position", "quantity", "cash", "loan", "left", "executed_units"),
    [
        # With a margin: what closes gives it back, what opens binds it.
        (FUTURE, 0.0, 3.0, 500.0, 0.0, 500.0 - 210.0, 3.0),
        (FUTURE, 0.0, -3.0, 500.0, 0.0, 500.0 - 210.0, -3.0),
        (FUTURE, 2.0, 3.0, 500.0, 0.0, 500.0 - 210.0, 3.0),
        (FUTURE, 2.0, -2.0, 500.0, 0.0, 500.0 + 140.0, -2.0),
        (FUTURE, -2.0, 5.0, 500.0, 0.0, 500.0 + 140.0 - 210.0, 5.0),
        (FUTURE, 0.0, 3.0, 213.0, 0.0, 3.0, 3.0),  # charged 3 as well
        (FUTURE, 0.0, 3.0, 212.0, 1000.0, 212.0, 0.0),
        (FUTURE, -2.0, 5.0, 75.0, 0.0, 5.0, 5.0),
        (FUTURE, -2.0, 5.0, 74.0, 0.0, 74.0 + 140.0, 2.0),  # what closes stands
        (FUTURE, 2.0, -5.0, 74.0, 0.0, 74.0 + 140.0, -2.0),
        (FUTURE, 2.0, -2.0, -900.0, 0.0, -900.0 + 140.0, -2.0),
        # Paid in full, at five times the price.
        ({"multiplier": 5.0}, 0.0, 3.0, 500.0, 0.0, 500.0 - 150.0, 3.0),
        ({"multiplier": 5.0}, 0.0, -3.0, -500.0, 0.0, -500.0 + 150.0, -3.0),
        ({"multiplier": 5.0}, 0.0, 3.0, 153.0, 0.0, 3.0, 3.0),
        ({"multiplier": 5.0}, 0.0, 3.0, 152.0, 0.0, 152.0, 0.0),
        ({"multiplier": 5.0}, 0.0, 3.0, 152.0, 1.0, 2.0, 3.0),
        # Of 10 a unit a quarter is one's own, except for what closes a short position; paid is all of it.
        ({"leverage": 4.0}, 0.0, 4.0, 14.0, 0.0, -26.0, 4.0),
        ({"leverage": 4.0}, 0.0, 4.0, 13.0, 0.0, 13.0, 0.0),
        ({"leverage": 4.0}, 0.0, 4.0, 4.0, 10.0, -36.0, 4.0),
        ({"leverage": 4.0}, -2.0, 6.0, 36.0, 0.0, -24.0, 6.0),
        ({"leverage": 4.0}, -2.0, 6.0, 35.0, 0.0, 35.0, 0.0),
        ({"leverage": 4.0}, 2.0, -6.0, -50.0, 0.0, 10.0, -6.0),
    ],
)
def test_contracts_in_every_other_booking(contract, position, quantity, cash, loan, left, executed_units, later):
    """Semantics 9.2 to 9.6, by hand, at a price of 10 and 1.0 a contract."""
    rules = rules_of(contracts=True, charging=Charging.AFTER_ALL_FILLS if later else Charging.ONE_CHARGE)
    charged = abs(executed_units)
    for booking in (Booking.PLAIN, Booking.COST_BASIS, Booking.WITHIN_TOLERANCE):
        row = row_of(position=position, settled=4.0, **contract)
        found = booked(rules._replace(booking=int(booking)), ONE, row, quantity, 10.0, money(cash, loan), NEW, True)
        assert found == (left - (0.0 if later else charged), executed_units, charged)
        assert row.settled == (10.0 if executed_units else 4.0)


def test_a_refused_opening_of_contracts_is_no_fill():
    row = row_of(settled=4.0, **FUTURE)
    assert booked(rules_of(contracts=True), ONE, row, 3.0, 10.0, money(212.0), NEW, False) == (-1.0, 3.0, 3.0)


def test_positions_add_up():
    for booking in Booking:
        rules = rules_of(booking=booking)
        within = booking == Booking.WITHIN_TOLERANCE
        assert position_after(rules, 1e9, -999_999_999.0) == (0.0 if within else 1.0)
        assert position_after(rules, 0.1, 0.2) == 0.1 + 0.2


@pytest.mark.parametrize("booking", [Booking.AVERAGE_COST, Booking.PLAIN])
def test_averages_are_backtraders(booking):
    for chance in draws(20, 400):
        fill = drawn(chance)
        position = Position(fill["position"], fill["average"])
        row = row_of(position=fill["position"], average=fill["average"])
        after, average, _, _ = position.update(fill["quantity"], fill["price"])
        found = average_after(rules_of(booking=booking), row, fill["quantity"], after, fill["price"])
        assert bits(found) == bits((average if after else 0.0, 0.0))


def test_averages_are_ziplines():
    """`Position.update`, a position of 0 included; then `adjust_commission_cost_basis`."""
    for chance in draws(21, 400):
        held = float(chance.randint(-9, 9))
        amount = float(chance.choice([chance.randint(1, 20), -chance.randint(1, 20), -held or 1]))
        basis = price_of(chance) if held else 0.0
        price, cost = price_of(chance), chance.choice([0.0, chance.uniform(0.01, 9.0)])
        position = ziplines.Position(ASSET, amount=held, cost_basis=basis)
        position.update(SimpleNamespace(asset=ASSET, amount=amount, price=price, dt=None))
        row = row_of(position=held, average=basis)
        after = held + amount
        average, entered = average_after(rules_of("zipline"), row, amount, after, price)
        assert bits((average, entered)) == bits((position.cost_basis, 0.0)), (held, amount)
        position.adjust_commission_cost_basis(ASSET, cost)
        if cost:
            assert bits(basis_with_commission(after, average, cost)) == bits(position.cost_basis)


def test_averages_are_vectorbts():
    """`update_pos_record_nb`, fill after fill of one position: units that have left count all the same."""
    rules = rules_of("vectorbt")
    for chance in draws(22, 60):
        record = np.zeros(1, trade_dt)[0]
        record["id"] = -1
        row = row_of()
        for _ in range(12):
            quantity, price = drawn(chance)["quantity"], price_of(chance)
            if chance.random() < 0.3 and row.position:
                quantity = -row.position * chance.choice([1.0, 2.0, 0.5])
            after = position_after(rules, row.position, quantity)
            side = OrderSide.Buy if quantity > 0 else OrderSide.Sell
            update_pos_record_nb(
                record, 0, 0, row.position, after, OrderResult(abs(quantity), price, 0.0, side, OrderStatus.Filled, -1)
            )
            row.average, row.entered = average_after(rules, row, quantity, after, price)
            row.position = after
            if after != 0.0:
                assert bits((row.average, row.entered)) == bits((record["entry_price"], record["size"]))
            else:
                assert (row.average, row.entered) == (0.0, 0.0)


def test_a_basis_of_nothing_held_is_kept():
    assert basis_with_commission(0.0, 7.0, 3.0) == 7.0
    assert basis_with_commission(-2.0, 7.0, 3.0) == 5.5


@pytest.mark.parametrize("rules", every("booking"), ids=lambda rules: Booking(rules.booking).name)
def test_less_than_a_unit_is_refused_too(rules):
    for row in (row_of(), row_of(multiplier=2.0), row_of(leverage=2.0), row_of(margined=True, margin=20.0)):
        for contracts in (False, True):
            now = rules._replace(contracts=contracts)
            assert booked(now, FREE, row, 0.5, 1000.0, money(1.0), NEW, True) == (1.0, 0.0, 0.0)
            assert booked(now, FREE, row, 0.5, 1000.0, money(1.0), NEW, False)[1] == 0.5


def test_averages_of_fractions_are_backtraders():
    for held in (0.25, 0.5, -0.25, -0.5, 1.5, -1.5):
        for quantity in (0.25, 0.75, -0.75, -0.125, 1.75, -1.75, 2.25, -2.25):
            position = Position(held, 8.0)
            after, average, _, _ = position.update(quantity, 3.0)
            for booking in (Booking.PLAIN, Booking.AVERAGE_COST):
                found = average_after(
                    rules_of(booking=booking), row_of(position=held, average=8.0), quantity, after, 3.0
                )
                assert found == (average if after else 0.0, 0.0)
    assert average_after(rules_of("zipline"), row_of(position=4.0, average=8.0), 0.5, 4.5, 3.0) == (
        (8.0 * 4.0 + 0.5 * 3.0) / 4.5,
        0.0,
    )


def test_units_that_change_nothing_entered_all_the_same():
    """VectorBT: the position did not shrink, so what was bought counts in the average."""
    row = row_of(position=1e16, average=3.0, entered=1e16)
    assert average_after(rules_of("vectorbt"), row, 1.0, 1e16, 1e17) == ((1e16 * 3.0 + 1e17) / (1e16 + 1.0), 1e16 + 1.0)
    assert (1e16 * 3.0 + 1e17) / (1e16 + 1.0) > 12.0


@pytest.mark.parametrize("charging", [Charging.ONE_CHARGE, Charging.OF_ORDER_VALUE, Charging.AFTER_ALL_FILLS])
@pytest.mark.parametrize("contracts", [False, True])
def test_one_charge_in_average_cost(charging, contracts):
    """Of all units that are executed: of none where the opening is refused, of what closes where that alone stands."""
    rules = rules_of("backtrader", charging=charging, contracts=contracts)
    later = charging == Charging.AFTER_ALL_FILLS

    def cash(amount, charged):
        return amount - (0.0 if later else charged)

    assert booked(rules, ONE, row_of(position=-2.0, average=8.0), 5.0, 10.0, money(100.0), NEW, True) == (
        cash(50.0, 5.0),
        5.0,
        5.0,
    )
    assert booked(rules, ONE, row_of(position=-1.0, average=8.0), 5.0, 10.0, money(20.0), NEW, True) == (
        cash(10.0, 1.0),
        1.0,
        1.0,
    )
    assert booked(rules, FEE, row_of(position=-1.0, average=8.0), 5.0, 10.0, money(20.0), NEW, True) == (
        cash(10.0, 10.0),
        1.0,
        10.0,
    )
    assert booked(rules, FEE, row_of(), 5.0, 10.0, money(59.0), NEW, True) == (59.0, 0.0, 0.0)
    assert booked(rules, FEE, row_of(), 5.0, 10.0, money(60.0), NEW, True) == (cash(10.0, 10.0), 5.0, 10.0)
    assert booked(rules, FEE, row_of(), 5.0, 10.0, money(59.0), NEW, False) == (cash(9.0, 10.0), 5.0, 10.0)


def test_what_contracts_of_average_cost_are_charged_on():
    percent = FREE._replace(commission=PERCENT, rate=0.5)
    found = booked(
        BACKTRADERS_CONTRACTS,
        percent,
        row_of(position=-2.0, average=10.0, charged_on=3.0),
        5.0,
        10.0,
        money(1000.0),
        NEW,
        True,
    )
    assert found == (1000.0 - 50.0 - 75.0, 5.0, 75.0)


def test_the_rest_of_contracts_in_other_bookings():
    rules = rules_of(contracts=True)
    future = {"margined": True, "margin": 70.0}
    assert booked(rules, FEE, row_of(**future), 3.0, 10.0, money(212.0), NEW, True) == (212.0, 0.0, 0.0)
    assert booked(rules, FEE, row_of(**future), 1.0, 10.0, money(70.0), NEW, True) == (70.0, 0.0, 0.0)
    assert booked(rules, FEE, row_of(position=-1.0, **future), 5.0, 10.0, money(0.0), NEW, True) == (60.0, 1.0, 10.0)
    assert booked(rules, FREE, row_of(leverage=2.0), 4.0, 10.0, money(20.0), NEW, True) == (-20.0, 4.0, 0.0)
    assert booked(rules, FREE, row_of(leverage=2.0), 4.0, 10.0, money(19.0), NEW, True) == (19.0, 0.0, 0.0)
    assert booked(rules, FREE, row_of(multiplier=2.0), 4.0, 10.0, money(80.0), NEW, True) == (0.0, 4.0, 0.0)


def test_the_operations_of_contracts_in_other_bookings():
    """One after the other: cash, less what is paid or bound, less the commission; what is borrowed first."""
    rules = rules_of(contracts=True)
    percent = FREE._replace(commission=PERCENT, rate=0.0013)
    for chance in draws(31, 400):
        quantity, price, cash = abs(quantity_of(chance)), price_of(chance), chance.uniform(0.0, 1e4)
        charged = quantity * 0.0013 * price
        big = row_of(multiplier=0.3)
        assert (
            booked(rules, percent, big, quantity, price, money(cash), NEW, False)[0]
            == cash - quantity * (price * 0.3) - charged
        )
        future = row_of(margined=True, margin=price * 0.7)
        assert (
            booked(rules, percent, future, quantity, price, money(cash), NEW, False)[0]
            == cash - quantity * (price * 0.7) - charged
        )
        spent, loan = quantity * (price * 0.3), chance.uniform(0.0, 100.0)
        at_the_edge = spent + charged - loan + chance.choice([-1e-14, 0.0, 1e-14]) * spent
        fits = at_the_edge + loan - spent - charged >= 0.0
        assert (booked(rules, percent, big, quantity, price, money(at_the_edge, loan), NEW, True)[1] != 0.0) is fits
        bound = quantity * (price * 0.7)
        at_the_edge = bound + charged + chance.choice([-1e-15, 0.0, 1e-15]) * bound
        later = rules._replace(charging=int(Charging.AFTER_ALL_FILLS))
        first = abs(quantity) * (price * 0.0013)
        fits = at_the_edge - bound - 0.0 - (first - 0.0) >= 0.0
        assert (booked(later, percent, future, quantity, price, money(at_the_edge), NEW, True)[1] != 0.0) is fits


def test_a_margin_that_lacks_one_bit_is_refused():
    """A fee of 8.0 and a margin of next to nothing, from a cash one bit below 8.0."""
    fee = FREE._replace(commission=FIXED, rate=8.0)
    row = row_of(margined=True, margin=1e-300)
    short = math.nextafter(8.0, 0.0)
    assert booked(rules_of(contracts=True), fee, row, 1.0, 10.0, money(short), NEW, True) == (short, 0.0, 0.0)
    assert booked(rules_of(contracts=True), fee, row, 1.0, 10.0, money(8.0), NEW, True) == (0.0, 1.0, 8.0)
