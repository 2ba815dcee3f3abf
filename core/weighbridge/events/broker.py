"""What a strategy does and asks at a bar."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from weighbridge.events.at_once import RebalancesAtOnce
from weighbridge.events.book import EventBook
from weighbridge.events.host import EngineHost
from weighbridge.events.positions import OpenPosition, Positions, open_position
from weighbridge.events.tickets import Ticket, ticket_for
from weighbridge.events.weights import checked_weight, fill_in
from weighbridge.exceptions import ExecutionError
from weighbridge.rebalance.host import AtOnce, HostTable
from weighbridge.rebalance.orders import Order, OrderStatus, OrderType
from weighbridge.record.inputs import Asked
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import Unlisted

__all__ = ["EventBroker"]


class EventBroker(EngineHost):
    """The account of an event-driven run; what it answers is as of the current bar.

    Quantities are signed units: above 0 buys, below 0 sells. Market orders fill as the conventions say; the other
    types at the asset's next bars (semantics 8). Orders that are open at the end of the run come to nothing.

    Attributes:
        asked: Target weights asked for so far, in sequence, for the record.
        own_prices: Columns of assets for which an order at a price of its own was submitted.
        phase: Where the run is: "on_start", "on_data", "on_end" or "done".
        at_once: Rebalances that are carried out trade by trade, where every order fills at once; else None.
    """

    def __init__(self, book: EventBook) -> None:
        """Begin without orders."""
        super().__init__(book)
        self._orders: dict[int, Order] = {}
        self.asked: list[Asked] = []
        self.own_prices: set[int] = set()
        self.phase = "on_start"
        self.at_once: AtOnce | None = RebalancesAtOnce(self, book, self._rows) if book.immediate else None

    def enter(self, phase: str) -> None:
        """Take note of where the run is: "on_start", "on_data", "on_end" or "done"."""
        self.phase = phase

    @property
    def table(self) -> HostTable | None:
        """The account as a table; None while every order has to be looked at, since none is accepted."""
        return self._table if self.phase == "on_data" else None

    def submit(self, asset: str, quantity: float) -> Order | None:
        """Buy or sell at market, as the executor asks."""
        return self.submit_order(asset, quantity)

    def submit_order(
        self,
        asset: str,
        quantity: float,
        type: OrderType | str = OrderType.MARKET,
        *,
        limit_price: float | None = None,
        stop_price: float | None = None,
        trail_amount: float | None = None,
        trail_percent: float | None = None,
    ) -> Order | None:
        """Submit an order of one's own; a rebalance neither cancels nor replaces it.

        Args:
            asset: Its name.
            quantity: Signed units.
            type: "market", "limit", "stop", "stop_limit" or "trailing_stop".
            limit_price: Of a limit and a stop-limit order.
            stop_price: Of a stop and a stop-limit order.
            trail_amount: Distance of a trailing stop from the close, price units.
            trail_percent: The same as a fraction of the close.

        Returns:
            The order; None where it is denied, and the record says by which rule.

        Raises:
            UnknownAssetError: There is no such asset.
            ExecutionError: Quantity or prices are wrong, or the run has not begun or is over.
            UnsupportedError: The conventions have no rule for the type.
            BarsError: The type needs a field that the bars do not have.
        """
        ticket = ticket_for(
            type,
            quantity,
            limit_price=limit_price,
            stop_price=stop_price,
            trail_amount=trail_amount,
            trail_percent=trail_percent,
        )
        column = self._columns[self.asset_name(asset)]
        if not self._accepts(column, ticket.quantity):
            return None
        self._rows.check_type(ticket.type)
        if ticket.type is not OrderType.MARKET:
            self.own_prices.add(column)
        row = self._rows.submit(column, ticket)
        # Where only whole units can be ordered, these are not always the units that were asked for.
        return None if row is None else self._keep(asset, row, ticket._replace(quantity=self._rows.ordered(row)))

    def cancel_order(self, order: Order) -> None:
        """Cancel an open order.

        Raises:
            ExecutionError: It is filled, denied or cancelled already; the message says which.
        """
        if not self._rows.cancel(order.host):
            raise ExecutionError(
                f"{order!r} is {self.order_status(order).value} and cannot be cancelled",
                hint="ask broker.order_status(order) first",
            )

    def order_status(self, order: Order) -> OrderStatus:
        """Return where an order stands."""
        return self._rows.status(order.host)

    @property
    def pending_orders(self) -> tuple[Order, ...]:
        """Every open order in the sequence of submission, those of rebalances included."""
        found: list[Order] = []
        for order in self._rows.open_rows():
            kept = self._orders.get(order.row)
            if kept is None:
                # The rebalancer's: they are not kept when they go out, since there are many.
                kept = Order.at_market(self._assets[order.column], order.quantity, order.bar, order.row)
                self._orders[order.row] = kept
            found.append(kept)
        return tuple(found)

    def close_position(self, asset: str) -> Order | None:
        """Submit a market order for all that is held; None where nothing is. Open orders are not looked at."""
        quantity = self.get_position(asset).quantity
        return self.submit_order(asset, -quantity) if quantity else None

    def get_position(self, asset: str) -> OpenPosition:
        """Return what is held of an asset; its quantity is 0.0 where nothing is."""
        return open_position(self._book, self._columns[self.asset_name(asset)])

    @property
    def positions(self) -> Mapping[str, OpenPosition]:
        """What is held, by asset."""
        return Positions(self._book, self._columns)

    def get_cash(self) -> float:
        """Return the cash, account currency."""
        return self._book.cash

    def get_account_value(self) -> float:
        """Return the portfolio value, account currency."""
        return self._book.value

    def get_price(self, asset: str) -> float:
        """Return the last price known, which orders are sized with; NaN where there is none."""
        return float(self._book.price[self._columns[self.asset_name(asset)]])

    def get_multiplier(self, asset: str) -> float:
        """Return the portfolio value of one unit at a price of 1.0."""
        return float(self._book.tables.assets["multiplier"][self._columns[self.asset_name(asset)]])

    def order_target_percent(self, asset: str, weight: float) -> Order | None:
        """Order one asset's target weight now, sized and filtered by the run's `RebalanceConfig`.

        Other positions are left alone, nothing is cancelled, and a rebalance under way goes on. The order is the
        rebalancer's: a later rebalance may cancel it. Returns None where there is nothing to order.
        """
        column = self._columns[self.asset_name(asset)]
        number = checked_weight(asset, weight)
        if not self._accepts(column, math.nan):
            return None
        row = self._rows.rebalance_one(column, number)
        self.asked.append(Asked(self._book.bar, np.array([column]), np.array([number])))
        if row is None:
            return None
        return self._keep(asset, row, Ticket(OrderType.MARKET, self._rows.ordered(row)))

    def rebalance_to_weights(self, target_weights: Mapping[str, float | None]) -> int:
        """Rebalance by the run's `RebalanceConfig`, in compiled code; return how many orders went out now.

        The same as `executor.execute` and as `simulate`: None leaves an asset alone, 0.0 closes it, what is not
        mentioned is treated as `unlisted` says; a second phase goes on by itself.

        Raises:
            UnknownAssetError: There is no such asset.
            TargetsError: A weight is not a finite number.
        """
        fill = 0.0 if self._book.of.config.unlisted is Unlisted.CLOSE else math.nan
        weights = np.full(len(self._assets), fill)
        fill_in(weights, target_weights, self._columns, lambda asset: self._columns[self.asset_name(asset)])
        if not self.may_rebalance(weights):
            return 0
        orders = self._rows.rebalance(weights)
        self.asked.append(Asked(self._book.bar, slice(None), weights))
        return orders

    def note_targets(self, weights: Mapping[str, float]) -> None:
        """Take note of what an executor asks for; what this broker is asked itself it notes by itself."""
        if self.phase == "on_data" and weights:
            columns = np.array([self._columns[asset] for asset in weights])
            self.asked.append(Asked(self._book.bar, columns, np.array([*weights.values()])))

    def may_rebalance(self, weights: NDArray[np.float64]) -> bool:
        """Say whether the run accepts a rebalance now; at its end every order of it is denied."""
        if self.phase == "on_end":
            for column in np.flatnonzero(weights):
                self._accepts(int(column), math.nan)
            return False
        return self._accepts(0, math.nan)

    def _accepts(self, column: int, quantity: float) -> bool:
        if self.phase == "on_end":
            self._book.refuse(column, quantity, DenialRule.AFTER_END)
            return False
        if self.phase != "on_data":
            when = "before the first bar" if self.phase == "on_start" else "after the end of the run"
            raise ExecutionError(f"order for {self._assets[column]!r} {when}", hint="submit orders in on_data")
        return True

    def _keep(self, asset: str, row: int, ticket: Ticket) -> Order:
        return self.keep(Order(asset=asset, time=self._book.bar, host=row, **ticket._asdict()))

    def keep(self, order: Order) -> Order:
        """Remember an order, so that it is the same one whenever somebody asks, and return it."""
        self._orders[order.host] = order
        return order
