"""Scenarios: what the harness runs, and why. The built-in ones are data in `fixtures/scenarios.toml`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.inputs import checked_cash
from weighbridge.exceptions import ParityError
from weighbridge.parity.decision_streams import constant_weights, rotation_weights
from weighbridge.parity.embedded import embedded_bars, embedded_file, splits_and_dividends
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits, limits_from

__all__ = ["Scenario", "built_in_scenarios", "built_in_whys", "scenario_from_files"]

# Raised when scenarios.toml changes in a way that this reader would misread.
FORMAT = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario:
    """Hold one case for the harness.

    Attributes:
        name: What reports call it.
        why: One sentence on why it exists.
        bars: Prices, (n_bars, n_assets).
        targets: The decision stream.
        costs: Commission and slippage.
        cash: Starting cash, account currency.
        rebalance: Its mode does not matter: each comparison sets it.
        native: Whether the frameworks' own functions take part; they know no thresholds or caps.
        modes: The modes it is for.
        conventions: Framework -> name of its conventions; empty: every framework, with its default ones.
        limits: Of every order, for conventions that know limits; None: the conventions' own.
        actions: `splits` and `dividends` of raw prices, for conventions with rules for them; empty: none.

    Raises:
        ParityError: `native` with a config that filters, or no modes.
        ConfigError: The cash is no finite number of 0 or more.
    """

    name: str
    why: str
    bars: Bars
    targets: TargetWeights
    costs: Costs
    cash: float
    rebalance: RebalanceConfig
    native: bool = True
    modes: frozenset[RebalanceMode] = frozenset(RebalanceMode)
    conventions: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Limits | None = None
    actions: Mapping[str, pd.DataFrame] = field(default_factory=dict[str, pd.DataFrame])

    def __post_init__(self) -> None:
        """Refuse a comparison that cannot hold."""
        object.__setattr__(self, "cash", checked_cash(self.cash))
        if not self.modes:
            raise ParityError(f"scenario {self.name!r} has no modes", hint="name one mode or more")
        if self.native and not self.unfiltered:
            raise ParityError(
                f"scenario {self.name!r} compares native functions, but its config filters trades",
                hint="pass rebalance=RebalanceConfig.unfiltered(), or native=False",
            )

    @property
    def unfiltered(self) -> bool:
        """Say whether the config asks for what the frameworks' own functions do."""
        return self.config(RebalanceMode.SNAPSHOT) == RebalanceConfig.unfiltered(RebalanceMode.SNAPSHOT)

    def config(self, mode: RebalanceMode) -> RebalanceConfig:
        """Return the config in a mode."""
        return self.rebalance.replace(mode=mode)


def built_in_whys() -> dict[str, str]:
    """Return the built-in scenarios' names and reasons, without making their bars."""
    return {name: str(definition["why"]) for name, definition in _definitions().items()}


def built_in_scenarios(names: Iterable[str] | None = None) -> tuple[Scenario, ...]:
    """Make the built-in scenarios, or those of them that are named.

    Raises:
        ParityError: There is no built-in scenario of that name.
    """
    definitions = _definitions()
    wanted = tuple(definitions if names is None else dict.fromkeys(names))
    for name in wanted:
        if name not in definitions:
            raise ParityError(f"no scenario is called {name!r}", hint=f"there are: {', '.join(definitions)}")
    return tuple(_scenario(definitions[name]) for name in wanted)


def scenario_from_files(
    prices: str | os.PathLike[str],
    weights: str | os.PathLike[str],
    *,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    rebalance: RebalanceConfig | None = None,
) -> Scenario:
    """Make a scenario of somebody's own prices and target weights.

    Args:
        prices: A .csv or .parquet file that `Bars.from_file` reads.
        weights: One that `TargetWeights.from_file` reads.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        rebalance: Defaults to `RebalanceConfig.unfiltered()`; with another one the frameworks' own functions
            take no part.

    Raises:
        InputError: A file, what it holds, or the cash is wrong, or the weights do not fit the prices.
    """
    bars, targets = Bars.from_file(prices), TargetWeights.from_file(weights)
    targets.on(bars)
    config = RebalanceConfig.unfiltered() if rebalance is None else rebalance
    mode = RebalanceMode.SNAPSHOT
    return Scenario(
        name="own-files",
        why=f"Your own prices and weights: {Path(prices).name}, {Path(weights).name}.",
        bars=bars,
        targets=targets,
        costs=Costs() if costs is None else costs,
        cash=cash,
        rebalance=config,
        native=config.replace(mode=mode) == RebalanceConfig.unfiltered(mode),
    )


@cache
def _definitions() -> dict[str, dict[str, Any]]:
    text = embedded_file("scenarios.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    if data["format"] != FORMAT:
        raise ParityError(f"scenarios.toml is of format {data['format']}, not {FORMAT}", hint="install again")
    return {definition["name"]: definition for definition in data["scenario"]}


def _scenario(definition: Mapping[str, Any]) -> Scenario:
    bars = _bars(**definition["bars"])
    parameters = dict(definition["rebalance"])
    unfiltered = parameters.pop("unfiltered", False)
    return Scenario(
        name=definition["name"],
        why=definition["why"],
        bars=bars,
        targets=_targets(bars, **definition["targets"]),
        costs=Costs.from_dict(definition.get("costs", {})),
        cash=definition["cash"],
        rebalance=RebalanceConfig.unfiltered(**parameters) if unfiltered else RebalanceConfig(**parameters),
        native="native" in definition["compare"],
        modes=frozenset(RebalanceMode[mode.upper()] for mode in definition.get("modes", RebalanceMode.__members__)),
        conventions=definition.get("conventions", {}),
        actions=splits_and_dividends(bars) if definition.get("actions") == "embedded" else {},
        limits=limits_from(definition["limits"]) if "limits" in definition else None,
    )


@cache
def _embedded() -> Bars:
    return embedded_bars()


def _bars(*, source: str, **parameters: Any) -> Bars:
    if source == "synthetic":
        return synthetic_bars(**parameters)
    part = _embedded().slice(*parameters.get("bars", (None, None)))
    return part.select(parameters.get("assets", part.assets))


def _targets(bars: Bars, *, kind: str, **parameters: Any) -> TargetWeights:
    makers = {"synthetic": synthetic_weights, "rotation": rotation_weights, "constant": constant_weights}
    return makers[kind](bars, **parameters)
