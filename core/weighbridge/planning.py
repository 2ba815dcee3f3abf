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
from weighbridge.pending import Pending, unit_value
from weighbridge.reasons import Reason, sentence

__all__ = ["AccountState", "Plan", "PlannedTrade", "plan_second_phase", "plan_trades"]

Phase = Literal["now", "waits", "skipped"]


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """What a plan is made from.

    Attributes:
        assets: Names, in the host's order.
        holdings: One `Holding` for each asset.
        pending: What is in open orders.
        cash: Account currency.
        value: Portfolio value as the host computes it.
        costs: The host's predictions.
    """

    assets: Sequence[str]
    holdings: Sequence[Holding]
    pending: Pending
    cash: float
    value: float
    costs: HostCosts


@dataclass(frozen=True, kw_only=True)
class PlannedTrade:
    """One asset of a plan.

    Attributes:
        asset: Its name.
        phase: "now": goes out at once; "waits": an increase that is sized when the reductions have filled, or a
            sale of what is not held yet; "skipped": not traded, `reasons` say why.
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

    Attributes:
        trades: Every row.
        value: Portfolio value that the targets are a fraction of.
        goes_on: Whether a second phase follows: it sizes what waits, and cancels reductions that are stuck.
        sides: -1 or -2 for reductions (-2: the rest waits), 1 for increases, by asset.
        weights: Prepared weights by asset.
    """

    trades: tuple[PlannedTrade, ...]
    value: float
    goes_on: bool
    sides: Mapping[str, int] = field(repr=False)
    weights: Mapping[str, float] = field(repr=False)

    @property
    def now(self) -> tuple[PlannedTrade, ...]:
        """Return the trades that go out at once, in sequence."""
        return tuple(trade for trade in self.trades if trade.phase == "now")

    @property
    def waits(self) -> tuple[PlannedTrade, ...]:
        """Return what waits for the second phase."""
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
    count, goes_on = plan_rebalance(
        asked, state.value, state.cash, _account(state), trade_rules(config, conventions), state.costs, arrays
    )
    return _plan(state, asked, arrays, count, goes_on)


def plan_second_phase(
    state: AccountState, first: Plan, value: float, config: RebalanceConfig, conventions: Conventions
) -> Plan:
    """Plan what waits of an unfinished rebalance against `value`, frozen or live as the mode says."""
    from weighbridge.engine.parameters import trade_rules
    from weighbridge.engine.rules import planning

    asked = [first.weights.get(asset, math.nan) for asset in state.assets]
    sides = [first.sides.get(asset, 0) for asset in state.assets]
    arrays = _blank(len(asked))
    arrays.weight[:] = asked
    arrays.side[:] = sides
    account, rules = _account(state), trade_rules(config, conventions)
    count = planning.plan_second_phase(value, state.cash, account, rules, state.costs, arrays)
    waited = [weight if side in (1, planning.REST) else math.nan for weight, side in zip(asked, sides, strict=True)]
    return _plan(state, waited, arrays, count, False)


def _blank(length: int) -> Any:
    from weighbridge.engine.rules.planning import PlanArrays

    return PlanArrays([math.nan] * length, [0] * length, [0.0] * length, [0] * length, [0] * length)


def _account(state: AccountState) -> Any:
    from weighbridge.engine.rules.account import Account

    held, pending = state.holdings, state.pending
    return Account(
        position=[h.quantity for h in held],
        pending=pending.units,
        sold=pending.sold,
        needed=pending.needed,
        price=[h.price for h in held],
        traded=[h.traded for h in held],
        bars_seen=[h.bars_seen for h in held],
        unit_value=[unit_value(h) for h in held],
        leverage=[h.leverage for h in held],
        margined=[h.margin is not None for h in held],
    )


def _plan(state: AccountState, asked: Sequence[float], arrays: Any, count: int, goes_on: bool) -> Plan:
    from weighbridge.engine.rules.planning import REST

    going = arrays.sequence[:count]
    rest = [a for a in range(len(asked)) if not math.isnan(asked[a]) and arrays.quantity[a] == 0.0]
    rows: list[PlannedTrade] = []
    for a in [*going, *rest]:
        holding = state.holdings[a]
        unit = unit_value(holding)
        held = (holding.quantity + state.pending.units[a]) * unit
        quantity = float(arrays.quantity[a])
        waiting = goes_on and (arrays.side[a] > 0 or arrays.side[a] == REST)
        rows.append(
            PlannedTrade(
                asset=state.assets[a],
                phase="now" if quantity else ("waits" if waiting else "skipped"),
                quantity=quantity,
                price=holding.price,
                value=abs(quantity) * unit if quantity else 0.0,
                current_weight=held / state.value if state.value and not math.isnan(held) else 0.0,
                target_weight=asked[a],
                traded_weight=arrays.weight[a],
                reasons=Reason(arrays.reason[a]),
            )
        )
    return Plan(
        tuple(rows),
        state.value,
        goes_on,
        sides=dict(zip(state.assets, arrays.side, strict=True)),
        weights=dict(zip(state.assets, arrays.weight, strict=True)),
    )
