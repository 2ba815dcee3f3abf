"""Commission and slippage, operation by operation."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.compiled import compiled_as, rule
from weighbridge.engine.parameters import FIXED, NO_COST, PER_SHARE, PERCENT, ContractCosts, CostParameters
from weighbridge.engine.rules.order_fills import PartCosts, part_commission

__all__ = ["commission", "predicted_commission", "predicted_price", "slipped_price", "within_bar"]


@rule
def commission(costs: CostParameters, quantity: float, price: float) -> float:
    """Charge one execution. Backtrader, `CommInfoBase._getcommission`: abs(size) * commission * price."""
    if costs.commission_kind == PERCENT:
        return abs(quantity) * costs.commission_amount * price
    if costs.commission_kind == PER_SHARE:
        return max(abs(quantity) * costs.commission_amount, costs.commission_minimum)
    if costs.commission_kind == FIXED:
        return costs.commission_amount
    return 0.0


@rule
def slipped_price(costs: CostParameters, quantity: float, price: float) -> float:
    """Move the price against the trade. Backtrader, `BackBroker._slip_up` and `_slip_down`."""
    if costs.slippage_kind == NO_COST:
        return price
    if costs.slippage_kind == PERCENT:
        return price * (1 + costs.slippage_amount) if quantity > 0 else price * (1 - costs.slippage_amount)
    return price + costs.slippage_amount if quantity > 0 else price - costs.slippage_amount


@rule
def within_bar(price: float, quantity: float, high: float, low: float) -> float:
    """Keep a slipped price inside the bar: a buy within the high, a sell within the low. Backtrader, `slip_match`."""
    if quantity > 0:
        return min(price, high)
    return max(price, low)


# A host's costs are Python objects (`weighbridge.rebalance.host.HostCosts`); the engine's are parameters. Planning
# calls these two names in both worlds.


def predicted_commission(costs: Any, asset: int, quantity: float, price: float) -> float:
    """Ask the host what a trade would be charged."""
    return costs.commission(asset, quantity, price)


@compiled_as(predicted_commission)
def _predicted_commission(costs: Any, asset: Any, quantity: Any, price: Any) -> Any:
    def compiled(costs: Any, asset: Any, quantity: Any, price: Any) -> Any:
        return commission(costs, quantity, price)

    def traded(costs: Any, asset: Any, quantity: Any, price: Any) -> Any:
        return commission(costs, quantity, price * costs.traded[asset])

    def of_new_order(costs: Any, asset: Any, quantity: Any, price: Any) -> Any:
        return part_commission(
            costs.commission_kind, costs.commission_amount, costs.commission_minimum, quantity, price, 0.0, 0.0
        )

    kinds: dict[Any, Any] = {PartCosts: of_new_order, ContractCosts: traded}
    return kinds.get(getattr(costs, "instance_class", None), compiled)


def predicted_price(costs: Any, asset: int, quantity: float, price: float) -> float:
    """Ask the host at which price a trade would fill that is known to fill around `price`."""
    return costs.fill_price(asset, quantity, price)


@compiled_as(predicted_price)
def _predicted_price(costs: Any, asset: Any, quantity: Any, price: Any) -> Any:
    def compiled(costs: Any, asset: Any, quantity: Any, price: Any) -> Any:
        return slipped_price(costs, quantity, price)

    return compiled
