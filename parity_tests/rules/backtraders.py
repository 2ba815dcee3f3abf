"""Backtrader's own broker, asked to execute one order of one account."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import backtrader as bt

from parity_tests.rules.material import FREE
from weighbridge.rules.costs import FIXED, NO_COST, PER_SHARE, PERCENT

# Commissions that Backtrader has, or a scheme of one's own can have.
PARTS = [
    FREE,
    FREE._replace(commission=PERCENT, rate=0.0013),
    FREE._replace(commission=PER_SHARE, rate=0.03, minimum=0.5),
    FREE._replace(commission=FIXED, rate=10.0),
]


class Scheme(bt.CommInfoBase):
    """A commission by the engine's terms, in Backtrader's own words."""

    params = (("terms", FREE),)

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        terms = self.p.terms
        if terms.commission == NO_COST:
            return 0.0
        if terms.commission == PERCENT:
            return abs(size) * terms.rate * price
        return terms.rate if terms.commission == FIXED else max(abs(size) * terms.rate, terms.minimum)


def scheme_of(terms: Any, row: Any) -> Scheme:
    margin = row.margin if row.margined else None
    return Scheme(terms=terms, stocklike=not row.margined, margin=margin, mult=row.multiplier, leverage=row.leverage)


class Data:
    """A feed as a broker sees it; hashed by what it is."""

    _compensate = None

    def __init__(self, close: float = 0.0) -> None:
        self.close = [close]
        self.datetime = SimpleNamespace(datetime=lambda: None, __getitem__=None)


class _Dates:
    def datetime(self) -> None:
        return None

    def __getitem__(self, place: int) -> float:
        return 0.0


def _broker(terms: Any, row: Any) -> tuple[Any, Data]:
    data = Data()
    data.datetime = _Dates()
    position = bt.Position(row.position, row.average)
    position.adjbase = row.settled
    options = SimpleNamespace(filler=None, coo=False, shortcash=True, int2pnl=False)
    scheme = scheme_of(terms, row)
    broker = SimpleNamespace(
        p=options,
        positions={data: position},
        getcommissioninfo=lambda feed: scheme,
        notify=lambda order: None,
        _ococheck=lambda order: None,
        _bracketize=lambda order, cancel: None,
    )
    return broker, data


def executed(terms: Any, row: Any, quantity: float, price: float, cash: float) -> dict[str, Any]:
    """Execute an order at a price: cash after it, units, commission, and the price settled at."""
    broker, data = _broker(terms, row)
    broker.cash = cash
    noted = {"executed": 0.0, "charged": 0.0, "refused": False}

    def execute(
        dt: Any,
        size: float,
        price: float,
        closed: Any,
        worth: Any,
        fee: float,
        opened: Any,
        value: Any,
        more: float,
        *_: Any,
    ) -> None:
        noted.update(executed=size, charged=fee + more)

    order = SimpleNamespace(
        executed=SimpleNamespace(remsize=quantity),
        data=data,
        execute=execute,
        addcomminfo=lambda scheme: None,
        margin=lambda: noted.update(refused=True),
    )
    bt.brokers.BackBroker._execute(broker, order, ago=0, price=price)
    return {**noted, "cash": broker.cash, "settled": broker.positions[data].adjbase}


def imagined_by_backtrader(terms: Any, row: Any, position: float, quantity: float, price: float, cash: float) -> float:
    """Execute an order in the imagination at the price that it was created with: the cash after it."""
    broker, data = _broker(terms, row)
    order = SimpleNamespace(executed=SimpleNamespace(remsize=quantity), data=data, created=SimpleNamespace(price=price))
    return bt.brokers.BackBroker._execute(broker, order, cash=cash, position=bt.Position(position, row.average))
