"""What a pass whose orders fill at once takes and leaves: prices and rules flattened, and a ledger with room."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.engine.immediate_checks import check_direction
from weighbridge.engine.order_rules import OrderRules, order_rules, stepped_limits
from weighbridge.engine.parameters import TradeRules, trade_rules
from weighbridge.engine.rules.immediate_bar import Denials, Fills
from weighbridge.record.tables import DenialTable, FillTable
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.conventions import Conventions, FillTiming
from weighbridge.settings.costs import Costs
from weighbridge.settings.limits import Limits

__all__ = [
    "Terms",
    "changes_no_weight",
    "filters",
    "ledger_tables",
    "order_prices",
    "room_for_denials",
    "room_for_fills",
    "terms_of",
]


class Terms(NamedTuple):
    """How targets become orders: limits, and these and the config flattened."""

    limits: Limits
    unprepared: bool
    filtered: bool
    trade: TradeRules
    orders: OrderRules


def terms_of(rules: Conventions, config: RebalanceConfig, models: Costs) -> Terms:
    """Flatten conventions, config and costs.

    Raises:
        ConfigError: The limits of the conventions contradict the config.
        UnsupportedError: A cost model that hosts which fill at once do not have.
    """
    limits = stepped_limits(rules.limits or Limits(), config)
    check_direction(limits, config)
    trade = trade_rules(config, rules)
    return Terms(limits, changes_no_weight(trade), filters(trade), trade, order_rules(limits, models))


def changes_no_weight(trade: TradeRules) -> bool:
    """Say whether the preparation of weights leaves each of them as it is."""
    return (
        trade.allow_short
        and trade.max_single_weight == np.inf
        and trade.max_gross_leverage == np.inf
        and trade.headroom == 1.0
    )


def filters(trade: TradeRules) -> bool:
    """Say whether a threshold can keep a trade back."""
    return trade.min_trade_value > 0.0 or trade.min_weight_change > 0.0


def order_prices(bars: Bars, rules: Conventions) -> Any:
    """Return the prices that value and fill orders, (n_bars, n_assets).

    Raises:
        BarsError: The bars have no open and it is needed.
    """
    if rules.fill not in (FillTiming.AT_OPEN, FillTiming.AT_NEXT_OPEN):
        return bars.close
    bars.require("open")
    return bars.open


def room_for_fills(count: int) -> Fills:
    """Allocate; the system hands out memory only as it is touched, so room that is not needed costs nothing."""
    return Fills(*(np.empty(count, np.int64) for _ in range(2)), *(np.empty(count) for _ in range(4)))


def room_for_denials(count: int) -> Denials:
    """Allocate."""
    return Denials(np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count), np.empty(count, np.int64))


def ledger_tables(fills: Fills, denials: Denials, n_fills: int, n_denials: int) -> dict[str, Any]:
    """Cut the columns to what was written."""
    names = np.array([rule.name.lower() for rule in DenialRule], dtype=object)
    return {
        "fill_table": FillTable(*(column[:n_fills] for column in fills)),
        "denial_table": DenialTable(
            *(column[:n_denials] for column in denials[:3]), rule=names[denials.rule[:n_denials]]
        ),
    }
