"""Awkward random markets, decisions, configs and costs for mixtures of rules; engine and exact oracle side by side."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

import weighbridge as wb
from parity_tests import oracle

__all__ = ["MODES", "Drawn", "by_engine", "by_oracle", "differences", "drawn", "handed"]

MODES = ("snapshot", "hybrid", "incremental")
NAN = math.nan
ALIKE = 1e-9  # Relative: the engine rounds after every operation, the oracle never.


@dataclass(frozen=True)
class Drawn:
    """A market and what is asked of it: arrays of shape (n_bars, n_assets)."""

    frames: dict[str, np.ndarray[Any, Any]]
    weights: np.ndarray[Any, Any]
    config: wb.RebalanceConfig
    costs: wb.Costs
    cash: float
    limits: dict[str, Any]
    """Fields of `Limits` for rules that have them."""

    @property
    def decided(self) -> list[int]:
        """The bars with a decision."""
        return np.flatnonzero(~np.isnan(self.weights).all(axis=1)).tolist()


def drawn(seed: int, rules: dict[str, str], *, mode: str | None = None) -> Drawn:
    """Draw a case that these rules take; late and ended assets, gaps, bars without volume or without anything."""
    choose = random.Random(seed)
    n_bars, n_assets = choose.randint(12, 20), choose.randint(3, 4)
    frames = _market(choose, n_bars, n_assets)
    short = choose.random() < 0.5
    close = frames["close"]
    empty = np.isnan(close).all(axis=1)
    weights = np.full((n_bars, n_assets), NAN)
    gross = choose.choice([0.8, 1.0, 1.6])
    for bar in range(n_bars):
        if choose.random() < 0.55 and not empty[bar : bar + 2].any():
            for asset in range(n_assets):
                low = -1.0 if short else 0.0
                weight = choose.uniform(low, 2.0) * gross / n_assets
                weights[bar, asset] = choose.choice([NAN, 0.0, weight, weight, weight, weight, weight, weight])
    if choose.random() < 0.3:
        weights[-3:] = np.where(np.isnan(weights[-3:]), NAN, 0.0)
    config = _config(choose, rules, mode or choose.choice(MODES), short=short)
    costs, cash = _costs(choose, rules), choose.choice([1000.0, 20_000.0, 50_000.37, 100_000.0])
    limits = _limits(choose, rules, config, short=short) if rules["cash"] == "cut_within_tolerance" else {}
    return Drawn(frames, weights, config, costs, cash, limits)


def _market(choose: random.Random, n_bars: int, n_assets: int) -> dict[str, np.ndarray[Any, Any]]:
    shape = (n_bars, n_assets)
    frames = {name: np.full(shape, NAN) for name in ("open", "high", "low", "close", "volume")}
    gaps = choose.choice([0.0, 0.1, 0.3])
    for asset in range(n_assets):
        price = choose.choice([4.0, 30.0, 120.0]) * choose.uniform(0.8, 1.2)
        first = choose.choice([0, 0, 0, choose.randint(0, n_bars // 2)])
        last = choose.choice([n_bars, n_bars, n_bars, choose.randint(n_bars // 2, n_bars)])
        scale = choose.choice([40, 1000, 30_000])
        for bar in range(n_bars):
            opening = round(price * choose.uniform(0.95, 1.05), 2)
            price = round(opening * choose.uniform(0.93, 1.08), 2)
            high, low = max(opening, price) * choose.uniform(1, 1.02), min(opening, price) * choose.uniform(0.98, 1)
            volume = 0 if choose.random() < 0.08 else choose.randint(1, scale)
            if first <= bar < last and choose.random() >= gaps:
                for name, cell in zip(frames, (opening, high, low, price, volume), strict=True):
                    frames[name][bar, asset] = cell
    if choose.random() < 0.3:
        bar = choose.randint(2, n_bars - 2)
        for frame in frames.values():
            frame[bar] = NAN
    return frames


def _config(choose: random.Random, rules: dict[str, str], mode: str, *, short: bool) -> wb.RebalanceConfig:
    fractional = choose.choice([None, None, None, False, True])
    if rules["sizing"] == "quantity_difference_snapped" and fractional:
        fractional = None
    lots = choose.random() < 0.15 and not fractional
    late = choose.choice([1, 1, 1, 2])
    return wb.RebalanceConfig(
        mode=mode,  # type: ignore[arg-type]
        min_trade_value=choose.choice([0.0, 0.0, 100.0]),
        min_weight_change=choose.choice([0.0, 0.0, 0.02]),
        allow_fractional=fractional,
        round_lots=lots,
        lot_size=choose.choice([5, 10]),
        allow_short=short and choose.random() < 0.85,
        max_single_weight=choose.choice([math.inf, math.inf, 0.4]),
        max_gross_leverage=choose.choice([None, None, 1.0, 0.9]),
        headroom=choose.choice([1.0, 1.0, 0.97]),
        unlisted=choose.choice(["close", "hold"]),
        cancel_before_rebalance=choose.random() < 0.5,
        account_for_pending=choose.random() < 0.5,
        phase_timeout=choose.randint(1, 3),
        late_asset_policy="require_history" if late > 1 else "allow",
        late_asset_min_bars=late,
        missing_price_policy=choose.choice(["use_last", "use_last", "skip"]),
    )


def _costs(choose: random.Random, rules: dict[str, str]) -> wb.Costs:
    commissions = [wb.NoCommission(), wb.PercentCommission(0.002), wb.FixedCommission(1.3)]
    if rules["cash"] != "cut_within_tolerance" and rules["charging"] != "of_order_value":
        commissions += [wb.PerShareCommission(0.01, minimum=1.0), wb.PerShareCommission(0.02)]
    slippages = [wb.NoSlippage(), wb.PercentSlippage(0.004)]
    if rules["cash"] != "cut_within_tolerance":
        slippages.append(wb.FixedSlippage(0.03))
    if rules["parts"] == "by_volume":
        slippages += [wb.FixedBasisPointsSlippage(10.0, 0.1), wb.VolumeShareSlippage(0.2, 0.1)] * 2
    return wb.Costs(commission=choose.choice(commissions), slippage=choose.choice(slippages))


def _limits(choose: random.Random, rules: dict[str, str], config: wb.RebalanceConfig, *, short: bool) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    if choose.random() < 0.5:
        return drawn
    if not short and choose.random() < 0.3:
        drawn["direction"] = "longonly"
    if choose.random() < 0.3:
        drawn["min_size"] = choose.choice([2.0, 20.0])  # With 0.0 VectorBT fills 0 units, for a fee.
    if choose.random() < 0.3:
        drawn["max_size"] = choose.choice([60.0, 700.5])
    any_fraction = rules["sizing"] == "quantity_difference" and config.allow_fractional is None
    if any_fraction and not config.round_lots and choose.random() < 0.4:
        drawn["size_granularity"] = choose.choice([0.25, 1.0, 7.0])
    if choose.random() < 0.2:
        drawn["allow_partial"] = False
    return drawn


def handed(case: Drawn, conventions: Any) -> tuple[wb.Bars, wb.TargetWeights, dict[str, Any]]:
    """Build a case as Weighbridge takes it: bars, targets and settings."""
    n_bars, n_assets = case.weights.shape
    index, names = pd.date_range("2020-01-01", periods=n_bars), list("DCBA")[:n_assets]
    bars = wb.Bars.from_frames(**{k: pd.DataFrame(v, index=index, columns=names) for k, v in case.frames.items()})
    rows = pd.DataFrame(case.weights[case.decided], index=index[case.decided], columns=names)
    settings = {"conventions": conventions, "rebalance": case.config, "costs": case.costs, "cash": case.cash}
    return bars, wb.TargetWeights(rows), settings


def by_engine(case: Drawn, conventions: Any) -> wb.RunRecord:
    """Run a case through Weighbridge."""
    bars, targets, settings = handed(case, conventions)
    return wb.simulate(bars, targets, **settings)


def by_oracle(case: Drawn, rules: dict[str, str]) -> oracle.Account:
    """Run a case through the oracle, with the rules as a table."""
    market = oracle.Market.of(**{f"{name}s": frame for name, frame in case.frames.items()})
    return oracle.run(
        oracle.Case(
            rules=rules,
            market=market,
            decisions={bar: [oracle.exact(float(cell)) for cell in case.weights[bar]] for bar in case.decided},
            config=case.config.as_dict(),
            costs=case.costs.as_dict(),
            cash=Fraction(case.cash),
            limits=case.limits,
        )
    )


def differences(record: wb.RunRecord, expected: oracle.Account) -> str:
    """Return the first difference between a record and the oracle's account, or nothing."""
    fills, denials = record.fill_table, record.denial_table
    money = float(max(map(abs, [*expected.cash_of_bar, *expected.value_of_bar]), default=1))
    pairs = (
        ("fill", _rows(fills.bar, fills.asset, fills.quantity, fills.price, fills.commission), expected.fills),
        ("denial", _rows(denials.bar, denials.asset, denials.quantity, denials.rule), expected.denials),
        ("cash", _rows(record.cash), [(cash,) for cash in expected.cash_of_bar]),
        ("value", _rows(record.value), [(value,) for value in expected.value_of_bar]),
    )
    for name, ours, exact in pairs:
        for place, (mine, theirs) in enumerate(zip(ours, exact, strict=False)):
            if not all(_alike(one, two, money) for one, two in zip(mine, theirs, strict=True)):
                return f"{name} {place}: engine {mine}, oracle {_floats(theirs)}"
        if len(ours) != len(exact):
            more, rows = ("oracle", exact) if len(exact) > len(ours) else ("engine", ours)
            return f"{name}: {len(ours)} rows, oracle {len(exact)}; {more}: {_floats(rows[min(len(ours), len(exact))])}"
    return ""


def _rows(*columns: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _floats(row: Any) -> tuple[Any, ...]:
    return tuple(float(cell) if isinstance(cell, Fraction) else cell for cell in row)


def _alike(mine: Any, theirs: Any, money: float) -> bool:
    """Whole numbers are equal; others agree to a part in 10^9 of the money that is there, since cash may cancel."""
    if isinstance(theirs, Fraction) and theirs.denominator != 1:
        return math.isclose(mine, float(theirs), rel_tol=ALIKE, abs_tol=ALIKE * money * 1e-3)
    if mine == theirs:
        return True
    return isinstance(theirs, Fraction) and math.isclose(mine, theirs, rel_tol=0, abs_tol=ALIKE * money)
