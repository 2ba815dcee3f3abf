"""The planner compiled, for accounts that are arrays: the same rules as engine/rules/planning.py, and nothing else."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import kernel
from weighbridge.engine.parameters import TradeRules
from weighbridge.engine.rules import planning
from weighbridge.engine.rules.account import Account, PlanArrays

__all__ = ["plan_rebalance", "plan_second_phase"]

rebalance_rule, second_phase_rule = planning.plan_rebalance, planning.plan_second_phase


@kernel
def plan_rebalance(
    weights: Any, value: float, cash: float, account: Account, rules: TradeRules, costs: Any, plan: PlanArrays
) -> tuple[int, bool]:
    """Plan a rebalance; `costs` are the engine's parameters."""
    return rebalance_rule(weights, value, cash, account, rules, costs, plan)


@kernel
def plan_second_phase(
    value: float, cash: float, account: Account, rules: TradeRules, costs: Any, plan: PlanArrays
) -> int:
    """Plan what waited; `costs` are the engine's parameters."""
    return second_phase_rule(value, cash, account, rules, costs, plan)
