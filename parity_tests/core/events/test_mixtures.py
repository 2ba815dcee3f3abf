"""Any mixture of rules in `Engine`: the record of `simulate`, and whatever a strategy does holds together."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from parity_tests.core.events.material import Weights, rows_of
from parity_tests.core.mixtures import drawn, handed
from weighbridge.exceptions import ConfigError, UnsupportedError
from weighbridge.rules.triggers import Triggers
from weighbridge.settings.conventions import BACKTRADER, PRESETS, Conventions
from weighbridge.settings.limits import Limits
from weighbridge.testing import assert_records_equal

CASES = 150


def mixture(seed: int) -> tuple[Conventions, Any] | None:
    """Draw a mixture of all presets and a case for it; None where it has no meaning."""
    choose = random.Random(f"any mixture {seed}")
    presets = [preset.rules() for preset in PRESETS.values()]
    members = {field: choose.choice(presets)[field] for field in presets[0]}
    case = drawn(seed, {field: member.name.lower() for field, member in members.items()})
    limited = members["cash"].name == "CUT_WITHIN_TOLERANCE"
    try:
        limits = Limits(**case.limits) if limited else None
        return BACKTRADER.replace(name=f"mixture {seed}", limits=limits, **members), case
    except ConfigError:
        return None


def actions_of(bars: wb.Bars, seed: int) -> dict[str, Any]:
    """Draw a split and a dividend for some assets, or nothing."""
    choose = random.Random(seed)
    days = {name: np.flatnonzero(~np.isnan(bars.close[:, column])) for column, name in enumerate(bars.assets)}
    living = [name for name in bars.assets if len(days[name]) > 4]
    if choose.random() < 0.5 or not living:
        return {}
    when = {name: bars.index[choose.choice(days[name].tolist()[1:])] for name in living}
    splits = [(when[name], name, choose.choice([0.5, 2.0, 0.3])) for name in living if choose.random() < 0.6]
    paid = [(when[name], name, choose.choice([0.02, 1.5])) for name in living if choose.random() < 0.6]
    return {
        "splits": pd.DataFrame(splits, columns=["date", "asset", "ratio"]),
        "dividends": pd.DataFrame(paid, columns=["date", "asset", "amount"]),
    }


def contracts_of(seed: int, conventions: Conventions) -> dict[str, Any]:
    """Give an asset a contract that every rule of booking knows, or none."""
    choose = random.Random(seed + 1)
    contract = choose.choice([None, wb.Contract(leverage=2.0), wb.Contract(multiplier=2.0, margin=9.0)])
    return {} if contract is None else {"contracts": {"D": contract}}


@pytest.mark.parametrize("how", ["compiled", "executor", "data", "plain"])
def test_the_record_is_that_of_simulate(how: str) -> None:
    fills = 0
    for seed in range(CASES):
        found = mixture(seed)
        if found is None:
            continue
        conventions, case = found
        bars, targets, settings = handed(case, conventions)
        settings |= actions_of(bars, seed) | contracts_of(seed, conventions)
        try:
            expected = wb.simulate(bars, targets, **settings)
        except wb.WeighbridgeError as error:
            with pytest.raises(wb.WeighbridgeError, match=str(error).partition("\n")[0][:40].replace("(", ".")):
                wb.Engine(bars, Weights(rows_of(targets), how), **settings).run()
            continue
        got = wb.Engine(bars, Weights(rows_of(targets), how), **settings).run()
        assert_records_equal(expected, got, scenario=f"seed {seed}, {how}", allow_empty=True)
        fills += len(got.fills)
    assert fills > 10 * CASES


class Busy(wb.Strategy):
    """Do anything at any bar, and see that what the broker says holds together."""

    def __init__(self, seed: int, triggers: Triggers) -> None:
        self.choose = random.Random(seed)
        self.triggers = triggers

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        choose = self.choose
        for _ in range(choose.choice([0, 1, 3])):
            asset = choose.choice(context.assets)
            price, units = broker.get_price(asset), choose.choice([-20.0, -3.0, 5.0, 40.0])
            match choose.choice(["market", "limit", "stop", "percent", "weights", "execute", "cancel", "look"]):
                case "market":
                    broker.submit_order(asset, units)
                case "limit" | "stop" as kind if self.triggers is Triggers.NONE:
                    with pytest.raises(UnsupportedError, match=kind):
                        broker.submit_order(asset, units, kind, **{f"{kind}_price": 10.0})
                case "limit" | "stop" as kind if price > 0.0:
                    broker.submit_order(asset, units, kind, **{f"{kind}_price": price * choose.uniform(0.9, 1.1)})
                case "percent":
                    broker.order_target_percent(asset, choose.uniform(0.0, 0.5))
                case "weights":
                    broker.rebalance_to_weights({asset: choose.uniform(0.0, 0.5)})
                case "execute":
                    weights = {name: choose.uniform(0.0, 0.4) for name in context.assets}
                    plan = self.executor.preview(weights, None, broker)
                    sent = self.executor.execute(weights, None, broker)
                    now = [(trade.asset, trade.quantity) for trade in plan.now]
                    if not broker.conventions.fill.immediate:
                        assert [(order.asset, order.quantity) for order in sent] == now
                    elif not broker.conventions.fill.later:
                        filled = [order for order in sent if order.asset in dict(now)]
                        assert [order.asset for order in filled] == [name for name, _ in now]
                case "cancel" if broker.pending_orders:
                    order = choose.choice(broker.pending_orders)
                    broker.cancel_order(order)
                    assert order not in broker.pending_orders
                case _:
                    assert broker.get_account_value() == broker.get_account_value()
        for order in broker.pending_orders:
            assert broker.order_status(order).value == "open"
            assert broker.open_quantity(order) != 0.0


def test_whatever_a_strategy_does() -> None:
    fills = 0
    for seed in range(CASES, 2 * CASES):
        found = mixture(seed)
        if found is None:
            continue
        conventions, case = found
        bars, _, settings = handed(case, conventions)
        settings |= actions_of(bars, seed)
        record = wb.Engine(bars, Busy(seed, conventions.triggers), **settings).run()
        fills += len(record.fills)
        held = np.zeros(bars.n_assets)
        for column, position in zip(record.fill_table.asset, record.fill_table.position, strict=True):
            held[column] = position
        for column, position in zip(record.adjustment_table.asset, record.adjustment_table.position, strict=True):
            assert np.isfinite(position), column
        assert np.isfinite(record.cash).all()
        assert np.isfinite(record.value).all()
        assert np.isfinite(held).all()
    assert fills > 3 * CASES
