"""A host that offers its account as a table gets, compiled, the plan that plain Python makes of its holdings."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import weighbridge as wb
from parity_tests.core.fake_host import NAN, FakeHost, sent
from weighbridge.engine.book import asset_table
from weighbridge.engine.flat import flat_rules, flat_terms
from weighbridge.rebalance.orders import Order
from weighbridge.rules.fill import Fill
from weighbridge.rules.sequence import room_for
from weighbridge.settings.conventions import BACKTRADER, REFERENCE, VECTORBT, ZIPLINE, Conventions

RATE, SLIP = 0.001, 0.002
COSTS = wb.Costs(commission=wb.PercentCommission(RATE), slippage=wb.PercentSlippage(SLIP))

CONVENTIONS = (
    REFERENCE,
    BACKTRADER,
    ZIPLINE,
    REFERENCE.replace(name="known", fill=Fill.DECISION_CLOSE),
    BACKTRADER.replace(name="by value", sequence=VECTORBT.sequence),
)


class Charged(FakeHost):
    """Charge and slip in the operations of the conventions: Zipline's are its own."""

    table: Table | None = None

    def commission(self, asset: int, quantity: float, price: float) -> float:
        return abs(quantity) * (price * RATE) if self.conventions is ZIPLINE else abs(quantity) * RATE * price

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        if self.conventions is ZIPLINE:
            return price + price * (SLIP if quantity > 0 else -SLIP)
        return super().fill_price(asset, quantity, price)


class Table:
    """The account of a `FakeHost` in the engine's table."""

    def __init__(self, host: FakeHost, config: wb.RebalanceConfig) -> None:
        self.host = host
        self.rules = flat_rules(host.conventions, contracts=bool(host.holding_fields), priced=False, actions=False)
        self.terms = flat_terms(host.conventions, config, COSTS)
        self.room = room_for(len(host.prices))

    def rows(self) -> Any:
        rows = asset_table(len(self.host.prices))
        # What an engine leaves in its table of a rebalance of its own.
        for field in ("pending", "sold", "needed", "quantity", "reason", "side", "weight"):
            rows[field] = 7
        for row, holding in zip(rows, self.host.holdings(), strict=True):
            row.position, row.price, row.traded, row.bars_seen, row.multiplier, row.leverage, margin = holding
            row.margined, row.margin = margin is not None, margin or 0.0
        return rows

    def shows(self, data: Mapping[Any, Any]) -> bool:
        return False

    def open_quantities(self, orders: Sequence[Order]) -> Sequence[float]:
        return [self.host.open_quantity(order) for order in orders]

    def submit(self, trades: Sequence[tuple[int, float]]) -> list[Order]:
        names = list(self.host.prices)
        orders = [self.host.submit(names[column], quantity) for column, quantity in trades]
        return [order for order in orders if order is not None]


def account(seed: int, conventions: Conventions) -> Charged:
    """Draw an account with prices that are missing, shorts, contracts, and an open order of somebody else."""
    draw = random.Random(seed)
    names = [f"A{number}" for number in range(6)]
    prices = {name: NAN if draw.random() < 0.1 else round(draw.uniform(1.0, 90.0), 2) for name in names}
    held = {
        name: float(draw.randrange(-20, 60)) for name in names if draw.random() < 0.6 and prices[name] == prices[name]
    }
    fields: dict[str, Any] = draw.choice(
        ({}, {}, {"multiplier": 5.0, "leverage": 2.0}, {"margin": 25.0, "multiplier": 3.0})
    )
    host = Charged(
        prices,
        held,
        money=draw.uniform(0.0, 20_000.0),
        conventions=conventions,
        rate=RATE,
        slip=SLIP,
        holding_fields=fields,
        stuck={draw.choice(names)},
    )
    host.other_order(draw.choice(names), draw.choice((-5.0, 8.0)), "limit", draw.uniform(1.0, 50.0))
    return host


@pytest.mark.parametrize("conventions", CONVENTIONS, ids=lambda c: c.name)
@pytest.mark.parametrize("mode", wb.RebalanceMode)
def test_a_table_is_planned_with_as_plain_rows_are(conventions: Conventions, mode: wb.RebalanceMode) -> None:
    """Semantics 3 to 5: three rebalances with bars between them, previews, orders and accounts equal bit for bit."""
    for seed in range(20):
        draw = random.Random(seed + 1000)
        config = wb.RebalanceConfig.unfiltered(
            mode=mode,
            allow_short=draw.random() < 0.5,
            cancel_before_rebalance=draw.random() < 0.5,
            account_for_pending=draw.random() < 0.7,
            min_trade_value=draw.choice((0.0, 300.0)),
        )
        plain, tabled = account(seed, conventions), account(seed, conventions)
        tabled.table = Table(tabled, config)
        executors = [wb.TargetWeightExecutor(config) for _ in range(2)]
        for _ in range(3):
            targets: dict[Any, Any] = {a: draw.choice((None, 0.0, draw.uniform(-0.3, 0.6))) for a in plain.prices}
            plans = [one.preview(targets, broker=host) for one, host in zip(executors, (plain, tabled), strict=True)]
            assert repr(plans[0].trades) == repr(plans[1].trades)  # NaN and all
            assert str(plans[0]) == str(plans[1])
            assert plans[0].goes_on == plans[1].goes_on
            prices = {a: round(p * draw.uniform(0.9, 1.1), 2) for a, p in plain.prices.items()}
            for one, host in zip(executors, (plain, tabled), strict=True):
                one.execute(targets, broker=host)
                host.next_bar(**prices)
            assert sent(plain) == sent(tabled)
            assert np.array_equal(list(plain.held.values()), list(tabled.held.values()))
