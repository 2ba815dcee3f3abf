"""A framework's rules as data: `Conventions`, and the named presets.

Each field is one rule on which two engines disagree; its members say which rule of which framework they are.
The compiled code branches on the members' integer values (engine/rules/).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

from weighbridge.exceptions import ConfigError

__all__ = [
    "BACKTRADER",
    "BACKTRADER_COC",
    "BACKTRADER_COO",
    "PRESETS",
    "REFERENCE",
    "Accounting",
    "CashRule",
    "Conventions",
    "FillTiming",
    "Sequence",
    "Sizing",
    "conventions_named",
]


class FillTiming(IntEnum):
    """When an order fills, and at which price of which bar."""

    NEXT_OPEN = 0
    """The asset's next bar, at its open. Backtrader's and the reference's default."""
    DECISION_CLOSE = 1
    """Booked at the next bar, priced at the decision bar's close: Backtrader with `set_coc(True)`."""
    SAME_OPEN = 2
    """Decided and filled at a bar's open, valued at the closes before: Backtrader with `cheat_on_open`."""

    @property
    def known(self) -> bool:
        """Say whether the strategy knows the fill price when it decides."""
        return self in (FillTiming.DECISION_CLOSE, FillTiming.SAME_OPEN)


class Sizing(IntEnum):
    """How a target value becomes a quantity."""

    VALUE_DIFFERENCE_FLOORED = 0
    """Whole units of |target value - position value|, floored. Backtrader `CommInfoBase.getsize`."""
    QUANTITY_DIFFERENCE_TRUNCATED = 1
    """Whole units of target value / price - quantity, truncated towards zero. The reference's rule."""


class CashRule(IntEnum):
    """What happens to an order which the cash does not cover."""

    REFUSED_TWICE = 0
    """All or nothing, tried at submission at the decision's price and again at the fill. Backtrader."""
    CUT = 1
    """A buy is cut to the largest quantity that the cash at the fill covers. The reference's rule."""


class Sequence(IntEnum):
    """In which order the trades of one rebalance go out."""

    REDUCTIONS_FIRST = 0
    """Reductions in column order, then increases in column order."""


class Accounting(IntEnum):
    """How a fill changes cash, and how a portfolio is valued, operation by operation."""

    AVERAGE_COST = 0
    """Cost of what is closed plus its profit; value term by term less its profit. Backtrader `BackBroker`."""
    PLAIN = 1
    """Cash less quantity x price, less commission; value = cash + the sum of the positions. The reference's."""


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """Hold a framework's rules for sizing, filling, paying and valuing orders.

    Attributes:
        name: What records and reports call these conventions.
        fill: When an order fills and at which price.
        sizing: How a target value becomes a quantity.
        cash_rule: What happens to an order which the cash does not cover.
        sequence: In which order the trades of one rebalance go out.
        accounting: How a fill changes cash and how the portfolio is valued.
        slippage_within_bar: A slipped price stays within the bar's high and low (Backtrader's `slip_match`).

    Raises:
        ConfigError: A field is not of its enum.
    """

    name: str
    fill: FillTiming
    sizing: Sizing
    cash_rule: CashRule
    sequence: Sequence
    accounting: Accounting
    slippage_within_bar: bool

    def __post_init__(self) -> None:
        """Check that each field holds a member of its enum."""
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                known = ", ".join(f"{kind.__name__}.{member}" for member in kind.__members__)
                raise ConfigError(
                    f"{name}={getattr(self, name)!r} is not a {kind.__name__}", hint=f"pass one of {known}"
                )

    def replace(self, **changes: Any) -> Conventions:
        """Return a copy with some rules changed; give it a `name` of its own."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `Conventions.from_dict` gives the conventions back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {n: v.name.lower() if isinstance(v, IntEnum) else v for n, v in values.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Conventions:
        """Build conventions from what `as_dict` gave."""
        rules: dict[str, Any] = {n: _KINDS[n][v.upper()] if n in _KINDS else v for n, v in values.items()}
        return cls(**rules)


_KINDS: dict[str, type[IntEnum]] = {
    "fill": FillTiming,
    "sizing": Sizing,
    "cash_rule": CashRule,
    "sequence": Sequence,
    "accounting": Accounting,
}

REFERENCE = Conventions(
    name="reference",
    fill=FillTiming.NEXT_OPEN,
    sizing=Sizing.QUANTITY_DIFFERENCE_TRUNCATED,
    cash_rule=CashRule.CUT,
    sequence=Sequence.REDUCTIONS_FIRST,
    accounting=Accounting.PLAIN,
    slippage_within_bar=False,
)
"""The engine's own rules: the next open, whole units truncated, buys cut to cash, plain cash flows."""

BACKTRADER = Conventions(
    name="backtrader",
    fill=FillTiming.NEXT_OPEN,
    sizing=Sizing.VALUE_DIFFERENCE_FLOORED,
    cash_rule=CashRule.REFUSED_TWICE,
    sequence=Sequence.REDUCTIONS_FIRST,
    accounting=Accounting.AVERAGE_COST,
    slippage_within_bar=True,
)
"""Backtrader 1.9.78 as it comes: `brokers/bbroker.py`, `comminfo.py`, `position.py`."""

BACKTRADER_COC = BACKTRADER.replace(name="backtrader-coc", fill=FillTiming.DECISION_CLOSE)
"""Backtrader with `broker.set_coc(True)`: orders fill at the decision bar's close."""

BACKTRADER_COO = BACKTRADER.replace(name="backtrader-coo", fill=FillTiming.SAME_OPEN)
"""Backtrader with `Cerebro(cheat_on_open=True)`, decisions in `next_open`."""

PRESETS = {c.name: c for c in (REFERENCE, BACKTRADER, BACKTRADER_COC, BACKTRADER_COO)}


def conventions_named(name: str | Conventions) -> Conventions:
    """Return the preset of that name; conventions themselves are handed back.

    Raises:
        ConfigError: No preset has that name.
    """
    if isinstance(name, Conventions):
        return name
    if name not in PRESETS:
        known = ", ".join(repr(preset) for preset in PRESETS)
        raise ConfigError(f"conventions={name!r} is not known", hint=f"pass one of {known}, or a Conventions")
    return PRESETS[name]
