"""What a host may offer besides `Host`: its account as arrays, so that the executor can plan in compiled code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from weighbridge.rebalance.orders import Order

__all__ = ["ArrayHost", "HoldingArrays", "arrays_of"]


class HoldingArrays(NamedTuple):
    """`Holding` by column, (n_assets,) each, contiguous, and nobody else's to write to.

    Attributes:
        quantity: Signed units held.
        price: The price targets are sized with, NaN where there is none yet.
        traded: Whether that price is of the current bar, bool.
        bars_seen: Bars the asset has had, int64.
        unit_value: What one unit binds of the portfolio value: price x multiplier, or its margin.
        leverage: Value that one unit of cash can hold.
        margined: Whether a unit binds a margin, bool.
    """

    quantity: Any
    price: Any
    traded: Any
    bars_seen: Any
    unit_value: Any
    leverage: Any
    margined: Any


class ArrayHost(Protocol):
    """The same answers as `Host` gives, many at a time. Columns are places in `Host.assets`."""

    @property
    def costs(self) -> Any:
        """The engine's own parameters (`CostParameters` or the like), which compiled planning reckons with."""
        ...

    def holdings(self) -> HoldingArrays:
        """Return `Host.holdings` as arrays."""
        ...

    def shows(self, data: Mapping[Any, Any]) -> bool:
        """Say whether `data` are the host's own bars of now, so that their prices are the host's."""
        ...

    def open_quantities(self, orders: Sequence[Order]) -> Sequence[float]:
        """Return `Host.open_quantity` of each order."""
        ...

    def submit(self, trades: Sequence[tuple[int, float]]) -> list[Order]:
        """Submit a market order for each column and signed units; every one of them has a price."""
        ...


def arrays_of(host: Any) -> ArrayHost | None:
    """Return what the attribute `arrays` of a host offers; None where it offers nothing, or not now."""
    return getattr(host, "arrays", None)
