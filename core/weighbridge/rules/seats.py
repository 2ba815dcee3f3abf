"""The seats: every field of `Conventions` that is a rule, as compiled code takes them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["OWN", "RUNTIME", "SEATS", "Rules"]

# In place of a member's number where a rule is not built in (rules/own.py).
OWN = -1


class Rules(NamedTuple):
    """Members as numbers; whether orders fill `at_once`; and what a run has: `contracts`, splits and dividends
    (`actions`), orders at prices of their own (`priced`).

    `own_cash` and `own_slipping` are where the compiled functions of rules are that are not built in (rules/own.py).
    """

    fill: int
    parts: int
    queue: int
    waiting: int
    sequence: int
    sizing: int
    cash: int
    booking: int
    charging: int
    slipping: int
    valuing: int
    triggers: int
    ending: int
    calendar: int
    at_once: bool
    contracts: bool
    actions: bool
    priced: bool
    own_cash: int = 0
    own_slipping: int = 0


SEATS = Rules._fields[:14]

# What is a number of the run under a preset too, so that all its fills, and `Engine`, share one compiled version.
RUNTIME = ("fill", "priced")
