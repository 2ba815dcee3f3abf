"""Declared differences: what is known to differ, why, and by how much (`fixtures/differences.toml`).

A difference that is as declared is told with its reason and is a pass; one that is larger, elsewhere or not declared
is not; and neither is a declared one that no longer occurs.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, get_args

from weighbridge.exceptions import ParityError
from weighbridge.parity.divergence import Divergence
from weighbridge.parity.embedded import embedded_file
from weighbridge.record.run_record import RunRecord

__all__ = ["Difference", "Kind", "declared_differences"]

Kind = Literal["ours", "upstream", "inherent"]

# Raised when differences.toml changes in a way that this reader would misread.
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Declare the first difference between a framework's run and whatever it is compared with.

    Attributes:
        kind: "ours": we do it on purpose; "upstream": the framework should not; "inherent": it cannot be otherwise.
        scenario: Name of the scenario.
        subject: Which run differs, as its provenance calls it: "vectorbt native".
        settings: What else its provenance must say.
        versions: The framework's versions: from the first on, and before the second.
        field: Table and column of the first difference, as in "fills.quantity".
        size: The most by which the two values are apart there, in the field's units.
        reason: Why they differ.
        link: Where that can be read.

    Raises:
        ParityError: An unknown kind, a size that is not above 0, no reason or no link.
    """

    kind: Kind
    scenario: str
    subject: str
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    versions: tuple[str, str]
    field: str
    size: float
    reason: str
    link: str

    def __post_init__(self) -> None:
        """Refuse a declaration that says too little."""
        if self.kind not in get_args(Kind):
            raise ParityError(f"kind={self.kind!r} is not known", hint=f"one of {', '.join(get_args(Kind))}")
        if not 0.0 < self.size < math.inf:
            raise ParityError(f"size={self.size!r} is not above 0 and finite", hint="say how far apart the values are")
        for name in ("reason", "link"):
            if not getattr(self, name).strip():
                raise ParityError(f"the difference in {self.scenario!r} has no {name}", hint="say it")

    def is_of(self, scenario: str, *records: RunRecord) -> bool:
        """Say whether it is declared for a comparison: whether one of its records is the run that it names."""
        if scenario != self.scenario:
            return False
        wanted = {"subject": self.subject, **self.settings}
        first, last = (_parts(text) for text in self.versions)
        return any(
            all(record.provenance.get(name) == value for name, value in wanted.items())
            and first <= _parts(str(record.provenance.get("version", ""))) < last
            for record in records
        )

    def predicts(self, found: Divergence) -> bool:
        """Say whether a divergence is as declared."""
        if f"{found.table}.{found.field}" != self.field:
            return False
        numbers = [value for value in (found.left, found.right) if isinstance(value, float)]
        return len(numbers) == 2 and abs(numbers[0] - numbers[1]) <= self.size

    def __str__(self) -> str:
        """Return one line: the prediction, its kind and reason, and where to read on."""
        return f"{self.field} within {self.size:g} ({self.kind}): {self.reason} {self.link}"


@cache
def declared_differences() -> tuple[Difference, ...]:
    """Return the ledger.

    Raises:
        ParityError: It is of another format.
    """
    data: dict[str, Any] = tomllib.loads(embedded_file("differences.toml").read_text(encoding="utf-8"))
    if data["format"] != FORMAT:
        raise ParityError(f"differences.toml is of format {data['format']}, not {FORMAT}", hint="install again")
    found: list[Difference] = []
    for row in data["difference"]:
        first, last = row.pop("versions")
        found.append(Difference(versions=(first, last), **row))
    return tuple(found)


def _parts(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, as far as they go: "1.2.0rc1" is (1, 2, 0)."""
    return tuple(int(part) for part in re.findall(r"(?:^|\.)(\d+)", version))
