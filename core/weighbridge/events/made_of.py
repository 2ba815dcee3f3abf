"""What an event-driven run is made of, and the record that it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.engine.book import Book
from weighbridge.engine.run import record_tables
from weighbridge.rebalance.terms import TradeTerms
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.costs import Terms
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contract
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["RunOf", "Setup", "record_of"]


class Setup(NamedTuple):
    """What a rebalance runs by, as compiled code takes it; `run` is `run_bars` for arguments of such types."""

    rules: Any
    trade: TradeTerms
    terms: Terms
    run: Any


class RunOf(NamedTuple):
    """What a run is made of, checked."""

    bars: Bars
    conventions: Conventions
    config: RebalanceConfig
    costs: Costs
    cash: float
    contracts: Mapping[str, Contract]
    actions: Actions | None


def record_of(of: RunOf, tables: Book, equity: Any, end: int, *, strategy: str, measures: Any) -> RunRecord:
    """Return what was done in the bars before `end`; cash and value of each bar (`equity`) are copied."""
    known = of.bars if end == of.bars.n_bars else of.bars.slice(0, end)
    about: dict[str, Any] = {} if of.actions is None else {"actions": of.actions.as_dict()}
    provenance = provenance_of(
        "engine", of.conventions, of.config, of.costs, of.cash, known, None, of.contracts,
        digests=False, strategy=strategy, **about,
    )  # fmt: skip
    cash, value = (column[:end].copy() for column in equity)
    return RunRecord(
        index=known.index,
        assets=known.assets,
        cash=cash,
        value=value,
        provenance=provenance,
        measures=measures,
        **record_tables(tables, orders=not of.conventions.fill.immediate),
    )
