"""A framework's rules as data: `Conventions`, and the named presets.

Each field is one rule on which two engines disagree; its members, their sources and their code are in the file of its
name in weighbridge/rules/. Nothing else selects behaviour: a mixture takes each rule from where it likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

from weighbridge.exceptions import ConfigError
from weighbridge.rules.booking import Booking
from weighbridge.rules.calendar import Calendar
from weighbridge.rules.cash import Cash
from weighbridge.rules.charging import Charging
from weighbridge.rules.ending import Ending
from weighbridge.rules.fill import Fill
from weighbridge.rules.own import OwnRule
from weighbridge.rules.parts import Parts
from weighbridge.rules.queue import Queue
from weighbridge.rules.refused import refusal
from weighbridge.rules.sequence import Sequence
from weighbridge.rules.sizing import Sizing
from weighbridge.rules.slipping import Slipping
from weighbridge.rules.triggers import Triggers
from weighbridge.rules.valuing import Valuing
from weighbridge.rules.waiting import Waiting
from weighbridge.settings.limits import Limits, limits_from

__all__ = [
    "BACKTRADER",
    "BACKTRADER_COC",
    "BACKTRADER_COO",
    "PRESETS",
    "REFERENCE",
    "RULES",
    "VECTORBT",
    "VECTORBT_NEXT_CLOSE",
    "VECTORBT_NEXT_OPEN",
    "VECTORBT_OPEN",
    "ZIPLINE",
    "Conventions",
    "conventions_named",
]

RULES: dict[str, type[IntEnum]] = {
    "fill": Fill,
    "parts": Parts,
    "queue": Queue,
    "waiting": Waiting,
    "sequence": Sequence,
    "sizing": Sizing,
    "cash": Cash,
    "booking": Booking,
    "charging": Charging,
    "slipping": Slipping,
    "valuing": Valuing,
    "triggers": Triggers,
    "ending": Ending,
    "calendar": Calendar,
}
"""The fields of `Conventions` that are rules, and the members that each may have."""

# Seats that take a rule which is not built in.
_OPEN_SEATS = frozenset({"cash", "slipping"})
# What stands before the name of a rule that is not built in, where conventions are written down.
_OWN = "own: "


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """Hold a framework's rules for when and how orders are sized, admitted, filled, paid and valued.

    `BACKTRADER.replace(name="softer", cash=Cash.CUT)` is a mixture. `cash` and `slipping` also take an `OwnRule`.

    Attributes:
        name: What records and reports call these conventions.
        fill: At which bar, and at which of its prices, an order fills.
        parts: How much of an order a bar fills.
        queue: Which open order meets a bar first.
        waiting: What becomes of a market order whose asset has no bar, or no volume.
        sequence: In which order the trades of one rebalance go.
        sizing: How a target value becomes a quantity.
        cash: What becomes of an order that the cash does not cover.
        booking: How a fill changes cash, position and average price.
        charging: What a commission is worked out of, and when it is booked.
        slipping: How a price moves against a trade, and what bounds it.
        valuing: In which order, and with which operations, positions are added up.
        triggers: How orders at prices of their own meet a bar.
        ending: What becomes of an asset after its last bar.
        calendar: Which bars are events.
        limits: What bounds every order under the cash rule CUT_WITHIN_TOLERANCE, whose numbers they are; else None.
        lookups: Assets in the order in which the framework looks them up first, which is that of its sums; the
            others follow as they begin to trade, in column order.

    Raises:
        ConfigError: A field is not of its enum, or the rules have no meaning together; the message says why.
    """

    name: str
    fill: Fill
    parts: Parts
    queue: Queue
    waiting: Waiting
    sequence: Sequence
    sizing: Sizing
    cash: Cash | OwnRule
    booking: Booking
    charging: Charging
    slipping: Slipping | OwnRule
    valuing: Valuing
    triggers: Triggers
    ending: Ending
    calendar: Calendar
    limits: Limits | None = None
    lookups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that each field holds a member of its enum, and that they go together."""
        for name, kind in RULES.items():
            rule = getattr(self, name)
            if not isinstance(rule, kind) and not (name in _OPEN_SEATS and isinstance(rule, OwnRule)):
                known = ", ".join(f"{kind.__name__}.{member}" for member in kind.__members__)
                raise ConfigError(f"{name}={rule!r} is not a {kind.__name__}", hint=f"pass one of {known}")
        if isinstance(self.limits, Limits) != (self.cash is Cash.CUT_WITHIN_TOLERANCE):
            wanted = "a Limits" if self.cash is Cash.CUT_WITHIN_TOLERANCE else "None"
            raise ConfigError(
                f"limits={self.limits!r} do not go with cash={_name(self.cash)}", hint=f"pass limits={wanted}"
            )
        if isinstance(self.lookups, str) or not isinstance(self.lookups, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"lookups={self.lookups!r} are no names", hint='pass names of assets: ("MSFT", "AAPL")')
        object.__setattr__(self, "lookups", tuple(self.lookups))
        reason = refusal(self.rules())
        if reason is not None:
            raise ConfigError(
                f"the rules of {self.name!r} have no meaning together: {reason}", hint="change one of the two"
            )

    def rules(self) -> dict[str, Any]:
        """Return the fields that are rules, and their members."""
        return {name: getattr(self, name) for name in RULES}

    def replace(self, **changes: Any) -> Conventions:
        """Return a copy with some rules changed; give it a `name` of its own.

        `limits` follow the cash rule where they are not given: VectorBT's defaults, or none.
        """
        if "cash" in changes and "limits" not in changes:
            tolerant = changes["cash"] is Cash.CUT_WITHIN_TOLERANCE
            changes["limits"] = (self.limits or Limits()) if tolerant else None
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; `Conventions.from_dict` gives the conventions back."""
        plain: dict[str, Any] = {"name": self.name, **{name: _name(rule) for name, rule in self.rules().items()}}
        if self.limits is not None:
            plain["limits"] = self.limits.as_dict()
        if self.lookups:
            plain["lookups"] = list(self.lookups)
        return plain

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Conventions:
        """Build conventions from what `as_dict` gave.

        Raises:
            ConfigError: A field is missing or not known, or a rule is none of its enum; or it is one's own (`OwnRule`),
                of which `as_dict` tells the name alone.
        """
        own = next((name for name in RULES if str(values.get(name)).startswith(_OWN)), None)
        if own is not None:
            built_in = next(iter(RULES[own])).name.lower()
            raise ConfigError(
                f"{own}={values[own]!r} is a rule that is not built in: what is written down of it is its name",
                hint=f"put it in: from_dict({{**values, {own!r}: {built_in!r}}}).replace({own}=OwnRule(...))",
            )
        try:
            rules: dict[str, Any] = {n: RULES[n][v.upper()] if n in RULES else v for n, v in values.items()}
            if "limits" in rules:
                rules["limits"] = limits_from(rules["limits"])
            return cls(**rules)
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"{values!r} are no conventions: {error}", hint="pass what as_dict() gave") from error


def _name(rule: IntEnum | OwnRule) -> str:
    return rule.name.lower() if isinstance(rule, IntEnum) else f"{_OWN}{rule.name}"


assert set(RULES) <= {field.name for field in fields(Conventions)}

REFERENCE = Conventions(
    name="reference",
    fill=Fill.NEXT_OPEN,
    parts=Parts.WHOLE,
    queue=Queue.AS_SUBMITTED,
    waiting=Waiting.FOR_A_BAR,
    sequence=Sequence.REDUCTIONS_FIRST,
    sizing=Sizing.QUANTITY_DIFFERENCE_TRUNCATED,
    cash=Cash.CUT,
    booking=Booking.PLAIN,
    charging=Charging.ONE_CHARGE,
    slipping=Slipping.UNBOUNDED,
    valuing=Valuing.PLAIN,
    triggers=Triggers.WHOLE_BARS,
    ending=Ending.STAYS,
    calendar=Calendar.BARS_WITH_A_TRADE,
)
"""The engine's own rules: the next open, whole units truncated, buys cut to cash, plain cash flows."""

BACKTRADER = REFERENCE.replace(
    name="backtrader",
    sizing=Sizing.VALUE_DIFFERENCE_FLOORED,
    cash=Cash.REFUSED_TWICE,
    booking=Booking.AVERAGE_COST,
    charging=Charging.PART_BY_PART,
    slipping=Slipping.WITHIN_BAR,
    valuing=Valuing.TERM_BY_TERM,
)
"""Backtrader 1.9.78 as it comes: `brokers/bbroker.py`, `comminfo.py`, `position.py`."""

BACKTRADER_COC = BACKTRADER.replace(name="backtrader-coc", fill=Fill.DECISION_CLOSE)
"""Backtrader with `broker.set_coc(True)`: orders fill at the decision bar's close."""

BACKTRADER_COO = BACKTRADER.replace(name="backtrader-coo", fill=Fill.SAME_OPEN)
"""Backtrader with `Cerebro(cheat_on_open=True)`, decisions in `next_open`."""

VECTORBT = REFERENCE.replace(
    name="vectorbt",
    fill=Fill.AT_CLOSE,
    waiting=Waiting.NEVER,
    sequence=Sequence.BY_ORDER_VALUE,
    sizing=Sizing.QUANTITY_DIFFERENCE,
    cash=Cash.CUT_WITHIN_TOLERANCE,
    booking=Booking.WITHIN_TOLERANCE,
    charging=Charging.OF_ORDER_VALUE,
    valuing=Valuing.FROM_CASH,
    triggers=Triggers.NONE,
)
"""VectorBT 0.28 to 1.2, `from_orders(size_type="targetpercent", cash_sharing=True, call_seq="auto")`."""

VECTORBT_OPEN = VECTORBT.replace(name="vectorbt-open", fill=Fill.AT_OPEN)
"""The same with `price=open`."""

VECTORBT_NEXT_OPEN = VECTORBT.replace(name="vectorbt-next-open", fill=Fill.AT_NEXT_OPEN)
"""The same with `price=open` and the decisions moved down by a bar."""

VECTORBT_NEXT_CLOSE = VECTORBT.replace(name="vectorbt-next-close", fill=Fill.AT_NEXT_CLOSE)
"""The same with the decisions moved down by a bar."""

ZIPLINE = REFERENCE.replace(
    name="zipline",
    fill=Fill.NEXT_CLOSE,
    parts=Parts.BY_VOLUME,
    queue=Queue.ASSET_BY_ASSET,
    waiting=Waiting.FOR_VOLUME,
    sizing=Sizing.QUANTITY_DIFFERENCE_SNAPPED,
    cash=Cash.UNCHECKED,
    booking=Booking.COST_BASIS,
    charging=Charging.AFTER_ALL_FILLS,
    slipping=Slipping.ADDED,
    valuing=Valuing.LONG_AND_SHORT,
    triggers=Triggers.CLOSES,
    ending=Ending.SOLD,
    calendar=Calendar.EVERY_BAR,
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
