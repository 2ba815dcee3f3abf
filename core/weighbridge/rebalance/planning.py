"""The planner as hosts use it: an account and target weights in, a `Plan` out, nothing done.

Sizing, sequence and cash are the engine's rules (engine/rules/planning.py). They run as plain Python where a host's
commissions are Python objects, and compiled where they are the engine's own parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weighbridge.rebalance.plan import Plan
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions

__all__ = ["AccountState", "plan_second_phase", "plan_trades"]


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """What a plan is made from.

    Attributes:
        assets: Names, in the host's order.
        account: The engine's `Account` (engine/rules/account.py): lists, or arrays where `compiled`.
        cash: Account currency.
        value: Portfolio value as the host computes it.
        costs: The host's predictions (`HostCosts`), or the engine's parameters where `compiled`.
        compiled: Whether the planner runs as compiled code.
    """

    assets: Sequence[str]
    account: Any
    cash: float
    value: float
    costs: Any
    compiled: bool = False


def plan_trades(state: AccountState, asked: Any, config: RebalanceConfig, conventions: Conventions) -> Plan:
    """Plan a rebalance.

    Args:
        state: The account, open orders that are about to be cancelled left out.
        asked: A finite weight for each asset; NaN leaves it alone.
        config: How to rebalance.
        conventions: The host's rules.

    Returns:
        The plan; `execute` submits precisely its trades of phase "now".
    """
    from weighbridge.engine.parameters import trade_rules

    rules = trade_rules(config, conventions)
    if state.compiled:
        from weighbridge.engine.planner import plan_rebalance

        asked = np.array(asked)
    else:
        from weighbridge.engine.rules.planning import plan_rebalance
    arrays = _blank(len(asked), state.compiled)
    count, goes_on = plan_rebalance(asked, state.value, state.cash, state.account, rules, state.costs, arrays)
    return Plan(state.assets, state.value, asked, state.account, arrays, count, goes_on)


def plan_second_phase(
    state: AccountState, first: Plan, value: float, config: RebalanceConfig, conventions: Conventions
) -> Plan:
    """Plan what waits of an unfinished rebalance against `value`, frozen or live as the mode says."""
    from weighbridge.engine.parameters import trade_rules

    rules = trade_rules(config, conventions)
    if state.compiled:
        from weighbridge.engine.planner import plan_second_phase as plan_waiting
    else:
        from weighbridge.engine.rules.planning import plan_second_phase as plan_waiting
    arrays = _blank(len(state.assets), state.compiled)
    weights, sides = first.arrays.weight, first.arrays.side
    if state.assets != first.assets:
        # A host may have got to know more assets meanwhile.
        column = {asset: column for column, asset in enumerate(first.assets)}
        weights = [weights[column[a]] if a in column else math.nan for a in state.assets]
        sides = [sides[column[a]] if a in column else 0 for a in state.assets]
    arrays.weight[:] = weights
    arrays.side[:] = sides
    count = plan_waiting(value, state.cash, state.account, rules, state.costs, arrays)
    return Plan(state.assets, value, weights, state.account, arrays, count, False)


def _blank(length: int, compiled: bool) -> Any:
    from weighbridge.engine.rules.account import PlanArrays

    if compiled:
        integers = [np.zeros(length, dtype=np.int64) for _ in range(3)]
        return PlanArrays(np.full(length, math.nan), integers[0], np.zeros(length), integers[1], integers[2])
    return PlanArrays([math.nan] * length, [0] * length, [0.0] * length, [0] * length, [0] * length)
