"""What is submitted and what is held: frozen records shared by every host.

Quantities are signed units (shares, contracts, coins); prices are per unit in the asset's currency. What came of
orders is in the tables of `weighbridge.record.tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

__all__ = ["Denial", "Fill", "Order", "OrderStatus", "OrderType", "Position", "Side"]


class Side(Enum):
    """The direction of an order."""

    BUY = "buy"
    SELL = "sell"


class OrderType(Enum):
    """How an order meets the market."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class OrderStatus(Enum):
    """Where an order stands; `OPEN` orders may still fill."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    DENIED = "denied"


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order as it was submitted.

    Attributes:
        asset: The asset's name.
        quantity: Signed units; never 0.
        type: How it meets the market.
        limit_price: Price per unit of a limit or stop-limit order, else None.
        stop_price: Price per unit that triggers a stop order, else None.
        trail_amount: Distance of a trailing stop from the close, price units, else None.
        trail_percent: The same as a fraction of the close, else None.
        time: The bar at which it was submitted, as the host tells the time.
        host: The host's own order object or id, for use with the host's own functions.
    """

    asset: str
    quantity: float
    type: OrderType = OrderType.MARKET
    limit_price: float | None = None
    stop_price: float | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None
    time: Any = None
    host: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def at_market(cls, asset: str, quantity: float, time: Any, host: Any) -> Order:
        """Make a market order; a rebalance makes hundreds, and the checks of a frozen record take most of the time."""
        order = object.__new__(cls)
        vars(order).update(_AT_MARKET, asset=asset, quantity=quantity, time=time, host=host)
        return order

    @property
    def side(self) -> Side:
        """Say whether it buys or sells."""
        return Side.BUY if self.quantity > 0 else Side.SELL


_AT_MARKET = {field.name: field.default for field in fields(Order)}


@dataclass(frozen=True, kw_only=True)
class Fill:
    """What was executed of an order at one bar: signed units, price per unit, commission in account currency."""

    time: Any
    asset: str
    quantity: float
    price: float
    commission: float


@dataclass(frozen=True, kw_only=True)
class Denial:
    """The part of an order (signed units) that a rule refused or cut, and the rule's name."""

    time: Any
    asset: str
    quantity: float
    rule: str


@dataclass(frozen=True, kw_only=True)
class Position:
    """A holding: signed units and the average price paid per unit."""

    asset: str
    quantity: float
    average_price: float
