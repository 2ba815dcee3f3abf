"""A case as arguments of `simulate`, `Engine` and the adapters' `run`; the public names of Weighbridge only."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import weighbridge as wb
from parity_tests.campaign.cases import Case

__all__ = ["Built", "built"]

_DATES = pd.bdate_range("2015-01-05", periods=400)


class Built(NamedTuple):
    """Hold what a run is called with; `more` are the arguments that only some conventions know."""

    bars: wb.Bars
    targets: wb.TargetWeights
    settings: dict[str, Any]
    more: dict[str, Any]


def built(case: Case) -> Built:
    """Build a case.

    Raises:
        WeighbridgeError: Something of it is refused.
    """
    n_bars, n_assets = case.prices["close"].shape
    names = [f"A{column}" for column in range(n_assets)]
    index = _DATES[:n_bars]
    frames: dict[str, Any] = {name: pd.DataFrame(it, index, names) for name, it in case.prices.items()}
    bars = wb.Bars.from_frames(**frames)
    targets = wb.TargetWeights(
        pd.DataFrame(case.weights, index[case.rows], [names[column] for column in case.columns.tolist()])
    )
    settings: dict[str, Any] = {
        "conventions": case.preset if case.limits is None else _limited(case.preset, case.limits),
        "rebalance": wb.RebalanceConfig(**case.config),
        "costs": wb.Costs.from_dict(case.costs),
        "cash": case.cash,
    }
    more: dict[str, Any] = {}
    if case.contracts:
        more["contracts"] = {names[column]: wb.Contract(**fields) for column, fields in case.contracts.items()}
    if case.splits:
        rows = [(index[bar], names[column], ratio) for bar, column, ratio in case.splits]
        more["splits"] = pd.DataFrame(rows, columns=["date", "asset", "ratio"])
    if case.dividends:
        paid = [
            (index[bar], names[column], amount, index[bar] + pd.Timedelta(days=days))
            for bar, column, amount, days in case.dividends
        ]
        more["dividends"] = pd.DataFrame(paid, columns=["date", "asset", "amount", "pay_date"])
    return Built(bars, targets, settings, more)


def _limited(preset: str, limits: dict[str, Any]) -> wb.Conventions:
    return wb.Conventions.from_dict({**_plain(preset), "limits": limits})


@cache
def _plain(preset: str) -> dict[str, Any]:
    """Return a preset's rules as plain values, from the record of a run by its name."""
    one = pd.DataFrame(np.ones((1, 1)), _DATES[:1], ["A0"])
    record = wb.simulate(wb.Bars.from_frames(close=one, open=one), wb.TargetWeights(one), conventions=preset)
    return dict(record.provenance["conventions"])
