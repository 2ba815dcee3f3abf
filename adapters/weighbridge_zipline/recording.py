"""From Zipline's blotter and ledger to the tables of a `RunRecord`. This module imports Zipline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zipline.finance.blotter import SimulationBlotter
from zipline.finance.metrics.metric import SimpleLedgerField, Transactions

from weighbridge.record.tables import AdjustmentTable, DenialTable, FillTable, OrderTable
from weighbridge_zipline.feeds import Feed

__all__ = ["RecordingBlotter", "metrics", "tables_from"]


class RecordingBlotter(SimulationBlotter):
    """Zipline's own blotter, which also notes orders, the commission of each fill, and orders that it drops.

    Zipline reports a commission only summed over an order's fills.
    """

    def __init__(self, **models: Any) -> None:
        super().__init__(**models)
        self.submitted: list[tuple[Any, int, int]] = []
        self.dropped: list[tuple[Any, int, int, str]] = []
        self.commissions: dict[tuple[str, Any], float] = {}

    def order(self, asset: Any, amount: int, style: Any, order_id: str | None = None) -> str | None:
        """Place an order, and note it if there is one to place."""
        placed = super().order(asset, amount, style, order_id)
        if placed is not None:
            self.submitted.append((self.current_dt, asset.sid, amount))
        return placed

    def get_transactions(self, bar_data: Any) -> tuple[list[Any], list[dict[str, Any]], list[Any]]:
        """Fill what can be filled; an order has at most one fill in a bar."""
        transactions, commissions, closed = super().get_transactions(bar_data)
        for charged in commissions:
            self.commissions[charged["order"].id, self.current_dt] = charged["cost"]
        return transactions, commissions, closed

    def cancel_all_orders_for_asset(self, asset: Any, warn: bool = False, relay_status: bool = True) -> None:
        """Cancel the orders of an asset at its auto-close date, and note what is left of them."""
        for order in self.open_orders.get(asset, ()):
            self.dropped.append((self.current_dt, asset.sid, order.open_amount, "auto_close"))
        super().cancel_all_orders_for_asset(asset, warn, relay_status)


class _PositionsAtSplits:
    """A metric: units held by `sid` at the end of sessions with a split, None in others."""

    def __init__(self, bars: frozenset[int]) -> None:
        self._bars = bars

    def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
        """Note what is held."""
        positions = ledger.position_tracker.positions
        held = {asset.sid: float(p.amount) for asset, p in positions.items()} if session_ix in self._bars else None
        packet["daily_perf"]["held"] = held


def metrics(split_bars: Iterable[int] = ()) -> set[Any]:
    """Return the few metrics that a record needs: cash, value and transactions of each session.

    In the sessions of `split_bars` positions too: a split changes them without a transaction.
    """
    return {
        _PositionsAtSplits(frozenset(split_bars)),
        SimpleLedgerField("portfolio.cash", "cash"),
        SimpleLedgerField("portfolio.portfolio_value", "value"),
        Transactions(),
    }


def tables_from(performance: pd.DataFrame, blotter: RecordingBlotter, feed: Feed) -> dict[str, Any]:
    """Return the record's tables and columns, for a run whose bars are the sessions of the feed.

    Fills are in the sequence in which Zipline booked them. A liquidation at an asset's auto-close date is a
    fill without commission; the orders that it cancels are denials by the rule `auto_close`. What a session's
    transactions do not explain of a position is an adjustment, in the sequence of `sid`.
    """
    columns: list[tuple[int, int, float, float, float, float]] = []
    splits: list[tuple[int, int, float]] = []
    held = [0.0] * len(feed.assets)
    for bar, (transactions, after) in enumerate(zip(performance["transactions"], performance["held"], strict=True)):
        if after is not None:
            before = [after.get(asset, 0.0) for asset in range(len(held))]
            for fill in transactions:
                before[fill["sid"].sid] -= fill["amount"]
            splits += [(bar, asset, units) for asset, units in enumerate(before) if units != held[asset]]
            held = before
        for fill in transactions:
            asset = fill["sid"].sid
            held[asset] += fill["amount"]
            commission = blotter.commissions.get((fill["order_id"], fill["dt"]), 0.0)
            columns.append((bar, asset, float(fill["amount"]), float(fill["price"]), commission, held[asset]))
    fills = np.array(columns, dtype=np.float64).reshape(-1, 6).T
    adjusted = np.array(splits, dtype=np.float64).reshape(-1, 3).T
    closes = feed.calendar.closes.loc[feed.sessions].to_numpy()
    return {
        "order_table": OrderTable(_rows(closes, blotter.submitted), *_columns(blotter.submitted)),
        "fill_table": FillTable(fills[0].astype(np.int64), fills[1].astype(np.int64), *fills[2:].copy()),
        "denial_table": DenialTable(
            _rows(closes, blotter.dropped),
            *_columns(blotter.dropped),
            np.array([drop[3] for drop in blotter.dropped], dtype=object),
        ),
        "adjustment_table": AdjustmentTable(
            adjusted[0].astype(np.int64), adjusted[1].astype(np.int64), adjusted[2].copy()
        ),
        "cash": performance["cash"].to_numpy(dtype=np.float64),
        "value": performance["value"].to_numpy(dtype=np.float64),
    }


def _rows(closes: NDArray[Any], events: list[Any]) -> NDArray[np.int64]:
    times = pd.DatetimeIndex([event[0] for event in events], tz="UTC")
    return pd.DatetimeIndex(closes, tz="UTC").get_indexer(times).astype(np.int64)


def _columns(events: list[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return (
        np.array([event[1] for event in events], dtype=np.int64),
        np.array([event[2] for event in events], dtype=np.float64),
    )
