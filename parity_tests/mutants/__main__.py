"""Change the rules, the pass and the planner, one place at a time, and see whether their own tests notice.

`make mutants`, or `python -m parity_tests.mutants --help`. This process imports what is slow to import, and nothing of
what is tested; it forks for every mutant, and the child imports the mutated source in place of the file.

Why no library: mutmut and cosmic-ray mutate neither the association of sums nor returned elements, and run one set of
tests for everything instead of a rule's own; cosmic-ray writes each mutant into the tree and starts an interpreter for
it, mutmut copies the tree and wraps every function, which then no kernel can compile or read.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax

from parity_tests.mutants.campaign import BrokenRunError, baselines, judged
from parity_tests.mutants.interpreted import interpret_everything
from parity_tests.mutants.mutants import Mutant, mutants_of, sample
from parity_tests.mutants.report import Verdict, show_baselines, show_outcomes
from parity_tests.mutants.table import TableError, read_table

HERE = Path(__file__).resolve().parent


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description="Change rules, and see whether tests notice.")
    parser.add_argument("--mutants", type=int, default=300, help="at least so many (0: all)")
    parser.add_argument("--file", action="append", default=[], help="only files whose path contains this")
    parser.add_argument("--show", metavar="ID", help="show one mutant and what its tests say")
    parser.add_argument("--seed", type=int, default=9, help="another sample")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time")
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, default=HERE / "table.toml", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(options: argparse.Namespace, console: Console, folder: Path) -> bool:
    began = time.monotonic()
    root = options.root.resolve()
    table = read_table(root, options.table)
    sources = {source.file: source for source in table.sources}
    texts = {file: (root / file).read_text(encoding="utf-8") for file in sources}
    every = [mutant for file, text in texts.items() for mutant in mutants_of(file, text)]
    wanted = [mutant for mutant in every if not options.file or any(part in mutant.file for part in options.file)]
    if options.show:
        chosen = [mutant for mutant in every if mutant.number == options.show]
    else:
        chosen = sample(wanted, options.mutants, options.seed)
    if not chosen:
        raise TableError("there is no such mutant")
    for name in table.warm:
        with suppress(ImportError):
            import_module(name)
    concerned = [sources[file] for file in dict.fromkeys(mutant.file for mutant in chosen)]
    originals = baselines(root, concerned, folder, options.jobs)
    if not options.show:
        console.print(f"{len(chosen)} of {len(every)} mutants")
        show_baselines(console, originals)
    outcomes = []
    for outcome in judged(root, chosen, sources, originals, folder, options.jobs):
        outcomes.append(outcome)
        if options.show:
            _show(console, outcome.mutant, texts[outcome.mutant.file], f"{outcome.output}\n{outcome.verdict}")
            return True
        if console.is_terminal:
            console.print(f"{len(outcomes)} of {len(chosen)}", end="\r")
    verdict = Verdict(outcomes, every, table.equivalents)
    show_outcomes(console, verdict, texts, time.monotonic() - began)
    if len(outcomes) < options.mutants and not options.file:
        console.print(f"error: there are only {len(outcomes)} mutants, not {options.mutants}", style="red")
        return False
    return verdict.good


def _show(console: Console, mutant: Mutant, original: str, output: str) -> None:
    console.print(f"{mutant.number}: {mutant.kind} in {mutant.function}", highlight=False)
    console.print(Syntax(mutant.diff(original), "diff", background_color="default"))
    console.print(output, markup=False, highlight=False)


def main() -> int:
    """Run, and return the exit status: 1 when a mutant lives that is not listed, or too few are killed."""
    options = _options()
    interpret_everything()
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        try:
            return 0 if _run(options, console, Path(folder)) else 1
        except (TableError, BrokenRunError) as error:
            console.print(f"error: {error}", style="red", markup=False, highlight=False)
            return 2


if __name__ == "__main__":
    sys.exit(main())
