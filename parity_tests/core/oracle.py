"""The reference conventions in exact arithmetic, written from docs/semantics.md and importing nothing of Weighbridge.

Everything is a `Fraction`: nothing is rounded but where a rule says so. `Tie` is raised where floating point may
honestly decide otherwise: a comparison or a cut within 1e-9 of a boundary, after something that binary fractions
cannot hold (a scaled weight, a fractional quantity). Without such a thing the engine must give the very same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

__all__ = ["Account", "Contract", "Rules", "Tie", "run"]

ZERO = Fraction(0)
NEAR = Fraction(1, 10**9)
Prices = Sequence[Sequence["Fraction | None"]]


class Tie(Exception):  # noqa: N818 - it is no error
    """Floating point may decide otherwise here."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Section 9: the multiplier, the margin or None, and the leverage of an asset."""

    multiplier: Fraction = Fraction(1)
    margin: Fraction | None = None
    leverage: Fraction = Fraction(1)

    def unit(self, price: Fraction) -> Fraction:
        """Clauses 9.2 and 9.3: what a unit is of the portfolio value, and costs."""
        return price * self.multiplier if self.margin is None else self.margin


SHARE = Contract()


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How to rebalance and what it costs; names as in RebalanceConfig, None for what is off."""

    mode: str
    min_trade_value: Fraction = ZERO
    min_weight_change: Fraction = ZERO
    fractional: bool = False
    lot: int | None = None
    allow_short: bool = True
    max_single_weight: Fraction | None = None
    max_gross_leverage: Fraction | None = None
    headroom: Fraction = Fraction(1)
    cancel: bool = False
    count: bool = False
    timeout: int = 1
    min_bars: int = 1
    skip_missing: bool = False
    percent: Fraction = ZERO
    per_share: Fraction = ZERO
    minimum: Fraction = ZERO
    fixed: Fraction = ZERO
    slip_percent: Fraction = ZERO
    slip_fixed: Fraction = ZERO
    contracts: tuple[Contract, ...] = ()

    def contract(self, asset: int) -> Contract:
        return self.contracts[asset] if self.contracts else SHARE

    def commission(self, quantity: Fraction, price: Fraction) -> Fraction:
        by_unit = max(abs(quantity) * self.per_share, self.minimum)
        return abs(quantity) * price * self.percent + by_unit + self.fixed

    def slipped(self, quantity: Fraction, price: Fraction) -> Fraction:
        sign = 1 if quantity > 0 else -1
        return price * (1 + sign * self.slip_percent) + sign * self.slip_fixed

    def largest(self, unit: Fraction, price: Fraction, cash: Fraction, closed: Fraction) -> Fraction:
        """Solve quantity * unit + commission(closed + quantity) = cash: a line for every kind of commission."""
        part = price * self.percent
        left = cash - self.fixed - closed * part
        return max(
            ZERO,
            min(
                (left - self.minimum) / (unit + part), (left - closed * self.per_share) / (unit + part + self.per_share)
            ),
        )


@dataclass
class Order:
    bar: int
    asset: int
    quantity: Fraction
    reduction: bool


@dataclass
class Waiting:
    """A rebalance with a second phase to come; `rests` are the assets of which a sale waits."""

    bar: int
    value: Fraction
    weights: list[Fraction | None]
    sides: list[int]
    rests: set[int]
    waited: int = 0


@dataclass
class Account:
    """Everything that a run leaves behind."""

    cash: Fraction
    n_assets: int
    rules: Rules
    settled: list[Fraction] = field(init=False)
    position: list[Fraction] = field(init=False)
    close: list[Fraction | None] = field(init=False)
    seen: list[int] = field(init=False)
    trades: list[bool] = field(init=False)
    open: list[Order] = field(default_factory=list)
    orders: list[tuple[int, int, Fraction]] = field(default_factory=list)
    fills: list[tuple[int, int, Fraction, Fraction, Fraction]] = field(default_factory=list)
    denials: list[tuple[int, int, Fraction]] = field(default_factory=list)
    cash_of_bar: list[Fraction] = field(default_factory=list)
    value_of_bar: list[Fraction] = field(default_factory=list)
    inexact: bool = False
    happened: set[str] = field(default_factory=set)
    """What this run has tried out, so that a test can ask whether anything was."""

    def __post_init__(self) -> None:
        self.position = [ZERO] * self.n_assets
        self.settled = [ZERO] * self.n_assets
        self.close = [None] * self.n_assets
        self.seen = [0] * self.n_assets
        self.trades = [False] * self.n_assets

    @property
    def value(self) -> Fraction:
        """Cash, what is held at the last closes, and margins."""
        worth = ZERO
        for asset, (held, close) in enumerate(zip(self.position, self.close, strict=True)):
            if held:
                contract = self.rules.contract(asset)
                assert close is not None
                worth += abs(held) * contract.margin if contract.margin is not None else held * contract.unit(close)
        return self.cash + worth

    @property
    def lent(self) -> Fraction:
        """Clause 9.6: long positions, as they were last settled, less what of them must be paid."""
        total = ZERO
        for asset, held in enumerate(self.position):
            contract = self.rules.contract(asset)
            if held > 0 and contract.margin is None:
                total += held * contract.unit(self.settled[asset]) * (1 - 1 / contract.leverage)
        return total

    def settle(self, asset: int, price: Fraction) -> None:
        """Clause 9.4: what a position with a margin gained since it was settled last goes into the cash."""
        contract = self.rules.contract(asset)
        if contract.margin is not None:
            gained = self.position[asset] * (price - self.settled[asset]) * contract.multiplier
            if gained:
                self.happened.add("gain" if gained > 0 else "loss")
            self.cash += gained
        self.settled[asset] = price

    def sign(self, difference: Fraction, scale: Fraction) -> int:
        """Return the sign of a difference, unless floating point could see another one."""
        if self.inexact and abs(difference) <= NEAR * max(abs(scale), 1):
            raise Tie
        return (difference > 0) - (difference < 0)

    def whole(self, number: Fraction) -> Fraction:
        """Cut the fraction off."""
        if self.inexact and abs(number - round(number)) <= NEAR * max(abs(number), 1):
            raise Tie
        return Fraction(math.trunc(number))

    def multiple(self, number: Fraction, rules: Rules) -> Fraction:
        """Cut to whole units or lots, or not at all."""
        if rules.lot is not None:
            return self.whole(self.whole(number) / rules.lot) * rules.lot
        return number if rules.fractional else self.whole(number)

    def affordable(
        self, wanted: Fraction, unit: Fraction, price: Fraction, cash: Fraction, closed: Fraction = ZERO
    ) -> Fraction:
        """Clause 3.6: the largest quantity up to `wanted` whose cost is within the cash."""
        rules = self.rules
        cost = wanted * unit + rules.commission(closed + wanted, price)
        if self.sign(cash - cost, cost) >= 0:
            return wanted
        self.happened.add("cut")
        if rules.fractional and rules.lot is None:
            self.inexact = True
        largest = self.multiple(rules.largest(unit, price, cash, closed), rules)
        if self.inexact and largest == 0 and rules.fractional:
            raise Tie  # Whether a speck of cash is left is a matter of rounding.
        return largest

    def covered(self, asset: int, held: Fraction, quantity: Fraction, price: Fraction, cash: Fraction) -> Fraction:
        """Clauses 9.4 and 9.6: what the cash covers of an order; what opens a position comes after what closes one."""
        contract = self.rules.contract(asset)
        unit, traded = contract.unit(price), price * contract.multiplier
        sign = 1 if quantity > 0 else -1
        closed = min(abs(quantity), abs(held)) if held * quantity < 0 else ZERO
        opening = abs(quantity) - closed
        if contract.margin is None:
            if quantity < 0:
                return quantity
            if contract.leverage == 1:
                return self.affordable(quantity, unit, traded, cash)
            if closed and self.affordable(closed, unit, traded, cash) < closed:
                return self.affordable(closed, unit, traded, cash)
        if not opening:
            return quantity
        if quantity < 0:
            self.happened.add("margin of a short")
        left = cash - (closed * unit if contract.margin is None else -closed * unit)
        return sign * (closed + self.affordable(opening, unit / contract.leverage, traded, left, closed))

    def cost(self, asset: int, held: Fraction, quantity: Fraction, price: Fraction) -> Fraction:
        """Clause 3.6: what a planned buy leaves less of the cash at hand."""
        contract = self.rules.contract(asset)
        unit = contract.unit(price)
        closed = min(quantity, -held) if held < 0 else ZERO
        paid = closed * unit * (1 if contract.margin is None else -1) + (quantity - closed) * unit / contract.leverage
        return paid + self.rules.commission(quantity, price * contract.multiplier)


def run(
    opens: Prices, closes: Prices, decisions: dict[int, Sequence[Fraction | None]], cash: Fraction, rules: Rules
) -> Account:
    """Clause 6.1: at each bar fills, valuation, the unfinished rebalance, and then the decision."""
    account = Account(cash, len(closes[0]), rules)
    waiting: Waiting | None = None
    for bar, prices in enumerate(closes):
        account.trades = [price is not None for price in prices]
        if any(account.trades):
            for asset, price in enumerate(prices):
                if price is not None:
                    account.close[asset] = price
                    account.seen[asset] += 1
            _fill(account, bar, opens[bar], rules)
            for asset, held in enumerate(account.position):
                price = account.close[asset]
                if held and price is not None:
                    account.settle(asset, price)
            if waiting is not None:
                waiting.waited += 1
                unfilled = any(order.reduction and order.bar == waiting.bar for order in account.open)
                if not unfilled or waiting.waited >= rules.timeout:
                    account.happened.add("timeout" if unfilled else "second phase")
                    _second_phase(account, bar, waiting, rules)
                    waiting = None
            if bar in decisions:
                if waiting is not None:
                    account.happened.add("replaced")
                waiting = _decide(account, bar, decisions[bar], rules)
        account.cash_of_bar.append(account.cash)
        account.value_of_bar.append(account.value)
    return account


def _fill(account: Account, bar: int, opens: Sequence[Fraction | None], rules: Rules) -> None:
    """Clauses 5.4 and 6.1: in the sequence of submission; what has no bar waits; a buy is cut to the cash."""
    still_open: list[Order] = []
    for order in account.open:
        opening = opens[order.asset]
        if opening is None:
            account.happened.add("waited")
            still_open.append(order)
            continue
        price = rules.slipped(order.quantity, opening)
        asset, contract = order.asset, rules.contract(order.asset)
        held = account.position[asset]
        if contract.margin is not None:
            account.settle(asset, price)
        quantity = account.covered(asset, held, order.quantity, price, account.cash + account.lent)
        if quantity != order.quantity:
            account.denials.append((bar, asset, order.quantity - quantity))
        if quantity != 0:
            commission = rules.commission(quantity, price * contract.multiplier)
            if contract.margin is None:
                account.cash -= quantity * contract.unit(price) + commission
            else:
                account.cash -= (abs(held + quantity) - abs(held)) * contract.margin + commission
            if account.cash < 0 and quantity > 0:
                account.happened.add("borrowed")
            account.position[asset] += quantity
            account.settled[asset] = price
            account.fills.append((bar, asset, quantity, price, commission))
    account.open = still_open


def _prepared(account: Account, weights: Sequence[Fraction | None], rules: Rules) -> list[Fraction | None]:
    """Clause 2.4: shorts, single weight, gross leverage, headroom."""
    prepared: list[Fraction | None] = []
    for weight in weights:
        if weight is not None:
            if weight < 0 and not rules.allow_short:
                account.happened.add("no short")
                weight = ZERO
            cap = rules.max_single_weight
            if cap is not None and abs(weight) > cap:
                account.happened.add("capped")
                weight = cap if weight > 0 else -cap
        prepared.append(weight)
    gross = sum((abs(weight) for weight in prepared if weight is not None), ZERO)
    limit = rules.max_gross_leverage
    if limit is not None and gross > limit:
        account.happened.add("scaled")
        scale = limit / gross
        # Division by a power of two is exact in binary.
        account.inexact |= scale.denominator & (scale.denominator - 1) != 0
        prepared = [None if weight is None else weight * scale for weight in prepared]
    return [None if weight is None else weight * rules.headroom for weight in prepared]


def _pending(account: Account, bar: int, rules: Rules) -> list[Fraction]:
    """Clauses 5.2 and 5.3: orders of this bar always, those left standing if they are to be counted."""
    pending = [ZERO] * account.n_assets
    for order in account.open:
        if rules.count or order.bar == bar:
            pending[order.asset] += order.quantity
    if any(pending):
        account.happened.add("pending")
    return pending


def _decide(account: Account, bar: int, weights: Sequence[Fraction | None], rules: Rules) -> Waiting | None:
    if rules.cancel:  # Clause 5.1.
        if any(order.bar < bar for order in account.open):
            account.happened.add("cancelled")
        account.open = [order for order in account.open if order.bar >= bar]
    pending, value = _pending(account, bar, rules), account.value
    prepared = _prepared(account, weights, rules)
    sides = [_side(account, a, prepared[a], pending[a], value, rules) for a in range(account.n_assets)]
    one_batch = rules.mode == "snapshot"
    submitted = 0
    rests: set[int] = set()
    for side in (-1, 1):
        for asset in range(account.n_assets):
            if sides[asset] != side or (side > 0 and not one_batch):
                continue
            quantity = _sized(account, asset, prepared[asset], pending[asset], value, side, rules)
            quantity = _filtered(account, asset, quantity, prepared[asset], pending[asset], value, rules)
            quantity, rest = _held_only(account, asset, quantity, prepared[asset], pending[asset], value, rules)
            if rest:
                rests.add(asset)
            if quantity != 0:
                _submit(account, bar, asset, quantity, side < 0)
                submitted += 1
    waiting = Waiting(bar, value, prepared, sides, rests)
    if one_batch:
        return waiting if rests else None
    if submitted or rests:  # Clauses 3.4 and 3.5: the sales are waited for, and cancelled, whatever comes after them.
        return waiting
    if 1 in sides and any(quantity < 0 for quantity in pending):
        return waiting
    _increase(account, bar, prepared, sides, pending, value, rules)
    return None


def _held_only(
    account: Account,
    asset: int,
    quantity: Fraction,
    weight: Fraction | None,
    pending: Fraction,
    value: Fraction,
    rules: Rules,
) -> tuple[Fraction, bool]:
    """Clause 4.6: what goes now of a sale, and whether a rest of it waits."""
    if quantity >= 0 or rules.allow_short:
        return quantity, False
    in_sales = sum((-order.quantity for order in account.open if order.asset == asset and order.quantity < 0), ZERO)
    free = max(account.position[asset] - in_sales, ZERO)
    if weight != 0:
        free = account.multiple(free, rules)
    if -quantity <= free:
        return quantity, False
    account.happened.add("part" if free else "rest")
    return _filtered(account, asset, -free, weight, pending, value, rules), True


def _second_phase(account: Account, bar: int, waiting: Waiting, rules: Rules) -> None:
    """Clause 3.5: in snapshot nothing is cancelled; the value now in incremental, else the frozen one."""
    if rules.mode != "snapshot":
        account.open = [order for order in account.open if not (order.reduction and order.bar == waiting.bar)]
    value = account.value if rules.mode == "incremental" else waiting.value
    pending = _pending(account, bar, rules)
    sales: list[tuple[int, Fraction]] = []
    for asset in sorted(waiting.rests):
        if rules.skip_missing and not account.trades[asset]:
            continue
        weight = waiting.weights[asset]
        quantity = _sized(account, asset, weight, pending[asset], value, -1, rules)
        quantity = _filtered(account, asset, quantity, weight, pending[asset], value, rules)
        quantity, _ = _held_only(account, asset, quantity, weight, pending[asset], value, rules)
        if quantity != 0:
            account.happened.add("rest sold")
            sales.append((asset, quantity))
    for asset, quantity in sales:
        _submit(account, bar, asset, quantity, False)
    if rules.mode != "snapshot":
        _increase(account, bar, waiting.weights, waiting.sides, pending, value, rules)


def _needed(account: Account, bar: int, rules: Rules) -> Fraction:
    """Clause 3.6: what open orders to buy that count will need."""
    needed = ZERO
    for order in account.open:
        if order.quantity > 0 and (rules.count or order.bar == bar):
            price, contract = _price(account, order.asset), rules.contract(order.asset)
            needed += order.quantity * contract.unit(price) / contract.leverage
            needed += rules.commission(order.quantity, price * contract.multiplier)
    return needed


def _increase(
    account: Account,
    bar: int,
    weights: Sequence[Fraction | None],
    sides: Sequence[int],
    pending: Sequence[Fraction],
    value: Fraction,
    rules: Rules,
) -> None:
    """Clause 3.6: cash less what counted open buys will need, less the cost of the increases planned before."""
    cash = account.cash + account.lent - _needed(account, bar, rules)
    for asset in range(account.n_assets):
        if sides[asset] <= 0 or (rules.skip_missing and not account.trades[asset]):
            continue
        quantity = _sized(account, asset, weights[asset], pending[asset], value, 1, rules)
        if quantity <= 0:
            continue
        price, held = _price(account, asset), account.position[asset] + pending[asset]
        quantity = account.covered(asset, held, quantity, price, cash)
        quantity = _filtered(account, asset, quantity, weights[asset], pending[asset], value, rules)
        if quantity > 0:
            cash -= account.cost(asset, held, quantity, price)
            _submit(account, bar, asset, quantity, False)


def _side(
    account: Account, asset: int, weight: Fraction | None, pending: Fraction, value: Fraction, rules: Rules
) -> int:
    """Clauses 2.5 and 3.1; a close goes where the position is not."""
    price = account.close[asset]
    if weight is None or price is None or account.seen[asset] < rules.min_bars:
        return 0
    if rules.skip_missing and not account.trades[asset]:
        return 0
    effective = account.position[asset] + pending
    if weight == 0:
        return (effective < 0) - (effective > 0)
    return account.sign(weight * value - effective * rules.contract(asset).unit(price), value)


def _sized(
    account: Account, asset: int, weight: Fraction | None, pending: Fraction, value: Fraction, side: int, rules: Rules
) -> Fraction:
    """Clauses 4.1 and 4.3: the quantity difference, truncated; nothing on the other side; a close is whole."""
    assert weight is not None
    effective = account.position[asset] + pending
    if weight == 0:
        return -effective if -effective * side > 0 else ZERO
    exact = weight * value / _unit(account, asset) - effective
    if rules.fractional and rules.lot is None:
        account.inexact = True
    quantity = account.multiple(exact, rules)
    if quantity < 0 and not rules.allow_short:  # Clause 4.6.
        quantity = max(quantity, -max(effective, ZERO))
    return quantity if quantity * side > 0 else ZERO


def _filtered(
    account: Account,
    asset: int,
    quantity: Fraction,
    weight: Fraction | None,
    pending: Fraction,
    value: Fraction,
    rules: Rules,
) -> Fraction:
    """Clauses 4.2 and 4.3."""
    if weight == 0 or quantity == 0 or weight is None:
        return quantity
    unit = _unit(account, asset)
    traded = abs(quantity) * unit
    if rules.min_trade_value and account.sign(traded - rules.min_trade_value, traded) < 0:
        account.happened.add("small trade")
        return ZERO
    held = (account.position[asset] + pending) * unit
    change = abs(weight - (held / value if value else ZERO))
    if rules.min_weight_change:
        # A quotient is rounded even where everything else is exact.
        if held and abs(change - rules.min_weight_change) <= NEAR:
            raise Tie
        if account.sign(change - rules.min_weight_change, Fraction(1)) < 0:
            account.happened.add("small change")
            return ZERO
    return quantity


def _price(account: Account, asset: int) -> Fraction:
    price: Any = account.close[asset]
    return price


def _unit(account: Account, asset: int) -> Fraction:
    return account.rules.contract(asset).unit(_price(account, asset))


def _submit(account: Account, bar: int, asset: int, quantity: Fraction, reduction: bool) -> None:
    account.open.append(Order(bar, asset, quantity, reduction))
    account.orders.append((bar, asset, quantity))
