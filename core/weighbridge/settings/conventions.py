"""A framework's rules as data: `Conventions`, and the named presets.

Each field is one rule on which two engines disagree; its members say which rule of which framework they are.
The compiled code branches on the members' integer values (engine/rules/).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

from weighbridge.exceptions import ConfigError
from weighbridge.settings.limits import Limits, limits_from

__all__ = [
    "BACKTRADER",
    "BACKTRADER_COC",
    "BACKTRADER_COO",
    "PRESETS",
    "REFERENCE",
    "VECTORBT",
    "VECTORBT_NEXT_CLOSE",
    "VECTORBT_NEXT_OPEN",
    "VECTORBT_OPEN",
    "ZIPLINE",
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
    NEXT_CLOSE = 3
    """The asset's next bar with a volume, at its close, as far as the volume goes; the rest of the order stays open.
    Zipline `SlippageModel.simulate`."""
    AT_CLOSE = 4
    """At once, order by order, at the decision bar's close, which values the portfolio too. VectorBT's default."""
    AT_OPEN = 5
    """The same at the open of the decision's bar: for decisions that are known before it."""
    AT_NEXT_OPEN = 6
    """The same at the open of the bar after the decision; a decision at the last bar is lost."""
    AT_NEXT_CLOSE = 7
    """The same at the close of the bar after the decision."""

    @property
    def known(self) -> bool:
        """Say whether the strategy knows the fill price when it decides."""
        return self in (FillTiming.DECISION_CLOSE, FillTiming.SAME_OPEN) or self.immediate

    @property
    def immediate(self) -> bool:
        """Say whether an order fills before the next one of the same rebalance is sized."""
        return self in (
            FillTiming.AT_CLOSE,
            FillTiming.AT_OPEN,
            FillTiming.AT_NEXT_OPEN,
            FillTiming.AT_NEXT_CLOSE,
        )


class Sizing(IntEnum):
    """How a target value becomes a quantity."""

    VALUE_DIFFERENCE_FLOORED = 0
    """Whole units of |target value - position value|, floored. Backtrader `CommInfoBase.getsize`."""
    QUANTITY_DIFFERENCE_TRUNCATED = 1
    """Whole units of target value / price - quantity, truncated towards zero. The reference's rule."""
    QUANTITY_DIFFERENCE_SNAPPED = 2
    """The same, but within 1e-4 of a whole number it is that number. Zipline `round_order`."""
    QUANTITY_DIFFERENCE = 3
    """Target value / price - quantity, any fraction. VectorBT `execute_order_nb`."""


class CashRule(IntEnum):
    """What happens to an order which the cash does not cover."""

    REFUSED_TWICE = 0
    """All or nothing, tried at submission at the decision's price and again at the fill. Backtrader."""
    CUT = 1
    """A buy is cut to the largest quantity that the cash at the fill covers. The reference's rule."""
    UNCHECKED = 2
    """Nothing: cash goes below zero. Zipline."""
    CUT_WITHIN_TOLERANCE = 3
    """A buy is cut to (cash - fixed fee) / (1 + fee) / price unless its cost is close to the cash. VectorBT."""


class Sequence(IntEnum):
    """In which order the trades of one rebalance go out."""

    REDUCTIONS_FIRST = 0
    """Reductions in column order, then increases in column order."""
    BY_ORDER_VALUE = 2
    """Ascending by weight x value - position x price, equal ones in column order. VectorBT's `call_seq="auto"`."""


class Accounting(IntEnum):
    """How a fill changes cash, and how a portfolio is valued, operation by operation."""

    AVERAGE_COST = 0
    """Cost of what is closed plus its profit; value term by term less its profit. Backtrader `BackBroker`."""
    PLAIN = 1
    """Cash less quantity x price, less commission; value = cash + the sum of the positions. The reference's."""
    LONG_AND_SHORT = 2
    """Commissions after all fills of the bar; value = cash + (long + short), each summed in the sequence in which
    the positions were opened. Zipline `Ledger`, `calculate_position_tracker_stats`."""
    PLAIN_WITHIN_TOLERANCE = 3
    """PLAIN with one charge for an order; cash and positions that are close to zero are zero. VectorBT."""


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
        limits: What bounds every order where orders fill at once; None elsewhere.

    Raises:
        ConfigError: A field is not of its enum, or the limits do not go with the fill.
    """

    name: str
    fill: FillTiming
    sizing: Sizing
    cash_rule: CashRule
    sequence: Sequence
    accounting: Accounting
    slippage_within_bar: bool
    limits: Limits | None = None

    def __post_init__(self) -> None:
        """Check that each field holds a member of its enum, and that limits are where they have an effect."""
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                known = ", ".join(f"{kind.__name__}.{member}" for member in kind.__members__)
                raise ConfigError(
                    f"{name}={getattr(self, name)!r} is not a {kind.__name__}", hint=f"pass one of {known}"
                )
        if isinstance(self.limits, Limits) != self.fill.immediate:
            wanted = "a Limits" if self.fill.immediate else "None"
            raise ConfigError(
                f"limits={self.limits!r} do not go with fill={self.fill.name}", hint=f"pass limits={wanted}"
            )

    def replace(self, **changes: Any) -> Conventions:
        """Return a copy with some rules changed; give it a `name` of its own."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `Conventions.from_dict` gives the conventions back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {n: v.name.lower() if isinstance(v, IntEnum) else v for n, v in values.items() if n != "limits"}
        return plain if self.limits is None else {**plain, "limits": self.limits.as_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Conventions:
        """Build conventions from what `as_dict` gave.

        Raises:
            ConfigError: A field is missing or not known, or a rule is none of its enum.
        """
        try:
            rules: dict[str, Any] = {n: _KINDS[n][v.upper()] if n in _KINDS else v for n, v in values.items()}
            if "limits" in rules:
                rules["limits"] = limits_from(rules["limits"])
            return cls(**rules)
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"{values!r} are no conventions: {error}", hint="pass what as_dict() gave") from error


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

VECTORBT = Conventions(
    name="vectorbt",
    fill=FillTiming.AT_CLOSE,
    sizing=Sizing.QUANTITY_DIFFERENCE,
    cash_rule=CashRule.CUT_WITHIN_TOLERANCE,
    sequence=Sequence.BY_ORDER_VALUE,
    accounting=Accounting.PLAIN_WITHIN_TOLERANCE,
    slippage_within_bar=False,
    limits=Limits(),
)
"""VectorBT 0.28 to 1.2, `from_orders(size_type="targetpercent", cash_sharing=True, call_seq="auto")`."""

VECTORBT_OPEN = VECTORBT.replace(name="vectorbt-open", fill=FillTiming.AT_OPEN)
"""The same with `price=open`."""

VECTORBT_NEXT_OPEN = VECTORBT.replace(name="vectorbt-next-open", fill=FillTiming.AT_NEXT_OPEN)
"""The same with `price=open` and the decisions moved down by a bar."""

VECTORBT_NEXT_CLOSE = VECTORBT.replace(name="vectorbt-next-close", fill=FillTiming.AT_NEXT_CLOSE)
"""The same with the decisions moved down by a bar."""

ZIPLINE = Conventions(
    name="zipline",
    fill=FillTiming.NEXT_CLOSE,
    sizing=Sizing.QUANTITY_DIFFERENCE_SNAPPED,
    cash_rule=CashRule.UNCHECKED,
    sequence=Sequence.REDUCTIONS_FIRST,
    accounting=Accounting.LONG_AND_SHORT,
    slippage_within_bar=False,
)
"""Zipline 3.2 (zipline-reloaded), daily: `finance/slippage.py`, `finance/ledger.py`, `utils/math_utils.py`."""

PRESETS = {
    preset.name: preset
    for preset in (
        REFERENCE,
        BACKTRADER,
        BACKTRADER_COC,
        BACKTRADER_COO,
        VECTORBT,
        VECTORBT_OPEN,
        VECTORBT_NEXT_OPEN,
        VECTORBT_NEXT_CLOSE,
        ZIPLINE,
    )
}


def conventions_named(name: str | Conventions) -> Conventions:
    """Return the preset of that name; conventions themselves are handed back.

    Raises:
        ConfigError: No preset has that name.
    """
    if isinstance(name, Conventions):
        return name
    if not isinstance(name, str) or name not in PRESETS:  # pyright: ignore[reportUnnecessaryIsInstance]
        known = ", ".join(repr(preset) for preset in PRESETS)
        raise ConfigError(f"conventions={name!r} is not known", hint=f"pass one of {known}, or a Conventions")
    return PRESETS[name]
