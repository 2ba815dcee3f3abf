"""What has to last between two calls of an algorithm's functions: assets by name, and what goes on at the next bar.

It is kept with the algorithm object, since a `Broker` is made anew at each call.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from weighbridge.exceptions import UnknownAssetError
from weighbridge.rebalance.resumes import Resumes

__all__ = ["Memory", "memory_of"]


class Memory:
    """Remember an algorithm's assets in the order of their `sid`, and the rebalances that are unfinished."""

    def __init__(self) -> None:
        """Start empty."""
        self._assets: dict[str, Any] = {}
        self._names: dict[Any, str] = {}
        self._sids: dict[str, int] = {}
        self._sorted = True
        self._counted: dict[Any, tuple[Any, int]] = {}
        self._resumes: Resumes | None = None

    def add(self, name: str, sid: int, asset: Any) -> None:
        """Remember an asset; None stands for one that never trades."""
        self._assets[name] = asset
        self._sids[name] = sid
        self._sorted = False
        if asset is not None:
            self._names[asset] = name

    def name_of(self, asset: Any) -> str:
        """Return an asset's name, its symbol; a second asset with that symbol is called by its `sid` too."""
        name = self._names.get(asset)
        if name is None:
            name = asset.symbol if asset.symbol not in self._assets else f"{asset.symbol} ({asset.sid})"
            self.add(name, asset.sid, asset)
        return name

    def knows(self, name: str) -> bool:
        """Return whether there is an asset of that name."""
        return name in self._assets

    def asset(self, name: str) -> Any:
        """Return the asset of a name."""
        if name not in self._assets:
            raise UnknownAssetError(f"{name!r} is not known", hint="mention the asset first")
        return self._assets[name]

    def names(self) -> tuple[str, ...]:
        """Return every name, by `sid`."""
        if not self._sorted:
            self._assets = {name: self._assets[name] for name in sorted(self._assets, key=self._sids.__getitem__)}
            self._sorted = True
        return tuple(self._assets)

    def assets(self) -> list[Any]:
        """Return every asset, in the same order."""
        return list(self._assets.values())

    def bars_seen(self, algorithm: Any, session: Any) -> dict[Any, int]:
        """Return by asset the sessions before `session` in which it had a close; each is read once."""
        sessions = algorithm.trading_calendar.sessions
        before = int(sessions.searchsorted(session)) - 1
        groups: dict[int, list[Any]] = {}
        for asset in self._names:
            row, _ = self._counted.get(asset, (None, 0))
            if row is None:
                row = int(sessions.searchsorted(asset.start_date)) - 1
            if row < before:
                groups.setdefault(row, []).append(asset)
        reader = algorithm.data_portal._get_pricing_reader("daily")
        for row, assets in groups.items():
            first, last = sessions[row + 1], sessions[before]
            (closes,) = reader.load_raw_arrays(["close"], first, last, assets)
            for asset, there in zip(assets, (~np.isnan(closes)).sum(axis=0).tolist(), strict=True):
                self._counted[asset] = (before, self._counted.get(asset, (0, 0))[1] + int(there))
        return {asset: count for asset, (_, count) in self._counted.items()}

    def resumes(self, algorithm: Any) -> Resumes:
        """Return what waits for the algorithm's next bar.

        The manager of an algorithm's events opens a context around all of a bar's functions, after the bar's fills:
        `create_event_context` of `TradingAlgorithm`. Wrapping it within a bar takes effect at the next one.
        """
        if self._resumes is None:
            self._resumes = Resumes(lambda: self._wrap(algorithm.event_manager))
        return self._resumes

    def _wrap(self, manager: Any) -> None:
        users = manager._create_context

        @contextmanager
        def resuming(data: Any) -> Generator[None]:
            manager._create_context = users
            with users(data):
                if self._resumes is not None:
                    self._resumes.go_on()
                yield

        manager._create_context = resuming


def memory_of(algorithm: Any) -> Memory:
    """Return the memory of an algorithm, an attribute of it, so that it ends with it."""
    own = vars(algorithm)
    if "weighbridge_memory" not in own:
        own["weighbridge_memory"] = Memory()
    return own["weighbridge_memory"]
