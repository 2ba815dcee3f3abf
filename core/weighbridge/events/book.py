"""The account behind an event-driven run: the one pass of engine/, gone on with bar by bar.

`Engine` tells it the bar; `EventBroker`, the executor and positions ask it. Assets are columns here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from weighbridge.data.tables import read_only
from weighbridge.engine.book import Book, grown
from weighbridge.engine.flat import flat_rules, flat_terms, limits_of
from weighbridge.engine.inputs import check_prices, check_signs, check_slippage, needed_fields
from weighbridge.engine.market import EVENT, Market, market_of
from weighbridge.engine.one_pass import DECIDED, HALF, WHOLE, run_bars
from weighbridge.engine.orders import deny
from weighbridge.engine.run import open_book, run_to
from weighbridge.engine.stops import MAX_UNITS, check_stops, check_units, too_large
from weighbridge.events.made_of import RunOf, Setup, record_of
from weighbridge.rebalance.terms import rules_of, trade_terms
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.cash import Cash
from weighbridge.rules.compiled import Kernel
from weighbridge.rules.ending import Ending
from weighbridge.rules.reasons import DenialRule
from weighbridge.rules.sizing import Sizing
from weighbridge.rules.tolerance import ABSOLUTE
from weighbridge.settings.config import RebalanceConfig

__all__ = ["EventBook", "FillsOfAsset"]

# Orders and fills that memory is taken for at first; it doubles as it fills up.
FIRST_ROWS = 4096
# The columns of a rebalance under way: of the run, and of each asset.
_PHASE = ("decided", "waits", "waited", "frozen_value")
_PLAN = ("weight", "side", "quantity", "reason")


class FillsOfAsset(NamedTuple):
    """What changed the units of one asset, in sequence: fills and splits, the bar, and the position after each."""

    bar: Any
    position: Any


class EventBook:
    """Positions and cash of one run, and the decisions that change them.

    It settles late: nothing is done at a bar that nobody asks about, and one call of the compiled pass catches up. So
    every method that answers or acts begins with `settle()`, except `refuse`. Where a decision goes out at the bar
    after it, its own bar is settled to the end at once, and what was asked for waits until the first half of the next.

    Attributes:
        of: What the run is made of.
        bars: Its bars.
        bar: The current bar, set by `Engine`; -1 before the first.
        reached: The bar that is settled next, or of which the first half is settled.
        opening: Whether decisions are made at the bar's open: of the bar nothing else is known then.
        later: Whether what is asked for goes out at the next bar.
        immediate: Whether orders fill before the next one is sized.
        market: What the pass reads.
        tables: What the pass writes.
        setup: What the run's own config runs by.
        shared_rules: The rules as numbers, for code that need not be compiled for each preset.
    """

    def __init__(self, of: RunOf) -> None:
        """Check the fields that are needed and allocate."""
        self.of, self.bars, self.bar = of, of.bars, -1
        bars, conventions = of.bars, of.conventions
        bars.require(*needed_fields(conventions, of.costs))
        check_slippage(bars, conventions, of.costs)
        fill = conventions.fill
        self.later, self.immediate = fill.later > 0, fill.immediate
        self.opening = fill.opening and not self.later
        # The pass takes decisions by bar: here there is one row, and a bar points to it only while it decides.
        self._weights = np.full((1, bars.n_assets), np.nan)
        self._row_of_bar = np.full(bars.n_bars, -1, dtype=np.int64)
        market = market_of(
            bars, conventions, of.actions, self._row_of_bar, read_only(self._weights.view()), counted=True
        )
        self.market: Market = market._replace(row_of_bar=self._row_of_bar)
        self.tables: Book = open_book(
            bars, conventions, of.cash, (of.contracts, of.actions), orders=FIRST_ROWS, fills=FIRST_ROWS
        )
        has = {"contracts": bool(of.contracts), "priced": True, "actions": of.actions is not None}
        self._rules = flat_rules(conventions, **has)
        self.shared_rules: Any = rules_of(conventions, **has)
        self._equity = (np.empty(bars.n_bars), np.empty(bars.n_bars))
        self._setups: dict[RebalanceConfig, Setup] = {}
        self.setup: Setup = self.setup_for(of.config)
        self.reached = 0
        self._settled = -1
        self._valued = True
        self._waiting: list[Callable[[], None]] = []
        self._limited = conventions.sizing is Sizing.QUANTITY_DIFFERENCE_SNAPPED
        self._tolerant = conventions.cash is Cash.CUT_WITHIN_TOLERANCE
        prices = bars.open if fill.opening and bars.open is not None else bars.close
        # Asked once, so that not every decision has to look at its bar.
        self._tiny = self._tolerant and bool((prices <= ABSOLUTE).any())

    def setup_for(self, config: RebalanceConfig) -> Setup:
        """Return what a rebalance by this config runs by."""
        found = self._setups.get(config)
        if found is None:
            of = self.of
            flat = (self._rules, trade_terms(config, of.conventions), flat_terms(of.conventions, config, of.costs))
            code = cast("Kernel", run_bars).of_types(*flat, self.market, self.tables, self._equity, (0, 0, 0))
            found = self._setups[config] = Setup(*flat, code)
        return found

    def now(self, name: str) -> Any:
        """Return a number of the run (`weighbridge.engine.book.RUN`) as it stands, settled or not."""
        return self.tables.run[name].item()

    def events(self) -> Sequence[int]:
        """Return the bars at which the strategy is asked, ascending: where the framework would call it."""
        events = np.flatnonzero(self.market.happens & EVENT)
        return range(self.bars.n_bars) if len(events) == self.bars.n_bars else events.tolist()

    def settle(self) -> None:
        """Settle all that comes before a decision at the current bar."""
        bar = self.bar
        if self._settled == bar or self.reached > bar:
            return
        if self._waiting:
            self._send_waiting()
        self.run(bar, WHOLE if self.later else HALF)
        self.reached = bar + 1 if self.later else bar
        self._settled, self._valued = bar, True

    def finish(self, end: int) -> None:
        """Settle every bar before `end`."""
        if self.reached >= end:
            return
        if self._waiting:
            self._send_waiting()
        self.run(end - 1, WHOLE)
        self.reached = end

    def check_stops(self) -> None:
        """Refuse a run, once it is over, that the framework would have stopped on the way."""
        check_stops(self.bars, self.of.conventions, self.tables, self._equity[1])

    def run(self, end: int, part: int, setup: Setup | None = None) -> None:
        """Have the pass go on up to bar `end`, or through a part of it (`run_bars`)."""
        first = self.now("orders")
        span = (self.reached, end, part)
        *flat, code = setup or self.setup
        self.tables = run_to(flat, self.market, self.tables, self._equity, span, code)
        if self.now("trouble"):
            self.tables.run["decided"] = self.now("half")
        if self._limited or self.now("trouble"):
            check_units(self.bars, self.of.conventions, self.tables, first)

    def wait(self, request: Callable[[], None]) -> None:
        """Keep what goes out at the next bar, once its first half is settled."""
        self._waiting.append(request)

    def _send_waiting(self) -> None:
        # What waits was decided at the bar before the one that is settled next.
        waiting, self._waiting = self._waiting, []
        self.run(self.reached, HALF)
        for request in waiting:
            request()

    @property
    def over(self) -> bool:
        """Say whether the current bar is settled to its end."""
        return self.reached > self.bar

    @property
    def cash(self) -> float:
        """Cash now, account currency."""
        self.settle()
        return self.now("cash")

    @property
    def value(self) -> float:
        """Portfolio value now, as the framework computes it at a decision; that of its closes once a bar is over."""
        self.settle()
        if not self._valued:
            self.run(self.bar, HALF)
            self._valued = True
        return self.now("value")

    @property
    def price(self) -> Any:
        """The prices that orders are sized with now, (n_assets,): the last known, NaN where there is none.

        Where orders fill at once, the last closes once the bar is over.
        """
        self.settle()
        assets = self.tables.assets
        if not (self.immediate and self.over):
            return assets["price"]
        if self.of.conventions.ending is Ending.SOLD:
            return np.where(assets["last_bar"] < self.bar, np.nan, assets["close"])
        return assets["close"]

    @property
    def position(self) -> Any:
        """Signed units held now, (n_assets,); not to be written to."""
        self.settle()
        return self.tables.assets["position"]

    @property
    def average(self) -> Any:
        """Average price of what is held, as the framework's own positions say it, (n_assets,); 0.0 where nothing is."""
        self.settle()
        return self.tables.assets["average"]

    @property
    def fill_count(self) -> int:
        """How many fills there were until now."""
        self.settle()
        return self.now("fills")

    def fills_of(self, column: int, count: int) -> FillsOfAsset:
        """Return the first `count` fills as far as they are of one asset, and the splits of its position."""
        fills, adjusted = self.tables.fills[:count], self.tables.adjustments[: self.now("adjusted")]
        fills, adjusted = fills[fills["asset"] == column], adjusted[adjusted["asset"] == column]
        bar = np.concatenate((adjusted["bar"], fills["bar"]))
        # Splits come before the fills of their bar.
        sequence = np.argsort(bar, kind="stable")
        return FillsOfAsset(bar[sequence], np.concatenate((adjusted["position"], fills["position"]))[sequence])

    def splits_of(self, column: int, after: int, until: int) -> Sequence[Any]:
        """Return the splits of an asset after bar `after` and before bar `until`, in sequence: bar and ratio."""
        splits = self.tables.splits
        return splits[(splits["asset"] == column) & (splits["bar"] > after) & (splits["bar"] < until)]

    def check(self, weights: Any, config: RebalanceConfig) -> None:
        """Refuse weights (n_assets,) whose sign the limits forbid."""
        limits = limits_of(self.of.conventions, config) if self._tolerant else None
        if limits is not None and limits.direction != "both":
            check_signs(self.bars, self._row_at(self.bar), weights[None], limits, config)

    def check_prices(self, bar: int) -> None:
        """Refuse a bar of which a price counts as zero, where orders are divided by it."""
        if self._tiny:
            check_prices(self.bars, self.of.conventions, self._row_at(bar))

    def decide(self, weights: Any, setup: Setup, *, aside: bool = False) -> None:
        """Start a rebalance at the bar of which the first half is settled.

        Args:
            weights: (n_assets,); NaN leaves an asset alone.
            setup: What it runs by.
            aside: Whether a rebalance under way goes on, and nothing of this one is waited for.
        """
        bar, run, assets, first = self.reached, self.tables.run, self.tables.assets, self.now("orders")
        kept = [(run, name, run[name].copy()) for name in _PHASE] if aside else []
        kept += [(assets, name, assets[name].copy()) for name in _PLAN] if aside else []
        self.check_prices(bar)
        self._weights[0] = weights
        self._row_of_bar[bar] = 0
        try:
            self.run(bar, DECIDED, setup)
        finally:
            self._row_of_bar[bar] = -1
        for table, name, column in kept:
            table[name] = column
        if aside:
            sent = self.tables.orders["slot"][first : self.now("orders")]
            self.tables.slots["reduction"][sent] = False
        self.changed()

    def changed(self) -> None:
        """Take note that something was done at the current bar: where it filled, the value is another."""
        self._valued = not self.immediate or self.over

    def refuse(self, column: int, quantity: float, rule: DenialRule, bar: int | None = None) -> None:
        """Write down the denial of something that never became an order, at the current bar or another."""
        self.make_room(1)
        deny(self.tables, max(self.bar, 0) if bar is None else bar, column, quantity, int(rule))

    def make_room(self, rows: int) -> None:
        """Take more memory where so many orders, fills and denials may not fit."""
        self.tables = grown(self.tables, rows)

    def check_quantity(self, column: int, quantity: float) -> None:
        """Refuse an order to buy that is too large for Zipline."""
        if self._limited and quantity > MAX_UNITS:
            raise too_large(self.bars, self.bar, column, quantity)

    def _row_at(self, bar: int) -> Any:
        rows = np.full(self.bars.n_bars, -1, dtype=np.int64)
        rows[bar] = 0
        return rows

    def record(self, strategy: str, end: int, measures: Any) -> RunRecord:
        """Settle and return what was done in the bars before `end`; cash and value of each bar are copied."""
        self.finish(end)
        return record_of(self.of, self.tables, self._equity, end, strategy=strategy, measures=measures)
