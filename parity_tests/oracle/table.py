"""The rules as a table: which member of each rule the presets have, and what a run is made of.

A rule is named by its field, a member by its name in lower case. Nothing here, or in this package, comes from
Weighbridge: the rules are stated a second time, in exact arithmetic, so that the two can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

__all__ = ["FIELDS", "PRESETS", "Case", "Market", "exact", "rules_of"]

FIELDS = (
    "fill", "parts", "queue", "waiting", "sequence", "sizing", "cash", "booking", "charging", "slipping", "valuing",
    "triggers", "ending", "calendar",
)  # fmt: skip

_BACKTRADER = (
    "next_open whole as_submitted for_a_bar reductions_first value_difference_floored refused_twice average_cost "
    "part_by_part within_bar term_by_term whole_bars stays bars_with_a_trade"
)
_ZIPLINE = (
    "next_close by_volume asset_by_asset for_volume reductions_first quantity_difference_snapped unchecked cost_basis "
    "after_all_fills added long_and_short closes sold every_bar"
)
_VECTORBT = (
    "at_close whole as_submitted never by_order_value quantity_difference cut_within_tolerance within_tolerance "
    "of_order_value unbounded from_cash none stays bars_with_a_trade"
)
_REFERENCE = (
    "next_open whole as_submitted for_a_bar reductions_first quantity_difference_truncated cut plain "
    "one_charge unbounded plain whole_bars stays bars_with_a_trade"
)


def _row(members: str, **changes: str) -> dict[str, str]:
    return {**dict(zip(FIELDS, members.split(), strict=True)), **changes}


PRESETS: dict[str, dict[str, str]] = {
    "reference": _row(_REFERENCE),
    "backtrader": _row(_BACKTRADER),
    "backtrader-coc": _row(_BACKTRADER, fill="decision_close"),
    "backtrader-coo": _row(_BACKTRADER, fill="same_open"),
    "vectorbt": _row(_VECTORBT),
    "vectorbt-open": _row(_VECTORBT, fill="at_open"),
    "vectorbt-next-open": _row(_VECTORBT, fill="at_next_open"),
    "vectorbt-next-close": _row(_VECTORBT, fill="at_next_close"),
    "zipline": _row(_ZIPLINE),
}


def rules_of(preset: str) -> dict[str, str]:
    """Return a preset's row of the table."""
    return dict(PRESETS[preset])


def exact(number: float | None) -> Fraction | None:
    """Return the very number that a float holds; None for NaN."""
    return None if number is None or math.isnan(number) else Fraction(number)


Prices = Sequence[Sequence["Fraction | None"]]


@dataclass(frozen=True, kw_only=True)
class Market:
    """Bars, [bar][asset]; None where an asset has no bar."""

    opens: Prices
    highs: Prices
    lows: Prices
    closes: Prices
    volumes: Prices

    @classmethod
    def of(cls, **arrays: Any) -> Market:
        """Take the arrays of floats, shape (n_bars, n_assets)."""
        return cls(**{name: [[exact(float(cell)) for cell in row] for row in rows] for name, rows in arrays.items()})

    def last_bar(self, asset: int) -> int:
        """Return the asset's last bar, or -1."""
        return max((bar for bar, row in enumerate(self.closes) if row[asset] is not None), default=-1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that a run depends on; `config` and `costs` are plain values as `as_dict()` of either gives them.

    `limits` are the parameters of the cash rule `cut_within_tolerance`, as plain values too.
    """

    rules: Mapping[str, str]
    market: Market
    decisions: Mapping[int, Sequence[Fraction | None]]
    config: Mapping[str, Any]
    costs: Mapping[str, Mapping[str, Any]]
    cash: Fraction
    limits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def immediate(self) -> bool:
        """Say whether each trade is executed at its turn."""
        return self.rules["fill"] in ("at_close", "at_open", "at_next_open", "at_next_close")

    @property
    def known(self) -> bool:
        """Say whether the decision knows the price of its fills (clause 3.3)."""
        return self.immediate or self.rules["fill"] in ("decision_close", "same_open")

    @property
    def step(self) -> Fraction:
        """Return the units of which quantities are multiples; 0 for any fraction."""
        if self.config["round_lots"]:
            return Fraction(self.config["lot_size"])
        fractional = self.config["allow_fractional"]
        if fractional is None:
            fractional = self.rules["sizing"] == "quantity_difference"
        return Fraction(0 if fractional else 1)

    @property
    def granularity(self) -> Fraction:
        """Return the multiples that the cash rule `cut_within_tolerance` cuts sizes to."""
        own = self.limits.get("size_granularity")
        return self.step if own is None else Fraction(own)

    @property
    def rounds_when_sizing(self) -> bool:
        """Say whether sizing cuts to the step; else that is left to the cash rule."""
        return not (self.rules["sizing"] == "quantity_difference" and self.rules["cash"] == "cut_within_tolerance")

    def limit(self, name: str) -> Fraction | None:
        """Return a number of the config; None where there is no bound."""
        value = self.config[name]
        return None if value is None or value == "inf" else Fraction(value)
