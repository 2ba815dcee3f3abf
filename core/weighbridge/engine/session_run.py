"""From checked input to the ledger of a run whose orders fill at the next close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.desk import ORDERS
from weighbridge.engine.inputs import decisions_on, needed_fields
from weighbridge.engine.parameters import trade_rules
from weighbridge.engine.queues import queues_for
from weighbridge.engine.rules.order_fills import part_costs
from weighbridge.engine.session_actions import NO_ACTIONS, action_book, adjustments_of
from weighbridge.engine.session_tables import listing_of, session_desk, with_more_fills
from weighbridge.engine.sessions import simulate_sessions
from weighbridge.engine.tables import Ledger, ledger_for, state_for
from weighbridge.exceptions import ExecutionError
from weighbridge.record.tables import AdjustmentTable
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["MAX_UNITS", "check_units", "run_sessions", "too_large"]

Floats = NDArray[np.float64]

# Zipline, `SimulationBlotter.max_shares`: a larger order to buy is an error there.
MAX_UNITS = 1e11


def run_sessions(
    bars: Bars,
    targets: TargetWeights,
    rules: Conventions,
    config: RebalanceConfig,
    models: Costs,
    amount: float,
    actions: Actions | None,
) -> tuple[Ledger, Floats, Floats, AdjustmentTable]:
    """Return the ledger, cash and value of each bar, and what splits made of positions.

    An order may fill at every bar, so no number of fills is certain beforehand: where there is no room for more the
    pass stops, and goes on with a larger ledger.
    """
    listing = listing_of(bars, *needed_fields(rules, models))
    row_of_bar, weights = decisions_on(bars, targets)
    trade, costs = trade_rules(config, rules), part_costs(models)
    book = NO_ACTIONS if actions is None else action_book(actions, bars.n_assets)
    cash_of_bar, value_of_bar = np.empty(bars.n_bars), np.empty(bars.n_bars)
    # Of one decision an asset has at most two orders: the second is for what waited. Memory is given when touched.
    orders = 2 * weights.size
    # Enough where every order fills whole.
    queues, ledger = queues_for(bars.n_assets, orders), ledger_for(orders + 2 * bars.n_assets)
    desk, state = session_desk(bars.n_assets, averages=actions is not None), state_for(amount)
    bar = 0
    while bar < bars.n_bars:
        bar = simulate_sessions(
            listing, book, row_of_bar, weights, trade, costs, desk, queues, ledger, state, cash_of_bar, value_of_bar,
            bar, bars.n_bars, False,
        )  # fmt: skip
        if bar < bars.n_bars:
            ledger = with_more_fills(ledger)
    check_units(bars, ledger)
    return ledger, cash_of_bar, value_of_bar, adjustments_of(book)


def check_units(bars: Bars, ledger: Ledger, first: int = 0) -> None:
    """Refuse an order to buy, from row `first` on, that is too large for Zipline.

    Raises:
        ExecutionError: Names the first one.
    """
    ordered = ledger.order_quantity[first : ledger.counts[ORDERS]]
    if len(ordered) and ordered.max() > MAX_UNITS:
        row = first + int(np.argmax(ordered > MAX_UNITS))
        quantity = float(ledger.order_quantity[row])
        raise too_large(bars, int(ledger.order_bar[row]), int(ledger.order_asset[row]), quantity)


def too_large(bars: Bars, bar: int, asset: int, quantity: float) -> ExecutionError:
    """Say which order is too large."""
    return ExecutionError(
        f"an order for {quantity:g} units of {bars.assets[asset]!r} at {bars.index[bar]} is above {MAX_UNITS:g}",
        hint="this is Zipline's limit for one order: see to prices and cash",
    )
