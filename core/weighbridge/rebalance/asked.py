"""What a strategy hands to the executor, checked: weights by asset, and prices of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from weighbridge.exceptions import TargetsError
from weighbridge.rebalance.host import Host

__all__ = ["asked_weights", "own_prices"]


def asked_weights(targets: Mapping[Any, float | None], host: Host) -> dict[str, float]:
    """Return every asset that is mentioned, by name, and its weight: NaN for None.

    Raises:
        UnknownAssetError: The host does not know an asset.
        TargetsError: A weight is not a finite number, or two are of one asset.
    """
    plain = _plain(targets, host.assets)
    return _checked(targets, host) if plain is None else plain


def _plain(targets: Any, assets: Sequence[str]) -> dict[str, float] | None:
    """Return finite numbers and None by the host's own names, which need not be checked one by one; else None."""
    if type(targets) is not dict:
        return None
    given = cast("dict[Any, Any]", targets)
    kinds = set(map(type, given.values()))
    if not (kinds <= {float, type(None)} and set(map(type, given)) <= {str} and given.keys() <= set(assets)):
        return None
    if not all(weight is None or math.isfinite(weight) for weight in given.values()):
        return None
    return {asset: math.nan if weight is None else weight for asset, weight in given.items()}


def _checked(targets: Mapping[Any, float | None], host: Host) -> dict[str, float]:
    pairs: Any = targets
    if not hasattr(pairs, "items"):
        raise TargetsError(
            f"the target weights are a {type(pairs).__name__}, not a mapping", hint="pass {asset: weight, ...}"
        )
    weights: dict[str, float] = {}
    for key, weight in pairs.items():
        name = host.asset_name(key)
        if name in weights:
            raise TargetsError(f"two target weights name the asset {name!r}", hint="keep one of them")
        number = math.nan if weight is None else _number(weight)
        if weight is not None and not math.isfinite(number):
            raise TargetsError(
                f"target weight of {name!r} is {weight!r}, not a finite number",
                hint="pass a fraction of portfolio value; None leaves the asset alone, 0.0 closes it",
            )
        weights[name] = number
    return weights


def _number(value: Any) -> float:
    """Convert a number of any kind; NaN for what is none: Python's float() takes texts and booleans too."""
    if isinstance(value, bool | np.bool_ | str | bytes | bytearray):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def own_prices(data: Mapping[Any, Any], host: Host) -> dict[str, float]:
    """Return prices by name, NaN where there is none.

    Raises:
        UnknownAssetError: The host does not know an asset.
        TargetsError: Something is neither a price nor a bar with a close.
    """
    return {host.asset_name(key): _price(bar) for key, bar in data.items()}


def _price(bar: Any) -> float:
    try:
        close: Any = cast("Mapping[str, Any]", bar)["close"] if isinstance(bar, Mapping) else getattr(bar, "close", bar)
        if isinstance(close, bool | np.bool_ | str | bytes | bytearray):
            raise TypeError
        price = float(close)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise TargetsError(f"{bar!r} is neither a price nor a bar with a close", hint="pass numbers or bars") from None
    if price <= 0.0 or math.isinf(price):
        raise TargetsError(f"the price {price!r} is not a finite number above 0", hint="pass NaN where there is none")
    return price
