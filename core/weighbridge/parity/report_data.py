"""A parity report as plain values, and as the drawings of its HTML page."""

from __future__ import annotations

import math
import platform
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weighbridge.parity.declared import Difference
from weighbridge.parity.divergence import Divergence
from weighbridge.parity.outcome import ParityReport, ParityRow
from weighbridge.parity.scenarios import Scenario
from weighbridge.parity.subjects import Claim
from weighbridge.record.provenance import own_version
from weighbridge.record.run_record import RunRecord
from weighbridge.record.statistics import allocation_of

__all__ = ["FORMAT", "Curve", "curves_of", "report_as_dict"]

# Raised when a reader of report.json of today could not read it; additions do not raise it.
FORMAT = 1

# A curve of the page is this wide and high, in units of the drawing, and has no more points than units.
WIDTH, HEIGHT = 480, 96


def report_as_dict(report: ParityReport) -> dict[str, Any]:
    """Return plain values that JSON can hold; floats that JSON cannot hold are texts."""
    return {
        "format": FORMAT,
        "passed": report.passed,
        "failures": list(report.failures),
        "versions": {
            "weighbridge": own_version(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            **report.versions,
        },
        "skipped": [{"framework": one.framework, "reason": one.reason} for one in report.skipped],
        "does_not_apply": [{"scenario": scenario, "framework": name} for scenario, name in report.not_for],
        "scenarios": [_scenario(scenario) for scenario in report.scenarios],
        "rows": [_row(row) for row in report.rows],
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    config = scenario.rebalance.as_dict()
    del config["mode"]
    return {
        "name": scenario.name,
        "why": scenario.why,
        "n_bars": scenario.bars.n_bars,
        "n_assets": scenario.bars.n_assets,
        "bars": scenario.bars.fingerprint(),
        "targets": scenario.targets.fingerprint(),
        "cash": scenario.cash,
        "costs": scenario.costs.as_dict(),
        "rebalance": config,
    }


def _row(row: ParityRow) -> dict[str, Any]:
    found = None if row.comparison is None else row.comparison.divergence
    return {
        "scenario": row.scenario,
        "framework": row.framework,
        "claim": row.claim.value,
        "mode": row.mode.name.lower(),
        "left": row.left,
        "right": row.right,
        "verdict": row.verdict.value,
        "bars": row.bars,
        "fills": row.fills,
        "denials": row.denials,
        "orders": None if row.comparison is None else row.comparison.orders,
        "error": row.error,
        "first_divergence": None if found is None else _divergence(found),
        "tolerances": []
        if row.comparison is None
        else [
            {"field": one.field, "relative": one.relative, "reason": one.reason} for one in row.comparison.tolerances
        ],
        "declared": None if row.comparison is None else _declared(row.comparison.declared),
        "seconds": {"left": round(row.left_seconds, 6), "right": round(row.right_seconds, 6)},
    }


def _declared(found: Difference | None) -> dict[str, Any] | None:
    return None if found is None else {**asdict(found), "versions": list(found.versions)}


def _divergence(found: Divergence) -> dict[str, Any]:
    return {
        "bar": found.bar,
        "time": str(found.time),
        "asset": found.asset,
        "table": found.table,
        "field": found.field,
        "left": _json_value(found.left),
        "right": _json_value(found.right),
        "ulps": found.ulps,
    }


def _json_value(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Hold the engine's portfolio value in one mode, ready to be drawn, and what it cost.

    Attributes:
        mode: The mode in lower case.
        points: "x,y x,y ..." within WIDTH and HEIGHT; all curves of a scenario share one scale.
        last: Value at the last bar, account currency.
        commission: What was paid, account currency.
        slippage: Likewise; NaN where it is not known.
        misallocation: Mean fraction of the value that was not where a decision asked for it (semantics 10.3); NaN
            where that is not known.
    """

    mode: str
    points: str
    last: float
    commission: float
    slippage: float
    misallocation: float


def curves_of(report: ParityReport, scenario: str) -> tuple[Curve, ...]:
    """Return the engine's curves of a scenario, by mode, of the first framework that ran it."""
    records: dict[str, RunRecord] = {}
    for row in report.rows:
        mode = row.mode.name.lower()
        if row.scenario == scenario and row.claim is not Claim.EXECUTOR_IS_NATIVE and row.right_record:
            records.setdefault(mode, row.right_record)
    finite = [record.value[np.isfinite(record.value)] for record in records.values()]
    low = min((series.min() for series in finite if len(series)), default=0.0)
    high = max((series.max() for series in finite if len(series)), default=1.0)
    span = high - low or 1.0
    return tuple(
        _curve(mode, record, _points(record.value, low, span)) for mode, record in records.items() if len(record.value)
    )


def _curve(mode: str, record: RunRecord, points: str) -> Curve:
    allocation = allocation_of(record)
    return Curve(
        mode=mode,
        points=points,
        last=float(record.value[-1]),
        commission=float(record.fill_table.commission.sum()),
        slippage=math.nan if record.measured.slippage is None else float(record.measured.slippage.sum()),
        misallocation=math.nan if allocation is None else float(allocation["misallocation"].mean()),
    )


def _points(series: NDArray[np.float64], low: float, span: float) -> str:
    bars = np.unique(np.linspace(0, len(series) - 1, WIDTH).astype(np.int64))
    bars = bars[np.isfinite(series[bars])]
    across = bars / max(len(series) - 1, 1) * WIDTH
    down = HEIGHT - (series[bars] - low) / span * HEIGHT
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across.tolist(), down.tolist(), strict=True))
