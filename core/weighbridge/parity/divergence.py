"""The first place at which two records part: which bar, asset and field, and the ledger rows around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any, cast

import numpy as np
import pandas as pd

from weighbridge.parity.cells import Columns, differing, ulps_between
from weighbridge.record.run_record import RunRecord

__all__ = ["ROW", "Divergence", "first_in_series", "first_in_table"]

ROW = "row"
"""The field of a divergence in which one side lacks a whole row."""

AROUND = 3  # Rows shown before and after: enough to see a rebalance begin and end.


@dataclass(frozen=True, kw_only=True, eq=False)
class Divergence:
    """Hold the first difference between two records.

    Attributes:
        bar: The bar, the earlier one where the two sides name different bars.
        time: Its time.
        asset: The asset, or None for cash and value.
        table: "orders", "adjustments", "denials", "fills", "cash" or "value".
        field: The column, or "row" where one side lacks the row.
        left: What the left side holds; None where it lacks the row.
        right: What the right side holds; None where it lacks the row.
        ulps: How many doubles lie between two finite numbers; None for anything else.
        left_rows: Rows of the left ledger around it.
        right_rows: Rows of the right ledger around it.
    """

    bar: int
    time: pd.Timestamp
    asset: str | None
    table: str
    field: str
    left: Any
    right: Any
    ulps: int | None
    left_rows: pd.DataFrame
    right_rows: pd.DataFrame

    @property
    def place(self) -> str:
        """Return bar, time, asset and field in words."""
        who = "the portfolio" if self.asset is None else f"asset {self.asset}"
        field = self.table if self.asset is None else f"{self.table}.{self.field}"
        return f"bar {self.bar} ({self.time}), {who}, {field}"

    def __str__(self) -> str:
        """Return one line: the place, and both values with all their digits."""
        apart = "" if self.ulps is None else f" ({self.ulps} ulp)"
        return f"{self.place}: {_shown(self.left)} against {_shown(self.right)}{apart}"

    def explain(self, left: str, right: str) -> str:
        """Return a few lines: the place, and under each side's name its value and the rows around it."""
        apart = "" if self.ulps is None else f", {self.ulps} ulp apart"
        width = max(len(left), len(right))
        sides = ((left, self.left, self.left_rows), (right, self.right, self.right_rows))
        lines = [f"first difference at {self.place}{apart}"]
        lines += [f"{name:<{width}}  {_shown(value)}" for name, value, _ in sides]
        for name, _, rows in sides:
            ledger = rows.to_string(float_format=_digits) if len(rows) else "(no rows)"
            lines += [f"around it in {name}:", indent(ledger, "  ")]
        return "\n".join(lines)


def _digits(number: float) -> str:
    return repr(float(number))


def _shown(value: Any) -> str:
    return "no such row" if value is None else str(value) if isinstance(value, str) else repr(value)


def first_in_series(
    left: RunRecord, right: RunRecord, table: str, relative: Mapping[str, float]
) -> tuple[Divergence | None, frozenset[str]]:
    """Find the first bar whose cash or value differs; also say which fields a tolerance helped."""
    one, other = getattr(left, table), getattr(right, table)
    wrong, tolerated = differing({table: one}, {table: other}, relative)
    if not wrong.any():
        return None, tolerated
    bar = int(np.argmax(wrong))
    rows = slice(max(bar - AROUND, 0), bar + AROUND + 1)
    found = Divergence(
        bar=bar,
        time=left.index[bar],
        asset=None,
        table=table,
        field=table,
        left=float(one[bar]),
        right=float(other[bar]),
        ulps=ulps_between(float(one[bar]), float(other[bar])),
        left_rows=left.equity.iloc[rows],
        right_rows=right.equity.iloc[rows],
    )
    return found, tolerated


def first_in_table(
    left: RunRecord, right: RunRecord, table: str, relative: Mapping[str, float]
) -> tuple[Divergence | None, frozenset[str]]:
    """Find the first row of a table that differs; also say which fields a tolerance helped."""
    one, other = _columns(left, table), _columns(right, table)
    lengths = len(one["bar"]), len(other["bar"])
    common = min(lengths)
    wrong, tolerated = differing(_cut(one, common), _cut(other, common), relative)
    if wrong.any():
        row = int(np.argmax(wrong))
    elif lengths[0] != lengths[1]:
        row = common
    else:
        return None, tolerated
    bar, asset, field, values = _located(one, other, row, left.assets, relative)
    found = Divergence(
        bar=bar,
        time=left.index[bar],
        asset=left.assets[asset],
        table=table,
        field=field,
        left=values[0],
        right=values[1],
        ulps=ulps_between(*values),
        left_rows=_rows(left, table, row),
        right_rows=_rows(right, table, row),
    )
    return found, tolerated


def _located(
    one: Columns, other: Columns, row: int, assets: tuple[str, ...], relative: Mapping[str, float]
) -> tuple[int, int, str, tuple[Any, Any]]:
    """Return bar, asset, field and both values: a row is missing, was moved, or a field of it differs."""
    if row == len(other["bar"]):
        return *_key(one, row), ROW, (_text(one, row), None)
    if row == len(one["bar"]):
        return *_key(other, row), ROW, (None, _text(other, row))
    here, there = _key(one, row), _key(other, row)
    if here == there:
        for name in one:
            pair = {name: one[name][row : row + 1]}, {name: other[name][row : row + 1]}
            if differing(*pair, relative)[0].any():
                return *here, name, (_plain(one[name][row]), _plain(other[name][row]))
    what = "quantity" if "quantity" in one else "position"
    if here[1] == there[1] and one[what][row] == other[what][row]:
        return min(here[0], there[0]), here[1], "bar", (here[0], there[0])
    if here[0] < there[0] or (here[0] == there[0] and here[1] not in _rest_of_bar(other, row)):
        return *here, ROW, (_text(one, row), None)
    if there[0] < here[0] or there[1] not in _rest_of_bar(one, row):
        return *there, ROW, (None, _text(other, row))
    return *here, "asset", (assets[here[1]], assets[there[1]])


def _key(columns: Columns, row: int) -> tuple[int, int]:
    return int(columns["bar"][row]), int(columns["asset"][row])


def _rest_of_bar(columns: Columns, row: int) -> set[int]:
    bar = columns["bar"]
    return set(columns["asset"][row:][bar[row:] == bar[row]].tolist())


def _text(columns: Columns, row: int) -> str:
    return ", ".join(f"{name} {_plain(columns[name][row])!r}" for name in columns if name not in ("bar", "asset"))


def _plain(value: Any) -> Any:
    return cast("Any", value.item()) if isinstance(value, np.generic) else value


def _columns(record: RunRecord, table: str) -> Columns:
    tables = {
        "orders": record.order_table,
        "adjustments": record.adjustment_table,
        "denials": record.denial_table,
        "fills": record.fill_table,
    }
    found = tables[table]
    return {} if found is None else found._asdict()


def _cut(columns: Columns, length: int) -> Columns:
    return {name: column[:length] for name, column in columns.items()}


def _rows(record: RunRecord, table: str, row: int) -> pd.DataFrame:
    ledger: pd.DataFrame = getattr(record, table)
    return ledger.iloc[max(row - AROUND, 0) : row + AROUND + 1]
