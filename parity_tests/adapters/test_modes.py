"""The three modes in every host: one where nothing can tell them apart, three where the scenario is written to.

Hosts are the engine's presets, its event-driven side by either road, and the executor inside each framework. All
numbers are by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from parity_tests.core.events.material import Weights, rows_of
from weighbridge.parity.adapter import adapter_named
from weighbridge.settings.conventions import PRESETS

Host = Callable[..., wb.RunRecord]
Trades = list[tuple[str, float]]

MODES = ("snapshot", "hybrid", "incremental")
NAN = float("nan")


def _simulate(conventions: str) -> Host:
    return lambda bars, targets, **settings: wb.simulate(bars, targets, conventions=conventions, **settings)


def _events(conventions: str, how: str) -> Host:
    return lambda bars, targets, **settings: wb.Engine(
        bars, Weights(rows_of(targets), how), conventions=conventions, **settings
    ).run()


def _framework(name: str, conventions: str) -> Host:
    adapter = adapter_named(name)
    return lambda bars, targets, **settings: adapter.run(
        bars, targets, how="executor", conventions=conventions, **settings
    )


def hosts(*conventions: str) -> list[Any]:
    """Every host that follows these conventions, by a name that says what it is."""
    found: dict[str, Host] = {}
    for name in conventions:
        found[f"simulate {name}"] = _simulate(name)
        found[f"Engine {name}"] = _events(name, "compiled")
        found[f"executor in Engine {name}"] = _events(name, "executor")
        framework = name.partition("-")[0]
        if framework != "reference":
            found[f"executor in {framework} as {name}"] = _framework(framework, name)
    return [pytest.param(host, id=name) for name, host in found.items()]


NEXT_OPEN = ("reference", "backtrader")
KNOWN_PRICE = ("backtrader-coc", "backtrader-coo")
AT_ONCE = ("vectorbt", "vectorbt-open", "vectorbt-next-open", "vectorbt-next-close")
EVERY = (*NEXT_OPEN, *KNOWN_PRICE, *AT_ONCE, "zipline")


def bars_of(opens: list[list[float]], closes: list[list[float]], assets: str = "AB") -> wb.Bars:
    index = pd.bdate_range("2015-01-05", periods=len(opens))
    opening, closing = (pd.DataFrame(rows, index, list(assets), dtype=float) for rows in (opens, closes))
    high, low = np.maximum(opening, closing), np.minimum(opening, closing)
    volume = closing * 0.0 + 1e6
    return wb.Bars.from_frames(close=closing, open=opening, high=high, low=low, volume=volume)


def still(prices: list[float], n_bars: int, assets: str = "AB") -> wb.Bars:
    return bars_of([prices] * n_bars, [prices] * n_bars, assets)


def targets_of(bars: wb.Bars, rows: dict[int, list[float]]) -> wb.TargetWeights:
    return wb.TargetWeights(
        pd.DataFrame([*rows.values()], index=bars.index[[*rows]], columns=[*bars.assets], dtype=float)
    )


def trades(record: wb.RunRecord) -> Trades:
    fills = record.fills
    return list(zip(fills["asset"], fills["quantity"], strict=True))


def test_every_preset_is_in_one_of_the_groups() -> None:
    assert sorted(EVERY) == sorted(PRESETS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("host", hosts(*EVERY))
def test_modes_coincide_where_prices_stand_still_and_cash_is_ample(host: Host, mode: str) -> None:
    """1/8 and 3/8 of 1,024 at 8 and 16: 16 A and 24 B; then the other way round: 48 A and 8 B."""
    bars = still([8, 16], 7)
    targets = targets_of(bars, {0: [0.125, 0.375], 2: [0.375, 0.125]})
    record = host(bars, targets, rebalance=wb.RebalanceConfig.unfiltered(mode), cash=1024.0)
    assert trades(record) == [("A", 16.0), ("B", 24.0), ("B", -16.0), ("A", 32.0)]
    assert record.cash[-1] == 1024.0 - 48 * 8 - 8 * 16
    assert record.value.tolist() == [1024.0] * 7
    assert len(record.denials) == 0


# 100 A at 10; at the close of bar 1 one half each is asked for. A is sold at bar 2, when it has gone up.
RISING = {0: [1.0, 0.0], 1: [0.5, 0.5]}
ALL_IN = ("A", 100.0), ("A", -50.0)


@pytest.mark.parametrize("host", hosts(*NEXT_OPEN))
@pytest.mark.parametrize(
    ("mode", "bought", "cash", "value"),
    [
        # Both at bar 2: 25 B, of 1,000, at its close of 20 and filled at 20. Cash 600 - 500.
        ("snapshot", 25.0, 100.0, 1350.0),
        # B at bar 3, at 25: of the 1,000 of the decision 500 / 25.
        ("hybrid", 20.0, 100.0, 1220.0),
        # Of the 1,200 after the sale: 600 / 25.
        ("incremental", 24.0, 0.0, 1224.0),
    ],
)
def test_modes_differ_at_the_next_open(host: Host, mode: str, bought: float, cash: float, value: float) -> None:
    opens = [[10, 20], [10, 20], [12, 20], [12, 25]]
    closes = [[10, 20], [10, 20], [12, 25], [12, 26]]
    bars = bars_of(opens, closes)
    record = host(bars, targets_of(bars, RISING), rebalance=wb.RebalanceConfig.unfiltered(mode), cash=1000.0)
    assert trades(record) == [*ALL_IN, ("B", bought)]
    assert (record.cash[-1], record.value[-1]) == (cash, value)


@pytest.mark.parametrize("host", hosts("zipline"))
@pytest.mark.parametrize(
    ("mode", "bought", "cash"),
    [
        # Both at the close of bar 2: 25 B at 25. Cash 600 - 625, below zero.
        ("snapshot", 25.0, -25.0),
        # B at the close of bar 3, at 26: 500 / 25 units. Cash 600 - 520.
        ("hybrid", 20.0, 80.0),
        # 600 / 25 units of the 1,200 after the sale. Cash 600 - 624: nothing checks the fill.
        ("incremental", 24.0, -24.0),
    ],
)
def test_modes_differ_at_the_next_close(host: Host, mode: str, bought: float, cash: float) -> None:
    closes = [[10, 20], [10, 20], [12, 25], [12, 26]]
    bars = bars_of(closes, closes)
    record = host(bars, targets_of(bars, RISING), rebalance=wb.RebalanceConfig.unfiltered(mode), cash=1000.0)
    assert trades(record) == [*ALL_IN, ("B", bought)]
    assert record.cash[-1] == cash


@pytest.mark.parametrize("host", hosts(*KNOWN_PRICE))
@pytest.mark.parametrize(
    ("mode", "bought"),
    [
        # 0.78 x 950 are 74 units: with a tenth of commission 814, and there are 810. Refused.
        ("snapshot", []),
        # Cut to 810 / 11.
        ("hybrid", [("B", 73.0)]),
        # The sale has cost 40: 0.78 x 910 are 70 units, 770.
        ("incremental", [("B", 70.0)]),
    ],
)
def test_modes_differ_where_the_price_is_known(host: Host, mode: str, bought: Trades) -> None:
    """50 A cost 550 of 1,000, value 950. A to 95: 405 are 40 units, which bring 360."""
    bars = still([10, 10], 5)
    record = host(
        bars,
        targets_of(bars, {0: [0.5, 0.0], 2: [0.1, 0.78]}),
        rebalance=wb.RebalanceConfig.unfiltered(mode),
        costs=wb.Costs(commission=wb.PercentCommission(0.1)),
        cash=1000.0,
    )
    assert trades(record) == [("A", 50.0), ("A", -40.0), *bought]
    assert list(record.denials["rule"]) == ([] if bought else ["margin_at_submission"])


@pytest.mark.parametrize("host", hosts(*AT_ONCE))
@pytest.mark.parametrize(
    ("mode", "later", "cash"),
    [
        # 3/4 of 65,664 pass the filter of 48,500; the cash of 54,009 leaves 48,008 of them, 6,001 units.
        # Then D is closed: 4,104 less an eighth of commission, 513; B is too near its target to pass.
        ("snapshot", [("B", 6001.0), ("D", -513.0)], 3591.0),
        # What the cash leaves does not pass the filter. Then 7/8 of the 58,113 at the start: 50,848.875.
        ("hybrid", [("D", -513.0), ("B", 6356.109375)], 57600.0 - 50848.875 * 1.125),
        # The same; then 7/8 of the 57,600 that closing D has left: 50,400.
        ("incremental", [("D", -513.0), ("B", 6300.0)], 57600.0 - 50400.0 * 1.125),
    ],
)
def test_modes_differ_where_orders_fill_at_once(host: Host, mode: str, later: Trades, cash: float) -> None:
    """An eighth of commission, prices of 8, and numbers that are exact in binary throughout.

    7/8 of 73,728 are 8,064 D, which cost 72,576: cash 1,152, value 65,664. D to a 16th of it, 4,104: 7,551 units are
    sold, which bring 52,857 after 7,551 of commission: cash 54,009.
    """
    bars = still([8, 8], 7, "BD")
    record = host(
        bars,
        targets_of(bars, {0: [NAN, 0.875], 2: [0.75, 0.0625], 4: [0.875, 0.0]}),
        rebalance=wb.RebalanceConfig.unfiltered(mode, min_trade_value=48_500.0),
        costs=wb.Costs(commission=wb.PercentCommission(0.125)),
        cash=73_728.0,
    )
    assert trades(record) == [("D", 8064.0), ("D", -7551.0), *later]
    assert record.cash[-1] == cash
