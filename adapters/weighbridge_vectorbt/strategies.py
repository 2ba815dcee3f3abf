"""The native subject: VectorBT's own simulation, with no line of our sizing."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from weighbridge.exceptions import ConfigError, UnsupportedError
from weighbridge.settings.limits import Limits
from weighbridge_vectorbt.costs import OrderCosts
from weighbridge_vectorbt.feeds import Feed
from weighbridge_vectorbt.library import vectorbt

__all__ = ["Engine", "native"]

Engine = Literal["numba", "rust"]


def native(
    feed: Feed,
    limits: Limits,
    charged: OrderCosts,
    cash: float,
    *,
    update_value: bool,
    engine: Engine,
    log: bool,
) -> Any:
    """Return the `vbt.Portfolio` of `Portfolio.from_orders` with target percentages and shared cash.

    Every argument that decides about an order is passed, so that a user's `vbt.settings` change nothing.

    Raises:
        UnsupportedError: The installed VectorBT has no such engine.
    """
    vbt = vectorbt()
    asked = ~np.isnan(feed.size)
    most = int(np.count_nonzero(asked))
    return vbt.Portfolio.from_orders(
        feed.close,
        # VectorBT turns the signs of "shortonly" around.
        size=-feed.size if limits.direction == "shortonly" else feed.size,
        size_type="targetpercent",
        direction=limits.direction,
        price=feed.price,
        fees=charged.fees,
        fixed_fees=charged.fixed_fees,
        slippage=charged.slippage,
        min_size=limits.min_size,
        max_size=limits.max_size,
        size_granularity=np.nan if limits.size_granularity is None else limits.size_granularity,
        reject_prob=0.0,
        lock_cash=limits.lock_cash,
        allow_partial=limits.allow_partial,
        raise_reject=False,
        log=asked if log else False,
        # Infinity is VectorBT's word for the order price; where that is NaN, the last known one stands.
        val_price=np.inf,
        ffill_val_price=True,
        init_cash=cash,
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        update_value=update_value,
        max_orders=max(most, 1),
        max_logs=max(most, 1) if log else 1,
        attach_call_seq=False,
        **_engine_argument(vbt, engine),
    )


def _engine_argument(vbt: Any, engine: Engine) -> dict[str, str]:
    if engine not in ("numba", "rust"):
        raise ConfigError(f"engine={engine!r} is not known", hint="pass 'numba' or 'rust'")
    if not hasattr(vbt.Portfolio, "engine"):  # before 1.0
        if engine != "numba":
            raise UnsupportedError(
                f"vectorbt {vbt.__version__} has no {engine} engine", hint='pip install "vectorbt[rust]>=1.0"'
            )
        return {}
    if engine == "rust" and find_spec("vectorbt_rust") is None:
        raise UnsupportedError("VectorBT's Rust engine is not installed", hint='pip install "vectorbt[rust]"')
    return {"engine": engine}
