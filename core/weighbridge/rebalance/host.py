"""What the executor asks of a host: the `Host` protocol, kept small.

An adapter's `Broker` is the host of one framework; the event-driven engine and live accounts answer the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from weighbridge.rebalance.orders import Order
from weighbridge.settings.conventions import Conventions

if TYPE_CHECKING:
    from weighbridge.rebalance.plan import Plan
    from weighbridge.settings.config import RebalanceConfig

__all__ = ["Holding", "Host", "HostCosts", "NotesTargets", "OpenOrder", "RebalancesAtOnce"]


class Holding(NamedTuple):
    """One asset as the host sees it now.

    Attributes:
        quantity: Signed units held.
        price: The price targets are sized with: the last one known, NaN where there is none yet.
        traded: Whether that price is of the current bar.
        bars_seen: Bars the asset has had, the current one included.
        multiplier: Portfolio value of one unit at a price of 1.0.
        leverage: Value that one unit of cash can hold.
        margin: Value which a unit binds whatever its price is (futures), or None.
    """

    quantity: float
    price: float
    traded: bool
    bars_seen: int
    multiplier: float = 1.0
    leverage: float = 1.0
    margin: float | None = None


class OpenOrder(NamedTuple):
    """What may still fill of an order that the executor has not sent.

    Attributes:
        asset: The asset's name.
        quantity: Signed units.
        limit_price: Price per unit of a limit order; None for one at market.
    """

    asset: str
    quantity: float
    limit_price: float | None = None


class HostCosts(Protocol):
    """What the host says about the cost of a trade, by column of `Host.assets`."""

    def commission(self, asset: int, quantity: float, price: float) -> float:
        """Return what the host would charge, account currency."""
        ...

    def fill_price(self, asset: int, quantity: float, price: float) -> float:
        """Return the price at which a trade fills whose bar price is known, slippage included."""
        ...


@runtime_checkable
class NotesTargets(Protocol):
    """What a host may offer besides `Host`: to keep what was asked for, for the record of the run."""

    def note_targets(self, weights: Mapping[str, float]) -> None:
        """Take note of the weights that a rebalance goes for, 0.0 for what it closes unasked."""
        ...


@runtime_checkable
class RebalancesAtOnce(Protocol):
    """What a host offers besides `Host` if it sizes each trade at its turn, between the fills of those before it.

    Such a rebalance is not a batch of orders: the host carries it out itself, by the executor's config. Arguments and
    errors are those of `TargetWeightExecutor.execute`.
    """

    def preview_at_once(
        self, targets: Mapping[Any, float | None], config: RebalanceConfig, data: Mapping[Any, Any] | None
    ) -> Plan:
        """Return the plan that `rebalance_at_once` would carry out now; nothing is done."""
        ...

    def rebalance_at_once(
        self, targets: Mapping[Any, float | None], config: RebalanceConfig, data: Mapping[Any, Any] | None
    ) -> list[Order]:
        """Rebalance and return the orders that went out now."""
        ...


class Host(Protocol):
    """A host for `TargetWeightExecutor`."""

    @property
    def conventions(self) -> Conventions:
        """The host's rules; `conventions.fill` says when orders fill and whether the price is known."""
        ...

    @property
    def time(self) -> Any:
        """The current bar, as the host tells the time; equal at two calls only within one bar."""
        ...

    @property
    def assets(self) -> Sequence[str]:
        """Names of the assets, in the order in which the host's own functions would go through them."""
        ...

    @property
    def costs(self) -> HostCosts:
        """Predictions of what trades cost."""
        ...

    def asset_name(self, key: Any) -> str:
        """Return the name of a host's own key, or of a name; raise `UnknownAssetError` for anything else."""
        ...

    def holdings(self) -> Sequence[Holding]:
        """Return what the host knows now of each asset, in the order of `assets`."""
        ...

    def cash(self) -> float:
        """Return the cash, account currency."""
        ...

    def value(self) -> float:
        """Return the portfolio value as the host computes it, account currency."""
        ...

    def open_quantity(self, order: Order) -> float:
        """Return the signed units of an order that may still fill; 0.0 once it is done."""
        ...

    def other_open_orders(self, own: Sequence[Order]) -> Iterable[OpenOrder]:
        """Return the open market and limit orders that are not in `own`, in the sequence of submission.

        Stops and other protective orders do not count: they are there in case something happens.
        """
        ...

    def submit(self, asset: str, quantity: float) -> Order | None:
        """Submit a market order for signed units; None where the host refuses to create it."""
        ...

    def cancel(self, order: Order) -> None:
        """Cancel an open order."""
        ...

    def on_next_bar(self, resume: Callable[[Host], bool]) -> None:
        """Call `resume` at the next bar, before the strategy's own code, and again as long as it returns True."""
        ...
