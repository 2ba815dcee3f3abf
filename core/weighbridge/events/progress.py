"""A progress bar for long runs, on the standard error output."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager

__all__ = ["watched"]

# Steps in which the bar is moved on: a percent each, so that it costs a run nothing, however many bars it has.
STEPS = 100


@contextmanager
def watched(bars: Sequence[int], title: str, *, shown: bool) -> Generator[Iterable[int]]:
    """Give the bars of a run one by one, with a progress bar where `shown`; none where nobody watches a terminal."""
    if not shown:
        yield bars
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield bars
        return
    # What a strategy prints stays on the standard output: it may be a file.
    with Progress(console=console, redirect_stdout=False) as progress:
        task = progress.add_task(title, total=len(bars))
        step = max(len(bars) // STEPS, 1)

        def counted() -> Iterator[int]:
            for count, bar in enumerate(bars):
                if count % step == 0:
                    progress.update(task, completed=count)
                yield bar
            progress.update(task, completed=len(bars))

        yield counted()
