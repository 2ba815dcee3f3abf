"""Adapters that are wrong on purpose: the harness must catch each one, and say where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity_tests.parity.fakes import Change, changed, fake_adapter, small_scenario, with_value, without
from weighbridge.engine.simulation import simulate
from weighbridge.parity.compare import Verdict
from weighbridge.parity.divergence import Divergence
from weighbridge.parity.harness import run_parity
from weighbridge.parity.outcome import ParityReport
from weighbridge.parity.scenarios import Scenario
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import DenialTable, FillTable, OrderTable

PLAIN = small_scenario()
REFUSED = small_scenario("refused", gross=1.6)
ROW = 17  # A fill somewhere in the middle.


def truth(scenario: Scenario) -> RunRecord:
    """Run the honest side, which only tells where the wrong row stands."""
    return simulate(
        scenario.bars,
        scenario.targets,
        conventions="backtrader",
        rebalance=scenario.rebalance,
        costs=scenario.costs,
        cash=scenario.cash,
    )


def only_difference(report: ParityReport, claim: str) -> Divergence:
    row = next(row for row in report.rows if row.claim.value == claim and row.mode.name == "SNAPSHOT")
    assert row.verdict is Verdict.DIFFERENT
    assert not report.passed
    assert row.comparison is not None
    assert row.comparison.divergence is not None
    return row.comparison.divergence


def one_share(run: RunRecord) -> RunRecord:
    return changed(run, "fill", ROW, quantity=run.fill_table.quantity[ROW] + 1.0)


def one_ulp_of_price(run: RunRecord) -> RunRecord:
    return changed(run, "fill", ROW, price=np.nextafter(run.fill_table.price[ROW], np.inf))


def one_bar(run: RunRecord) -> RunRecord:
    return changed(run, "fill", ROW, bar=run.fill_table.bar[ROW] + 1)


def one_fill_missing(run: RunRecord) -> RunRecord:
    return without(run, "fill", ROW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [(one_share, "quantity"), (one_ulp_of_price, "price"), (one_bar, "bar"), (one_fill_missing, "row")],
)
@pytest.mark.parametrize(("side", "claim"), [("native", "native = engine"), ("executor", "executor = engine")])
def test_a_wrong_fill_is_caught_and_located(wrong: Change, field: str, side: str, claim: str) -> None:
    fills = truth(PLAIN).fills.iloc[ROW]
    adapter = fake_adapter(**{side: wrong})
    found = only_difference(run_parity([adapter], [PLAIN]), claim)
    assert (found.bar, found.asset, found.table, found.field) == (fills["bar"], fills["asset"], "fills", field)
    assert found.ulps == (1 if wrong is one_ulp_of_price else found.ulps)


def test_one_ulp_of_cash_and_of_value_is_caught_and_located() -> None:
    for series in ("cash", "value"):

        def wrong(run: RunRecord, series: str = series) -> RunRecord:
            return with_value(run, series, 33, float(np.nextafter(getattr(run, series)[33], 0.0)))

        found = only_difference(run_parity([fake_adapter(native=wrong)], [PLAIN]), "native = engine")
        assert (found.bar, found.asset, found.table, found.ulps) == (33, None, series, 1)


def test_one_missing_denial_is_caught_and_located() -> None:
    denial = truth(REFUSED).denials.iloc[0]
    report = run_parity([fake_adapter(native=lambda run: without(run, "denial", 0))], [REFUSED])
    found = only_difference(report, "native = engine")
    assert (found.bar, found.asset, found.table) == (denial["bar"], denial["asset"], "denials")


def test_a_denial_with_another_rule_is_caught_and_located() -> None:
    denial = truth(REFUSED).denials.iloc[0]
    report = run_parity([fake_adapter(native=lambda run: changed(run, "denial", 0, rule="mood"))], [REFUSED])
    found = only_difference(report, "native = engine")
    assert (found.bar, found.asset, found.field) == (denial["bar"], denial["asset"], "rule")
    assert found.left == "mood"


def test_an_empty_run_against_a_full_one_is_caught_and_located() -> None:
    def idle(run: RunRecord) -> RunRecord:
        none, no_numbers = np.array([], dtype=np.int64), np.array([])
        return replace(
            run,
            order_table=OrderTable(none, none, no_numbers),
            fill_table=FillTable(none, none, *([no_numbers] * 4)),
            denial_table=DenialTable(none, none, no_numbers, np.array([], dtype=object)),
            cash=np.full(len(run.index), 100_000.0),
            value=np.full(len(run.index), 100_000.0),
        )

    order = truth(PLAIN).order_table
    assert order is not None
    found = only_difference(run_parity([fake_adapter(executor=idle)], [PLAIN]), "executor = engine")
    assert (found.bar, found.table, found.field) == (order.bar[0], "orders", "row")
    assert found.asset == PLAIN.bars.assets[order.asset[0]]
    report = run_parity([fake_adapter(executor=idle, native=idle)], [PLAIN])
    empty = next(row for row in report.rows if row.claim.value == "executor = native")
    assert empty.verdict is Verdict.EMPTY
    assert not report.passed


def test_a_wrong_strategy_inside_backtrader_is_caught_and_located(monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor's fifth buy is one share too large, in Backtrader itself."""
    from weighbridge_backtrader import ADAPTER
    from weighbridge_backtrader.strategies import ExecutorStrategy

    honest = ExecutorStrategy.buy
    buys = 0

    def buy(self: Any, data: Any = None, size: Any = None, **options: Any) -> Any:
        nonlocal buys
        buys += 1
        return honest(self, data=data, size=size + 1 if buys == 5 else size, **options)

    order = truth(PLAIN).orders
    assert order is not None
    fifth = order[order["quantity"] > 0.0].iloc[4]
    monkeypatch.setattr(ExecutorStrategy, "buy", buy)
    found = only_difference(run_parity([ADAPTER], [PLAIN]), "executor = engine")
    assert (found.bar, found.asset, found.table, found.field) == (fifth["bar"], fifth["asset"], "orders", "quantity")
    assert found.left == found.right + 1.0
