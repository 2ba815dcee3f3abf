"""Single market orders of an event-driven strategy are VectorBT's own orders of units, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import weighbridge as wb
from parity_tests.adapters.vectorbt.material import awkward, random_conventions, random_costs
from weighbridge.settings.limits import Limits
from weighbridge_vectorbt.costs import order_costs
from weighbridge_vectorbt.library import vectorbt

CASH = 20_000.0


class Units(wb.Strategy):
    """Order units by column order at each bar; NaN orders nothing."""

    def __init__(self, units: Any) -> None:
        self.units = units
        self.averages: list[float] = []

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        for column in np.flatnonzero(~np.isnan(self.units[context.bar])):
            broker.submit_order(context.assets[column], float(self.units[context.bar, column]))

    def on_end(self, context: Any, broker: Any) -> None:
        self.averages = [broker.get_position(asset).average_price for asset in context.assets]


def theirs(bars: wb.Bars, units: Any, conventions: wb.Conventions, costs: wb.Costs, live: bool) -> Any:
    """Have VectorBT simulate the same orders."""
    limits = conventions.limits or Limits()
    size = np.full_like(units, np.nan)
    size[1:] = units[:-1]
    size = size if conventions.fill.later else units
    return vectorbt().Portfolio.from_orders(
        bars.frame("close"),
        size=-size if limits.direction == "shortonly" else size,
        size_type="amount",
        price=bars.open if conventions.fill.opening else bars.close,
        val_price=np.inf,
        ffill_val_price=True,
        direction=limits.direction,
        min_size=limits.min_size,
        max_size=limits.max_size,
        size_granularity=np.nan if limits.size_granularity is None else limits.size_granularity,
        allow_partial=limits.allow_partial,
        lock_cash=limits.lock_cash,
        init_cash=CASH,
        group_by=True,
        cash_sharing=True,
        call_seq="default",
        update_value=live,
        log=True,
        **order_costs(costs)._asdict(),
    )


@pytest.mark.parametrize("direction", ["both", "longonly", "shortonly"])
@pytest.mark.parametrize("live", [False, True])
def test_orders_of_units(direction: str, live: bool) -> None:
    filled = denied = averages = 0
    for seed in range(8):
        random = np.random.default_rng([seed, len(direction)])
        bars, _ = awkward(seed, 50, int(random.choice([1, 5, 9])))
        units = random.normal(0.0, 40.0, bars.close.shape).round(random.integers(0, 3))
        units[(random.random(units.shape) < 0.6) | (units == 0.0)] = np.nan
        conventions, costs = random_conventions(random, direction), random_costs(random)
        strategy = Units(units)
        rebalance = wb.RebalanceConfig.unfiltered("incremental" if live else "hybrid")
        settings: dict[str, Any] = {"conventions": conventions, "costs": costs, "cash": CASH, "rebalance": rebalance}
        ours = wb.Engine(bars, strategy, **settings).run()
        portfolio = theirs(bars, units, conventions, costs, live)
        told, table = portfolio.orders.values, ours.fill_table
        assert table.bar.tobytes() == told["idx"].tobytes()
        assert table.asset.tobytes() == told["col"].tobytes()
        assert np.abs(table.quantity).tobytes() == told["size"].tobytes()
        assert ((table.quantity < 0.0) == (told["side"] == 1)).all()
        assert table.price.tobytes() == told["price"].tobytes()
        assert table.commission.tobytes() == told["fees"].tobytes()
        logs = portfolio.logs.values
        assert ours.cash[-1] == logs["new_cash"][-1]
        # What was rejected there has a denial here; without a price it never was an order there.
        rejected = logs[logs["res_status"] == 2]
        whole = {(bar, asset) for bar, asset in zip(table.bar, table.asset, strict=True)}
        refused = ours.denials[ours.denials["rule"] != "no_price"]
        columns = [ours.assets.index(asset) for asset in refused["asset"]]
        lost = [key for key in zip(refused["bar"], columns, strict=True) if key not in whole]
        assert lost == list(zip(rejected["idx"], rejected["col"], strict=True))
        filled, denied = filled + len(told), denied + len(rejected)
        if not (told["size"] > 0.0).all():
            continue  # With min_size=0.0 VectorBT fills orders of nothing, and cannot make positions of them.
        held = np.flatnonzero(ours.positions.to_numpy()[-1])
        entered = portfolio.positions.records
        last = entered[entered["status"] == 0].set_index("col")["entry_price"]
        np.testing.assert_allclose(np.array(strategy.averages)[held], last.loc[held].to_numpy(), rtol=1e-9)
        averages += len(held)
    assert filled > 150
    assert denied > 20
    assert averages > 5
