"""Records made by hand, and adapters that pretend to be a framework by running the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.simulation import simulate
from weighbridge.parity.adapter import Adapter, Capabilities
from weighbridge.parity.scenarios import Scenario
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import DenialTable, FillTable, OrderTable
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import BACKTRADER
from weighbridge.settings.costs import Costs

__all__ = ["Change", "changed", "fake_adapter", "record", "small_scenario", "with_value", "without"]

Change = Callable[[RunRecord], RunRecord]


def record(subject: str = "left") -> RunRecord:
    """Buy 10 A and 20 B at bar 1, be refused 5 B at bar 2, sell all A at bar 3: five bars, worked out by hand."""
    return RunRecord(
        index=pd.date_range("2020-01-06", periods=5, name="time"),
        assets=("A", "B"),
        order_table=OrderTable(
            bar=np.array([0, 0, 1, 2]), asset=np.array([0, 1, 1, 0]), quantity=np.array([10.0, 20.0, 5.0, -10.0])
        ),
        fill_table=FillTable(
            bar=np.array([1, 1, 3]),
            asset=np.array([0, 1, 0]),
            quantity=np.array([10.0, 20.0, -10.0]),
            price=np.array([10.0, 5.0, 12.0]),
            commission=np.array([0.1, 0.1, 0.12]),
            position=np.array([10.0, 20.0, 0.0]),
        ),
        denial_table=DenialTable(
            bar=np.array([2]),
            asset=np.array([1]),
            quantity=np.array([5.0]),
            rule=np.array(["margin_at_submission"], dtype=object),
        ),
        cash=np.array([1000.0, 799.8, 799.8, 919.68, 919.68]),
        value=np.array([1000.0, 999.8, 1009.8, 1019.68, 1019.68]),
        provenance={"subject": subject, "conventions": {"fill": "next_open"}},
    )


def changed(of: RunRecord, table: str, row: int, **fields: Any) -> RunRecord:
    """Return a record with some fields of one row changed; `table` is "fill", "denial" or "order"."""
    old = getattr(of, f"{table}_table")
    columns = old._asdict()
    for name, value in fields.items():
        column = columns[name].copy()
        column[row] = value
        columns[name] = column
    return replace(of, **{f"{table}_table": type(old)(**columns)})


def without(of: RunRecord, table: str, row: int) -> RunRecord:
    """Return a record that lacks one row of a table."""
    old = getattr(of, f"{table}_table")
    return replace(of, **{f"{table}_table": type(old)(*(np.delete(column, row) for column in old))})


def with_value(of: RunRecord, series: str, bar: int, value: float) -> RunRecord:
    """Return a record with another cash or value at one bar."""
    numbers = getattr(of, series).copy()
    numbers[bar] = value
    return replace(of, **{series: numbers})


def fake_adapter(
    name: str = "fake",
    *,
    executor: Change = lambda run: run,
    native: Change = lambda run: run,
    distribution: str = "numpy",
    calls: list[tuple[str, RebalanceMode]] | None = None,
) -> Adapter:
    """Return an adapter whose framework is the engine itself, followed by a change to the record."""

    def run(bars: Bars, targets: TargetWeights, *, how: str, conventions: Any = None, **options: Any) -> RunRecord:
        if calls is not None:
            calls.append((how, options["rebalance"].mode))
        made = simulate(bars, targets, conventions=BACKTRADER, **options)
        made = replace(made, provenance={**made.provenance, "subject": f"{name} {how}"})
        return (native if how == "native" else executor)(made)

    return Adapter(
        name=name,
        distribution=distribution,
        versions=">=1",
        extra=name,
        conventions=(BACKTRADER,),
        capabilities=Capabilities(
            native_modes=frozenset({RebalanceMode.SNAPSHOT}),
            executor_modes=frozenset(RebalanceMode),
            costs=frozenset({"NoCommission", "NoSlippage", "PercentCommission", "PercentSlippage"}),
            fractional=False,
            orders=True,
        ),
        default_costs=Costs(),
        run=run,
    )


def small_scenario(name: str = "small", *, gross: float = 0.9, **changes: Any) -> Scenario:
    """Return four synthetic assets over 80 bars; with a gross of 1.6 orders are refused."""
    bars = synthetic_bars(4, 80, seed=7)
    settings: dict[str, Any] = {
        "name": name,
        "why": "It is small.",
        "bars": bars,
        "targets": synthetic_weights(bars, seed=8, every=5, gross=gross),
        "costs": Costs(),
        "cash": 100_000.0,
        "rebalance": RebalanceConfig.unfiltered(),
    }
    return Scenario(**{**settings, **changes})
