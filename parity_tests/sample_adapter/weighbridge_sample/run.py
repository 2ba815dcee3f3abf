"""`run`: a decision stream through Halfcash, for the harness and for anybody's own comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.parity.adapter import How
from weighbridge.parity.opened import opened
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import DenialTable, FillTable, OrderTable
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs
from weighbridge_sample.costs import rate_of
from weighbridge_sample.framework import FRAMEWORK
from weighbridge_sample.strategies import ExecutorStrategy, NativeStrategy


def run(
    bars: Bars,
    targets: TargetWeights,
    *,
    how: How,
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    conventions: Conventions | str | None = None,
) -> RunRecord:
    """Run target weights in Halfcash; arguments and errors are those of `weighbridge.parity.adapter.Run`."""
    given = {"rebalance": rebalance, "costs": costs, "cash": cash, "conventions": conventions}
    setup = opened(FRAMEWORK, bars, targets, how, **given)
    import halfcash

    broker = halfcash.Broker(setup.cash, rate_of(setup.costs))
    strategy = (NativeStrategy if how == "native" else ExecutorStrategy)(setup, broker)
    fields = (bars.frame(name).to_numpy().tolist() for name in ("open", "close"))
    halfcash.run(strategy, broker, [traded(bars.assets, *row) for row in zip(*fields, strict=True)])
    cash, value = np.array(strategy.equity).T
    return setup.record({**tables(broker.log, bars.assets), "cash": cash, "value": value})


def traded(assets: Sequence[str], opens: list[float], closes: list[float]) -> dict[str, tuple[float, float]]:
    """Return a bar as Halfcash knows it: without what does not trade there."""
    return {asset: (o, c) for asset, o, c in zip(assets, opens, closes, strict=True) if c == c}


def tables(log: list[Any], assets: Sequence[str]) -> dict[str, Any]:
    """Return the tables of a record, from Halfcash's log."""

    def columns(what: str, count: int) -> list[Any]:
        rows = [(bar, assets.index(asset), *numbers) for kind, bar, asset, *numbers in log if kind == what]
        table = np.array(rows, dtype=float).reshape(len(rows), 6).T
        return [table[0].astype(np.int64), table[1].astype(np.int64), *table[2:count]]

    refused = columns("refused", 3)
    return {
        "order_table": OrderTable(*columns("order", 3)),
        "fill_table": FillTable(*columns("fill", 6)),
        "denial_table": DenialTable(*refused, np.full(len(refused[0]), "cut_to_cash", dtype=object)),
    }
