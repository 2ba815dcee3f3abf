"""The rules of engine/rules: compiled and interpreted they are the same to the bit, and each is what it says."""

from __future__ import annotations

import inspect
import math
import struct
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import weighbridge as wb
from weighbridge.engine.parameters import FIXED, NO_COST, PER_SHARE, PERCENT, CostParameters, FillRules, TradeRules
from weighbridge.engine.parameters import cost_parameters as cost_parameters_of
from weighbridge.engine.parameters import trade_rules as trade_rules_of
from weighbridge.engine.rules import account as accounts_rules
from weighbridge.engine.rules import (
    accounting,
    actions,
    contracts,
    costs,
    one_trade,
    order_triggers,
    planning,
    settlement,
    sizing,
    targets,
    valuation,
)
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import REFERENCE, Accounting, CashRule, Sizing

FLOORED, TRUNCATED = int(Sizing.VALUE_DIFFERENCE_FLOORED), int(Sizing.QUANTITY_DIFFERENCE_TRUNCATED)

prices = st.floats(0.01, 1e5)
quantities = st.floats(-1e6, 1e6) | st.integers(-10_000, 10_000).map(float) | st.just(0.0)
amounts = st.floats(-1e9, 1e9)
# Replaced in the rules of a plain setting, so that a field added later keeps its default here.
FREE = cost_parameters_of(wb.Costs())
PLAIN_RULES = trade_rules_of(RebalanceConfig.unfiltered(), REFERENCE)


def charges(kind: int = NO_COST, amount: float = 0.0, minimum: float = 0.0, **slippage: Any) -> CostParameters:
    return FREE._replace(commission_kind=kind, commission_amount=amount, commission_minimum=minimum, **slippage)


cost_parameters = st.builds(
    FREE._replace,
    commission_kind=st.sampled_from([NO_COST, PERCENT, PER_SHARE, FIXED]),
    commission_amount=st.floats(0.0, 0.5),
    commission_minimum=st.floats(0.0, 5.0),
    slippage_kind=st.sampled_from([NO_COST, PERCENT, FIXED]),
    slippage_amount=st.floats(0.0, 0.5),
)
trade_rules = st.builds(
    PLAIN_RULES._replace,
    mode=st.integers(0, 2),
    price_known=st.booleans(),
    sizing=st.sampled_from([FLOORED, TRUNCATED]),
    step=st.sampled_from([0.0, 1.0, 10.0, 100.0]),
    min_trade_value=st.sampled_from([0.0, 100.0, 5000.0]),
    min_weight_change=st.sampled_from([0.0, 0.01, 0.1]),
    allow_short=st.booleans(),
    max_single_weight=st.sampled_from([0.25, 1.0, math.inf]),
    max_gross_leverage=st.sampled_from([0.5, 1.0, math.inf]),
    headroom=st.sampled_from([1.0, 0.998, 0.5]),
    skip_without_bar=st.booleans(),
    min_bars=st.integers(0, 3),
    cancel_open=st.booleans(),
    count_open=st.booleans(),
    phase_timeout=st.integers(1, 3),
)


fill_rules = st.builds(
    FillRules,
    fill=st.integers(0, 2),
    cash_rule=st.sampled_from([int(CashRule.REFUSED_TWICE), int(CashRule.CUT)]),
    accounting=st.sampled_from([int(Accounting.AVERAGE_COST), int(Accounting.PLAIN)]),
    slippage_within_bar=st.booleans(),
    step=st.sampled_from([0.0, 1.0, 100.0]),
)
leverages = st.sampled_from([1.0, 2.0, 3.0])
terms = st.builds(
    contracts.Terms,
    multiplier=st.sampled_from([1.0, 5.0, 0.1]),
    margin=st.sampled_from([20.0, 1234.5]),
    margined=st.booleans(),
    leverage=leverages,
)


class AsHost:
    """The engine's cost parameters, asked as a host's objects are."""

    def __init__(self, parameters: CostParameters) -> None:
        self.parameters = parameters

    def commission(self, asset: int, quantity: float, price: float) -> float:
        return costs.commission(self.parameters, quantity, price)

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        return costs.slipped_price(self.parameters, quantity, price)


class AskedToo(CostParameters):
    """The engine's cost parameters, which rules that no host calls read and, further down, ask."""

    def commission(self, asset: int, quantity: float, price: float) -> float:
        return costs.commission(self, quantity, price)


def interpreted(value: Any) -> Any:
    """Turn arguments into what hosts pass: lists and objects in place of arrays and tuples of numbers."""
    if isinstance(value, CostParameters):
        return AsHost(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, accounts_rules.Account | accounts_rules.PlanArrays):
        return type(value)(*(interpreted(column) for column in value))
    return value


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    @numba.njit(error_model="numpy")
    def wrapper(*arguments: Any) -> Any:
        return function(*arguments)

    return wrapper


def bits(value: Any) -> Any:
    """Return something that is equal only for the same bits; any NaN is the same."""
    if isinstance(value, tuple | list | np.ndarray):
        return tuple(bits(item) for item in value)
    if value is None or isinstance(value, bool | np.bool_ | int | np.integer):
        return value if value is None else int(value)
    return "nan" if math.isnan(value) else struct.pack("<d", float(value))


def assert_one_rule(function: Callable[..., Any], *arguments: Any, outputs: tuple[int, ...] = ()) -> None:
    """Call both ways; what is written into the arguments at the places `outputs` counts too."""
    plain = [interpreted(argument) for argument in arguments]
    if function in ENGINES_OWN:
        plain = [AskedToo(*argument) if isinstance(argument, CostParameters) else argument for argument in arguments]
    by_python = bits(function(*plain))
    by_machine = bits(compiled(function)(*arguments))
    assert by_machine == by_python
    for place in outputs:
        assert bits(arguments[place]) == bits(plain[place])


# Called by the engine alone, with its own parameters.
ENGINES_OWN = {
    accounting.cash_after_close,
    accounting.cash_after_open,
    contracts.covered,
    contracts.imagined_contract,
    contracts.settle_average_cost,
    contracts.settle_contract,
    contracts.settle_plain,
    costs.commission,
    costs.slipped_price,
    settlement.imagined,
    settlement.settle,
}
# How to draw the arguments of each rule that takes numbers only.
SCALAR_RULES: dict[Callable[..., Any], tuple[st.SearchStrategy[Any], ...]] = {
    accounting.closing_part: (quantities, quantities),
    accounting.cash_after_close: (amounts, quantities, prices, prices, cost_parameters),
    accounting.cash_after_open: (amounts, quantities, prices, cost_parameters),
    accounting.average_after: (quantities, prices, quantities, prices),
    valuation.known_price: (prices | st.just(math.nan), prices | st.just(math.nan)),
    costs.commission: (cost_parameters, quantities, prices),
    costs.slipped_price: (cost_parameters, quantities, prices),
    costs.within_bar: (prices, quantities, prices, prices),
    costs.predicted_commission: (cost_parameters, st.integers(0, 3), quantities, prices),
    costs.predicted_price: (cost_parameters, st.integers(0, 3), quantities, prices),
    order_triggers.price_in_cents: (prices | st.integers(1, 10**6).map(lambda number: number / 2000), st.booleans()),
    order_triggers.triggered: (st.booleans(), prices | st.just(math.nan), prices | st.just(math.nan), prices),
    order_triggers.worse_than_limit: (st.booleans(), prices | st.sampled_from([math.nan, 0.0]), prices),
    actions.round_cents: (st.floats(-1e14, 1e14) | st.integers(-(10**9), 10**9).map(lambda number: number / 200),),
    actions.basis_after: (quantities, prices, quantities, prices),
    actions.basis_with_commission: (quantities, prices, prices),
    actions.split_units: (quantities, st.floats(0.01, 100.0)),
    actions.split_position: (quantities, prices, st.floats(0.01, 100.0)),
    sizing.truncated: (st.floats(allow_nan=True, allow_infinity=True) | st.floats(-1e4, 1e4),),
    sizing.snapped: (st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6).map(lambda number: number / 10_000),),
    sizing.sized_quantity: (
        st.sampled_from([FLOORED, TRUNCATED]),
        st.sampled_from([0.0, 1.0, 100.0]),
        amounts,
        amounts,
        quantities,
        prices,
        st.sampled_from([1.0, 2.0, 1 / 3]),
    ),
    sizing.cash_after_buying: (amounts, quantities, prices, prices, cost_parameters, st.integers(0, 3)),
    sizing.affordable_quantity: (
        st.floats(1e-3, 1e6) | st.integers(1, 10_000).map(float),
        prices,
        prices,
        amounts,
        st.sampled_from([0.0, 1.0, 100.0]),
        cost_parameters,
        st.integers(0, 3),
    ),
    accounts_rules.held_value: (st.booleans(), quantities, prices, st.sampled_from([FLOORED, TRUNCATED])),
    accounts_rules.unsold: (quantities, quantities, st.sampled_from([0.0, 0.5]), st.sampled_from([0.0, 1.0, 100.0])),
    accounts_rules.order_need: (
        quantities,
        prices | st.just(math.nan),
        prices | st.just(math.nan),
        prices,
        st.booleans(),
        cost_parameters,
        st.integers(0, 3),
    ),
    contracts.worth: (quantities, prices, terms),
    contracts.bound: (quantities, prices, terms),
    contracts.gain: (quantities, prices, prices, terms),
    contracts.affordable_change: (
        quantities,
        st.floats(1e-3, 1e6) | st.integers(1, 10_000).map(float),
        prices,
        prices,
        amounts,
        st.sampled_from([0.0, 1.0, 100.0]),
        st.booleans(),
        leverages,
        cost_parameters,
        st.integers(0, 3),
    ),
    contracts.cash_after_change: (
        amounts,
        *(quantities, quantities, prices, prices),
        st.booleans(),
        leverages,
        cost_parameters,
        st.integers(0, 3),
    ),
    contracts.imagined_contract: (quantities, quantities, prices, amounts, terms, fill_rules, cost_parameters),
    contracts.covered: (
        *(quantities, quantities, prices, amounts),
        terms,
        fill_rules,
        cost_parameters,
        st.integers(0, 3),
    ),
    contracts.settle_average_cost: (
        *(quantities, prices, prices, quantities, prices, amounts),
        terms,
        st.booleans(),
        cost_parameters,
    ),
    contracts.settle_plain: (
        *(quantities, quantities, prices, amounts, amounts),
        terms,
        st.booleans(),
        cost_parameters,
    ),
    contracts.settle_contract: (
        *(quantities, prices, prices, quantities, prices, amounts, amounts),
        st.integers(0, 3),
        terms,
        fill_rules,
        cost_parameters,
    ),
    settlement.imagined: (quantities, quantities, prices, amounts, fill_rules, cost_parameters),
    settlement.settle: (
        *(quantities, prices, quantities, prices, amounts),
        st.integers(0, 3),
        fill_rules,
        cost_parameters,
    ),
    one_trade.wanted_quantity: (
        st.floats(-2.0, 2.0) | st.just(0.0),
        st.sampled_from([-1, 1]),
        amounts,
        quantities,
        amounts,
        prices,
        st.just(1.0),
        trade_rules,
    ),
    one_trade.threshold: (st.floats(-2.0, 2.0), quantities, amounts, amounts, prices, trade_rules),
    planning.waits: (st.integers(-2, 2),),
    planning.worked_out: (
        quantities,
        amounts,
        amounts,
        quantities,
        prices,
        prices,
        st.booleans(),
        leverages,
        st.integers(0, 3),
        trade_rules,
        cost_parameters,
    ),
}
ARRAY_RULES = {
    targets.prepare_weights,
    valuation.portfolio_value,
    planning.classify,
    planning.listed_columns,
    one_trade.decided_quantity,
    accounts_rules.cash_not_reserved,
    accounts_rules.sales_open,
    planning.plan_increases,
    planning.plan_rebalance,
    planning.plan_second_phase,
}


MODULES = (
    accounts_rules,
    accounting,
    actions,
    contracts,
    costs,
    one_trade,
    order_triggers,
    planning,
    settlement,
    sizing,
    targets,
    valuation,
)


def test_no_rule_is_left_out() -> None:
    found = {
        member
        for module in MODULES
        for name, member in vars(module).items()
        if inspect.isfunction(member) and member.__module__ == module.__name__ and not name.startswith("_")
    }
    assert found == set(SCALAR_RULES) | ARRAY_RULES


@pytest.mark.parametrize("function", SCALAR_RULES, ids=lambda function: function.__name__)
def test_compiled_is_interpreted(function: Callable[..., Any]) -> None:
    """DESIGN 2: the compiled rules live in one place, once."""

    @settings(max_examples=150)
    @given(arguments=st.tuples(*SCALAR_RULES[function]))
    def same(arguments: tuple[Any, ...]) -> None:
        assert_one_rule(function, *arguments)

    same()


@st.composite
def accounts(draw: st.DrawFn) -> tuple[Any, accounts_rules.Account, accounts_rules.PlanArrays]:
    """Draw weights, an account of a few assets, and an empty plan."""
    length = draw(st.integers(1, 5))

    def array(elements: st.SearchStrategy[Any], dtype: Any = np.float64) -> Any:
        return np.array(draw(st.lists(elements, min_size=length, max_size=length)), dtype=dtype)

    weights = array(st.floats(-1.5, 1.5) | st.sampled_from([math.nan, 0.0, -0.0, 0.5]))
    held = st.floats(-1000.0, 1000.0) | st.integers(-1000, 1000).map(float) | st.just(0.0)
    price = array(prices | st.just(math.nan))
    margined = array(st.booleans(), np.bool_)
    account = accounts_rules.Account(
        position=array(held),
        pending=array(held | st.just(0.0)),
        sold=array(st.floats(-1000.0, 0.0) | st.just(0.0)),
        needed=array(st.floats(0.0, 1000.0) | st.just(0.0)),
        price=price,
        traded=array(st.booleans(), np.bool_),
        bars_seen=array(st.integers(0, 3), np.int64),
        unit_value=np.where(margined, 12.5, price),
        leverage=array(st.sampled_from([1.0, 2.0])),
        margined=margined,
    )
    zeros = [np.zeros(length, dtype) for dtype in (np.float64, np.int64, np.float64, np.int64, np.int64)]
    return weights, account, accounts_rules.PlanArrays(*zeros)


@settings(max_examples=200)
@given(drawn=accounts(), rules=trade_rules, parameters=cost_parameters, value=amounts, cash=amounts)
def test_compiled_planning_is_interpreted_planning(
    drawn: Any, rules: TradeRules, parameters: CostParameters, value: float, cash: float
) -> None:
    weights, account, plan = drawn
    assert_one_rule(targets.prepare_weights, weights, rules, plan.weight, plan.reason, outputs=(2, 3))
    assert_one_rule(planning.classify, account, value, rules, plan, outputs=(3,))
    for side in (-1, 1):
        assert_one_rule(planning.listed_columns, side, 0, plan, outputs=(2,))
    for asset in range(len(weights)):
        if plan.side[asset]:
            assert_one_rule(one_trade.decided_quantity, asset, value, account, rules, plan)
    known = np.isnan(account.price)
    account.pending[known] = 0.0  # No host has an open order at a price that nobody knows.
    assert_one_rule(accounts_rules.cash_not_reserved, cash, account)
    assert_one_rule(planning.plan_rebalance, weights, value, cash, account, rules, parameters, plan, outputs=(6,))
    assert_one_rule(planning.plan_second_phase, value, cash, account, rules, parameters, plan, outputs=(5,))
    assert_one_rule(planning.plan_increases, 0, value, cash, account, rules, parameters, plan, outputs=(6,))


@given(data=st.data(), kind=st.sampled_from(list(Accounting)), cash=amounts)
def test_compiled_valuation_is_interpreted_valuation(data: st.DataObject, kind: Accounting, cash: float) -> None:
    length = data.draw(st.integers(1, 6))

    def column(elements: st.SearchStrategy[float]) -> Any:
        return np.array(data.draw(st.lists(elements, min_size=length, max_size=length)))

    position, average, price = column(quantities), column(prices), column(prices)
    order = np.array(data.draw(st.permutations(range(length))), dtype=np.int64)
    arguments = (int(kind), cash, order, position, average, price)
    assert_one_rule(valuation.portfolio_value, *arguments)
    exact = Fraction(cash) + sum(Fraction(q) * Fraction(p) for q, p in zip(position, price, strict=True))
    size = abs(cash) + float(np.abs(position * price).sum() + np.abs(position * average).sum())
    assert abs(Fraction(valuation.portfolio_value(*arguments)) - exact) <= Fraction(size) * Fraction(1, 10**14)


@example(number=-0.5)
@example(number=2.0**53)
@example(number=-(2.0**53))
@example(number=2.0**63)
@example(number=2.0**53 - 1.0)
@example(number=math.nextafter(2.0**52, 0.0))
@example(number=1e300)
@example(number=math.inf)
@example(number=-math.inf)
@given(number=st.floats(allow_nan=False))
def test_truncated_at_any_magnitude(number: float) -> None:
    expected = number if math.isinf(number) else float(math.trunc(Fraction(number)))
    assert sizing.truncated(number) == expected
    assert compiled(sizing.truncated)(number) == expected


def test_truncated_keeps_what_is_no_number() -> None:
    assert math.isnan(sizing.truncated(math.nan))
    assert math.isnan(compiled(sizing.truncated)(math.nan))


@given(
    target=amounts, held=amounts, price=prices, leverage=st.sampled_from([1.0, 2.0, 10.0, 1 / 3]) | st.floats(0.1, 20)
)
def test_backtraders_sizing_is_its_own_expression(target: float, held: float, price: float, leverage: float) -> None:
    """Semantics 4.1: Backtrader floors the units of the value difference, buys and sells alike."""
    units = sizing.sized_quantity(FLOORED, 1.0, target, held, 0.0, price, leverage)
    difference = target - held if target > held else held - target
    expected = int(leverage * (difference // price))
    assert abs(units) == expected
    assert units == (expected if target > held else -expected)
    if leverage == 1.0:
        assert abs(units) == Fraction(difference) // Fraction(price)


@given(target=amounts, position=quantities, price=prices)
def test_the_references_sizing_is_the_exact_one_but_for_ties(target: float, position: float, price: float) -> None:
    """Semantics 4.1: the reference truncates the units of the quantity difference."""
    units = sizing.sized_quantity(TRUNCATED, 1.0, target, math.nan, position, price, 1.0)
    exact = Fraction(target) / Fraction(price) - Fraction(position)
    # Two roundings, of a quotient and of a difference; and what underflows.
    error = (abs(Fraction(target) / Fraction(price)) + abs(exact)) * Fraction(1, 2**52) + Fraction(1, 10**300)
    assert math.trunc(exact - error) <= units <= math.trunc(exact + error)
    # Fractional: the quotient and the difference themselves.
    fraction = sizing.sized_quantity(TRUNCATED, 0.0, target, math.nan, position, price, 1.0)
    assert abs(Fraction(fraction) - exact) <= error


@given(
    kind=st.sampled_from([FLOORED, TRUNCATED]),
    target=amounts,
    position=st.integers(-5000, 5000),
    price=prices,
    lot=st.integers(2, 1000),
)
def test_lots_are_cut_towards_zero(kind: int, target: float, position: int, price: float, lot: int) -> None:
    """Semantics 4.1: `round_lots` cuts the traded quantity to lots, towards zero."""
    arguments = (target, position * price, float(position), price, 1.0)
    units = sizing.sized_quantity(kind, 1.0, *arguments)
    lots = sizing.sized_quantity(kind, float(lot), *arguments)
    assert lots % lot == 0
    assert 0 <= abs(units) - abs(lots) < lot
    assert lots * units >= 0


class Tiered:
    """A host's own commission: 1% of the first 1024, half a percent of the rest, at least 2, in exact numbers."""

    def commission(self, asset: int, quantity: Any, price: Any) -> Any:
        traded = abs(quantity) * price
        return max(2, min(traded, 1024) / 128 + max(traded - 1024, 0) / 256)


class Percent:
    def commission(self, asset: int, quantity: Any, price: Any) -> Any:
        return abs(quantity) * price / 512


class PerShare:
    def commission(self, asset: int, quantity: Any, price: Any) -> Any:
        return max(abs(quantity) / 64, 3)


class Fixed:
    def commission(self, asset: int, quantity: Any, price: Any) -> Any:
        return 5


HOST_COSTS: list[Any] = [Tiered(), Percent(), PerShare(), Fixed()]
# Multiples of 1/8 below 2**20: every operation on them is exact in floating point, so nothing is a near-tie.
eighths = st.integers(1, 2000).map(lambda n: n / 8)


@pytest.mark.parametrize("host", HOST_COSTS, ids=lambda host: type(host).__name__)
@pytest.mark.parametrize("step", [1, 10])
def test_affordable_is_the_largest_by_brute_force(host: Any, step: int) -> None:
    """Semantics 3.6: an increase is cut to the largest quantity whose cost is within the cash at hand."""

    @given(wanted=st.integers(1, 300), price=eighths, cash=st.integers(-10, 100_000).map(lambda n: n / 8))
    def largest(wanted: int, price: float, cash: float) -> None:
        found = sizing.affordable_quantity(float(wanted), price, price, cash, float(step), host, 0)

        def fits(quantity: int) -> bool:
            exact = Fraction(price)
            return quantity * exact + Fraction(host.commission(0, Fraction(quantity), exact)) <= Fraction(cash)

        choices = [wanted, *range(0, wanted, step)]
        assert found == max((quantity for quantity in choices if quantity and fits(quantity)), default=0)

    largest()


@given(
    wanted=st.floats(1e-6, 1e6),
    price=prices,
    cash=st.floats(-10.0, 1e7).filter(lambda cash: abs(cash) > 1e-100 or cash == 0.0),
    step=st.sampled_from([0.0, 1.0, 100.0]),
    parameters=cost_parameters,
)
@example(wanted=1.0, price=0.5, cash=0.0, step=0.0, parameters=FREE)
@example(wanted=10.0, price=10.0, cash=0.0, step=1.0, parameters=charges(FIXED))
@example(wanted=1e6, price=0.01, cash=1e-9, step=0.0, parameters=charges(PERCENT, 0.1))
def test_affordable_fits_and_its_neighbour_does_not(
    wanted: float, price: float, cash: float, step: float, parameters: CostParameters
) -> None:
    """Semantics 3.6."""
    host = AsHost(parameters)
    found = sizing.affordable_quantity(wanted, price, price, cash, step, host, 0)
    assert 0.0 <= found <= wanted
    if found > 0.0:
        assert sizing.cash_after_buying(cash, found, price, price, host, 0) >= 0.0
        cost = Fraction(found) * Fraction(price) + Fraction(costs.commission(parameters, found, price))
        assert cost <= Fraction(cash) * (1 + Fraction(1, 2**51))
    if found == wanted or cash <= 0.0:
        assert found in (wanted, 0.0)
        return
    assert found == 0.0 or step == 0.0 or found % step == 0.0
    neighbour = min(found + step if step else math.nextafter(found, math.inf), wanted)
    assert sizing.cash_after_buying(cash, neighbour, price, price, host, 0) < 0.0


def backtraders_position(size: float, price: float, quantity: float, at: float) -> tuple[float, float, float, float]:
    """Work out size, average price, opened and closed part as `backtrader.position.Position.update` describes it:
    flat: the price is 0; new or reversed: the trade's; more of the same: the mean; less: as it was.
    """
    after = size + quantity
    if not after:
        return after, 0.0, 0.0, quantity
    if not size:
        return after, at, quantity, 0.0
    if size > 0:
        if quantity > 0:
            return after, (price * size + quantity * at) / after, quantity, 0.0
        return (after, price, 0.0, quantity) if after > 0 else (after, at, after, -size)
    if quantity < 0:
        return after, (price * size + quantity * at) / after, quantity, 0.0
    return (after, price, 0.0, quantity) if after < 0 else (after, at, after, -size)


@given(
    trades=st.lists(st.tuples(st.integers(-20, 20).map(float) | st.floats(-20, 20), prices), min_size=1, max_size=12)
)
def test_positions_are_backtraders(trades: list[tuple[float, float]]) -> None:
    """FRAMEWORKS.md, Backtrader: average price, closing and opening part."""
    size = average = 0.0
    for quantity, at in trades:
        if quantity == 0.0:
            continue
        after, price, opened, closed = backtraders_position(size, average, quantity, at)
        assert accounting.closing_part(size, quantity) == closed
        assert quantity - accounting.closing_part(size, quantity) == opened
        assert bits(accounting.average_after(size, average, quantity, at)) == bits(price)
        size, average = after, price


def test_cash_of_a_close_is_cost_plus_profit_in_one_sum() -> None:
    """FRAMEWORKS.md, Backtrader, execution: `cash += (-closed * avg) + pnl`, and the commission after it."""
    percent = charges(PERCENT, 0.001)
    cash, charged = accounting.cash_after_close(0.1, -3.0, 0.7, 1.1, percent)
    assert charged == 3.0 * 0.001 * 1.1
    assert cash == (0.1 + (3.0 * 0.7 + 3.0 * (1.1 - 0.7))) - charged
    cash, charged = accounting.cash_after_open(10.0, 3.0, 1.1, percent)
    assert cash == (10.0 - 3.0 * 1.1) - charged


@pytest.mark.parametrize(
    ("kind", "amount", "minimum", "expected"),
    [
        (NO_COST, 9.0, 9.0, 0.0),
        (PERCENT, 0.001, 0.0, 7.0 * 0.001 * 3.3),
        (PER_SHARE, 0.25, 0.0, 1.75),
        (PER_SHARE, 0.25, 2.0, 2.0),
        (FIXED, 4.0, 0.0, 4.0),
    ],
)
def test_what_commissions_charge(kind: int, amount: float, minimum: float, expected: float) -> None:
    parameters = charges(kind, amount, minimum)
    assert costs.commission(parameters, 7.0, 3.3) == expected
    assert costs.commission(parameters, -7.0, 3.3) == expected


def test_slippage_moves_against_the_trade_and_stays_in_the_bar() -> None:
    percent = charges(slippage_kind=PERCENT, slippage_amount=0.01)
    fixed = charges(slippage_kind=FIXED, slippage_amount=0.25)
    assert costs.slipped_price(percent, 1.0, 100.0) == 100.0 * 1.01
    assert costs.slipped_price(percent, -1.0, 100.0) == 100.0 * 0.99
    assert costs.slipped_price(fixed, 1.0, 100.0) == 100.25
    assert costs.slipped_price(fixed, -1.0, 100.0) == 99.75
    assert costs.within_bar(101.0, 1.0, 100.5, 99.0) == 100.5
    assert costs.within_bar(98.0, 1.0, 100.5, 99.0) == 98.0
    assert costs.within_bar(98.0, -1.0, 100.5, 99.0) == 99.0
    assert costs.within_bar(101.0, -1.0, 100.5, 99.0) == 101.0


@given(
    weights=st.lists(st.fractions(-2, 2, max_denominator=64), min_size=1, max_size=6),
    short=st.booleans(),
    single=st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(5)]),
    gross=st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(100)]),
    headroom=st.sampled_from([Fraction(1), Fraction(3, 4)]),
)
def test_weights_are_prepared_in_this_order(
    weights: list[Fraction], short: bool, single: Fraction, gross: Fraction, headroom: Fraction
) -> None:
    """Semantics 2.4, in exact arithmetic."""
    expected = [max(weight, Fraction(0)) if not short else weight for weight in weights]
    expected = [max(min(weight, single), -single) for weight in expected]
    total = sum(abs(weight) for weight in expected)
    assume(total == 0 or abs(total / gross - 1) > Fraction(1, 10**9) or total == gross)
    if total > gross:
        expected = [weight * gross / total for weight in expected]
    expected = [weight * headroom for weight in expected]
    rules = TradeRules(
        0, False, 0, 1.0, 0.0, 0.0, short, float(single), float(gross), float(headroom), False, 0, *[True] * 2, 1
    )
    prepared, reason = [0.0] * len(weights), [0] * len(weights)
    targets.prepare_weights([float(weight) for weight in weights], rules, prepared, reason)
    assert prepared == pytest.approx([float(weight) for weight in expected], rel=1e-14, abs=0)


@given(cents=st.integers(-(10**9), 10**9), steps=st.integers(-3, 3))
@example(cents=1, steps=0)
def test_cents_are_rounded_as_python_rounds(cents: int, steps: int) -> None:
    """On the ties between two cents, a few doubles beside them, and anywhere else: the nearest decimal, exactly."""
    amount = cents / 200.0
    for _ in range(abs(steps)):
        amount = math.nextafter(amount, math.copysign(math.inf, steps))
    for value in (amount, amount * 1.0000001, amount / 3.0, amount * 1e7):
        assert struct.pack("d", actions.round_cents(value) + 0.0) == struct.pack("d", round(value, 2) + 0.0)


def test_what_a_split_makes_of_a_position() -> None:
    assert actions.split_position(100.0, 10.0, 3.0) == (33.0, 30.0, 10.0)
    assert actions.split_position(-5.0, 10.004, 2.0) == (-2.0, 20.01, -10.01)  # round(-10.005, 2) is -10.01 in binary
    assert actions.split_position(7.0, 8.0, 0.5) == (14.0, 4.0, 0.0)
    assert actions.split_units(-7.0, 2.0) == -3.0
