"""Where a run has to stop: at numbers that the framework, or a floating-point number, cannot hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.engine.book import Book
from weighbridge.exceptions import ExecutionError
from weighbridge.rules.sizing import EXACT_UNITS, Sizing
from weighbridge.rules.valuing import Valuing
from weighbridge.settings.conventions import Conventions

__all__ = ["MAX_UNITS", "check_stops", "check_units", "too_large"]

# Zipline, `SimulationBlotter.max_shares`: a larger order to buy is an error there.
MAX_UNITS = 1e11

# Below this fraction of the first value a total return may have come to exactly -1.0.
NEXT_TO_NOTHING = 1e-12


def check_stops(bars: Bars, conventions: Conventions, book: Book, value: Any) -> None:
    """Raise at the first bar at which a run could not go on; `value` is the portfolio value of each bar, (n_bars,).

    Raises:
        ExecutionError: As in `check_units`; or, where a portfolio is valued as Zipline does, the total return came to
            -1.0: Zipline divides by it at the next bar.
    """
    run = book.run[0]
    if conventions.valuing is Valuing.LONG_AND_SHORT:
        _check_worth(bars, value[: int(run["decided"]) if int(run["trouble"]) else len(value)])
    check_units(bars, conventions, book)


def check_units(bars: Bars, conventions: Conventions, book: Book, first: int = 0) -> None:
    """Raise where units are too many; orders before row `first` were looked at already.

    Raises:
        ExecutionError: An order or a position has more units than can be counted, or an order to buy, sized as Zipline
            does, more than that takes.
    """
    run = book.run[0]
    orders = book.orders[first : int(run["orders"])]
    if conventions.sizing is Sizing.QUANTITY_DIFFERENCE_SNAPPED and len(orders):
        units = orders["quantity"]
        if units.max() > MAX_UNITS:
            row = int(np.argmax(units > MAX_UNITS))
            raise too_large(bars, int(orders["bar"][row]), int(orders["asset"][row]), float(units[row]))
    if int(run["trouble"]):
        asset, bar = bars.assets[int(run["trouble_asset"])], bars.index[int(run["decided"])]
        raise ExecutionError(
            f"{float(run['trouble_units']):g} units of {asset!r} at {bar} are more than {EXACT_UNITS:g}",
            hint="a floating-point number counts whole units up to 2**53: see to prices and cash",
        )


def _check_worth(bars: Bars, value: Any) -> None:
    """Zipline, `Ledger.end_of_session`: the day's return is divided by 1 + the total return before it."""
    if not len(value) or not (np.abs(value) <= NEXT_TO_NOTHING * abs(float(value[0]))).any():
        return
    total, before = 0.0, float(value[0])
    for bar, now in enumerate(value[1:].tolist(), 1):
        if 1.0 + total == 0.0:
            raise ExecutionError(
                f"the portfolio value before {bars.index[bar]} was {before!r}, a total return of exactly -1.0",
                hint="Zipline divides by 1 + the total return and stops here: leave some cash, or end the run before",
            )
        returned = (now - before) / before if before != 0.0 else 0.0
        total = (1.0 + total) * (1.0 + returned) - 1.0
        before = now


def too_large(bars: Bars, bar: int, asset: int, quantity: float) -> ExecutionError:
    """Say which order is too large."""
    return ExecutionError(
        f"an order for {quantity:g} units of {bars.assets[asset]!r} at {bars.index[bar]} is above {MAX_UNITS:g}",
        hint="this is Zipline's limit for one order: see to prices and cash",
    )
