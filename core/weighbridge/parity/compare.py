"""Compare two records bit for bit, and say where they first part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from textwrap import indent

import numpy as np

from weighbridge.exceptions import ParityError
from weighbridge.parity.declared import Difference
from weighbridge.parity.divergence import Divergence, first_in_series, first_in_table
from weighbridge.record.run_record import RunRecord

__all__ = ["Comparison", "Tolerance", "Verdict", "compare"]


class Verdict(Enum):
    """What a comparison found."""

    IDENTICAL = "identical"
    """Every order, adjustment, denial, fill, cash and value has the same bits."""
    WITHIN = "within"
    """Something differs, and a declared tolerance with its reason covers it."""
    DECLARED = "declared"
    """Something differs, as the ledger of declared differences says and for the reason that it gives."""
    DIFFERENT = "different"
    """Something differs."""
    STALE = "stale"
    """A difference is declared and does not occur: the ledger is to be put right."""
    EMPTY = "empty"
    """Nothing differs, but neither side filled an order: that shows nothing and is not a pass."""
    FAILED = "failed"
    """A subject could not run; only the harness says so."""

    @property
    def agrees(self) -> bool:
        """Say whether the comparison is a pass."""
        return self in (Verdict.IDENTICAL, Verdict.WITHIN, Verdict.DECLARED)


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """Declare that a field need only agree within a relative difference, and why.

    Attributes:
        field: A column of the tables, "cash" or "value".
        relative: The largest difference, as a fraction of the left side's value.
        reason: Why bits cannot be asked for.

    Raises:
        ParityError: The tolerance is not above 0 and below 1, or has no reason.
    """

    field: str
    relative: float
    reason: str

    def __post_init__(self) -> None:
        """Refuse a tolerance without a reason."""
        known = ("cash", "value", "quantity", "price", "commission", "position")
        if self.field not in known:
            raise ParityError(f"no field {self.field!r} holds numbers", hint=f"one of {', '.join(known)}")
        if not 0.0 < self.relative < 1.0:
            raise ParityError(f"relative={self.relative!r} is out of bounds", hint="pass a fraction above 0, below 1")
        if not self.reason.strip():
            raise ParityError(f"the tolerance on {self.field} has no reason", hint="say why bits cannot be asked for")


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Hold what a comparison found.

    Attributes:
        scenario: The scenario's name, "" if there is none.
        left: What the left side is called.
        right: What the right side is called.
        verdict: See `Verdict`.
        divergence: The first difference beyond the tolerances, or None.
        tolerances: The tolerances that were needed.
        declared: The difference that is declared for this comparison, or None.
        bars: Number of bars compared.
        fills: Number of fills on the left side.
        denials: Number of denials on the left side.
        orders: Number of orders on the left side, or None where a side keeps no orders to compare.
    """

    scenario: str
    left: str
    right: str
    verdict: Verdict
    divergence: Divergence | None
    tolerances: tuple[Tolerance, ...]
    declared: Difference | None
    bars: int
    fills: int
    denials: int
    orders: int | None

    def explain(self) -> str:
        """Return a text for people: who, where, both values with all digits, and the rows around them."""
        head = f"{self.left} against {self.right}" + (f", scenario {self.scenario}" if self.scenario else "")
        lines = [f"{head}: {self.verdict.value}, {self.bars} bars, {self.fills} fills"]
        if self.divergence is not None:
            lines.append(indent(self.divergence.explain(self.left, self.right), "  "))
        if self.verdict is Verdict.EMPTY:
            lines.append("  Neither side filled an order, which shows nothing.")
        lines += [f"  {one.field} within {one.relative:g} relative: {one.reason}" for one in self.tolerances]
        if self.declared is not None:
            said = {Verdict.DECLARED: "As declared", Verdict.STALE: "Declared, and does not occur"}
            lines.append(f"  {said.get(self.verdict, 'Not as declared')}: {self.declared}")
        return "\n".join(lines)


def compare(
    left: RunRecord,
    right: RunRecord,
    *,
    scenario: str = "",
    tolerances: Iterable[Tolerance] = (),
    differences: Iterable[Difference] = (),
) -> Comparison:
    """Compare orders (where both sides keep them), adjustments, denials, fills, and cash and value of every bar.

    Floats must have the same bits; NaN equals NaN, and 0.0 equals -0.0 in commissions and positions only
    (`weighbridge.parity.cells`). Tables of unequal length differ. The first divergence is the one at the
    earliest bar, and within a bar the one that comes first in the course of events.

    Args:
        left: A record.
        right: Another one of the same bars and assets.
        scenario: What the comparison calls the case.
        tolerances: Fields that need not have the same bits.
        differences: What is declared to differ; of other scenarios and runs too.

    Raises:
        ParityError: The records are not of the same bars and assets.
    """
    _check_same_frame(left, right)
    allowed = {one.field: one for one in tolerances}
    relative = {name: one.relative for name, one in allowed.items()}
    with_orders = left.order_table is not None and right.order_table is not None
    found: list[Divergence] = []
    tolerated: set[str] = set()
    for table in _course_of_a_bar(left, with_orders=with_orders):
        search = first_in_series if table in ("cash", "value") else first_in_table
        divergence, helped = search(left, right, table, relative)
        tolerated |= helped
        if divergence is not None:
            found.append(divergence)
    # `min` keeps the first of equals, so within a bar the course of events decides.
    divergence = min(found, key=lambda one: one.bar, default=None)
    fills = len(left.fill_table.bar)
    declared = next((one for one in differences if one.is_of(scenario, left, right)), None)
    if divergence is not None:
        as_declared = declared is not None and declared.predicts(divergence)
        verdict = Verdict.DECLARED if as_declared else Verdict.DIFFERENT
    elif declared is not None:
        verdict = Verdict.STALE
    elif fills == 0:
        verdict = Verdict.EMPTY
    else:
        verdict = Verdict.WITHIN if tolerated else Verdict.IDENTICAL
    return Comparison(
        scenario=scenario,
        left=str(left.provenance.get("subject", "left")),
        right=str(right.provenance.get("subject", "right")),
        verdict=verdict,
        divergence=divergence,
        tolerances=tuple(one for name, one in allowed.items() if name in tolerated),
        declared=declared,
        bars=len(left.index),
        fills=fills,
        denials=len(left.denial_table.bar),
        orders=len(left.order_table.bar) if with_orders and left.order_table is not None else None,
    )


def _course_of_a_bar(record: RunRecord, *, with_orders: bool) -> list[str]:
    """Return the tables in the order in which a bar's rows come about.

    Where an order fills later than it is decided, the orders of a bar are its last event, and what went wrong
    with its fills is their cause; where it fills at once, they are its first.
    """
    rest = ["adjustments", "denials", "fills", "cash", "value"]
    if not with_orders:
        return rest
    fill = str(record.provenance.get("conventions", {}).get("fill", ""))
    return [*rest, "orders"] if fill.startswith("next_") or fill == "decision_close" else ["orders", *rest]


def _check_same_frame(left: RunRecord, right: RunRecord) -> None:
    hint = "compare runs of the same bars"
    if left.assets != right.assets:
        pairs = zip(left.assets, right.assets, strict=False)
        first = next((f"{a!r} against {b!r}" for a, b in pairs if a != b), "one is longer")
        raise ParityError(
            f"the records have different assets ({len(left.assets)} and {len(right.assets)}): {first}",
            hint=hint,
        )
    if len(left.index) != len(right.index):
        raise ParityError(f"the records have {len(left.index)} and {len(right.index)} bars", hint=hint)
    if str(left.index.tz) != str(right.index.tz):
        raise ParityError(f"the records are in time zones {left.index.tz} and {right.index.tz}", hint=hint)
    astray = np.flatnonzero(left.index != right.index)
    if len(astray):
        bar = int(astray[0])
        raise ParityError(f"bar {bar} is {left.index[bar]} and {right.index[bar]}", hint=hint)
