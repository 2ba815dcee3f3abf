"""What the `run` of every adapter begins and ends with: defaults, checks, decisions on bars, and the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.inputs import checked_cash, decisions_on, needed_fields
from weighbridge.exceptions import UnsupportedError
from weighbridge.parity.adapter import Framework, How, check_how
from weighbridge.record.inputs import RunInputs
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts, checked_contracts
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["Given", "Opened", "opened"]


class Given(TypedDict, total=False):
    """What `run` was given (`weighbridge.parity.adapter.Run`); None, or left out, is the framework's default."""

    rebalance: RebalanceConfig | None
    costs: Costs | None
    cash: float
    conventions: Conventions | str | None
    contracts: Contracts | None


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A run that may begin.

    Attributes:
        framework: The framework.
        version: The one that is installed.
        how: By its own functions, or with the executor.
        bars: Prices, with every field that the conventions and costs need.
        targets: Weights at the decision bars.
        conventions: Those that the framework is to be set to.
        rebalance: How to rebalance.
        costs: What trading costs.
        cash: Starting cash, account currency.
        contracts: Those of assets that are no ordinary shares.
        row_of_bar: Row of `weights` decided at each bar, -1 for none, (n_bars,).
        weights: By the columns of the bars, (n_rows, n_assets).
    """

    framework: Framework
    version: str
    how: How
    bars: Bars
    targets: TargetWeights
    conventions: Conventions
    rebalance: RebalanceConfig
    costs: Costs
    cash: float
    contracts: Contracts
    row_of_bar: Any
    weights: Any

    def record(self, tables: Mapping[str, Any], **about: Any) -> RunRecord:
        """Return the record of the run.

        Args:
            tables: Its tables, cash and value: the other fields of `RunRecord`.
            **about: What else is to be known of the run: plain values that JSON can hold.
        """
        provenance = provenance_of(
            f"{self.framework.name} {self.how}",
            self.conventions,
            self.rebalance,
            self.costs,
            self.cash,
            self.bars,
            self.targets,
            self.contracts,
            framework=self.framework.distribution,
            version=self.version,
            **about,
        )
        return RunRecord(
            index=self.bars.index,
            assets=self.bars.assets,
            provenance=provenance,
            measures=RunInputs(self.bars, self.conventions.fill, self.targets),
            **tables,
        )


def opened(framework: Framework, bars: Bars, targets: TargetWeights, how: How, **given: Unpack[Given]) -> Opened:
    """Check what `run` was given, and lay the decisions over the bars.

    Raises:
        MissingExtraError: The framework is not installed.
        InputError: What was passed is wrong.
        UnsupportedError: The framework does not follow the conventions, or has no function of its own that follows
            the config.
    """
    version = framework.require()
    check_how(how)
    config, costs, named = given.get("rebalance"), given.get("costs"), given.get("conventions")
    plain = RebalanceConfig.unfiltered(framework.mode)
    config = plain if config is None else config
    costs = Costs() if costs is None else costs
    cash = checked_cash(given.get("cash", 1_000_000.0))
    rules = framework.rules_named(named)
    if not framework.follows(rules):
        raise UnsupportedError(
            f"{framework.name} does not follow the conventions {rules.name!r}",
            hint=f"pass {' or '.join(repr(own.name) for own in framework.conventions)}",
        )
    if how == "native" and framework.plain_function is not None and config != plain:
        raise UnsupportedError(
            f"{framework.plain_function} knows neither thresholds nor modes",
            hint="pass rebalance=None, or how='executor'",
        )
    contracts = checked_contracts(given.get("contracts"), bars.assets, rules)
    bars.require(*needed_fields(rules, costs))
    row_of_bar, weights = decisions_on(bars, targets)
    return Opened(
        framework=framework,
        version=version,
        how=how,
        bars=bars,
        targets=targets,
        conventions=rules,
        rebalance=config,
        costs=costs,
        cash=cash,
        contracts=contracts,
        row_of_bar=row_of_bar,
        weights=weights,
    )
