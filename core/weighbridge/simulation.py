"""`simulate`: what users call; the compiled engine is loaded when it is."""

from __future__ import annotations

from weighbridge.bars import Bars
from weighbridge.config import RebalanceConfig
from weighbridge.contracts import Contracts, checked_contracts
from weighbridge.conventions import Conventions, conventions_named
from weighbridge.costs import Costs
from weighbridge.exceptions import ConfigError
from weighbridge.inputs import checked_cash
from weighbridge.record import RunRecord
from weighbridge.targets import TargetWeights

__all__ = ["simulate"]


def simulate(
    bars: Bars,
    targets: TargetWeights,
    *,
    conventions: str | Conventions = "reference",
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    contracts: Contracts | None = None,
) -> RunRecord:
    """Run target weights through the reference engine, by the rules of a framework.

    Args:
        bars: Prices, (n_bars, n_assets). At a bar's close its prices are known; when and at what price an order
            fills is a matter of `conventions`.
        targets: Weights at the decision bars; their dates must be bars, their assets columns of `bars`. NaN
            leaves an asset alone, a row of NaN is no decision.
        conventions: "reference", "backtrader", ... (`weighbridge.conventions.PRESETS`), or a `Conventions`.
        rebalance: Defaults to `RebalanceConfig()`.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        contracts: Multiplier, margin and leverage by asset (`Contract`); assets that are not in it are ordinary shares.

    Returns:
        The record: orders, fills, denials, and cash and value of every bar.

    Raises:
        InputError: What was passed is wrong; the subclass and the message say what (`weighbridge.exceptions`).
        UnsupportedError: The engine has no rule for what was asked.
    """
    rules = conventions_named(conventions)
    config = RebalanceConfig() if rebalance is None else rebalance
    models = Costs() if costs is None else costs
    _check_kinds(
        bars=(bars, Bars),
        targets=(targets, TargetWeights),
        rebalance=(config, RebalanceConfig),
        costs=(models, Costs),
    )
    amount = checked_cash(cash)
    units = checked_contracts(contracts, bars.assets, rules)

    from weighbridge.engine.run import run_engine

    return run_engine(bars, targets, rules, config, models, amount, units)


def _check_kinds(**values: tuple[object, type]) -> None:
    for name, (value, kind) in values.items():
        if not isinstance(value, kind):
            raise ConfigError(
                f"{name} is a {type(value).__name__}, not a {kind.__name__}",
                hint=f"pass a weighbridge.{kind.__name__}",
            )
