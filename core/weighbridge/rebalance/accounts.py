"""From a host to the account that is planned with: rows of plain Python, or the host's table where it offers one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from weighbridge.rebalance.asked import own_prices
from weighbridge.rebalance.host import Holding, Host, HostTable, offers_of
from weighbridge.rebalance.needed import count_order
from weighbridge.rebalance.pending import Counted, OpenSent, orders_to_count
from weighbridge.rebalance.planning import AccountState
from weighbridge.rebalance.rows import Row, room_of
from weighbridge.rebalance.terms import rules_of

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
    assets, table = host.assets, offers_of(host).table
    if table is not None and (data is None or table.shows(data)):
        rules, terms, room, rows = table.rules, table.terms, table.room, table.rows()
        for field in ("pending", "sold", "needed"):
            rows[field] = 0.0
    else:
        table = None
        prices = {} if data is None else own_prices(data, host)
        holdings = host.holdings()
        rows = [Row(holding) for holding in holdings]
        for asset, row in zip(assets, rows, strict=True) if prices else ():
            price = prices.get(asset, math.nan)
            if price == price:
                row.price, row.traded = price, True
        # Ordinary shares are planned in fewer operations, to the same bits.
        contracts = not _SHARE.issuperset(map(_contract, holdings))
        rules, terms = rules_of(host.conventions, contracts=contracts, priced=True, actions=False), host.costs
        room = room_of(rules, len(rows))
    orders = list(orders_to_count(host, own, cancelling=cancelling, counting=counting))
    if orders:
        column_of = {asset: column for column, asset in enumerate(assets)}
        placed = [(column_of[order.asset], order) for order in orders]
        if table is None:
            _count(rules, terms, dict(enumerate(rows)), placed)
        else:
            _count_in_table(table, rows, placed)
    return AccountState(
        assets=assets,
        rules=rules,
        terms=terms,
        rows=rows,
        room=room,
        cash=host.cash(),
        value=host.value(),
        compiled=table is not None,
    )


_contract = attrgetter("multiplier", "leverage", "margin")
_SHARE = {(1.0, 1.0, None)}

# What counting looks at in a table: those of `Holding`, as rows call them, last.
_KNOWN = ("margined", "charged_on", "position", *Holding._fields[1:])


def _count(rules: Any, terms: Any, rows: Mapping[int, Row], orders: Sequence[tuple[int, Counted]]) -> None:
    for column, (_, left, limit, own, counts) in orders:
        count_order(rules, terms, rows[column], column, left, limit, own, counts)


def _count_in_table(table: HostTable, rows: Any, orders: Sequence[tuple[int, Counted]]) -> None:
    """Count in plain rows, of those columns alone: a field of a table is slow to look at one by one."""
    columns = sorted({column for column, _ in orders})
    counted: dict[int, Row] = {}
    values: list[list[Any]] = [rows[field][columns].tolist() for field in _KNOWN]
    for column, margined, charged_on, *holding, margin in zip(columns, *values, strict=True):
        row = counted[column] = Row(Holding._make([*holding, margin if margined else None]))
        row.charged_on = charged_on
    _count(table.rules, table.terms, counted, orders)
    for field in ("pending", "sold", "needed"):
        rows[field][columns] = [getattr(row, field) for row in counted.values()]
