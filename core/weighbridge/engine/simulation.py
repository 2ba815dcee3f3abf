"""`simulate`: what users call; the compiled engine is loaded when it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.inputs import checked_cash
from weighbridge.exceptions import ConfigError
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts, checked_contracts
from weighbridge.settings.conventions import Conventions, conventions_named
from weighbridge.settings.costs import Costs

if TYPE_CHECKING:
    import pandas as pd

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
    splits: pd.DataFrame | None = None,
    dividends: pd.DataFrame | None = None,
) -> RunRecord:
    """Run target weights through the reference engine, by the rules of a framework.

    Args:
        bars: Prices, (n_bars, n_assets). At a bar's close its prices are known; when and at what price an order
            fills is a matter of `conventions`.
        targets: Weights at the decision bars; their dates must be bars, their assets columns of `bars`. NaN
            leaves an asset alone, a row of NaN is no decision.
        conventions: "reference", "backtrader", ... (`weighbridge.settings.conventions.PRESETS`), or a `Conventions`.
        rebalance: Defaults to `RebalanceConfig()`.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        contracts: Multiplier, margin and leverage by asset (`Contract`); assets that are not in it are ordinary shares.
        splits: For raw prices: columns date, asset, ratio (0.5 is two shares for one). From that date on, before the
            fills of its bar, positions and open orders are `1 / ratio` times what they were, in whole units.
        dividends: For raw prices: columns date (ex-date), asset, amount (account currency per share), and optionally
            pay_date, which is the ex-date by default; on a date that is no bar it is paid at the next one. It is
            earned by what is held after the bar before the ex-date.

    Returns:
        The record: orders, fills, denials, and cash and value of every bar.

    Raises:
        InputError: What was passed is wrong; the subclass and the message say what (`weighbridge.exceptions`).
        UnsupportedError: The conventions have no rule for what was asked.
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
    actions = Actions.on(bars, splits, dividends)

    from weighbridge.engine.run import run_engine

    return run_engine(bars, targets, rules, config, models, amount, (units, actions))


def _check_kinds(**values: tuple[object, type]) -> None:
    for name, (value, kind) in values.items():
        if not isinstance(value, kind):
            raise ConfigError(
                f"{name} is a {type(value).__name__}, not a {kind.__name__}",
                hint=f"pass a weighbridge.{kind.__name__}",
            )
