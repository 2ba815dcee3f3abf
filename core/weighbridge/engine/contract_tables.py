"""Contracts as compiled code takes them: by column, and what is summed over columns (semantics 9).

The compiled pass is given a `ContractTable` or None, and is compiled for one or the other: a run of ordinary
shares knows nothing of contracts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from weighbridge.engine.compiled import compiled_as, rule
from weighbridge.engine.parameters import ContractCosts, CostParameters, FillRules
from weighbridge.engine.rules.contracts import Terms, gain, settle_contract, worth
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import Accounting, Conventions

__all__ = [
    "ContractTable",
    "cash_after_bar",
    "cash_at_hand",
    "contract_table",
    "contracts_value",
    "lent",
    "planned_costs",
    "settle_at",
    "terms_of",
    "unit_values",
]

AVERAGE_COST = int(Accounting.AVERAGE_COST)


class ContractTable(NamedTuple):
    """Contracts by column, the price up to which each position is settled, and room for the planner's unit values.

    `geared` says whether any asset has a leverage.
    """

    multiplier: Any
    margin: Any
    margined: Any
    leverage: Any
    settled: Any
    unit_value: Any
    geared: bool
    costs: ContractCosts


def contract_table(
    contracts: Mapping[str, Contract], assets: Sequence[str], rules: Conventions, costs: CostParameters
) -> ContractTable | None:
    """Allocate and fill; None where every asset is an ordinary share."""
    if not contracts:
        return None
    each = [contracts.get(asset, Contract()) for asset in assets]
    multiplier = np.array([contract.multiplier for contract in each])
    leverage = np.array([contract.leverage for contract in each])
    # Backtrader's percentage is of the price alone, `CommInfoBase._getcommission`.
    traded = np.ones(len(each)) if rules.accounting is Accounting.AVERAGE_COST else multiplier
    return ContractTable(
        multiplier=multiplier,
        margin=np.array([contract.margin or 0.0 for contract in each]),
        margined=np.array([contract.margin is not None for contract in each]),
        leverage=leverage,
        settled=np.zeros(len(each)),
        unit_value=np.empty(len(each)),
        geared=bool((leverage != 1.0).any()),
        costs=ContractCosts(*costs, traded=traded),
    )


@rule
def terms_of(table: ContractTable, asset: int) -> Terms:
    """Return one asset's contract."""
    return Terms(table.multiplier[asset], table.margin[asset], table.margined[asset], table.leverage[asset])


@rule
def unit_values(table: ContractTable, price: Any) -> Any:
    """Return what one unit binds of the portfolio value, by column: its margin, or price x multiplier."""
    multiplier, margin, margined, unit_value = table.multiplier, table.margin, table.margined, table.unit_value
    for asset in range(len(price)):
        unit_value[asset] = margin[asset] if margined[asset] else price[asset] * multiplier[asset]
    return unit_value


@rule
def lent_on(quantity: float, price: float, multiplier: float, leverage: float) -> float:
    """Return what may be borrowed against a long position: its worth when last settled, less 1 / leverage of it."""
    value = quantity * (price * multiplier)
    return value - value / leverage if value > 0.0 else 0.0


@rule
def lent(position: Any, table: ContractTable, fill: FillRules) -> float:
    """Return what may be borrowed in all; Backtrader's cash holds it already."""
    total = 0.0
    multiplier, leverage, settled = table.multiplier, table.leverage, table.settled
    if table.geared and fill.accounting != AVERAGE_COST:
        for asset in range(len(position)):
            quantity = position[asset]
            if quantity > 0.0 and leverage[asset] != 1.0:
                total += lent_on(quantity, settled[asset], multiplier[asset], leverage[asset])
    return total


@rule
def cash_at_hand(cash: float, position: Any, fill: FillRules, table: ContractTable | None) -> float:
    """Return what increases may spend: the cash, and what may be borrowed."""
    if table is None:
        return cash
    return cash + lent(position, table, fill)


def planned_costs(costs: CostParameters, table: ContractTable | None) -> Any:
    """Return the costs that the planner reckons with; of two types, so kernels are given one at compile time."""
    return costs if table is None else table.costs


@compiled_as(planned_costs)
def _planned_costs(costs: Any, table: Any) -> Any:
    def of_shares(costs: Any, table: Any) -> Any:
        return costs

    def of_contracts(costs: Any, table: Any) -> Any:
        return table.costs

    return of_contracts if getattr(table, "instance_class", None) is ContractTable else of_shares


@rule
def settle_at(
    table: ContractTable,
    position: float,
    average: float,
    quantity: float,
    price: float,
    cash: float,
    loan: float,
    asset: int,
    fill: FillRules,
    costs: CostParameters,
) -> tuple[float, float, float, float]:
    """Execute what the cash rule lets through of an order; return cash, executed quantity, commission and loan."""
    # Read before anything branches: else each array is counted up and down on the way.
    before, terms = table.settled[asset], terms_of(table, asset)
    cash, executed, charged, settled = settle_contract(
        position, average, before, quantity, price, cash, loan, asset, terms, fill, costs
    )
    table.settled[asset] = settled
    if terms.leverage != 1.0 and fill.accounting != AVERAGE_COST:
        loan -= lent_on(position, before, terms.multiplier, terms.leverage)
        loan += lent_on(position + executed, settled, terms.multiplier, terms.leverage)
    return cash, executed, charged, loan


@rule
def cash_after_bar(cash: float, order: Any, position: Any, close: Any, table: ContractTable) -> float:
    """Settle every position at the close, in `order`. Backtrader, the end of `BackBroker.next`."""
    # Columns by name: in a loop, those of a tuple would be counted up and down at every asset.
    multiplier, margin, margined, leverage = table.multiplier, table.margin, table.margined, table.leverage
    settled = table.settled
    for asset in order:
        quantity = position[asset]
        if quantity != 0.0:
            price = close[asset]
            if margined[asset]:
                terms = Terms(multiplier[asset], margin[asset], True, leverage[asset])
                cash += gain(quantity, settled[asset], price, terms)
            settled[asset] = price
    return cash


@rule
def contracts_value(
    accounting: int, cash: float, order: Any, position: Any, average: Any, price: Any, table: ContractTable
) -> float:
    """Return cash plus the positions, summed as `portfolio_value` does. Backtrader, `BackBroker._get_value`."""
    multiplier, margin, margined, leverage = table.multiplier, table.margin, table.margined, table.leverage
    total = 0.0
    for asset in order:
        quantity = position[asset]
        if quantity == 0.0:
            continue
        terms = Terms(multiplier[asset], margin[asset], margined[asset], leverage[asset])
        value = worth(quantity, price[asset], terms)
        if accounting == AVERAGE_COST and value > 0.0:
            profit = gain(quantity, average[asset], price[asset], terms)
            total += (value - profit) / terms.leverage
            total += profit
        else:
            total += value
    return cash + total
