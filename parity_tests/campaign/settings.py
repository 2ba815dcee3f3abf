"""Random settings: rebalancing, costs, limits, cash, contracts, splits and dividends; plain values throughout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity_tests.campaign.prices import picked

__all__ = [
    "drawn_actions",
    "drawn_cash",
    "drawn_config",
    "drawn_contracts",
    "drawn_costs",
    "drawn_limits",
    "unfiltered",
]

Floats = NDArray[np.float64]
Values = dict[str, Any]

MODES = ("snapshot", "incremental", "hybrid")
# What `RebalanceConfig.unfiltered` switches off, as plain values.
UNFILTERED: Values = {
    "min_trade_value": 0.0,
    "min_weight_change": 0.0,
    "allow_short": True,
    "max_single_weight": math.inf,
    "max_gross_leverage": None,
    "unlisted": "hold",
    "cancel_before_rebalance": False,
    "account_for_pending": False,
}


def unfiltered(mode: str) -> Values:
    """Return a config without thresholds, caps and restrictions, as plain values."""
    return {"mode": mode, **UNFILTERED}


def drawn_config(random: np.random.Generator, *, fractions: bool) -> Values:
    """Draw the fields of a `RebalanceConfig`: unfiltered, as it comes, or every field at random."""
    mode = str(random.choice(MODES))
    kind = picked(random, ("unfiltered", 0.35), ("default", 0.1), ("random", 0.55))
    if kind == "default":
        return {"mode": mode}
    if kind == "unfiltered":
        cut = {"allow_fractional": True} if fractions and random.random() < 0.15 else {}
        return {**unfiltered(mode), **cut}
    lots = random.random() < 0.15
    history = random.random() < 0.25
    whole = (None, False) if lots or not fractions else (None, False, True)
    return {
        "mode": mode,
        "min_trade_value": float(random.choice([0.0, 0.0, 1.0, 100.0, 5000.0])),
        "min_weight_change": float(random.choice([0.0, 0.0, 0.001, 0.01, 0.1])),
        "allow_fractional": whole[random.integers(0, len(whole))],
        "round_lots": lots,
        "lot_size": int(random.choice([1, 7, 10, 100])),
        "allow_short": bool(random.random() < 0.65),
        "max_single_weight": float(random.choice([math.inf, 1.0, 0.3, 0.05])),
        "max_gross_leverage": (None, 1.0, 0.5, 2.0)[random.integers(0, 4)],
        "headroom": float(random.choice([1.0, 0.998, 0.9, 0.3])),
        "unlisted": str(random.choice(["close", "hold"])),
        "cancel_before_rebalance": bool(random.random() < 0.5),
        "account_for_pending": bool(random.random() < 0.5),
        "phase_timeout": int(random.choice([1, 1, 2, 5])),
        "late_asset_policy": "require_history" if history else "allow",
        "late_asset_min_bars": int(random.integers(1, 8)) if history else 1,
        "missing_price_policy": str(random.choice(["use_last", "skip"])),
    }


def drawn_costs(random: np.random.Generator, known: frozenset[str], lowest: float) -> Values:
    """Draw a commission and a slippage among the known models; a fixed slippage stays below the lowest price."""
    rate = float(random.choice([0.0, 1e-4, 0.001, 0.0123, 0.2]))
    commissions: list[Values] = [
        {"model": "NoCommission"},
        {"model": "PercentCommission", "rate": rate},
        {"model": "FixedCommission", "amount": float(random.choice([0.0, 1.0, 4.95, 300.0]))},
        {
            "model": "PerShareCommission",
            "amount": float(random.choice([0.0, 0.001, 0.005, 0.37])),
            "minimum": float(random.choice([0.0, 0.0, 1.0, 25.5])),
        },
    ]
    impact = {"volume_limit": float(random.choice([0.01, 0.025, 0.1, 1.0]))}
    slippages: list[Values] = [
        {"model": "NoSlippage"},
        {"model": "PercentSlippage", "rate": float(random.choice([0.0, 0.0005, 0.01, 0.1]))},
        {"model": "FixedSlippage", "amount": float(random.choice([0.0, 0.01, 0.3])) * min(1.0, lowest)},
        {"model": "FixedBasisPointsSlippage", "basis_points": float(random.choice([0.0, 5.0, 133.3])), **impact},
        {"model": "VolumeShareSlippage", "price_impact": float(random.choice([0.0, 0.1, 0.7])), **impact},
    ]
    free = random.random() < 0.25
    pairs = (("commission", commissions), ("slippage", slippages))
    return {name: _among(random, [one for one in models if one["model"] in known], free) for name, models in pairs}


def _among(random: np.random.Generator, models: list[Values], free: bool) -> Values:
    drawn = models[random.integers(0, len(models))]
    return models[0] if free else drawn


def drawn_limits(random: np.random.Generator, config: Values) -> Values:
    """Draw what bounds every order where orders fill at once; a config that names its step leaves no other to say."""
    stepped = config.get("round_lots", False) or config.get("allow_fractional") is not None
    shorts = config.get("allow_short", False)
    return {
        "direction": str(random.choice(["both", "both", "longonly", *(["shortonly"] if shorts else [])])),
        "min_size": float(random.choice([1e-8, 1e-8, 0.0, 0.5, 3.0])),
        "max_size": (math.inf, math.inf, 10.0, 1000.25)[random.integers(0, 4)],
        "size_granularity": None if stepped else (None, None, 1.0, 0.1, 0.25, 12.0)[random.integers(0, 6)],
        "allow_partial": bool(random.random() < 0.7),
        "lock_cash": bool(random.random() < 0.4),
    }


def drawn_cash(random: np.random.Generator) -> float:
    """Draw the starting cash, from nothing worth trading to a fund."""
    if random.random() < 0.6:
        return float(random.choice([1e4, 1e5, 1e6, 1e7]))
    return float(np.round(random.choice([1.0, 1e3, 1e5, 1e7, 1e9]) * (0.5 + 0.5 * random.random()), 2))


def drawn_contracts(random: np.random.Generator, close: Floats, *, paid_in_full: bool) -> dict[int, Values]:
    """Draw contracts by column: multipliers, margins, leverage; `paid_in_full` allows a multiplier without a margin."""
    found: dict[int, Values] = {}
    for column in range(close.shape[1]):
        known = close[~np.isnan(close[:, column]), column]
        if random.random() < 0.4 or not len(known):
            continue
        multiplier = float(random.choice([1.0, 2.0, 12.5, 50.0]))
        margin = float(np.round(known[0] * multiplier * random.choice([0.02, 0.1, 0.5, 1.0]), 3)) or 0.001
        leverage = float(random.choice([1.0, 1.5, 4.0]))
        if random.random() < 0.5:
            # With a margin the reference has no leverage beside it; Backtrader multiplies by it.
            found[column] = {"multiplier": multiplier, "margin": margin, "leverage": 1.0 if paid_in_full else leverage}
        else:
            found[column] = {"multiplier": multiplier if paid_in_full else 1.0, "leverage": leverage}
    return found


def drawn_actions(random: np.random.Generator, close: Floats) -> tuple[list[Any], list[Any]]:
    """Draw within the assets' lives: splits (bar, column, ratio), dividends (bar, column, amount, days until paid)."""
    splits: list[Any] = []
    dividends: list[Any] = []
    for column in range(close.shape[1]):
        lived = np.flatnonzero(~np.isnan(close[:, column]))
        if not len(lived):
            continue
        for bar in range(int(lived[0]), int(lived[-1]) + 1):
            if random.random() < 0.05:
                splits.append((bar, column, float(random.choice([0.5, 0.25, 1 / 3, 2.0, 10.0, 1.5, 0.97, 7.3]))))
            if random.random() < 0.06:
                amount = float(np.round(close[lived[0], column] * random.choice([0.002, 0.01, 0.3]), 4)) or 0.001
                dividends.append((bar, column, amount, int(random.choice([0, 1, 3, 12, 400]))))
    return splits, dividends
