"""What a record says about how it came to be."""

from __future__ import annotations

import dataclasses
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts
from weighbridge.settings.conventions import Conventions
from weighbridge.settings.costs import Costs

__all__ = ["own_version", "provenance_of", "with_digests"]


@cache
def own_version() -> str:
    """Return the version of the installed distribution, "0+unknown" where it runs from plain files."""
    try:
        return version("weighbridge")
    except PackageNotFoundError:
        return "0+unknown"


def provenance_of(
    subject: str,
    conventions: Conventions,
    rebalance: RebalanceConfig,
    costs: Costs,
    cash: float,
    bars: Bars,
    targets: TargetWeights | None,
    contracts: Contracts | None = None,
    *,
    digests: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Return who ran what, as plain values that JSON can hold.

    The digests say which bars and targets it was. The engine leaves them out: a simulation of a few
    milliseconds would spend most of its time on them; `with_digests` adds them to a record that is kept.
    `contracts` is there where not every asset is an ordinary share.
    """
    return {
        "subject": subject,
        "conventions": conventions.as_dict(),
        "rebalance": rebalance.as_dict(),
        "costs": costs.as_dict(),
        "cash": cash,
        **({"contracts": {name: contract.as_dict() for name, contract in contracts.items()}} if contracts else {}),
        **_inputs(bars, targets, digests=digests),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "weighbridge": own_version(),
        **more,
    }


def with_digests(record: RunRecord, bars: Bars, targets: TargetWeights) -> RunRecord:
    """Return a record that says which bars and targets it was made of."""
    return dataclasses.replace(record, provenance={**record.provenance, **_inputs(bars, targets, digests=True)})


def _inputs(bars: Bars, targets: TargetWeights | None, *, digests: bool) -> dict[str, Any]:
    about_bars: dict[str, Any] = {"n_bars": bars.n_bars, "n_assets": bars.n_assets}
    if digests:
        about_bars["sha256"] = bars.fingerprint()
    if targets is None:
        return {"bars": about_bars, "targets": None}
    about_targets: dict[str, Any] = {"n_rows": len(targets.index)}
    if digests:
        about_targets["sha256"] = targets.fingerprint()
    return {"bars": about_bars, "targets": about_targets}
