"""The planner as hosts use it: an account and target weights in, a `Plan` out, nothing done.

Sizing, sequence and cash are rebalance/planner.py. It runs as plain Python where a host's commissions are Python
objects, and compiled where the host's account is a table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weighbridge.rebalance import compiled_planner, planner
from weighbridge.rebalance.plan import Plan
from weighbridge.rebalance.terms import trade_terms
from weighbridge.rules.sequence import Room
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions

__all__ = ["AccountState", "plan_second_phase", "plan_trades"]


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """What a plan is made from; planning writes into the rows and the room.

    Attributes:
        assets: Names, in the host's order.
        rules: The rules as numbers, or compiled in.
        terms: The host's predictions (`HostCosts`), or the engine's `Terms` where `compiled`.
        rows: A list of `Row`, or a table with their fields where `compiled`; this plan's alone.
        room: Room for the sequence.
        cash: Account currency.
        value: Portfolio value as the host computes it.
        compiled: Whether the planner runs as compiled code.
    """

    assets: Sequence[str]
    rules: Any
    terms: Any
    rows: Any
    room: Room
    cash: float
    value: float
    compiled: bool = False

    def effective(self) -> list[float]:
        """Return the units held and in open orders that count, by column."""
        if self.compiled:
            return (self.rows["position"] + self.rows["pending"]).tolist()
        return [row.position + row.pending for row in self.rows]

    def planned(self, value: float, asked: Any, count: int, goes_on: bool) -> Plan:
        """Return the plan that is now in the rows and the room."""
        going = [int(column) for column in self.room.sequence[:count]]
        return Plan(self.assets, value, asked, self.rows, going, goes_on)


def plan_trades(state: AccountState, asked: list[float], config: RebalanceConfig, conventions: Conventions) -> Plan:
    """Plan a rebalance.

    Args:
        state: The account, open orders that are about to be cancelled left out.
        asked: A finite weight for each asset; NaN leaves it alone.
        config: How to rebalance.
        conventions: The host's rules.

    Returns:
        The plan; `execute` submits precisely its trades of phase "now".
    """
    plan = (compiled_planner if state.compiled else planner).plan_rebalance
    weights = np.array(asked) if state.compiled else asked
    setup = (state.rules, trade_terms(config, conventions), state.terms)
    count, goes_on = plan(*setup, state.rows, state.room, weights, (state.cash, state.value))
    return state.planned(state.value, asked, count, goes_on)


def plan_second_phase(
    state: AccountState, first: Plan, value: float, config: RebalanceConfig, conventions: Conventions
) -> Plan:
    """Plan what waits of an unfinished rebalance against `value`, frozen or live as the mode says."""
    weights, sides = first.weights(), first.sides()
    if state.assets != first.assets:
        # A host may have got to know more assets meanwhile.
        column = {asset: column for column, asset in enumerate(first.assets)}
        weights = [weights[column[a]] if a in column else math.nan for a in state.assets]
        sides = [sides[column[a]] if a in column else 0 for a in state.assets]
    if state.compiled:
        state.rows["weight"], state.rows["side"] = weights, sides
        state.rows["quantity"] = state.rows["reason"] = 0
    else:
        for row, weight, side in zip(state.rows, weights, sides, strict=True):
            row.weight, row.side = weight, side
    plan = (compiled_planner if state.compiled else planner).plan_second_phase
    setup = (state.rules, trade_terms(config, conventions), state.terms)
    count = plan(*setup, state.rows, state.room, (state.cash, value))
    return state.planned(value, weights, count, False)
