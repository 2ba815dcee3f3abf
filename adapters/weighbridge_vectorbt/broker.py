"""Why there is no host for strategies: VectorBT has none."""

from __future__ import annotations

from typing import Any

from weighbridge.exceptions import UnsupportedError

__all__ = ["Broker"]


class Broker:
    """Stand where other adapters have the host that the executor trades in.

    Raises:
        UnsupportedError: Always. VectorBT compiles its simulations, and a Python object cannot be asked from there.
    """

    def __init__(self, *_: Any) -> None:
        raise UnsupportedError(
            "VectorBT has no strategy that could ask a broker: its simulations are compiled",
            hint="pass the whole decision stream: weighbridge_vectorbt.run(bars, targets, ...)",
        )
