"""Every error that Weighbridge raises on purpose.

    WeighbridgeError
    ├── InputError (ValueError)        what the caller passed is wrong
    │   ├── BarsError                  prices: shape, index, values, a missing frame that an engine needs
    │   ├── TargetsError               target weights: index, values, assets that the bars lack
    │   ├── ConfigError                RebalanceConfig, Costs, Conventions, cash: names, bounds, combinations
    │   ├── UnknownAssetError          an asset that nobody knows
    │   └── FileError                  a file that is not there, not readable, or not what it should be
    ├── ExecutionError                 execute or preview cannot go on
    ├── UnsupportedError               a combination that has no meaning in this host or in these conventions
    ├── AdapterError
    │   ├── MissingExtraError (ImportError)   a framework is not installed
    │   └── UnknownAdapterError        an adapter that nobody registered
    ├── ParityError                    the harness cannot compare (a comparison that differs is no error)
    └── RecordError                    a RunRecord file that cannot be read or is not consistent

Catch `WeighbridgeError` to catch them all. `InputError` is a `ValueError` and `MissingExtraError` an
`ImportError` too, so code that does not know Weighbridge handles them as it handles the rest of Python.
"""

from __future__ import annotations

__all__ = [
    "AdapterError",
    "BarsError",
    "ConfigError",
    "ExecutionError",
    "FileError",
    "InputError",
    "MissingExtraError",
    "ParityError",
    "RecordError",
    "TargetsError",
    "UnknownAdapterError",
    "UnknownAssetError",
    "UnsupportedError",
    "WeighbridgeError",
]


class WeighbridgeError(Exception):
    """Base of every error in this module.

    `message` names what was wrong: parameter, value and bound. `hint` says what to do about it, or is `None`.
    `str(error)` is the message, followed by a line `Hint: ...` when there is a hint.
    """

    message: str
    hint: str | None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nHint: {self.hint}"


class InputError(WeighbridgeError, ValueError):
    """What the caller passed is wrong."""


class BarsError(InputError):
    """Prices that cannot be used: shape, index, values, or a missing frame that an engine needs."""


class TargetsError(InputError):
    """Target weights that cannot be used: index, values, or assets and dates that the bars lack."""


class ConfigError(InputError):
    """A setting of `RebalanceConfig`, `Costs`, `Conventions` or cash: unknown name, bound, or combination."""


class UnknownAssetError(InputError):
    """An asset that neither the bars nor the host know."""


class FileError(InputError):
    """A file that is not there, cannot be read, or is not what it should be."""


class ExecutionError(WeighbridgeError):
    """`execute` or `preview` cannot go on: no broker, or a host that is not ready."""


class UnsupportedError(WeighbridgeError):
    """A combination that has no meaning in this host or in these conventions; it never degrades silently."""


class AdapterError(WeighbridgeError):
    """An adapter cannot be used."""


class MissingExtraError(AdapterError, ImportError):
    """A framework is not installed; the hint names the extra that brings it."""


class UnknownAdapterError(AdapterError):
    """An adapter that no installed distribution registers."""


class ParityError(WeighbridgeError):
    """The harness cannot compare. A comparison that finds a difference is a verdict, not this error."""


class RecordError(WeighbridgeError):
    """A saved `RunRecord` that cannot be read or is not consistent."""
