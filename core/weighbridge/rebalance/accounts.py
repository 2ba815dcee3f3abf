"""From a host to the account that is planned with: lists for any host, arrays where it offers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from weighbridge.rebalance.array_host import ArrayHost, arrays_of
from weighbridge.rebalance.asked import own_prices, repriced
from weighbridge.rebalance.host import Holding, Host
from weighbridge.rebalance.pending import OpenSent, pending_orders
from weighbridge.rebalance.planning import AccountState

__all__ = ["account_state"]


def account_state(
    host: Host,
    own: Sequence[OpenSent],
    data: Mapping[Any, Any] | None = None,
    *,
    cancelling: bool,
    counting: bool,
) -> AccountState:
    """Ask a host for its account.

    Args:
        host: The host.
        own: The executor's open orders.
        data: Bars or prices of the strategy's own, by asset.
        cancelling: Whether the executor's orders of earlier bars are about to be cancelled.
        counting: Whether those count otherwise, and market and limit orders of others.

    Raises:
        UnknownAssetError: The host does not know an asset of `data`.
        TargetsError: Something in `data` is neither a price nor a bar with a close.
    """
    arrays = arrays_of(host)
    if arrays is not None and (data is None or arrays.shows(data)):
        return _from_arrays(host, arrays, own, cancelling, counting)
    from weighbridge.engine.rules.account import Account, order_need

    prices = None if data is None else own_prices(data, host)
    assets, holdings = host.assets, host.holdings()
    if prices:
        holdings = [repriced(h, prices.get(asset)) for asset, h in zip(assets, holdings, strict=True)]
    unit_value = [_unit_value(h) for h in holdings]
    price, margined = [h.price for h in holdings], [h.margin is not None for h in holdings]
    leverage = [h.leverage for h in holdings]
    costs = host.costs

    def need(column: int, quantity: float, limit: float) -> float:
        unit_need = unit_value[column] / leverage[column]
        return order_need(quantity, limit, price[column], unit_need, margined[column], costs, column)

    pending = pending_orders(host, assets, own, need, cancelling=cancelling, counting=counting)
    account = Account(
        position=[h.quantity for h in holdings],
        pending=pending.units,
        sold=pending.sold,
        needed=pending.needed,
        price=price,
        traded=[h.traded for h in holdings],
        bars_seen=[h.bars_seen for h in holdings],
        unit_value=unit_value,
        leverage=leverage,
        margined=margined,
    )
    return AccountState(assets=assets, account=account, cash=host.cash(), value=host.value(), costs=costs)


def _unit_value(holding: Holding) -> float:
    return holding.price * holding.multiplier if holding.margin is None else holding.margin


def _from_arrays(
    host: Host, arrays: ArrayHost, own: Sequence[OpenSent], cancelling: bool, counting: bool
) -> AccountState:
    from weighbridge.engine.rules.account import Account, order_need

    assets, held, predictions = host.assets, arrays.holdings(), host.costs

    def need(column: int, quantity: float, limit: float) -> float:
        price, unit_need = float(held.price[column]), float(held.unit_value[column]) / float(held.leverage[column])
        return order_need(quantity, limit, price, unit_need, bool(held.margined[column]), predictions, column)

    pending = pending_orders(host, assets, own, need, cancelling=cancelling, counting=counting)
    account = Account(
        held.quantity,
        np.array(pending.units),
        np.array(pending.sold),
        np.array(pending.needed),
        *held[1:],
    )
    return AccountState(
        assets=assets, account=account, cash=host.cash(), value=host.value(), costs=arrays.costs, compiled=True
    )
