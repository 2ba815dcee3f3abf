"""What a run is measured against: the weights that were asked for, and prices without slippage (semantics 10)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.bars import Bars
from weighbridge.record.frames import RecordFrames
from weighbridge.record.inputs import UNSLIPPED, RunInputs, fills_later
from weighbridge.record.tables import Measures, WeightTable
from weighbridge.rules.fill import Fill

__all__ = ["measures_of", "multipliers_of"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def measures_of(record: RecordFrames, inputs: RunInputs) -> Measures:
    """Work out realised weights and slippage."""
    multiplier = multipliers_of(record)
    return Measures(
        weight_table=_weight_table(record, inputs, multiplier), slippage=_slippage(record, inputs, multiplier)
    )


def multipliers_of(record: RecordFrames) -> Floats:
    """Return the portfolio value of a unit at a price of 1.0, (n_assets,): 1.0 except where contracts say otherwise."""
    return _contract_field(record, "multiplier", 1.0)


def _contract_field(record: RecordFrames, field: str, default: float) -> Floats:
    values = np.full(len(record.assets), default)
    contracts: dict[str, dict[str, float | None]] = record.provenance.get("contracts", {})
    for asset, contract in contracts.items():
        value = contract.get(field)
        values[record.assets.index(asset)] = default if value is None else value
    return values


def _slippage(record: RecordFrames, inputs: RunInputs, multiplier: Floats) -> Floats | None:
    field, before = UNSLIPPED[inputs.fill]
    prices: Floats | None = getattr(inputs.bars, field)
    if prices is None:
        return None
    table = record.fill_table
    price = _last_known(prices, table.bar - before, table.asset)
    # Zipline's limits and stops only say when an order fills: at the close, as every other.
    if inputs.own_prices and inputs.fill is not Fill.NEXT_CLOSE:
        price[np.isin(table.asset, list(inputs.own_prices))] = np.nan
    return table.quantity * (table.price - price) * multiplier[table.asset]


def _last_known(prices: Floats, bar: Integers, asset: Integers) -> Floats:
    """Return each price, or where the asset did not trade the one before; NaN if there is none."""
    found = prices[np.maximum(bar, 0), asset]
    missing = np.flatnonzero(np.isnan(found))
    at = bar[missing] - 1
    while len(missing := missing[at >= 0]):
        at = at[at >= 0]
        found[missing] = prices[at, asset[missing]]
        still = np.isnan(found[missing])
        missing, at = missing[still], at[still] - 1
    return found


def _weight_table(record: RecordFrames, inputs: RunInputs, multiplier: Floats) -> WeightTable | None:
    decisions = list(inputs.decisions())
    if not decisions:
        return None
    bars, n_assets = inputs.bars, len(record.assets)
    decided = np.array([bar for bar, _ in decisions], dtype=np.int64)
    later = fills_later(inputs.fill)
    measured = _measured_at(record.fill_table.bar, decided, later)
    event_bar, event_asset, event_position = _events(record)
    ends = np.searchsorted(event_bar, measured, side="right")
    position, price = np.zeros(n_assets), np.full(n_assets, np.nan)
    margin = _contract_field(record, "margin", math.nan)
    done = shown = 0
    columns: list[Integers] = []
    targets: list[Floats] = []
    realised: list[Floats] = []
    for (bar, weights), at, end in zip(decisions, measured.tolist(), ends.tolist(), strict=True):
        # Assignment in sequence: the last event of an asset stands.
        position[event_asset[done:end]] = event_position[done:end]
        done = end
        shown = _show(bars, price, shown, at)
        # What is decided at the last bar and fills later never had its chance.
        value = math.nan if later and bar == len(record.value) - 1 else float(record.value[at])
        named = np.flatnonzero(~np.isnan(weights) & ((weights != 0.0) | (position != 0.0)))
        columns.append(named)
        targets.append(weights[named])
        # What a unit binds of the value is its margin where it has one.
        unit = np.where(np.isnan(margin[named]), price[named] * multiplier[named], margin[named])
        worth = np.where(position[named] == 0.0, 0.0, position[named] * unit)
        realised.append(worth / value if value > 0.0 else np.full(len(named), np.nan))
    return WeightTable(
        bar=np.repeat(decided, [len(named) for named in columns]),
        asset=np.concatenate(columns),
        target=np.concatenate(targets),
        realised=np.concatenate(realised),
    )


def _events(record: RecordFrames) -> tuple[Integers, Integers, Floats]:
    """Return bar, asset and the position afterwards of everything that changed one, in sequence."""
    fills, others = record.fill_table, record.adjustment_table
    if not len(others.bar):
        return fills.bar, fills.asset, fills.position
    # Stable: adjustments come before the fills of their bar.
    sequence = np.argsort(np.concatenate((others.bar, fills.bar)), kind="stable")
    return (
        np.concatenate((others.bar, fills.bar))[sequence],
        np.concatenate((others.asset, fills.asset))[sequence],
        np.concatenate((others.position, fills.position))[sequence],
    )


def _measured_at(filled: Integers, decided: Integers, later: bool) -> Integers:
    """Return the bar at whose end each decision is measured.

    That of the last fill before the next decision could have one; the decision's own where there is none.
    """
    first = np.searchsorted(filled, decided + int(later))
    end = np.append(first[1:], len(filled))
    return np.where(end > first, filled[end - 1], decided) if len(filled) else decided


def _show(bars: Bars, price: Floats, shown: int, at: int) -> int:
    """Take over the closes of the bars from `shown` to `at`, asset by asset the last one known."""
    if bars.complete:
        price[:] = bars.close[at]
        return at + 1
    for bar in range(shown, at + 1):
        close = bars.close[bar]
        np.copyto(price, close, where=~np.isnan(close))
    return max(shown, at + 1)
