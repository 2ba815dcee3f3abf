"""The equality of two records, as an assertion."""

from __future__ import annotations

from collections.abc import Iterable

from weighbridge.parity.compare import Tolerance, Verdict, compare
from weighbridge.record.run_record import RunRecord

__all__ = ["assert_records_equal"]


def assert_records_equal(
    left: RunRecord,
    right: RunRecord,
    *,
    scenario: str = "",
    tolerances: Iterable[Tolerance] = (),
    allow_empty: bool = False,
) -> None:
    """Fail unless two records are the same, bit for bit or within declared tolerances.

    Args:
        left: A record.
        right: Another one of the same bars and assets.
        scenario: What the message calls the case.
        tolerances: Fields that need not have the same bits, each with its reason.
        allow_empty: Accept two records without fills, which show nothing.

    Raises:
        AssertionError: They differ, or are empty; the message says where they first part.
        ParityError: The records are not of the same bars and assets.
    """
    found = compare(left, right, scenario=scenario, tolerances=tolerances)
    if not (found.verdict.agrees or (allow_empty and found.verdict is Verdict.EMPTY)):
        raise AssertionError(found.explain())
