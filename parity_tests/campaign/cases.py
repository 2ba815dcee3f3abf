"""Random cases: a seed -> prices, weights and settings as plain data, which any version of the engine can be given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity_tests.campaign.prices import Prices, drawn_prices, picked
from parity_tests.campaign.settings import (
    drawn_actions,
    drawn_cash,
    drawn_config,
    drawn_contracts,
    drawn_costs,
    drawn_limits,
    unfiltered,
)

__all__ = ["PRESETS", "Case", "drawn", "preset_of"]

Floats = NDArray[np.float64]

_AT_ONCE = ("vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close")
_BACKTRADER = ("backtrader", "backtrader-coc", "backtrader-coo")
PRESETS = ("reference", *_BACKTRADER, *_AT_ONCE, "zipline")
# In turns; the presets with the most rules of their own come more often.
_TURNS = (*PRESETS, "reference", "backtrader", "zipline")

_ORDINARY = frozenset({"NoCommission", "PercentCommission", "FixedCommission", "NoSlippage", "PercentSlippage"})
_BY_UNIT = _ORDINARY | {"PerShareCommission", "FixedSlippage"}
_ALL = _BY_UNIT | {"FixedBasisPointsSlippage", "VolumeShareSlippage"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Hold one case.

    Attributes:
        seed: What it was drawn from.
        preset: The conventions' name.
        prices: Open, high, low, close and volume by name, (n_bars, n_assets); some may be left out.
        rows: Decision bars, (n_rows,).
        columns: Columns of the assets that the weights name, (n_columns,).
        weights: (n_rows, n_columns), NaN leaves an asset alone.
        config: Fields of `RebalanceConfig`.
        costs: What `Costs.from_dict` takes.
        cash: Starting cash.
        limits: What bounds every order where orders fill at once; None for the preset's.
        contracts: Fields of `Contract` by column.
        splits: (bar, column, ratio).
        dividends: (bar, column, amount, days until it is paid).
    """

    seed: int
    preset: str
    prices: Prices
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: Floats
    config: dict[str, Any]
    costs: dict[str, Any]
    cash: float
    limits: dict[str, Any] | None = None
    contracts: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    splits: list[Any] = field(default_factory=list[Any])
    dividends: list[Any] = field(default_factory=list[Any])

    def __str__(self) -> str:
        """Say what the case is made of, on a few lines."""
        n_bars, n_assets = self.prices["close"].shape
        more = {
            name: getattr(self, name)
            for name in ("limits", "contracts", "splits", "dividends")
            if getattr(self, name) not in (None, {}, [])
        }
        return (
            f"seed {self.seed}: {self.preset}, {self.config['mode']}, {n_bars} bars x {n_assets} assets, "
            f"{len(self.rows)} decisions, cash {self.cash!r}\n"
            f"  costs {self.costs}\n  config {self.config}" + "".join(f"\n  {name} {it}" for name, it in more.items())
        )


def preset_of(seed: int) -> str:
    """Return the conventions of a seed; the seeds take turns."""
    return _TURNS[seed % len(_TURNS)]


def drawn(seed: int, *, preset: str | None = None, small: bool = False, native: str | None = None) -> Case:
    """Draw the case of a seed.

    Args:
        seed: The same seed and arguments give the same case.
        preset: In place of the one that is the seed's turn.
        small: Few bars of few assets, for hosts that take their time, and models that they all know.
        native: A mode, for functions that know no thresholds: unfiltered, in this mode.
    """
    random = np.random.default_rng(seed)
    preset = preset_of(seed) if preset is None else preset
    n_bars, n_assets = _size(random, small=small)
    prices = drawn_prices(random, n_bars, n_assets)
    trades = np.flatnonzero(~np.isnan(prices["close"]).all(axis=1))
    rows = _decided(random, trades)
    columns = np.arange(n_assets)
    if random.random() < 0.2:
        columns = random.permutation(n_assets)[: random.integers(1, n_assets + 1)]
    weights = _drawn_weights(random, len(rows), len(columns), reckless=not small)
    config = drawn_config(random, fractions=preset != "zipline")
    if native is not None:
        config = unfiltered(native)
    known = _ALL if preset == "zipline" else _ORDINARY if preset in _AT_ONCE else _BY_UNIT
    lowest = float(np.nanmin(prices["close" if preset == "zipline" else "open"]))
    # Now and then a model that the conventions refuse: the refusal is the outcome.
    costs = drawn_costs(random, _ALL if not small and random.random() < 0.02 else known, lowest)
    more: dict[str, Any] = {}
    if preset in _AT_ONCE and random.random() < 0.4:
        more["limits"] = drawn_limits(random, config)
        weights = _allowed(random, weights, more["limits"]["direction"])
    elif preset in ("reference", *_BACKTRADER) and random.random() < 0.25:
        more["contracts"] = drawn_contracts(random, prices["close"], paid_in_full=preset == "reference")
    elif preset == "zipline" and random.random() < 0.35:
        more["splits"], more["dividends"] = drawn_actions(random, prices["close"])
    if not small and random.random() < 0.05:
        del prices[str(random.choice(["open", "high", "low", "volume"]))]
    return Case(
        seed=seed,
        preset=preset,
        prices=prices,
        rows=rows,
        columns=columns,
        weights=weights,
        config=config,
        costs=costs,
        cash=drawn_cash(random),
        **more,
    )


def _size(random: np.random.Generator, *, small: bool) -> tuple[int, int]:
    if small:
        return int(random.integers(5, 51)), int(random.integers(1, 7))
    kind = picked(random, ("usual", 0.96), ("wide", 0.02), ("long", 0.02))
    if kind == "wide":
        return int(random.integers(5, 31)), 300
    if kind == "long":
        return 400, int(random.integers(1, 9))
    # Squared: small cases are many, since they are as telling as large ones.
    return int(random.integers(5, 121)), 1 + int(30 * random.random() ** 2)


def _decided(random: np.random.Generator, trades: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose decision bars among those in which something trades."""
    every = int(picked(random, (1, 0.35), (2, 0.15), (5, 0.2), (10, 0.1), (0, 0.15), (-1, 0.05)))
    if every > 0:
        return trades[::every]
    if every < 0:
        return trades[random.integers(0, len(trades)) :][:1]
    chosen = trades[random.random(len(trades)) < 0.3]
    return chosen if len(chosen) else trades[:1]


def _drawn_weights(random: np.random.Generator, n_rows: int, n_columns: int, *, reckless: bool) -> Floats:
    shape = (n_rows, n_columns)
    raw = random.random(shape)
    if random.random() < 0.3:
        raw = np.square(np.square(raw))
    if random.random() < 0.1:
        raw = np.ones(shape)
    weights = raw / raw.sum(axis=1, keepdims=True)
    wild = 0.05 if reckless else 0.0
    weights *= picked(random, (1.0, 0.4), (0.95, 0.15), (0.5, 0.1), (1.5, 0.2), (3.0, 0.1), (10.0, wild))
    if random.random() < 0.45:
        weights = np.where(random.random(shape) < picked(random, (0.5, 0.7), (1.0, 0.3)), -weights, weights)
    if random.random() < 0.3:
        weights = np.round(weights, 2)
    if random.random() < 0.15:
        weights[:] = weights[0]
    weights[random.random(shape) < picked(random, (0.0, 0.4), (0.1, 0.4), (0.5, 0.2))] = 0.0
    weights[random.random(shape) < picked(random, (0.0, 0.5), (0.05, 0.35), (0.4, 0.15))] = np.nan
    weights[random.random(n_rows) < picked(random, (0.0, 0.6), (0.15, 0.4))] = np.nan
    return weights


def _allowed(random: np.random.Generator, weights: Floats, direction: str) -> Floats:
    """Turn the weights the way that the direction allows; now and then not, which is refused."""
    sign = {"longonly": 1.0, "shortonly": -1.0}.get(direction)
    return weights if sign is None or random.random() < 0.1 else np.abs(weights) * sign
