"""Why a trade was not made, made smaller or refused: one name and one sentence each.

`Reason` marks the assets of a plan and may hold several at once; `DenialRule` names what a host or the engine
refused after submission. The tables in docs/semantics.md are generated from the sentences here.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = ["DenialRule", "Reason", "sentence", "sentences_table"]


class Reason(IntFlag):
    """Why a plan's trade differs from what the target weight alone would ask for."""

    NONE = 0
    SHORT_NOT_ALLOWED = 1
    CAPPED_SINGLE_WEIGHT = 2
    SCALED_TO_LEVERAGE = 4
    MISSING_PRICE = 8
    LATE_ASSET = 16
    BELOW_MIN_TRADE_VALUE = 32
    BELOW_MIN_WEIGHT_CHANGE = 64
    ROUNDS_TO_ZERO = 128
    CUT_TO_CASH = 256
    PENDING_ORDER = 512
    TARGET_REACHED = 1024
    NOT_HELD_YET = 2048

    @property
    def names(self) -> tuple[str, ...]:
        """Return the lower-case names of what it holds."""
        return tuple(str(member.name).lower() for member in self)


class DenialRule(IntEnum):
    """Why an order, or a part of it, was not executed."""

    MARGIN_AT_SUBMISSION = 0
    MARGIN_AT_FILL = 1
    CUT_TO_CASH = 2
    VALUE_ZERO_NEG = 3
    NO_CASH_SHORT = 4
    NO_CASH_LONG = 5
    NO_OPEN_POSITION = 6
    MAX_SIZE_EXCEEDED = 7
    CANT_COVER_FEES = 8
    MIN_SIZE_NOT_REACHED = 9
    PARTIAL_FILL = 10
    AUTO_CLOSE = 11
    NO_PRICE = 12
    AFTER_END = 13


# Two mappings: members of the two enums may be equal as numbers.
_REASONS: dict[Reason, str] = {
    Reason.SHORT_NOT_ALLOWED: "The target was negative and `allow_short` is off: it counts as 0.0.",
    Reason.CAPPED_SINGLE_WEIGHT: "The target's absolute weight was cut to `max_single_weight`.",
    Reason.SCALED_TO_LEVERAGE: "All targets were scaled down to `max_gross_leverage`.",
    Reason.MISSING_PRICE: "The asset has no price yet, or no bar now and `missing_price_policy` is SKIP.",
    Reason.LATE_ASSET: "The asset has traded for fewer than `late_asset_min_bars` bars.",
    Reason.BELOW_MIN_TRADE_VALUE: "The trade's absolute value is below `min_trade_value`.",
    Reason.BELOW_MIN_WEIGHT_CHANGE: "The absolute change of weight is below `min_weight_change`.",
    Reason.ROUNDS_TO_ZERO: "The quantity is less than one unit (or lot) and rounds to nothing.",
    Reason.CUT_TO_CASH: "The increase was cut to the cash at hand, costs included.",
    Reason.PENDING_ORDER: "An open order was counted as if it were filled.",
    Reason.TARGET_REACHED: "The position is at its target, or the price has moved past it since the decision.",
    Reason.NOT_HELD_YET: "What is not held yet is not sold without `allow_short`: the rest of the sale waits.",
}

_DENIALS: dict[DenialRule, str] = {
    DenialRule.MARGIN_AT_SUBMISSION: "All or nothing: the cash did not cover the order at the decision's price.",
    DenialRule.MARGIN_AT_FILL: "All or nothing: the cash did not cover what the order opens at the fill price.",
    DenialRule.CUT_TO_CASH: "The buy, or with a margin what the order opens, was cut to the largest quantity that the "
    "cash at the fill covers.",
    DenialRule.VALUE_ZERO_NEG: "The portfolio is worth nothing or less, so a fraction of it cannot be ordered.",
    DenialRule.NO_CASH_SHORT: "With `lock_cash` no free cash was left to sell short against.",
    DenialRule.NO_CASH_LONG: "No cash was left to buy with.",
    DenialRule.NO_OPEN_POSITION: "The direction allows only to close, and nothing was open.",
    DenialRule.MAX_SIZE_EXCEEDED: "The order was larger than `max_size`.",
    DenialRule.CANT_COVER_FEES: "The cash, or what the sale brought, did not cover the commission.",
    DenialRule.MIN_SIZE_NOT_REACHED: "What was left of the order was smaller than `min_size`.",
    DenialRule.PARTIAL_FILL: "The order could not be filled whole, and `allow_partial` is off.",
    DenialRule.AUTO_CLOSE: "The asset ended before the order, or this part of it, was filled.",
    DenialRule.NO_PRICE: "The asset had no price yet, or no bar where orders do not wait for one.",
    DenialRule.AFTER_END: "The order was submitted in `on_end`, when no bar was left.",
}


def sentence(rule: Reason | DenialRule) -> str:
    """Return the sentence that explains one reason or denial rule."""
    return _REASONS[rule] if isinstance(rule, Reason) else _DENIALS[rule]


def sentences_table(kind: type[Reason] | type[DenialRule]) -> str:
    """Return names and sentences as a Markdown table, for the documentation."""
    rows = [f"| `{str(rule.name).lower()}` | {sentence(rule)} |" for rule in kind]
    return "\n".join(["| name | meaning |", "|---|---|", *rows]) + "\n"
