"""`TargetWeightExecutor`: plan a rebalance, then drive a `Host`; the same class in every host."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weighbridge.exceptions import ConfigError, ExecutionError
from weighbridge.rebalance.accounts import account_state
from weighbridge.rebalance.asked import asked_weights
from weighbridge.rebalance.host import Host, offers_of
from weighbridge.rebalance.orders import Order
from weighbridge.rebalance.pending import OpenSent, Sent, still_open
from weighbridge.rebalance.plan import Plan
from weighbridge.rebalance.planning import AccountState, plan_second_phase, plan_trades
from weighbridge.settings.config import RebalanceConfig, RebalanceMode, Unlisted

__all__ = ["TargetWeightExecutor"]


@dataclass
class _Unfinished:
    """A rebalance of which a second phase is still to come."""

    plan: Plan
    reductions: list[Sent]
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
        broker: Host | None = None,
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
        host = _required(broker)
        at_once = offers_of(host).at_once
        if at_once is not None:
            return at_once.preview_at_once(target_weights, self.config, data)
        return self._plan(target_weights, data, host, still_open(host, self._sent))

    def execute(
        self,
        target_weights: Mapping[Any, float | None],
        data: Mapping[Any, Any] | None = None,
        broker: Host | None = None,
    ) -> list[Order]:
        """Submit the plan that `preview` returns, and return the orders that went out.

        This executor's open orders of earlier bars are cancelled first if the config says so; orders of others are
        never touched. Known at this bar: its close (or its open, where the host decides at the open). Arguments and
        errors are those of `preview`; nothing is submitted or cancelled when one is raised.
        """
        host = _required(broker)
        _, at_once, note_targets = offers_of(host)
        if at_once is not None:
            return at_once.rebalance_at_once(target_weights, self.config, data)
        own = still_open(host, self._sent)
        plan = self._plan(target_weights, data, host, own)
        if note_targets is not None:
            note_targets(plan.asked())
        now = host.time
        if self.config.cancel_before_rebalance:
            for sent, _ in own:
                if sent.time != now:
                    host.cancel(sent.order)
        self._sent = [sent for sent, _ in own]
        orders = self._submit(plan, host, first_phase=True)
        self._unfinished = None
        if plan.goes_on:
            # Those of an earlier call at this bar too: they count as this rebalance's.
            reductions = [sent for sent in self._sent if sent.reduction and sent.time == now]
            unfinished = self._unfinished = _Unfinished(plan, reductions)
            # Bound to this rebalance: what a host still has to call for a replaced one must not count as a bar waited.
            host.on_next_bar(lambda again: self._resume(unfinished, again))
        return orders

    def _plan(
        self,
        targets: Mapping[Any, float | None],
        data: Mapping[Any, Any] | None,
        host: Host,
        own: Sequence[OpenSent],
    ) -> Plan:
        weights = asked_weights(targets, host)
        state = self._state(host, own, data, cancelling=self.config.cancel_before_rebalance)
        asked = [weights.get(asset, math.nan) for asset in state.assets]
        if self.config.unlisted is Unlisted.CLOSE and len(weights) < len(asked):
            for column, (asset, units) in enumerate(zip(state.assets, state.effective(), strict=True)):
                if asset not in weights and units != 0.0:
                    asked[column] = 0.0
        return plan_trades(state, asked, self.config, host.conventions)

    def _state(
        self, host: Host, own: Sequence[OpenSent], data: Mapping[Any, Any] | None = None, *, cancelling: bool
    ) -> AccountState:
        return account_state(host, own, data, cancelling=cancelling, counting=self.config.account_for_pending)

    def _submit(self, plan: Plan, host: Host, *, first_phase: bool) -> list[Order]:
        now, side, trades = host.time, plan.sides(), plan.going()
        table = offers_of(host).table
        if table is None:
            sent = [(column, host.submit(plan.assets[column], quantity)) for column, quantity in trades]
            placed = [(column, order) for column, order in sent if order is not None]
        else:
            placed = [(column, order) for (column, _), order in zip(trades, table.submit(trades), strict=True)]
        # What goes out in a second phase is waited for no more.
        self._sent += [Sent(order, now, first_phase and side[column] < 0) for column, order in placed]
        return [order for _, order in placed]

    def _resume(self, unfinished: _Unfinished, host: Host) -> bool:
        """Go on with an unfinished rebalance; return True while it still waits."""
        if self._unfinished is not unfinished:
            return False
        unfinished.bars_waited += 1
        stuck = still_open(host, unfinished.reductions)
        if stuck and unfinished.bars_waited < self.config.phase_timeout:
            return True
        if self.config.mode is not RebalanceMode.SNAPSHOT:
            for sent, _ in stuck:
                host.cancel(sent.order)
        self._unfinished = None
        first = unfinished.plan
        if first.unsized():
            own = still_open(host, self._sent)
            self._sent = [sent for sent, _ in own]
            state = self._state(host, own, cancelling=False)
            value = state.value if self.config.mode is RebalanceMode.INCREMENTAL else first.value
            plan = plan_second_phase(state, first, value, self.config, host.conventions)
            self._submit(plan, host, first_phase=False)
        return False


def _required(broker: Host | None) -> Host:
    if broker is None:
        raise ExecutionError(
            "no broker was passed", hint="pass broker=, for example weighbridge_backtrader.Broker(strategy)"
        )
    return broker
