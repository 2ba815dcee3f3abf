"""Taking over the prices of a bar, and valuing what is held with them."""

from __future__ import annotations

from typing import Any

from weighbridge.engine.book import Book
from weighbridge.engine.market import EVENT, Market
from weighbridge.rules.compiled import rule, step
from weighbridge.rules.contracts import gain
from weighbridge.rules.ending import Ending
from weighbridge.rules.fill import Fill
from weighbridge.rules.valuing import (
    Valuing,
    added_contract,
    added_term,
    first_term,
    known_price,
    portfolio_value,
)

__all__ = ["bar_of", "last_known", "quiet_until", "settle_closes", "take_prices", "value_now", "write_quiet_bars"]


@rule
def last_known(prices: Any, bar: int, after: int, asset: int, known: float) -> float:
    """Return the last price in bars (after, bar], or `known` where there is none."""
    while bar > after:
        price = prices[bar, asset]
        if price == price:
            return price
        bar -= 1
    return known


@rule
def bar_of(market: Market, book: Book, asset: int) -> int:
    """Return the last bar that an asset has had so far."""
    return book.run[0].seen if market.complete else book.assets[asset].at


@step
def take_prices(rules: Any, market: Market, book: Book, bar: int) -> None:
    """Take over the prices of this bar and, where there is none, the last ones since the bar taken over before."""
    run, assets, closes = book.run[0], book.assets, market.close
    opens = market.open
    seen = run.seen
    run.seen = bar
    if market.complete:
        for asset in range(len(assets)):
            row = assets[asset]
            row.close = closes[bar, asset]
            if rules.fill == Fill.SAME_OPEN or rules.fill == Fill.AT_OPEN or rules.fill == Fill.AT_NEXT_OPEN:
                row.price = opens[bar, asset]
            else:
                row.price = row.close
            if market.counted:
                row.bars_seen = bar + 1
        return
    for asset in range(len(assets)):
        row = assets[asset]
        row.traded = closes[bar, asset] == closes[bar, asset]
        for past in range(seen + 1, bar + 1):
            if closes[past, asset] == closes[past, asset]:
                row.bars_seen += 1
                row.at = past
                row.close = closes[past, asset]
                if rules.fill == Fill.SAME_OPEN or rules.fill == Fill.AT_OPEN or rules.fill == Fill.AT_NEXT_OPEN:
                    row.price = opens[past, asset]
                else:
                    row.price = row.close
        if rules.ending == Ending.SOLD:
            if row.last_bar < bar:
                row.price = float("nan")


@rule
def list_held(rules: Any, book: Book, use_prices: bool) -> int:
    """Write what is held into `held`, in the order of the sums, with its last price; return how many there are."""
    run, assets, held, lookups = book.run[0], book.assets, book.held, book.lookups
    count = 0
    n_places = run.opened if rules.valuing == Valuing.LONG_AND_SHORT else len(assets)
    for place in range(n_places):
        asset = place
        if rules.valuing == Valuing.LONG_AND_SHORT:
            asset = held[place].opened
            if asset < 0:
                continue
        elif rules.valuing != Valuing.FROM_CASH:
            asset = lookups[place]
        row = assets[asset]
        if row.position != 0.0:
            term = held[count]
            term.column = asset
            term.quantity = row.position
            if rules.valuing == Valuing.TERM_BY_TERM:
                term.average = row.average
            term.price = known_price(row.price, row.close) if use_prices else row.close
            count += 1
    return count


@step
def value_now(rules: Any, book: Book, use_prices: bool) -> float:
    """Return the portfolio value at the closes known last, or at the prices that orders are sized with."""
    run, assets, held, lookups = book.run[0], book.assets, book.held, book.lookups
    total = first_term(rules, run.cash)
    short = 0.0
    n_places = run.opened if rules.valuing == Valuing.LONG_AND_SHORT else len(assets)
    for place in range(n_places):
        asset = place
        if rules.valuing == Valuing.LONG_AND_SHORT:
            asset = held[place].opened
            if asset < 0:
                continue
        elif rules.valuing != Valuing.FROM_CASH:
            asset = lookups[place]
        row = assets[asset]
        if row.position != 0.0:
            price = known_price(row.price, row.close) if use_prices else row.close
            if rules.contracts:
                total, short = added_contract(rules, total, short, row, price)
            else:
                total, short = added_term(rules, total, short, row.position, row.average, price)
    return portfolio_value(rules, run.cash, total, short)


@step
def write_quiet_bars(
    rules: Any, market: Market, book: Book, first: int, stop: int, cash_of_bar: Any, value_of_bar: Any
) -> None:
    """Write cash and value of bars [first, stop), at which nothing happens, four at a time: a sum waits for itself."""
    run, held, closes = book.run[0], book.held, market.close
    cash = run.cash
    count = list_held(rules, book, False)
    begin = first_term(rules, cash)
    if not market.complete:
        for k in range(count):
            held[k].price = last_known(closes, first - 1, run.seen, held[k].column, held[k].price)
    bar = first
    while bar + 4 <= stop:
        sum0 = sum1 = sum2 = sum3 = begin
        short0 = short1 = short2 = short3 = 0.0
        for k in range(count):
            term = held[k]
            asset, quantity, average = term.column, term.quantity, term.average
            price = known_price(closes[bar, asset], term.price)
            sum0, short0 = added_term(rules, sum0, short0, quantity, average, price)
            price = known_price(closes[bar + 1, asset], price)
            sum1, short1 = added_term(rules, sum1, short1, quantity, average, price)
            price = known_price(closes[bar + 2, asset], price)
            sum2, short2 = added_term(rules, sum2, short2, quantity, average, price)
            price = known_price(closes[bar + 3, asset], price)
            sum3, short3 = added_term(rules, sum3, short3, quantity, average, price)
            term.price = price
        value_of_bar[bar] = portfolio_value(rules, cash, sum0, short0)
        value_of_bar[bar + 1] = portfolio_value(rules, cash, sum1, short1)
        value_of_bar[bar + 2] = portfolio_value(rules, cash, sum2, short2)
        value_of_bar[bar + 3] = portfolio_value(rules, cash, sum3, short3)
        bar += 4
    while bar < stop:
        total, short = begin, 0.0
        for k in range(count):
            term = held[k]
            term.price = known_price(closes[bar, term.column], term.price)
            total, short = added_term(rules, total, short, term.quantity, term.average, term.price)
        value_of_bar[bar] = portfolio_value(rules, cash, total, short)
        bar += 1
    for quiet in range(first, stop):
        cash_of_bar[quiet] = cash
    run.value = value_of_bar[stop - 1]


@rule
def settle_closes(rules: Any, book: Book) -> None:
    """Settle every position at the close, in look-up order (semantics 9.4). Backtrader, `BackBroker.next`, its end."""
    run, assets, lookups = book.run[0], book.assets, book.lookups
    for place in range(len(assets)):
        row = assets[lookups[place]]
        if row.position != 0.0:
            if row.margined:
                run.cash += gain(row, row.position, row.settled, row.close)
            row.settled = row.close


@rule
def quiet_until(rules: Any, market: Market, book: Book, bar: int, end: int) -> int:
    """Return the bar up to which nothing but prices can change the account: `bar` itself where something may now."""
    run, happens, row_of_bar = book.run[0], market.happens, market.row_of_bar
    if run.first >= 0 or run.waits or run.half == bar or rules.contracts:
        return bar
    while bar < end and row_of_bar[bar] < 0 and happens[bar] <= EVENT:
        bar += 1
    return bar
