"""The planner compiled, for accounts that are tables: the same rules as rebalance/planner.py, and nothing else."""

from __future__ import annotations

from typing import Any

from weighbridge.rebalance import planner
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.rules.compiled import kernel
from weighbridge.rules.sequence import Room

__all__ = ["plan_rebalance", "plan_second_phase"]

rebalance_rule, second_phase_rule = planner.plan_rebalance, planner.plan_second_phase


@kernel
def plan_rebalance(
    rules: Any, trade: TradeTerms, terms: Any, rows: Any, room: Room, weights: Any, money: Any
) -> tuple[int, bool]:
    """Plan a rebalance; `rows` is a table, `terms` are the engine's."""
    return rebalance_rule(rules, trade, terms, rows, room, weights, money)


@kernel
def plan_second_phase(rules: Any, trade: TradeTerms, terms: Any, rows: Any, room: Room, money: Any) -> int:
    """Plan what waited; `rows` is a table, `terms` are the engine's."""
    return second_phase_rule(rules, trade, terms, rows, room, money)
