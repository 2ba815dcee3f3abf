"""What the executor asks of a host: the `Host` protocol, kept small, and what a host may offer besides.

An adapter's `Broker` is the host of one framework; the event-driven engine and live accounts answer the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from weighbridge.rebalance.orders import Order
from weighbridge.rules.sequence import Room
from weighbridge.settings.conventions import Conventions

if TYPE_CHECKING:
    from weighbridge.rebalance.plan import Plan
    from weighbridge.settings.config import RebalanceConfig

__all__ = ["AtOnce", "Holding", "Host", "HostCosts", "HostTable", "Offers", "OpenOrder", "offers_of"]


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


class HostTable(Protocol):
    """A host's account as a table, so that planning runs compiled. Columns are places in `Host.assets`."""

    @property
    def rules(self) -> Any:
        """The rules as compiled code takes them (`weighbridge.engine.flat.flat_rules`)."""
        ...

    @property
    def terms(self) -> Any:
        """Costs and limits as compiled code takes them (`weighbridge.rules.costs.Terms`)."""
        ...

    @property
    def room(self) -> Room:
        """Room for a sequence, free to be written to at each call."""
        ...

    def rows(self) -> Any:
        """Return a copy of the account: an array with the fields of `weighbridge.rebalance.rows.Row`.

        What is open and what is planned need not be in it: planning writes it itself.
        """
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


class AtOnce(Protocol):
    """Rebalances of a host that sizes each trade at its turn, between the fills of those before it.

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


class Offers(NamedTuple):
    """What a host may offer besides the members of `Host`, as attributes of these names; None where it does not.

    Attributes:
        table: Its account as a table: the executor plans in compiled code.
        at_once: Rebalances that it carries out itself.
        note_targets: Takes note of the weights that a rebalance goes for, by asset, 0.0 for what it closes
            unasked, for the record of the run.
    """

    table: HostTable | None
    at_once: AtOnce | None
    note_targets: Callable[[Mapping[str, float]], None] | None


def offers_of(host: Any) -> Offers:
    """Ask a host what it offers now."""
    return Offers(*(getattr(host, name, None) for name in Offers._fields))


class Host(Protocol):
    """A host for `TargetWeightExecutor`: all that it needs; what a host may offer besides is in `Offers`."""

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
