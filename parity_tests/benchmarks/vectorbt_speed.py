"""The engine under VectorBT's conventions against VectorBT's own simulations, side by side in one process.

Ours includes checking the input, the record of fills, and cash and value of every bar; theirs is the bare simulation,
arrays in and order records out. Every figure is the best of a few turns, the sides one after the other, since a busy or
virtual machine slows whole seconds at a time. The fills must be identical.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weighbridge as wb

CASH = 1e6
FEES = 0.001
COSTS = wb.Costs(commission=wb.PercentCommission(FEES))
CONFIG = wb.RebalanceConfig.unfiltered("hybrid")


def material(n_assets: int, n_bars: int, every: int) -> tuple[wb.Bars, wb.TargetWeights, Any]:
    """Make prices of a random walk and weights that sum to 1; also as VectorBT takes them, NaN where none is given."""
    random = np.random.default_rng(0)
    close = random.normal(0.0, 0.01, (n_bars, n_assets))
    np.cumsum(close, axis=0, out=close)
    np.exp(close, out=close)
    close *= 100.0
    rows = np.arange(0, n_bars, every)
    weights = random.dirichlet(np.ones(n_assets), len(rows))
    index = pd.date_range("2000-01-01", periods=n_bars)
    names = [f"A{asset:04d}" for asset in range(n_assets)]
    bars = wb.Bars.from_frames(close=pd.DataFrame(close, index, names))
    size = np.full((n_bars, n_assets), np.nan)
    size[rows] = weights
    return bars, wb.TargetWeights(pd.DataFrame(weights, index[rows], names)), size


def theirs(bars: wb.Bars, size: Any, engine: str) -> tuple[float, Any]:
    """Return the seconds of VectorBT's bare simulation, and its order records."""
    from vectorbt.portfolio import dispatch, nb
    from vectorbt.portfolio.enums import Direction, SizeType

    groups = np.array([bars.n_assets])
    sequence = nb.build_call_seq(bars.close.shape, groups, 0)
    start = time.perf_counter()
    records, _ = dispatch.simulate_from_orders(
        bars.close.shape,
        groups,
        np.array([CASH]),
        sequence,
        size=size,
        price=np.asarray(np.inf),
        size_type=np.asarray(SizeType.TargetPercent),
        direction=np.asarray(Direction.Both),
        fees=np.asarray(FEES),
        min_size=np.asarray(1e-8),
        close=np.asarray(bars.close),
        auto_call_seq=True,
        max_orders=size.size,
        max_logs=1,
        engine=engine,
    )
    return time.perf_counter() - start, records


def ours(bars: wb.Bars, targets: wb.TargetWeights) -> tuple[float, wb.RunRecord]:
    """Return the seconds of `simulate`, and the record."""
    start = time.perf_counter()
    record = wb.simulate(bars, targets, conventions="vectorbt", rebalance=CONFIG, costs=COSTS, cash=CASH)
    return time.perf_counter() - start, record


def forget_peak() -> None:
    """Let the peak start again from what the process has now; where the system cannot (not Linux), it stays."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        switch.write_text("5")


def memory(which: str) -> int:
    """Return what the process has now ("VmRSS"), or the most since `forget_peak` ("VmHWM"), in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    (line,) = [text for text in status.read_text().splitlines() if text.startswith(which)]
    return int(line.split()[1]) * 1024


def engines() -> list[str]:
    """Return the names of VectorBT's engines that are installed, the fastest first."""
    return (["rust"] if find_spec("vectorbt_rust") is not None else []) + ["numba"]


def check_fills(record: wb.RunRecord, records: Any) -> None:
    """Fail unless both sides have the same fills."""
    table = record.fill_table
    assert table.bar.tobytes() == records["idx"].tobytes()
    assert table.asset.tobytes() == records["col"].tobytes()
    assert np.abs(table.quantity).tobytes() == records["size"].tobytes()
    assert table.price.tobytes() == records["price"].tobytes()
    assert table.commission.tobytes() == records["fees"].tobytes()


def race(n_assets: int, n_bars: int, every: int, turns: dict[str, int]) -> dict[str, Any]:
    """Run both sides; return what was measured.

    Args:
        n_assets: Number of assets.
        n_bars: Number of bars.
        every: Bars from one decision to the next.
        turns: How often each side runs: "ours", "rust", "numba".
    """
    from vectorbt import __version__

    there = engines()
    small_bars, small_targets, small_size = material(5, 20, 1)
    ours(small_bars, small_targets)  # Compiled, or loaded from the cache.
    for engine in there:
        theirs(small_bars, small_size, engine)
    bars, targets, asked = material(n_assets, n_bars, every)
    gc.collect()
    forget_peak()
    before = memory("VmRSS")
    _, record = ours(bars, targets)
    extra = memory("VmHWM") - before
    seconds: dict[str, list[float]] = {side: [] for side in ("ours", *there)}
    for turn in range(max(turns.values())):
        for side, taken in seconds.items():
            if turn >= turns[side]:
                continue
            if side == "ours":
                taken.append(ours(bars, targets)[0])
                continue
            once, records = theirs(bars, asked, side)
            taken.append(once)
            check_fills(record, records)
    best = {side: min(taken) for side, taken in seconds.items()}
    return {
        "vectorbt": __version__,
        "engine_seconds": best.pop("ours"),
        **{f"{engine}_seconds": taken for engine, taken in best.items()},
        "fills": len(record.fill_table.bar),
        "input_bytes": bars.close.nbytes + targets.weights.nbytes,
        "fill_bytes": sum(column.nbytes for column in record.fill_table),
        "peak_bytes_beyond_inputs": extra,
    }
