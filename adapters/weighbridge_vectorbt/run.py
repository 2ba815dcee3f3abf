"""`run` and `portfolio`: a decision stream through VectorBT, for the harness and for VectorBT's users."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.flat import limits_of
from weighbridge.engine.inputs import checked_cash
from weighbridge.exceptions import UnsupportedError
from weighbridge.parity.adapter import How, check_how
from weighbridge.record.inputs import RunInputs
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import PRESETS, VECTORBT, Conventions, conventions_named
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits, limits_from
from weighbridge_vectorbt.costs import order_costs
from weighbridge_vectorbt.feeds import FILLS, Feed, Price, checked_price, feed_from
from weighbridge_vectorbt.framework import FRAMEWORK
from weighbridge_vectorbt.recording import tables_from
from weighbridge_vectorbt.strategies import Engine, native

__all__ = ["portfolio", "run"]


def run(
    bars: Bars,
    targets: TargetWeights,
    *,
    how: How = "native",
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    conventions: Conventions | str | None = None,
    price: Price | None = None,
    limits: Limits | Mapping[str, Any] | None = None,
    engine: Engine = "numba",
    log: bool = True,
) -> RunRecord:
    """Run target weights in VectorBT.

    Args:
        bars: Prices; an open is needed only where orders fill at one.
        targets: Weights at the decision bars.
        how: "native" is `from_orders(size_type="targetpercent", cash_sharing=True, call_seq="auto")`; "executor" is
            the executor's plan inside `from_order_func`.
        rebalance: Defaults to `RebalanceConfig.unfiltered("hybrid")`. HYBRID is `update_value=False`,
            INCREMENTAL is `update_value=True`. "native" knows no thresholds and no SNAPSHOT; `allow_short=False`,
            `allow_fractional=False` and `round_lots` become `direction` and `size_granularity`.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        conventions: "vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close", or one of them with other
            `limits`.
        price: In place of the conventions' fill: value and fill at "close" or "open" of the decision's bar, or at
            "next_open" or "next_close".
        limits: In place of the conventions' limits: a `Limits` or its fields.
        engine: For "native": VectorBT's "numba" or, from 1.0 on, "rust". Their floors to a `size_granularity` differ
            by one step where a size is within rounding of a multiple of it.
        log: Keep VectorBT's log, 280 bytes for each order, from which denials, positions and the cash of the
            simulation come; without it there are no denials, and cash and value are `Portfolio.cash()` and `.value()`,
            which VectorBT rebuilds from its order records: what is within its own 1e-9 of nothing is dropped there.

    Returns:
        The record. Its value is the cash of the simulation plus its positions at the last known closes.

    Raises:
        MissingExtraError: VectorBT is not installed.
        InputError: What was passed is wrong.
        UnsupportedError: VectorBT has nothing of the kind.
    """
    installed = FRAMEWORK.require()
    config = RebalanceConfig.unfiltered(RebalanceMode.HYBRID) if rebalance is None else rebalance
    models = Costs() if costs is None else costs
    amount = checked_cash(cash)
    rules = _rules(conventions, price, limits)
    _check(how, config)
    feed, bounds = _prepared(bars, targets, rules, config, native=how == "native")
    charged = order_costs(models)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if how == "native":
            live = config.mode is RebalanceMode.INCREMENTAL
            simulated = native(feed, bounds, charged, amount, update_value=live, engine=engine, log=log)
        else:
            from weighbridge_vectorbt.executor import executed

            simulated = executed(feed, config, models, bounds, amount, log=log)
        tables = tables_from(simulated, log=log)
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
        engine=engine if how == "native" else "numba",
        price=next(name for name, fill in FILLS.items() if fill is rules.fill),
        warnings=sorted({str(warning.message) for warning in caught}),
    )
    return RunRecord(
        index=bars.index, assets=bars.assets, provenance=about, measures=RunInputs(bars, rules.fill, targets), **tables
    )


def portfolio(
    bars: Bars,
    targets: TargetWeights,
    *,
    rebalance: RebalanceConfig | None = None,
    costs: Costs | None = None,
    cash: float = 1_000_000.0,
    price: Price = "close",
    limits: Limits | Mapping[str, Any] | None = None,
    freq: str | None = None,
) -> Any:
    """Run the executor in VectorBT and return the `vbt.Portfolio`, with its stats and plots.

    Args:
        bars: Prices; an open is needed for `price` "open" and "next_open".
        targets: Weights at the decision bars.
        rebalance: Defaults to `RebalanceConfig()`. An asset without a price at the bar of the trade is not
            traded, whatever `missing_price_policy` says: VectorBT has no order that waits.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        price: Value and fill at "close" or "open" of the decision's bar, or at "next_open" or "next_close".
        limits: Further arguments of VectorBT's orders, a `Limits` or its fields.
        freq: The time between bars for yearly figures, for example "1D"; None: as VectorBT infers it.

    Raises:
        MissingExtraError: VectorBT is not installed.
        InputError: What was passed is wrong.
        UnsupportedError: VectorBT has no such cost model.
    """
    FRAMEWORK.require()
    config = RebalanceConfig() if rebalance is None else rebalance
    models = Costs() if costs is None else costs
    amount = checked_cash(cash)
    feed, bounds = _prepared(bars, targets, _rules(None, price, limits), config, native=False)
    order_costs(models)

    from weighbridge_vectorbt.executor import executed

    return executed(feed, config, models, bounds, amount, log=False, freq=freq)


def _rules(
    conventions: Conventions | str | None, price: object, limits: Limits | Mapping[str, Any] | None
) -> Conventions:
    rules = VECTORBT if conventions is None else conventions_named(conventions)
    if not rules.fill.immediate or rules.replace(name="", fill=VECTORBT.fill, limits=Limits()) != VECTORBT.replace(
        name=""
    ):
        raise UnsupportedError(
            f"VectorBT does not follow the conventions {rules.name!r}",
            hint="pass 'vectorbt', 'vectorbt-open', 'vectorbt-next-open' or 'vectorbt-next-close'",
        )
    if price is not None:
        fill = FILLS[checked_price(price)]
        preset = next(one for one in PRESETS.values() if one.fill is fill)
        rules = preset.replace(limits=rules.limits)
    return rules if limits is None else rules.replace(limits=limits_from(limits))


def _prepared(
    bars: Bars, targets: TargetWeights, rules: Conventions, config: RebalanceConfig, *, native: bool
) -> tuple[Feed, Limits]:
    """Return the arrays of the simulation and the limits; a native run knows a long-only config as a direction."""
    bounds = limits_of(rules, config)
    if native and not config.allow_short:
        bounds = bounds.replace(direction="longonly")
    signs = config.replace(allow_short=True) if native else config
    return feed_from(bars, targets, rules, bounds, signs), bounds


def _check(how: str, config: RebalanceConfig) -> None:
    check_how(how)
    if how == "executor":
        return
    if config.mode is RebalanceMode.SNAPSHOT:
        raise UnsupportedError(
            "from_orders fixes each quantity at the asset's turn: it has no mode 'snapshot'",
            hint="pass mode='hybrid' (update_value=False) or 'incremental' (update_value=True), or how='executor'",
        )
    plain = RebalanceConfig.unfiltered(config.mode)
    said = config.replace(allow_short=True, allow_fractional=None, round_lots=False, lot_size=plain.lot_size)
    if said != plain:
        raise UnsupportedError(
            "from_orders knows no thresholds, caps or policies",
            hint="start from RebalanceConfig.unfiltered(mode), or pass how='executor'",
        )
