"""The rules in exact arithmetic: a second statement of the semantics, written from docs and not from the engine.

`run(Case(...))` takes the rules as a table, {field: member}, with bars, decisions, config, costs and cash, and returns
fills, denials, cash and value in `fractions.Fraction`; `Account.watch.near` names what was too close to call.
"""

from __future__ import annotations

from parity_tests.oracle.account import Account
from parity_tests.oracle.run import run
from parity_tests.oracle.table import FIELDS, PRESETS, Case, Market, exact, rules_of

__all__ = ["FIELDS", "PRESETS", "Account", "Case", "Market", "exact", "rules_of", "run"]
