"""Random cases, engine against frameworks: `python -m parity_tests.campaign --cases 2000`, or `make campaign`.

The seeds take turns among the frameworks. `--only zipline --first 1234 --cases 1` runs one seed of one framework again.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from parity_tests.campaign.native import FRAMEWORKS, Outcome, tried

SHOWN = 10  # Differences told in full; of further ones the seed is enough to look.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; return 1 if anything differs."""
    asked = _asked(arguments)
    # Its adjustments log each dividend that has no price before it, which is booked all the same.
    logging.getLogger("zipline.data.adjustments").setLevel(logging.ERROR)
    frameworks = FRAMEWORKS if asked.only is None else tuple(asked.only.split(","))
    begin = last = perf_counter()
    counts: Counter[tuple[str, str, str]] = Counter()
    fills: Counter[tuple[str, str]] = Counter()
    seconds: Counter[str] = Counter()
    differing: list[Outcome] = []
    for number, seed in enumerate(range(asked.first, asked.first + asked.cases), 1):
        framework = frameworks[seed % len(frameworks)]
        start = perf_counter()
        with np.errstate(all="ignore"):
            outcome = tried(framework, seed)
        seconds[framework] += perf_counter() - start
        counts[framework, outcome.how, outcome.verdict] += 1
        fills[framework, outcome.how] += outcome.fills
        if not outcome.agrees:
            differing.append(outcome)
            _say(_told(outcome, full=len(differing) <= SHOWN))
        if perf_counter() - last > asked.every or number == asked.cases:
            last = perf_counter()
            _say(f"{number} of {asked.cases} cases, {len(differing)} differ, {last - begin:.0f} s")
    for framework, how in sorted(fills):
        found = ", ".join(
            f"{count} {verdict}" for (f, h, verdict), count in sorted(counts.items()) if (f, h) == (framework, how)
        )
        _say(f"{framework:<11}{how:<9} {fills[framework, how]:>7} fills: {found}")
    _say("seconds: " + ", ".join(f"{framework} {spent:.0f}" for framework, spent in sorted(seconds.items())))
    if not sum(fills.values()):
        _say("nothing was traded, which shows nothing")
        return 1
    if differing:
        _say(f"{len(differing)} cases differ: " + ", ".join(f"{one.framework} {one.case.seed}" for one in differing))
        return 1
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="parity_tests.campaign", description="Random cases against the frameworks.")
    parser.add_argument("--cases", type=int, default=1000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", help=f"frameworks, separated by commas: {', '.join(FRAMEWORKS)}")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two lines of progress")
    return parser.parse_args(arguments)


def _told(outcome: Outcome, *, full: bool) -> str:
    again = f"python -m parity_tests.campaign --only {outcome.framework} --first {outcome.case.seed} --cases 1"
    if not full:
        return f"{outcome.framework} {outcome.how} {outcome.verdict}: {again}"
    return f"\n{outcome.framework} {outcome.how}: {outcome.verdict}\n{outcome.case}\n{outcome.text}\nAgain: {again}\n"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
