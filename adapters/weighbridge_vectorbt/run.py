"""`run`: a decision stream through VectorBT, for the harness and for anybody's own comparison."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from weighbridge.adapter import How
from weighbridge.bars import Bars
from weighbridge.config import RebalanceConfig, RebalanceMode
from weighbridge.conventions import Conventions, conventions_named
from weighbridge.costs import Costs
from weighbridge.exceptions import ConfigError, UnsupportedError
from weighbridge.inputs import checked_cash, decisions_on
from weighbridge.provenance import provenance_of
from weighbridge.record import RunRecord
from weighbridge.targets import TargetWeights
from weighbridge_vectorbt.costs import order_costs
from weighbridge_vectorbt.feeds import Price, checked_price, feed_from
from weighbridge_vectorbt.limits import Limits, limits_from
from weighbridge_vectorbt.recording import tables_from
from weighbridge_vectorbt.strategies import Engine, native

__all__ = ["run"]


def run(
    bars: Bars,
    targets: TargetWeights,
    *,
    how: How = "native",
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    conventions: Conventions | str | None = None,
    price: Price = "close",
    limits: Limits | Mapping[str, Any] | None = None,
    engine: Engine = "numba",
    log: bool = True,
) -> RunRecord:
    """Run target weights in VectorBT.

    Args:
        bars: Prices; an open is needed only for `price` "open" and "next_open".
        targets: Weights at the decision bars.
        how: "native" is `from_orders(size_type="targetpercent", cash_sharing=True, call_seq="auto")`.
        rebalance: Defaults to `RebalanceConfig.unfiltered("hybrid")`. HYBRID is `update_value=False`,
            INCREMENTAL is `update_value=True`. "native" knows no thresholds; `allow_short=False`,
            `allow_fractional=False` and `round_lots` become `direction` and `size_granularity`.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        conventions: Only VectorBT's own.
        price: Value and fill at "close" or "open" of the decision's bar, or at "next_open" or "next_close".
        limits: Further arguments of `from_orders`, a `Limits` or its fields; `rebalance` then says the mode.
        engine: VectorBT's "numba" or, from 1.0 on, "rust". Their floors to a `size_granularity` differ by one
            step where a size is within rounding of a multiple of it.
        log: Keep VectorBT's log, 280 bytes for each weight, from which denials and positions come; without it
            there are no denials.

    Returns:
        The record. Cash and value are as VectorBT rebuilds them from its order records.

    Raises:
        MissingExtraError: VectorBT is not installed.
        InputError: What was passed is wrong.
        UnsupportedError: VectorBT has nothing of the kind.
    """
    from weighbridge_vectorbt.adapter import ADAPTER

    installed = ADAPTER.require()
    rules = conventions_named("vectorbt" if conventions is None else conventions)
    config = RebalanceConfig.unfiltered(RebalanceMode.HYBRID) if rebalance is None else rebalance
    models = Costs() if costs is None else costs
    amount = checked_cash(cash)
    choice = checked_price(price)
    _check(how, config, rules, limits)
    bounds = Limits.of_config(config) if limits is None else limits_from(limits)
    charged = order_costs(models)
    row_of_bar, weights = decisions_on(bars, targets)
    feed = feed_from(bars, row_of_bar, weights, choice, bounds.direction)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        portfolio = native(
            feed,
            bounds,
            charged,
            amount,
            update_value=config.mode is RebalanceMode.INCREMENTAL,
            engine=engine,
            log=log,
        )
        tables = tables_from(portfolio, log=log)
    about = provenance_of(
        f"vectorbt {how}",
        rules,
        config,
        models,
        amount,
        bars,
        targets,
        framework="vectorbt",
        version=installed,
        engine=engine,
        price=choice,
        limits=bounds.as_dict(),
        warnings=sorted({str(warning.message) for warning in caught}),
    )
    return RunRecord(index=bars.index, assets=bars.assets, provenance=about, **tables)


def _check(how: str, config: RebalanceConfig, rules: Conventions, limits: object) -> None:
    if how not in ("native", "executor"):
        raise ConfigError(f"how={how!r} is not known", hint="pass 'native' or 'executor'")
    if how == "executor":
        raise UnsupportedError("the executor does not run inside VectorBT yet", hint="pass how='native'")
    if rules != conventions_named("vectorbt"):
        raise UnsupportedError(
            f"VectorBT does not follow the conventions {rules.name!r}", hint="pass 'vectorbt' or None"
        )
    if config.mode is RebalanceMode.SNAPSHOT:
        raise UnsupportedError(
            "from_orders fixes each quantity at the asset's turn: it has no mode 'snapshot'",
            hint="pass mode='hybrid' (update_value=False) or 'incremental' (update_value=True)",
        )
    plain = RebalanceConfig.unfiltered(config.mode)
    said = config
    if limits is None:
        said = config.replace(allow_short=True, allow_fractional=None, round_lots=False, lot_size=plain.lot_size)
    if said != plain:
        raise UnsupportedError(
            "from_orders knows no thresholds, caps or policies"
            + ("" if limits is None else ", and limits= says direction and granularity"),
            hint="start from RebalanceConfig.unfiltered(mode)",
        )
