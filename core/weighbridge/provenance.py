"""What a record says about how it came to be."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from weighbridge.bars import Bars
from weighbridge.config import RebalanceConfig
from weighbridge.conventions import Conventions
from weighbridge.costs import Costs
from weighbridge.targets import TargetWeights

__all__ = ["own_version", "provenance_of"]


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
    targets: TargetWeights,
    **more: Any,
) -> dict[str, Any]:
    """Return who ran what, as plain values that JSON can hold.

    The digests of bars and targets are left to `RunRecord.save` and to the harness, which ask for them; a
    simulation of a few milliseconds would spend most of its time on them.
    """
    return {
        "subject": subject,
        "conventions": conventions.as_dict(),
        "rebalance": rebalance.as_dict(),
        "costs": costs.as_dict(),
        "cash": cash,
        "bars": {"n_bars": bars.n_bars, "n_assets": bars.n_assets},
        "targets": {"n_rows": len(targets.index)},
        "python": platform.python_version(),
        "numpy": np.__version__,
        "weighbridge": own_version(),
        **more,
    }
