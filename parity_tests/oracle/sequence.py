"""In which order the trades of a rebalance have their turns: rule `sequence`, clauses 3.1, 3.2, 3.5 and 3.8."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from parity_tests.oracle.account import Account
from parity_tests.oracle.exact import NEAR
from parity_tests.oracle.planning import Weights, tradable

__all__ = ["Turn", "increases_of", "turns_of"]


@dataclass(frozen=True)
class Turn:
    """An asset, its prepared weight, the side that it had at the start, and whether it has to keep it."""

    asset: int
    weight: Fraction
    side: int
    keeps_side: bool


def turns_of(account: Account, weights: Weights, counted: list[Fraction], value: Fraction) -> list[Turn]:
    """Return the assets that have a trade, in sequence."""
    by_value = account.case.rules["sequence"] == "by_order_value"
    turns: list[tuple[Fraction, Turn]] = []
    for asset, weight in enumerate(weights):
        if weight is None or not tradable(account, asset):
            continue
        held = account.position[asset] + counted[asset]
        worth = held * account.price(asset)
        change = weight * value - worth
        if weight == 0:
            side = (held < 0) - (held > 0)
        else:
            side = account.watch.sign(weight * value, worth, "side", abs(value))
        if side:
            turns.append((change, Turn(asset, weight, side, keeps_side=not by_value)))
    if not by_value:
        return sorted((turn for _, turn in turns), key=lambda turn: turn.side)
    return _ascending(account, turns, counted, value)


def increases_of(account: Account, turns: list[Turn], counted: list[Fraction], value: Fraction) -> list[Turn]:
    """Return the increases that waited, in sequence: by order value that of now, as is all else of a second phase."""
    increases = [turn for turn in turns if turn.side > 0 and tradable(account, turn.asset)]
    if account.case.rules["sequence"] != "by_order_value":
        return increases
    held = [account.position[asset] + counted[asset] for asset in range(account.n_assets)]
    changes = [turn.weight * value - held[turn.asset] * account.price(turn.asset) for turn in increases]
    return _ascending(account, list(zip(changes, increases, strict=True)), counted, value)


def _ascending(
    account: Account, turns: list[tuple[Fraction, Turn]], counted: list[Fraction], value: Fraction
) -> list[Turn]:
    """Sort by order value; equal ones are in column order."""
    turns = sorted(turns, key=lambda pair: (pair[0], pair[1].asset))
    for (one, first), (two, second) in pairwise(turns):
        new = not any(account.position[turn.asset] or counted[turn.asset] for turn in (first, second))
        if new and first.weight == second.weight:
            continue  # The same product, to the last bit.
        if two - one <= NEAR * max(abs(value), abs(one)):
            account.watch.near.add("sequence")
    return [turn for _, turn in turns]
