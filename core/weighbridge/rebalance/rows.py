"""One asset of an account as planning knows it, in plain Python: what a host's holdings are made into."""

from __future__ import annotations

from typing import Any

from weighbridge.rebalance.host import Holding
from weighbridge.rules.seats import Rules
from weighbridge.rules.sequence import Room, Sequence, room_for

__all__ = ["Row", "room_of"]


class Row:
    """The attributes that the rules of planning read and write; the engine's tables have columns of these names.

    Attributes:
        position: Signed units held.
        price: The price targets are sized with, NaN where there is none yet.
        traded: Whether that price is of the current bar.
        bars_seen: Bars the asset has had.
        multiplier: Portfolio value of one unit at a price of 1.0.
        leverage: Value that one unit of cash can hold.
        margined: Whether a unit binds a margin, whatever its price is.
        margin: That margin, 0.0 without one.
        charged_on: What a commission takes the price times; a host's own predictions know it themselves.
        pending: Signed units in open orders that count.
        sold: Those in open sales, 0.0 or less: the rebalancer's own in any setting, those of others that count.
        needed: Cash that open orders to buy which count will need.
        weight: Prepared weight, NaN where the asset is left alone.
        side: -1 for a reduction, 1 for an increase, REST of the planner for a reduction that waits.
        quantity: Signed units that go out now.
        reason: Why it is not what the weight alone asks for (`weighbridge.rules.reasons.Reason`).
    """

    __slots__ = (
        "bars_seen",
        "charged_on",
        "leverage",
        "margin",
        "margined",
        "multiplier",
        "needed",
        "pending",
        "position",
        "price",
        "quantity",
        "reason",
        "side",
        "sold",
        "traded",
        "weight",
    )

    def __init__(self, holding: Holding) -> None:
        """Take a holding, with nothing open and nothing planned."""
        self.position, self.price, self.traded, self.bars_seen, self.multiplier, self.leverage, margin = holding
        self.margined = margin is not None
        self.margin = 0.0 if margin is None else margin
        self.charged_on = 1.0
        self.pending = self.sold = self.needed = self.weight = self.quantity = 0.0
        self.side = self.reason = 0


def room_of(rules: Rules, n_assets: int) -> Room:
    """Return room for a sequence in plain Python: a list, except where it is sorted by value."""
    if rules.sequence == Sequence.BY_ORDER_VALUE:
        return room_for(n_assets)
    nothing: list[Any] = []
    return Room([0] * n_assets, *[nothing] * 6)
