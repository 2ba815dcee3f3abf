"""What the benchmarks of the frameworks measure alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["executor_against_native", "seconds"]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long some work takes, and what comes of it."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def executor_against_native(benchmark: Any, run: Callable[[str], object]) -> None:
    """Hold `run("executor")` to `run("native")`: in turns, so that a busy machine slows both; medians within 10%."""
    taken: dict[str, list[float]] = {"native": [], "executor": []}

    def turn() -> None:
        for how, times in taken.items():
            start = time.process_time()
            run(how)
            times.append(time.process_time() - start)

    benchmark.pedantic(turn, rounds=5, warmup_rounds=1)
    native, executor = (sorted(times[1:])[2] for times in taken.values())
    benchmark.extra_info |= {"native_seconds": native, "executor_seconds": executor, "ratio": executor / native}
    assert executor <= 1.10 * native
