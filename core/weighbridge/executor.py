"""`TargetWeightExecutor`: plan a rebalance, then drive a `Broker`; the same class in every host."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from weighbridge.broker import Broker, Holding, NotesTargets
from weighbridge.config import RebalanceConfig, RebalanceMode, Unlisted
from weighbridge.exceptions import ConfigError, ExecutionError, TargetsError
from weighbridge.orders import Order
from weighbridge.pending import Sent, pending_orders
from weighbridge.planning import AccountState, Plan, plan_second_phase, plan_trades

__all__ = ["TargetWeightExecutor"]


@dataclass
class _Unfinished:
    """A rebalance of which a second phase is still to come."""

    plan: Plan
    reductions: list[Order]
    bars_waited: int = 0


class TargetWeightExecutor:
    """Turn target weights into orders, inside any strategy.

    In a host whose fills are deferred, HYBRID and INCREMENTAL send the reductions now and the increases once these
    have filled; in any mode a sale of units that are still to be bought waits too. The adapter sees to it that the
    rest goes out at the next bar before the strategy's own code. A new `execute` replaces an unfinished rebalance.

    Args:
        config: How to rebalance; defaults to `RebalanceConfig()`.

    Raises:
        ConfigError: The config is not a `RebalanceConfig`.
    """

    def __init__(self, config: RebalanceConfig | None = None) -> None:
        """Keep the config; everything else comes with each call."""
        self.config = RebalanceConfig() if config is None else config
        if not isinstance(self.config, RebalanceConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"config is a {type(config).__name__}", hint="pass a weighbridge.RebalanceConfig")
        self._sent: list[Sent] = []
        self._unfinished: _Unfinished | None = None

    def preview(
        self,
        target_weights: Mapping[Any, float | None],
        data: Mapping[Any, Any] | None = None,
        broker: Broker | None = None,
    ) -> Plan:
        """Return the plan that `execute` would submit now; nothing is submitted or cancelled.

        Args:
            target_weights: Fraction of portfolio value by asset (a name or the host's own key); None leaves an
                asset alone, 0.0 closes it. What is not mentioned is treated as `config.unlisted` says.
            data: Bars or prices by asset to size with, in place of the broker's current ones; what goes out at a
                later bar is sized with the broker's. A bar is anything with a `close` (attribute or key), or a number.
            broker: The host. Required.

        Raises:
            ExecutionError: No broker was passed.
            UnknownAssetError: The host does not know an asset.
            TargetsError: A weight is not a finite number.
        """
        return self._plan(target_weights, data, _required(broker))[0]

    def execute(
        self,
        target_weights: Mapping[Any, float | None],
        data: Mapping[Any, Any] | None = None,
        broker: Broker | None = None,
    ) -> list[Order]:
        """Submit the plan that `preview` returns, and return the orders that went out.

        This executor's open orders of earlier bars are cancelled first if the config says so; orders of others are
        never touched. Known at this bar: its close (or its open, where the host decides at the open). Arguments and
        errors are those of `preview`; nothing is submitted or cancelled when one is raised.
        """
        host = _required(broker)
        plan, weights = self._plan(target_weights, data, host)
        if isinstance(host, NotesTargets):
            host.note_targets(weights)
        for sent in self._to_cancel(host):
            host.cancel(sent.order)
        self._forget_done(host)
        orders = self._submit(plan, host, first_phase=True)
        self._unfinished = None
        if plan.goes_on:
            now = host.time
            # Those of an earlier call at this bar too: they count as this rebalance's.
            reductions = [sent.order for sent in self._sent if sent.reduction and sent.time == now]
            unfinished = self._unfinished = _Unfinished(plan, reductions)
            # Bound to this rebalance: what a host still has to call for a replaced one must not count as a bar waited.
            host.on_next_bar(lambda port: self._resume(unfinished, port))
        return orders

    def _plan(
        self, targets: Mapping[Any, float | None], data: Mapping[Any, Any] | None, host: Broker
    ) -> tuple[Plan, dict[str, float]]:
        weights = _named_weights(targets, host)
        state = self._state(host, cancelling=self.config.cancel_before_rebalance, prices=_prices(data, host))
        if self.config.unlisted is Unlisted.CLOSE:
            mentioned = {host.asset_name(key) for key, _ in targets.items()}
            for asset, holding, pending in zip(state.assets, state.holdings, state.pending.units, strict=True):
                if asset not in mentioned and holding.quantity + pending != 0.0:
                    weights[asset] = 0.0
        return plan_trades(state, weights, self.config, host.conventions), weights

    def _state(self, host: Broker, *, cancelling: bool, prices: Mapping[str, float] | None = None) -> AccountState:
        assets = host.assets
        holdings = host.holdings()
        if prices:
            holdings = [_repriced(h, prices.get(asset)) for asset, h in zip(assets, holdings, strict=True)]
        return AccountState(
            assets=assets,
            holdings=holdings,
            pending=pending_orders(
                host,
                assets,
                holdings,
                self._sent,
                cancelling=cancelling,
                counting=self.config.account_for_pending,
            ),
            cash=host.cash(),
            value=host.value(),
            costs=host.costs,
        )

    def _to_cancel(self, host: Broker) -> list[Sent]:
        if not self.config.cancel_before_rebalance:
            return []
        now = host.time
        return [sent for sent in self._sent if sent.time != now and host.open_quantity(sent.order) != 0.0]

    def _forget_done(self, host: Broker) -> None:
        self._sent = [sent for sent in self._sent if host.open_quantity(sent.order) != 0.0]

    def _submit(self, plan: Plan, host: Broker, *, first_phase: bool) -> list[Order]:
        now = host.time
        orders: list[Order] = []
        for trade in plan.now:
            order = host.submit(trade.asset, trade.quantity)
            if order is not None:
                orders.append(order)
                # What waited is waited for no more.
                self._sent.append(Sent(order, now, reduction=first_phase and plan.sides[trade.asset] < 0))
        return orders

    def _resume(self, unfinished: _Unfinished, host: Broker) -> bool:
        """Go on with an unfinished rebalance; return True while it still waits."""
        if self._unfinished is not unfinished:
            return False
        from weighbridge.engine.rules.planning import REST

        unfinished.bars_waited += 1
        still_open = [order for order in unfinished.reductions if host.open_quantity(order) != 0.0]
        if still_open and unfinished.bars_waited < self.config.phase_timeout:
            return True
        if self.config.mode is not RebalanceMode.SNAPSHOT:
            for order in still_open:
                host.cancel(order)
        self._unfinished = None
        self._forget_done(host)
        if any(side > 0 or side == REST for side in unfinished.plan.sides.values()):
            state = self._state(host, cancelling=False)
            value = state.value if self.config.mode is RebalanceMode.INCREMENTAL else unfinished.plan.value
            plan = plan_second_phase(state, unfinished.plan, value, self.config, host.conventions)
            self._submit(plan, host, first_phase=False)
        return False


def _required(broker: Broker | None) -> Broker:
    if broker is None:
        raise ExecutionError(
            "no broker was passed", hint="pass broker=, for example weighbridge_backtrader.Broker(strategy)"
        )
    return broker


def _named_weights(targets: Mapping[Any, float | None], host: Broker) -> dict[str, float]:
    pairs: Any = targets
    if not hasattr(pairs, "items"):
        raise TargetsError(
            f"the target weights are a {type(pairs).__name__}, not a mapping", hint="pass {asset: weight, ...}"
        )
    weights: dict[str, float] = {}
    named: set[str] = set()
    for key, weight in pairs.items():
        name = host.asset_name(key)
        if name in named:
            raise TargetsError(f"two target weights name the asset {name!r}", hint="keep one of them")
        named.add(name)
        if weight is None:
            continue
        number = _number(weight)
        if not math.isfinite(number):
            raise TargetsError(
                f"target weight of {name!r} is {weight!r}, not a finite number",
                hint="pass a fraction of portfolio value; None leaves the asset alone, 0.0 closes it",
            )
        weights[name] = number
    return weights


def _number(value: Any) -> float:
    """Convert a number of any kind; NaN for what is none: Python's float() takes texts and booleans too."""
    if isinstance(value, bool | np.bool_ | str | bytes | bytearray):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _prices(data: Mapping[Any, Any] | None, host: Broker) -> dict[str, float]:
    return {} if data is None else {host.asset_name(key): _price(bar) for key, bar in data.items()}


def _price(bar: Any) -> float:
    try:
        close: Any = cast("Mapping[str, Any]", bar)["close"] if isinstance(bar, Mapping) else getattr(bar, "close", bar)
        if isinstance(close, bool | np.bool_ | str | bytes | bytearray):
            raise TypeError
        price = float(close)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise TargetsError(f"{bar!r} is neither a price nor a bar with a close", hint="pass numbers or bars") from None
    if price <= 0.0 or math.isinf(price):
        raise TargetsError(f"the price {price!r} is not a finite number above 0", hint="pass NaN where there is none")
    return price


def _repriced(holding: Holding, price: float | None) -> Holding:
    if price is None or math.isnan(price):
        return holding
    return holding._replace(price=price, traded=True)
