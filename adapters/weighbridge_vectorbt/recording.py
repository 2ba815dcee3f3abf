"""From VectorBT's records to the tables of a `RunRecord`, and back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.exceptions import BarsError
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import DenialTable, FillTable
from weighbridge.rules.reasons import DenialRule
from weighbridge_vectorbt.library import vectorbt

__all__ = ["from_records", "tables_from"]


def tables_from(portfolio: Any, *, log: bool) -> dict[str, Any]:
    """Return the record's tables and columns.

    Fills are the order records as they are. With a log cash and positions are the simulation's own, and the value is
    cash plus positions at the last known closes. Without one there are no denials, and VectorBT rebuilds all three
    from the order records, bar by bar: what its sums leave within 1e-9 of nothing is dropped there, and may be more
    than the simulation dropped order by order.
    """
    vectorbt()
    from vectorbt.portfolio.enums import OrderSide

    orders, logs = portfolio.orders.values, portfolio.logs.values
    bar, asset = orders["idx"].astype(np.int64), orders["col"].astype(np.int64)
    if log:
        position = logs["new_position"][logs["order_id"] >= 0].astype(np.float64)
        cash = _cash(portfolio, logs)
        value = _value(portfolio.close.to_numpy(dtype=np.float64), cash, bar, asset, position)
    else:
        position = portfolio.assets().to_numpy(dtype=np.float64)[bar, asset]
        cash, value = (rebuilt.to_numpy(dtype=np.float64) for rebuilt in (portfolio.cash(), portfolio.value()))
    return {
        "fill_table": FillTable(
            bar=bar,
            asset=asset,
            quantity=np.where(orders["side"] == OrderSide.Sell, -orders["size"], orders["size"]),
            price=orders["price"].astype(np.float64),
            commission=orders["fees"].astype(np.float64),
            position=position,
        ),
        "denial_table": _denials(logs if log else logs[:0]),
        "cash": cash.reshape(-1),
        "value": value.reshape(-1),
    }


def _value(close: Any, cash: Any, bar: Any, asset: Any, position: Any) -> Any:
    """Return cash plus positions at the last known closes, in column order. `get_group_value_nb`."""
    value = cash.copy()
    bars = np.arange(len(close))
    rows = np.argsort(asset, kind="stable")
    columns, starts = np.unique(asset[rows], return_index=True)
    for column, own in zip(columns, np.split(rows, starts[1:]), strict=False):
        # The last fill up to each bar, and the last bar with a close.
        filled = np.searchsorted(bar[own], bars, side="right") - 1
        held = np.where(filled < 0, 0.0, position[own][filled])
        known = np.maximum.accumulate(np.where(np.isnan(close[:, column]), 0, bars))
        value = np.where(held == 0.0, value, value + held * close[known, column])
    return value


def _cash(portfolio: Any, logs: Any) -> Any:
    """Return the cash that the simulation had at the end of each bar: that of the bar's last logged order."""
    cash = np.full(portfolio.wrapper.shape[0], np.nan)
    cash[logs["idx"]] = logs["new_cash"]
    last = np.maximum.accumulate(np.where(np.isnan(cash), -1, np.arange(len(cash))))
    return np.where(last < 0, portfolio.init_cash, cash[last])


def _denials(logs: Any) -> DenialTable:
    """Read rejections and cuts out of the log.

    A rejection has VectorBT's own name (`OrderStatusInfo`) in lower case, and the quantity asked for, in the
    operations of `execute_order_nb`. A fill that is clearly smaller than what was asked for was cut to cash,
    or else to `max_size`. Rounding to `size_granularity` is not a denial, nor is an order for nothing.
    """
    from vectorbt.portfolio.enums import Direction, OrderStatus, OrderStatusInfo, SizeType

    size = np.where(logs["req_direction"] == Direction.ShortOnly, -logs["req_size"], logs["req_size"])
    asked = np.where(
        logs["req_size_type"] == SizeType.Amount,
        size,
        size * logs["value"] / logs["val_price"] - logs["position"],
    )
    rejected = (logs["res_status"] == OrderStatus.Rejected) & (asked != 0.0)
    step = logs["req_size_granularity"]
    wanted = np.minimum(np.abs(asked), logs["req_max_size"])
    capped = np.abs(asked) > logs["req_max_size"]
    with np.errstate(invalid="ignore"):
        wanted = np.where(np.isnan(step), wanted, wanted // step * step)
    short_of = wanted - logs["res_size"]
    # 1e-9 and 1e-12: `is_less_nb`, by which VectorBT itself tells a partial fill from a whole one.
    cut = (logs["res_status"] == OrderStatus.Filled) & (short_of > np.maximum(1e-9 * wanted, 1e-12))
    names = np.array([_snake(name) for name in OrderStatusInfo._fields], dtype=object)
    rule = names[np.where(rejected, logs["res_status_info"], 0)]
    rule[cut] = DenialRule.CUT_TO_CASH.name.lower()
    capped &= (logs["res_status"] == OrderStatus.Filled) & ~cut
    rule[capped] = _snake("MaxSizeExceeded")
    left = np.where(rejected, asked, np.sign(asked) * (np.abs(asked) - logs["res_size"]))
    kept = rejected | cut | capped
    return DenialTable(
        bar=logs["idx"][kept].astype(np.int64),
        asset=logs["col"][kept].astype(np.int64),
        quantity=left[kept],
        rule=rule[kept],
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def from_records(run: RunRecord, bars: Bars, *, freq: str | None = None) -> Any:
    """Return a `vbt.Portfolio` of a run, for VectorBT's stats and plots without its simulation.

    Any run will do, whichever engine made it: the portfolio holds the run's fills and rebuilds cash and value
    from them.

    Args:
        run: The run; its starting cash is in its provenance.
        bars: The bars of the run: VectorBT values positions by their closes.
        freq: The time between bars for yearly figures, for example "1D"; None: as VectorBT infers it.

    Raises:
        BarsError: The bars are not those of the run.
        MissingExtraError: VectorBT is not installed.
    """
    if tuple(run.assets) != tuple(bars.assets) or not run.index.equals(bars.index):
        raise BarsError("the bars are not those of the run: times or assets differ", hint="pass the run's own bars")
    vbt = vectorbt()
    from vectorbt.portfolio.enums import OrderSide, log_dt, order_dt

    table = run.fill_table
    records = np.empty(len(table.bar), dtype=order_dt)
    records["id"] = np.arange(len(table.bar))
    records["col"] = table.asset
    records["idx"] = table.bar
    records["size"] = np.abs(table.quantity)
    records["price"] = table.price
    records["fees"] = table.commission
    records["side"] = np.where(table.quantity < 0.0, OrderSide.Sell, OrderSide.Buy)
    close = bars.frame("close")
    wrapper = vbt.ArrayWrapper.from_obj(close, freq=freq, group_by=True)
    cash = np.array([float(run.provenance["cash"])])
    return vbt.Portfolio(wrapper, close, records, np.empty(0, dtype=log_dt), cash, True)
