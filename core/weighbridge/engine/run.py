"""From checked input to a `RunRecord`: flatten, run the compiled pass, cut the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.contract_tables import contract_table
from weighbridge.engine.desk import DENIALS, FILLS, ORDERS
from weighbridge.engine.immediate import run_immediate
from weighbridge.engine.immediate_checks import check_rules
from weighbridge.engine.inputs import check_session_rules, check_slippage, decisions_on, needed_fields
from weighbridge.engine.kernel import simulate_bars
from weighbridge.engine.parameters import cost_parameters, fill_rules, trade_rules
from weighbridge.engine.session_run import run_sessions
from weighbridge.engine.tables import Ledger, desk_for, ledger_for, market_of, state_for
from weighbridge.exceptions import UnsupportedError
from weighbridge.record.inputs import RunInputs
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import NO_ADJUSTMENTS, DenialTable, FillTable, OrderTable
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import Conventions, FillTiming
from weighbridge.settings.costs import Costs

__all__ = ["ledger_tables", "run_engine"]

Floats = NDArray[np.float64]


def run_engine(
    bars: Bars,
    targets: TargetWeights,
    rules: Conventions,
    config: RebalanceConfig,
    models: Costs,
    amount: float,
    contracts: Mapping[str, Contract],
    actions: Actions | None = None,
) -> RunRecord:
    """Run checked input through the compiled pass that is for its conventions.

    Raises:
        UnsupportedError: There is no rule for this mixture of conventions, or for actions in them.
    """
    check_rules(rules)
    if actions is not None and rules.fill is not FillTiming.NEXT_CLOSE:
        raise UnsupportedError(
            f"the conventions {rules.name!r} have no rule for splits and dividends",
            hint="adjust the prices for them beforehand, or pass conventions='zipline'",
        )
    if rules.fill.immediate:
        return run_immediate(bars, targets, rules, config, models, amount)
    check_session_rules(rules)
    if rules.fill is FillTiming.NEXT_CLOSE:
        ledger, cash_of_bar, value_of_bar, adjustments = run_sessions(
            bars, targets, rules, config, models, amount, actions
        )
    else:
        ledger, cash_of_bar, value_of_bar = _run_bars(bars, targets, rules, config, models, amount, contracts)
        adjustments = NO_ADJUSTMENTS
    about: dict[str, Any] = {} if actions is None else {"actions": actions.as_dict()}
    return RunRecord(
        index=bars.index,
        assets=bars.assets,
        cash=cash_of_bar,
        value=value_of_bar,
        provenance=provenance_of(
            "engine", rules, config, models, amount, bars, targets, contracts, digests=False, **about
        ),
        measures=RunInputs(bars, rules.fill, targets),
        adjustment_table=adjustments,
        **ledger_tables(ledger),
    )


def _run_bars(
    bars: Bars,
    targets: TargetWeights,
    rules: Conventions,
    config: RebalanceConfig,
    models: Costs,
    amount: float,
    contracts: Mapping[str, Contract],
) -> tuple[Ledger, Floats, Floats]:
    market = market_of(bars, *needed_fields(rules, models))
    check_slippage(bars, rules, models)
    row_of_bar, weights = decisions_on(bars, targets)
    # Of one decision an asset has at most two orders: the second is for what waited. Memory is given when touched.
    bound = 2 * weights.size
    desk, ledger = desk_for(bars.n_assets, bound), ledger_for(bound)
    cash_of_bar, value_of_bar = np.empty(bars.n_bars), np.empty(bars.n_bars)
    costs = cost_parameters(models)
    simulate_bars(
        market,
        row_of_bar,
        weights,
        trade_rules(config, rules),
        fill_rules(config, rules),
        costs,
        contract_table(contracts, bars.assets, rules, costs),
        desk,
        ledger,
        state_for(amount),
        cash_of_bar,
        value_of_bar,
        0,
        bars.n_bars,
    )
    return ledger, cash_of_bar, value_of_bar


def ledger_tables(ledger: Ledger) -> dict[str, Any]:
    """Cut the ledger to what was written; what was never written was never given memory."""
    orders, fills, denials = (int(ledger.counts[place]) for place in (ORDERS, FILLS, DENIALS))
    names = np.array([rule.name.lower() for rule in DenialRule], dtype=object)
    return {
        "order_table": OrderTable(
            ledger.order_bar[:orders], ledger.order_asset[:orders], ledger.order_quantity[:orders]
        ),
        "fill_table": FillTable(
            ledger.fill_bar[:fills],
            ledger.fill_asset[:fills],
            ledger.fill_quantity[:fills],
            ledger.fill_price[:fills],
            ledger.fill_commission[:fills],
            ledger.fill_position[:fills],
        ),
        "denial_table": DenialTable(
            ledger.denial_bar[:denials],
            ledger.denial_asset[:denials],
            ledger.denial_quantity[:denials],
            names[ledger.denial_rule[:denials]],
        ),
    }
