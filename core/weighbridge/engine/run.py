"""From checked input to a `RunRecord`: flatten, run the compiled pass, cut the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.engine.book import ADJUSTMENT, DIVIDEND, SPLIT, Book, book_for, grown
from weighbridge.engine.flat import flat_rules, flat_terms, limits_of
from weighbridge.engine.inputs import check_prices, check_signs, check_slippage, decisions_on, needed_fields
from weighbridge.engine.market import Market, market_of
from weighbridge.engine.one_pass import run_bars
from weighbridge.engine.stops import check_stops
from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.terms import trade_terms
from weighbridge.record.inputs import RunInputs
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import AdjustmentTable, DenialTable, FillTable, OrderTable
from weighbridge.rules.booking import Booking
from weighbridge.rules.cash import Cash
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.waiting import Waiting
from weighbridge.settings.config import LateAssetPolicy, RebalanceConfig
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["open_book", "record_tables", "run_engine", "run_to"]


def run_engine(
    bars: Bars,
    targets: TargetWeights,
    conventions: Conventions,
    config: RebalanceConfig,
    costs: Costs,
    cash: float,
    more: tuple[Mapping[str, Contract], Actions | None],
) -> RunRecord:
    """Run checked input; `more` are contracts and actions."""
    contracts, actions = more
    bars.require(*needed_fields(conventions, costs))
    check_slippage(bars, conventions, costs)
    row_of_bar, weights = decisions_on(bars, targets)
    late = config.late_asset_policy is not LateAssetPolicy.ALLOW
    market = market_of(bars, conventions, actions, row_of_bar, weights, counted=late)
    if conventions.cash is Cash.CUT_WITHIN_TOLERANCE:
        check_prices(bars, conventions, market.row_of_bar)
        check_signs(bars, row_of_bar, weights, limits_of(conventions, config), config)
    # Of one decision an asset has at most two orders: the second is for what waited. Memory is given when touched.
    at_once = conventions.fill.immediate
    orders = 0 if at_once and conventions.waiting is Waiting.NEVER else 2 * weights.size
    book = open_book(bars, conventions, cash, more, orders=orders, fills=weights.size if at_once else 2 * weights.size)
    trade = trade_terms(config, conventions)
    terms = flat_terms(conventions, config, costs)
    rules = flat_rules(conventions, contracts=bool(contracts), priced=False, actions=actions is not None)
    equity = (np.empty(bars.n_bars), np.empty(bars.n_bars))
    book = run_to((rules, trade, terms), market, book, equity, (0, bars.n_bars, 0))
    check_stops(bars, conventions, book, equity[1])
    about: dict[str, Any] = {} if actions is None else {"actions": actions.as_dict()}
    return RunRecord(
        index=bars.index,
        assets=bars.assets,
        cash=equity[0],
        value=equity[1],
        provenance=provenance_of(
            "engine", conventions, config, costs, cash, bars, targets, contracts, digests=False, **about
        ),
        measures=RunInputs(bars, conventions.fill, targets),
        **record_tables(book, orders=not at_once),
    )


def run_to(
    setup: Any, market: Market, book: Book, equity: Any, span: tuple[int, int, int], run: Any = run_bars
) -> Book:
    """Run the bars of `span` (see `run_bars`), with more memory where it is needed; return the book.

    `setup` are rules, trade terms and terms; `run` is `run_bars`, or its machine code (`Kernel.of_types`).
    """
    bar, end, part = span
    while True:
        bar = run(*setup, market, book, equity, (bar, end, part))
        if bar >= 0:
            return book
        bar = -1 - bar
        book = grown(book, 2 * (int(book.run["linked"][0]) + len(book.assets)))


def open_book(
    bars: Bars,
    conventions: Conventions,
    cash: float,
    more: tuple[Mapping[str, Contract], Actions | None],
    *,
    orders: int,
    fills: int,
) -> Book:
    """Allocate the book of a run, with room for so many orders and fills at first."""
    contracts, actions = more
    spare = 4 * bars.n_assets + 4
    book = book_for(bars.n_assets, cash, slots=spare, orders=orders + spare, fills=fills + spare, denials=fills + spare)
    assets = book.assets
    assets["last_bar"] = bars.last_bar
    book = book._replace(lookups=look_ups(bars, conventions))
    for name, contract in contracts.items():
        row = assets[bars.assets.index(name)]
        row["multiplier"], row["leverage"] = contract.multiplier, contract.leverage
        row["margined"], row["margin"] = contract.margin is not None, contract.margin or 0.0
        # Backtrader's percentage is of the price alone, `CommInfoBase._getcommission`.
        row["charged_on"] = 1.0 if conventions.booking is Booking.AVERAGE_COST else contract.multiplier
    return book if actions is None else with_actions(book, actions)


def look_ups(bars: Bars, conventions: Conventions) -> Any:
    """Return the columns in the order in which a framework gets to know its assets, and so that of its sums."""
    if not conventions.lookups:
        return np.argsort(bars.first_bar, kind="stable")
    unknown = set(conventions.lookups) - set(bars.assets)
    if unknown:
        raise UnknownAssetError(f"lookups name {min(unknown)!r}, which the bars lack", hint="name assets of the bars")
    place = {name: k for k, name in enumerate(dict.fromkeys(conventions.lookups))}
    asked = [place.get(name, len(place)) for name in bars.assets]
    started = np.where(np.array(asked) < len(place), -1, bars.first_bar)
    return np.lexsort(np.array((asked, started)))


def with_actions(book: Book, actions: Actions) -> Book:
    """Return the book with the splits and dividends of its run."""
    splits, dividends = actions.splits, actions.dividends
    paid = actions.pay_rows(actions.dates)
    payouts = np.zeros(len(dividends.bar), DIVIDEND)
    for name, column in (("bar", dividends.bar), ("asset", dividends.asset), ("amount", dividends.amount)):
        payouts[name] = column
    payouts["pay_bar"], payouts["paying"] = paid, np.argsort(paid, kind="stable")
    changes = np.zeros(len(splits.bar), SPLIT)
    for name, column in zip(("bar", "asset", "ratio"), splits, strict=True):
        changes[name] = column
    return book._replace(splits=changes, dividends=payouts, adjustments=np.zeros(len(changes), ADJUSTMENT))


def record_tables(book: Book, *, orders: bool) -> dict[str, Any]:
    """Cut the tables to what was written; what was never written was never given memory."""
    run = book.run[0]

    def columns(table: Any, used: str) -> Any:
        rows = table[: int(run[used])]
        return (rows[name] for name in table.dtype.names)

    names = np.array([rule.name.lower() for rule in DenialRule], dtype=object)
    bar, asset, quantity, rule = columns(book.denials, "denials")
    return {
        "order_table": OrderTable(*list(columns(book.orders, "orders"))[:3]) if orders else None,
        "fill_table": FillTable(*columns(book.fills, "fills")),
        "denial_table": DenialTable(bar, asset, quantity, names[rule]),
        "adjustment_table": AdjustmentTable(*(column.copy() for column in columns(book.adjustments, "adjusted"))),
    }
