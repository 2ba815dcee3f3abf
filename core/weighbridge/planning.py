"""The planner as hosts use it: an account and target weights in, a `Plan` out, nothing done.

Sizing, sequence and cash are the engine's compiled rules (engine/rules/planning.py), run here as plain Python
because a host's commissions are Python objects.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from weighbridge.broker import Holding, HostCosts
from weighbridge.config import RebalanceConfig
from weighbridge.conventions import Conventions
from weighbridge.reasons import Reason, sentence

__all__ = ["AccountState", "Plan", "PlannedTrade", "plan_second_phase", "plan_trades"]

Phase = Literal["now", "waits", "skipped"]


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """What a plan is made from.

    Attributes:
        assets: Names, in the host's order.
        holdings: One `Holding` for each asset.
        pending: Signed units in open orders that count, for each asset.
        cash: Account currency.
        value: Portfolio value as the host computes it.
        costs: The host's predictions.
    """

    assets: Sequence[str]
    holdings: Sequence[Holding]
    pending: Sequence[float]
    cash: float
    value: float
    costs: HostCosts


@dataclass(frozen=True, kw_only=True)
class PlannedTrade:
    """One asset of a plan.

    Attributes:
        asset: Its name.
        phase: "now": goes out at once; "waits": an increase that is sized when the reductions have filled;
            "skipped": not traded, `reasons` say why.
        quantity: Signed units that go out now, else 0.0.
        price: The price it was sized with.
        value: Absolute value of the trade, account currency.
        current_weight: Fraction of value held, open orders that count included.
        target_weight: The weight that was asked for; what caps and scaling made of it is `traded_weight`.
        traded_weight: The weight that the trade leads to but for rounding and cash.
        reasons: Why it differs from what the target weight alone would ask for.
    """

    asset: str
    phase: Phase
    quantity: float
    price: float
    value: float
    current_weight: float
    target_weight: float
    traded_weight: float
    reasons: Reason


@dataclass(frozen=True)
class Plan:
    """What a rebalance asks for: trades in the sequence in which they go out, then what waits or is skipped.

    `str(plan)` is a table, `to_frame()` a DataFrame with a row for each asset that the targets mention.
    """

    trades: tuple[PlannedTrade, ...]
    value: float
    sides: Mapping[str, int] = field(repr=False)
    weights: Mapping[str, float] = field(repr=False)

    @property
    def now(self) -> tuple[PlannedTrade, ...]:
        """Return the trades that go out at once, in sequence."""
        return tuple(trade for trade in self.trades if trade.phase == "now")

    @property
    def waits(self) -> tuple[PlannedTrade, ...]:
        """Return the increases that wait for reductions to fill."""
        return tuple(trade for trade in self.trades if trade.phase == "waits")

    @property
    def skipped(self) -> tuple[PlannedTrade, ...]:
        """Return what is not traded, with its reasons."""
        return tuple(trade for trade in self.trades if trade.phase == "skipped")

    def to_frame(self) -> pd.DataFrame:
        """Return the plan as a DataFrame, one row for each trade, in sequence."""
        columns = list(PlannedTrade.__annotations__)
        rows = [{**vars(trade), "reasons": ", ".join(trade.reasons.names)} for trade in self.trades]
        return pd.DataFrame(rows, columns=columns)

    def __str__(self) -> str:
        """Draw the plan as a table, with a sentence for each reason that occurs."""
        if not self.trades:
            return f"Plan at value {self.value:,.2f}: nothing to do"
        formats: dict[str | int, Callable[..., str]] = {
            "quantity": "{:,.6g}".format,
            "price": "{:,.4f}".format,
            "value": "{:,.2f}".format,
            **dict.fromkeys(("current_weight", "target_weight", "traded_weight"), "{:.2%}".format),
        }
        occurring = Reason.NONE
        for trade in self.trades:
            occurring |= trade.reasons
        notes = [f"  {name}: {sentence(reason)}" for reason, name in zip(occurring, occurring.names, strict=True)]
        table = self.to_frame().to_string(index=False, formatters=formats)
        return "\n".join([f"Plan at value {self.value:,.2f}", table, *notes])


def plan_trades(
    state: AccountState,
    weights: Mapping[str, float],
    config: RebalanceConfig,
    conventions: Conventions,
) -> Plan:
    """Plan a rebalance.

    Args:
        state: The account, open orders that are about to be cancelled left out.
        weights: Finite weights by asset name; assets that are not in it are left alone.
        config: How to rebalance.
        conventions: The host's rules.

    Returns:
        The plan; `execute` submits precisely its trades of phase "now".
    """
    from weighbridge.engine.parameters import trade_rules
    from weighbridge.engine.rules.planning import plan_rebalance

    asked = [weights.get(asset, math.nan) for asset in state.assets]
    arrays = _blank(len(asked))
    count, waits = plan_rebalance(
        asked, state.value, state.cash, _account(state), trade_rules(config, conventions), state.costs, arrays
    )
    return _plan(state, asked, arrays, count, waits)


def plan_second_phase(
    state: AccountState, first: Plan, value: float, config: RebalanceConfig, conventions: Conventions
) -> Plan:
    """Plan the increases of an unfinished rebalance against `value`, frozen or live as the mode says."""
    from weighbridge.engine.parameters import trade_rules
    from weighbridge.engine.rules.planning import cash_not_reserved, plan_increases

    asked = [first.weights.get(asset, math.nan) for asset in state.assets]
    arrays = _blank(len(asked))
    arrays.weight[:] = asked
    arrays.side[:] = [max(first.sides.get(asset, 0), 0) for asset in state.assets]
    account, rules = _account(state), trade_rules(config, conventions)
    cash = cash_not_reserved(state.cash, account, state.costs)
    count = plan_increases(0, value, cash, account, rules, state.costs, arrays)
    only = [weight if side else math.nan for weight, side in zip(asked, arrays.side, strict=True)]
    return _plan(state, only, arrays, count, False)


def _blank(length: int) -> Any:
    from weighbridge.engine.rules.planning import PlanArrays

    return PlanArrays([math.nan] * length, [0] * length, [0.0] * length, [0] * length, [0] * length)


def _account(state: AccountState) -> Any:
    from weighbridge.engine.rules.planning import Account

    held = state.holdings
    return Account(
        position=[h.quantity for h in held],
        pending=state.pending,
        price=[h.price for h in held],
        traded=[h.traded for h in held],
        bars_seen=[h.bars_seen for h in held],
        unit_value=[_unit_value(h) for h in held],
        leverage=[h.leverage for h in held],
        margined=[h.margin is not None for h in held],
    )


def _unit_value(holding: Holding) -> float:
    return holding.price * holding.multiplier if holding.margin is None else holding.margin


def _plan(state: AccountState, asked: Sequence[float], arrays: Any, count: int, waits: bool) -> Plan:
    going = arrays.sequence[:count]
    rest = [a for a in range(len(asked)) if not math.isnan(asked[a]) and arrays.quantity[a] == 0.0]
    rows: list[PlannedTrade] = []
    for a in [*going, *rest]:
        holding = state.holdings[a]
        unit_value = _unit_value(holding)
        held = (holding.quantity + state.pending[a]) * unit_value
        quantity = float(arrays.quantity[a])
        waiting = waits and arrays.side[a] > 0
        rows.append(
            PlannedTrade(
                asset=state.assets[a],
                phase="now" if quantity else ("waits" if waiting else "skipped"),
                quantity=quantity,
                price=holding.price,
                value=abs(quantity) * unit_value if quantity else 0.0,
                current_weight=held / state.value if state.value and not math.isnan(held) else 0.0,
                target_weight=asked[a],
                traded_weight=arrays.weight[a],
                reasons=Reason(arrays.reason[a]),
            )
        )
    return Plan(
        tuple(rows),
        state.value,
        sides=dict(zip(state.assets, arrays.side, strict=True)),
        weights=dict(zip(state.assets, arrays.weight, strict=True)),
    )
