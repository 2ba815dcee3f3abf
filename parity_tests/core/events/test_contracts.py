"""Contracts in the event-driven engine (semantics 9): the record of `simulate`, and what a strategy is told."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from parity_tests.core.events.material import Weights, bars_of, filled, flat, rows_of, run
from parity_tests.core.events.test_ways_of_rebalancing import WAYS, Busy
from weighbridge.testing import assert_records_equal
from weighbridge.testing.awkward import awkward_weights

MODES = ("snapshot", "incremental", "hybrid")
CONVENTIONS = ("reference", "backtrader", "backtrader-coc", "backtrader-coo")
# One for each convention's rules: Backtrader values what is paid in full without its multiplier.
MIXED = {"A0": wb.Contract(multiplier=50.0, margin=1200.0), "A2": wb.Contract(leverage=2.0)}
ES = {"A": wb.Contract(multiplier=50.0, margin=1000.0)}


@pytest.mark.parametrize(("mode", "conventions"), list(itertools.product(MODES, CONVENTIONS)))
@pytest.mark.parametrize("cancel", [True, False])
def test_the_same_record_as_simulate(mode: str, conventions: str, cancel: bool) -> None:
    contracts = MIXED | ({"A1": wb.Contract(multiplier=5.0)} if conventions == "reference" else {})
    for seed in (1, 2):
        bars = awkward_bars(120, seed=seed)
        targets = awkward_weights(bars, seed=seed, every=3, short=seed == 2, gross=1.3)
        settings: dict[str, Any] = {
            "conventions": conventions,
            "rebalance": wb.RebalanceConfig(
                mode=mode, allow_short=True, max_gross_leverage=None, cancel_before_rebalance=cancel
            ),
            "costs": COSTS["percent"],
            "cash": 1e5,
            "contracts": contracts,
        }
        expected = wb.simulate(bars, targets, **settings)
        assert len(expected.fills) > 10
        for how in ("compiled", "executor", "data", "plain"):
            got = wb.Engine(bars, Weights(rows_of(targets), how), **settings).run()
            assert_records_equal(expected, got, scenario=f"seed {seed}, {how}")
            assert got.provenance["contracts"] == expected.provenance["contracts"]


@pytest.mark.parametrize("conventions", ["reference", "backtrader", "backtrader-coo"])
@pytest.mark.parametrize("mode", MODES)
def test_every_way_of_rebalancing_between_orders_of_ones_own(conventions: str, mode: str) -> None:
    """Compiled, planned with arrays and planned in plain Python: what may be spent is the same."""
    for seed in range(3):
        records: list[wb.RunRecord] = []
        for way in WAYS:
            config = wb.RebalanceConfig(mode=mode, min_weight_change=0.0, cancel_before_rebalance=seed == 1)
            engine = wb.Engine(
                awkward_bars(60, 4, seed=seed, missing=0.2),
                Busy(seed, way, True),
                conventions=conventions,
                rebalance=config,
                costs=COSTS["percent"],
                cash=20_000.0,
                contracts=MIXED,
            )
            records.append(engine.run())
        for way, record in zip(WAYS[1:], records[1:], strict=True):
            assert_records_equal(records[0], record, scenario=f"seed {seed}, {way}")
        assert len(records[0].fills) > 20


def look(broker: wb.Broker | Any) -> tuple[Any, ...]:
    held = broker.get_position("A")
    return (
        broker.get_cash(),
        broker.get_account_value(),
        held.market_value,
        held.unrealised_profit,
        held.best_excursion,
        held.worst_excursion,
    )


def test_a_future_by_hand() -> None:
    """Two contracts bought at 100, one sold at 103: margin held, gains in the cash at every close."""
    candles = [(100, 100, 100, 100), (100, 104, 98, 101), (102, 103, 96, 97), (103, 105, 103, 104)]
    record, got = run(
        bars_of(*candles),
        lambda broker: broker.submit_order("A", 2.0),
        look,
        lambda broker: (look(broker), broker.submit_order("A", -1.0))[0],
        look,
        cash=10_000.0,
        costs=wb.Costs(commission=wb.PerShareCommission(2.0)),
        contracts=ES,
    )
    assert filled(record) == [(1, 2.0, 100.0), (3, -1.0, 103.0)]
    # 10,000 - 2 x 1,000 - 4, + 2 x 50 x 1.
    assert got[1] == (8096.0, 10_096.0, 2 * 101 * 50.0, 100.0, 2 * 4 * 50.0, -2 * 2 * 50.0)
    # 2 x 50 x (97 - 101).
    assert got[2] == (7696.0, 9696.0, 2 * 97 * 50.0, -300.0, 400.0, -400.0)
    # 2 x 50 x (103 - 97) at the sale, + 1,000 - 2, and 50 x (104 - 103) at the close.
    assert got[3] == (7696.0 + 600.0 + 998.0 + 50.0, 10_344.0, 104 * 50.0, 200.0, 250.0, -200.0)


def test_a_short_future_by_hand() -> None:
    """What opens a position is cut to the cash, long or short; a cover frees its margin and is never cut."""
    record, got = run(
        bars_of(*flat(100.0, 100.0, 90.0, 130.0, 130.0)),
        lambda broker: broker.submit_order("A", -5.0),
        look,
        lambda broker: (look(broker), broker.submit_order("A", 9.0))[0],
        look,
        cash=3500.0,
        contracts=ES,
    )
    assert filled(record) == [(1, -3.0, 100.0), (3, 3.0, 130.0)]
    assert list(record.denials[["bar", "quantity", "rule"]].itertuples(index=False, name=None)) == [
        (1, -2.0, "cut_to_cash"),
        (3, 6.0, "cut_to_cash"),
    ]
    assert got[1] == (500.0, 3500.0, -15_000.0, 0.0, 0.0, 0.0)
    assert got[2] == (2000.0, 5000.0, -13_500.0, 1500.0, 1500.0, 0.0)
    # Semantics 9.7: covered at a loss of 6,000 nobody forced it to take; cash is below zero, and opens nothing.
    assert got[3] == (-1000.0, -1000.0, 0.0, 0.0, 0.0, 0.0)


def test_what_the_broker_says_of_a_contract() -> None:
    _, got = run(
        bars_of(*flat(10.0, 10.0), B=flat(20.0, 20.0)),
        lambda broker: [broker.get_multiplier(name) for name in ("A", "B")],
        lambda broker: [tuple(holding)[4:] for holding in broker.holdings()],
        contracts=ES,
    )
    assert got == [[50.0, 1.0], [(50.0, 1.0, 1000.0), (1.0, 1.0, None)]]


def test_what_may_be_borrowed_is_at_hand_for_the_executor_and_no_cash() -> None:
    """Semantics 9.6: 10 units at 100 with leverage 2 leave 0 cash, against which 500 more can be bought."""
    _, got = run(
        bars_of(*flat(100.0, 100.0, 100.0)),
        lambda broker: broker.submit_order("A", 10.0),
        lambda broker: (broker.get_cash(), broker.cash(), broker.get_account_value()),
        cash=1000.0,
        contracts={"A": wb.Contract(leverage=2.0)},
    )
    assert got[1] == (0.0, 500.0, 1000.0)


def test_wrong_contracts_are_refused_before_the_run() -> None:
    bars = bars_of(*flat(10.0, 10.0))
    with pytest.raises(wb.WeighbridgeError, match="no asset 'ES'"):
        wb.Engine(bars, wb.Strategy(), contracts={"ES": wb.Contract()})


def test_a_plan_at_a_known_price_leaves_the_gains_of_a_sale_out() -> None:
    """Semantics 9.8: half of 2,000 comes back by the plan, and the gain of 1,000 besides only when it is booked."""
    record, got = run(
        bars_of(*flat(100.0, 200.0, 200.0, 200.0), B=flat(100.0, 100.0, 100.0, 100.0)),
        lambda broker: broker.submit_order("A", 10.0),
        lambda broker: broker.rebalance_to_weights({"A": 0.0, "B": 1.0}),
        lambda broker: (broker.get_cash(), broker.get_account_value()),
        conventions="backtrader-coc",
        rebalance=wb.RebalanceConfig.unfiltered("hybrid"),
        cash=500.0,
        contracts={"A": wb.Contract(leverage=2.0)},
    )
    assert filled(record) == [(1, 10.0, 100.0), (2, -10.0, 200.0), (2, 10.0, 100.0)]
    assert got[2] == (500.0, 1500.0)
