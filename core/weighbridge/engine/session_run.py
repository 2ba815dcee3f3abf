"""From checked input to the ledger of a run whose orders fill at the next close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weighbridge.actions import Actions
from weighbridge.bars import Bars
from weighbridge.config import RebalanceConfig
from weighbridge.conventions import ZIPLINE, Conventions
from weighbridge.costs import Costs
from weighbridge.engine.desk import ORDERS
from weighbridge.engine.parameters import trade_rules
from weighbridge.engine.queues import queues_for
from weighbridge.engine.rules.order_fills import part_costs
from weighbridge.engine.session_actions import NO_ACTIONS, action_book, adjustments_of
from weighbridge.engine.session_tables import listing_of, session_desk, with_more_fills
from weighbridge.engine.sessions import simulate_sessions
from weighbridge.engine.tables import Ledger, ledger_for, state_for
from weighbridge.exceptions import ExecutionError, UnsupportedError
from weighbridge.inputs import decisions_on, needed_fields
from weighbridge.record import AdjustmentTable
from weighbridge.targets import TargetWeights

__all__ = ["check_session_rules", "run_sessions"]

Floats = NDArray[np.float64]

# Zipline, `SimulationBlotter.max_shares`: a larger order to buy is an error there.
MAX_UNITS = 1e11


def check_session_rules(rules: Conventions) -> None:
    """Refuse a mixture of rules for orders that fill in parts at the next close with others.

    Raises:
        UnsupportedError: The rules do not go together.
    """
    together = ("fill", "sizing", "cash_rule", "accounting")
    alike = [getattr(rules, name) is getattr(ZIPLINE, name) for name in together]
    if any(alike) and not (all(alike) and not rules.slippage_within_bar):
        raise UnsupportedError(
            f"the conventions {rules.name!r} mix rules for orders that fill in parts at the next close with others",
            hint="pass ZIPLINE as it is, or start from another preset",
        )


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
            bar, bars.n_bars,
        )  # fmt: skip
        if bar < bars.n_bars:
            ledger = with_more_fills(ledger)
    ordered = ledger.order_quantity[: ledger.counts[ORDERS]]
    if len(ordered) and ordered.max() > MAX_UNITS:
        row = int(np.argmax(ordered > MAX_UNITS))
        raise ExecutionError(
            f"an order for {ordered[row]:g} units of {bars.assets[ledger.order_asset[row]]!r} "
            f"at {bars.index[ledger.order_bar[row]]} is above {MAX_UNITS:g}",
            hint="this is Zipline's limit for one order: see to prices and cash",
        )
    return ledger, cash_of_bar, value_of_bar, adjustments_of(book)
