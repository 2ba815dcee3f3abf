"""The end of an asset, where positions are sold after it (rules/ending.py)."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.book import Book
from weighbridge.engine.booked import move_position
from weighbridge.engine.orders import deny_ended
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.reasons import DenialRule

__all__ = ["close_ended"]


@step
def close_ended(rules: Any, book: Book, bar: int) -> None:
    """Sell what is held of assets that have ended, at their last price; deny their orders.

    In the order in which positions were opened. Zipline, `AlgorithmSimulator._cleanup_expired_assets`,
    `Ledger.close_position`.
    """
    held = book.held
    for place in range(book.run[0].opened):
        asset = held[place].opened
        if asset >= 0:
            sell_ended(rules, book, bar, asset)
    deny_ended(book, bar, DenialRule.AUTO_CLOSE)


@rule
def sell_ended(rules: Any, book: Book, bar: int, asset: int) -> None:
    """Sell what is held of one asset that has ended."""
    run, row = book.run[0], book.assets[asset]
    if row.last_bar >= bar or row.position == 0.0:
        return
    fill = book.fills[run.fills]
    fill.bar = bar
    fill.asset = asset
    fill.quantity = -row.position
    fill.price = row.close
    fill.commission = 0.0
    fill.position = 0.0
    run.fills += 1
    if rules.contracts:
        run.cash += row.position * row.close * row.multiplier if not row.margined else abs(row.position) * row.margin
    else:
        run.cash += -(row.close * -row.position)
    row.average = 0.0
    move_position(rules, book, asset, 0.0)
