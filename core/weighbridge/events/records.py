"""The record of an event-driven run, the same from every book."""

from __future__ import annotations

from typing import Any

from weighbridge.data.bars import Bars
from weighbridge.record.provenance import provenance_of
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["event_record"]


def event_record(
    bars: Bars,
    rules: Conventions,
    config: RebalanceConfig,
    costs: Costs,
    starting_cash: float,
    strategy: str,
    end: int,
    cash: Any,
    value: Any,
    contracts: Contracts | None = None,
    **tables: Any,
) -> RunRecord:
    """Return what was done in the bars before `end`; cash and value of each bar are copied, (n_bars,)."""
    known = bars if end == bars.n_bars else bars.slice(0, end)
    provenance = provenance_of(
        "engine", rules, config, costs, starting_cash, known, None, contracts, digests=False, strategy=strategy
    )
    return RunRecord(
        index=known.index,
        assets=known.assets,
        cash=cash[:end].copy(),
        value=value[:end].copy(),
        provenance=provenance,
        **tables,
    )
