"""What goes on at a host's next bar: the rebalances that wait, whatever way the host has of being told of a bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Resume", "Resumes"]

Resume = Callable[[Any], bool]
"""Goes on with a rebalance, given its host; True while it still waits."""


class Resumes:
    """Keep what `Host.on_next_bar` was given until the host says that the bar is there.

    Args:
        hook: Has the host call `go_on` at its next bar, once; called when something begins to wait.
    """

    def __init__(self, hook: Callable[[], None]) -> None:
        """Begin with nothing."""
        self._hook = hook
        self._waiting: list[tuple[Resume, Any]] = []

    def __bool__(self) -> bool:
        """Say whether anything waits."""
        return bool(self._waiting)

    def add(self, resume: Resume, host: Any) -> None:
        """Let `resume` wait for the next bar, to be called with this host."""
        if not self._waiting:
            self._hook()
        self._waiting.append((resume, host))

    def go_on(self) -> None:
        """Call everything that waits, in sequence; what still waits then is called again at the next bar."""
        waiting, self._waiting = self._waiting, []
        for resume, host in waiting:
            if resume(host):
                self.add(resume, host)
