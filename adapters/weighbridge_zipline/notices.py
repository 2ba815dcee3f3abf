"""Zipline's use of old pandas spellings, which its users cannot change, is kept off their screens."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["without_pandas_notices"]


@contextmanager
def without_pandas_notices() -> Generator[None]:
    """Ignore FutureWarnings that Zipline's and empyrical's own modules cause; all others pass."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"(zipline|empyrical)\.")
        yield
