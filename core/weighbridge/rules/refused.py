"""The pairs of rules that have no meaning together, each with its reason. Every other mixture runs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from weighbridge.rules.fill import Fill
from weighbridge.rules.parts import Parts

__all__ = ["REFUSED", "refusal"]

REFUSED: dict[frozenset[tuple[str, IntEnum]], str] = {
    frozenset({("fill", Fill.DECISION_CLOSE), ("parts", Parts.BY_VOLUME)}): (
        "an order that fills at the close of its decision cannot fill in parts by the volumes of later bars"
    ),
}
"""Fields and members by pairs, and why they do not go together."""


def refusal(rules: Mapping[str, Any]) -> str | None:
    """Return why these rules have no meaning together; None where they have."""
    held = set(rules.items())
    return next((reason for pair, reason in REFUSED.items() if pair <= held), None)
