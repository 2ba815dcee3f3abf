"""`Plan`: what a rebalance asks for, and what it leaves out, with its reasons."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from weighbridge.rebalance.listed import waits
from weighbridge.rules.reasons import Reason, sentence

__all__ = ["Plan", "PlannedTrade"]

Phase = Literal["now", "waits", "skipped"]


@dataclass(frozen=True, kw_only=True)
class PlannedTrade:
    """One asset of a plan.

    Attributes:
        asset: Its name.
        phase: "now": goes out at once; "waits": an increase that is sized when the reductions have filled, or a
            sale of what is not held yet; "skipped": not traded, `reasons` say why.
        quantity: Signed units that go out now, else 0.0.
        price: The price it was sized with.
        value: Absolute value of the trade, account currency.
        current_weight: Fraction of value held, open orders that count included.
        target_weight: The weight that was asked for; what caps and scaling made of it is `traded_weight`.
        traded_weight: The weight that the trade leads to but for rounding and cash.
        reasons: Why it differs from what the target weight alone would ask for.
    """

    asset: str
    phase: Phase
    quantity: float
    price: float
    value: float
    current_weight: float
    target_weight: float
    traded_weight: float
    reasons: Reason


class Plan:
    """What a rebalance asks for: trades in the sequence in which they go out, then what waits or is skipped.

    `str(plan)` is a table, `to_frame()` a DataFrame with a row for each asset that the targets mention. Rows are made
    when they are first looked at.
    """

    def __init__(
        self, assets: Sequence[str], value: float, asked: Any, rows: Any, going: Sequence[int], goes_on: bool
    ) -> None:
        """Keep what was planned; nothing of it may change afterwards.

        Args:
            assets: Names, by column as everything else here.
            value: Portfolio value that the targets are a fraction of.
            asked: Weights that were asked for, NaN for none.
            rows: The account and what was planned: `Row` (rebalance/rows.py), or a table with such fields.
            going: Columns of the trades that go out now, in sequence.
            goes_on: Whether a second phase follows.
        """
        self._assets, self._value, self._asked = assets, value, asked
        self._rows, self._going, self._goes_on = rows, going, goes_on

    @property
    def value(self) -> float:
        """Portfolio value that the targets are a fraction of, account currency."""
        return self._value

    @property
    def goes_on(self) -> bool:
        """Whether a second phase follows: it sizes what waits, and cancels reductions that are stuck."""
        return self._goes_on

    @property
    def assets(self) -> Sequence[str]:
        """Names of the host's assets, by column."""
        return self._assets

    def sides(self) -> list[int]:
        """Return the side of each asset: -1 reduction, 1 increase, REST of the planner."""
        return self._column("side")

    def weights(self) -> list[float]:
        """Return the prepared weight of each asset, NaN where it is left alone."""
        return self._column("weight")

    def _column(self, field: str) -> list[Any]:
        rows = self._rows
        return rows[field].tolist() if hasattr(rows, "dtype") else [getattr(row, field) for row in rows]

    def unsized(self) -> bool:
        """Say whether anything waits to be sized in a second phase."""
        return any(waits(side) for side in self.sides())

    def asked(self) -> dict[str, float]:
        """Return the weights that the rebalance goes for, by asset: 0.0 for what it closes unasked."""
        return {asset: weight for asset, weight in zip(self._assets, self._asked, strict=True) if weight == weight}

    def going(self) -> list[tuple[int, float]]:
        """Return what is sent now, in sequence: column and signed units."""
        quantity = self._column("quantity")
        return [(column, quantity[column]) for column in self._going]

    @cached_property
    def trades(self) -> tuple[PlannedTrade, ...]:
        """Every row."""
        quantity, asked = self._column("quantity"), self._asked
        rest = [a for a in range(len(self._assets)) if not math.isnan(asked[a]) and quantity[a] == 0.0]
        return tuple(self._row(column) for column in [*self._going, *rest])

    def _row(self, column: int) -> PlannedTrade:
        row = self._rows[column]
        quantity, price = float(row.quantity), float(row.price)
        unit_value = float(row.margin) if row.margined else price * float(row.multiplier)
        held = float(row.position + row.pending) * unit_value
        waiting = self._goes_on and waits(row.side)
        return PlannedTrade(
            asset=self._assets[column],
            phase="now" if quantity else ("waits" if waiting else "skipped"),
            quantity=quantity,
            price=price,
            value=abs(quantity) * unit_value if quantity else 0.0,
            current_weight=held / self._value if self._value and not math.isnan(held) else 0.0,
            target_weight=float(self._asked[column]),
            traded_weight=float(row.weight),
            reasons=Reason(int(row.reason)),
        )

    @property
    def now(self) -> tuple[PlannedTrade, ...]:
        """Return the trades that go out at once, in sequence."""
        return tuple(trade for trade in self.trades if trade.phase == "now")

    @property
    def waits(self) -> tuple[PlannedTrade, ...]:
        """Return what waits for the second phase."""
        return tuple(trade for trade in self.trades if trade.phase == "waits")

    @property
    def skipped(self) -> tuple[PlannedTrade, ...]:
        """Return what is not traded, with its reasons."""
        return tuple(trade for trade in self.trades if trade.phase == "skipped")

    def to_frame(self) -> pd.DataFrame:
        """Return the plan as a DataFrame, one row for each trade, in sequence."""
        columns = list(PlannedTrade.__annotations__)
        rows = [{**vars(trade), "reasons": ", ".join(trade.reasons.names)} for trade in self.trades]
        return pd.DataFrame(rows, columns=columns)

    def __eq__(self, other: object) -> bool:
        """Say whether two plans are of the same rows and value."""
        if not isinstance(other, Plan):
            return NotImplemented
        return (self.value, self.goes_on, self.trades) == (other.value, other.goes_on, other.trades)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Say how much there is of what."""
        return f"Plan(value={self.value!r}, now={len(self.now)}, waits={len(self.waits)}, skipped={len(self.skipped)})"

    def __str__(self) -> str:
        """Draw the plan as a table, with a sentence for each reason that occurs."""
        if not self.trades:
            return f"Plan at value {self.value:,.2f}: nothing to do"
        formats: dict[str | int, Callable[..., str]] = {
            "quantity": "{:,.6g}".format,
            "price": "{:,.4f}".format,
            "value": "{:,.2f}".format,
            **dict.fromkeys(("current_weight", "target_weight", "traded_weight"), "{:.2%}".format),
        }
        occurring = Reason.NONE
        for trade in self.trades:
            occurring |= trade.reasons
        notes = [f"  {name}: {sentence(reason)}" for reason, name in zip(occurring, occurring.names, strict=True)]
        table = self.to_frame().to_string(index=False, formatters=formats)
        return "\n".join([f"Plan at value {self.value:,.2f}", table, *notes])
