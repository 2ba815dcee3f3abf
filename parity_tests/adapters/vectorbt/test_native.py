"""`run(how="native")`: the records are VectorBT's own, bit for bit, and some that were worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import weighbridge_vectorbt
from parity_tests.adapters.vectorbt.claims import native_is_the_plain_call, plain_call
from weighbridge import (
    Bars,
    Costs,
    FixedCommission,
    PercentCommission,
    PercentSlippage,
    RebalanceConfig,
    TargetWeights,
    simulate,
)
from weighbridge.settings.conventions import VECTORBT
from weighbridge.testing import assert_records_equal
from weighbridge_vectorbt import Limits, run
from weighbridge_vectorbt.library import vectorbt

nan = float("nan")
Case = tuple[Bars, TargetWeights]
COSTS = Costs(commission=PercentCommission(0.002), slippage=PercentSlippage(0.001))


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
@pytest.mark.parametrize("costs", [Costs(), COSTS, Costs(commission=FixedCommission(25.0))])
@pytest.mark.parametrize("log", [True, False])
def test_fills_cash_and_value_are_vectorbts_own(mode: str, costs: Costs, log: bool) -> None:
    assert native_is_the_plain_call(mode, log, costs) > 200


def test_cash_is_the_simulations_own(gapped: Case) -> None:
    bars, targets = gapped
    record = run(bars, targets, how="native", costs=COSTS, cash=5e5)
    expected = plain_call(
        bars, targets, init_cash=5e5, log=True, **weighbridge_vectorbt.costs.order_costs(COSTS)._asdict()
    )
    logs = expected.logs.values
    for bar in range(bars.n_bars):
        until = logs["new_cash"][logs["idx"] <= bar]
        assert record.cash[bar] == (until[-1] if len(until) else 5e5)


def test_settings_of_the_user_change_nothing(gapped: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run(*gapped, how="native")
    for name, value in {"fees": 0.5, "min_size": 9.0, "lock_cash": True, "ffill_val_price": False}.items():
        monkeypatch.setitem(vectorbt().settings["portfolio"], name, value)
    after = run(*gapped, how="native")
    assert after.fill_table.quantity.tobytes() == before.fill_table.quantity.tobytes()
    assert after.fill_table.commission.tobytes() == before.fill_table.commission.tobytes()


def test_the_modes_differ_where_fills_cost(gapped: Case) -> None:
    hybrid, incremental = (
        run(*gapped, how="native", rebalance=RebalanceConfig.unfiltered(mode), costs=COSTS)
        for mode in ("hybrid", "incremental")
    )
    assert hybrid.value[-1] != incremental.value[-1]


def test_reductions_go_first_and_ties_in_column_order(small: Callable[..., Case]) -> None:
    case = small([[10.0, 20.0, 5.0]] * 2, [[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]])
    record = run(*case, how="native", cash=1000.0)
    # Order values: first 500, 250, 250; then -500, 250, 250.
    assert record.fill_table.asset.tolist() == [1, 2, 0, 0, 1, 2]
    assert record.fill_table.quantity.tolist() == [12.5, 50.0, 50.0, -50.0, 12.5, 50.0]
    assert record.fill_table.position.tolist() == [12.5, 50.0, 50.0, 0.0, 25.0, 100.0]
    assert record.cash.tolist() == [0.0, 0.0]


def test_a_buy_is_cut_to_cash_and_the_cut_is_a_denial(small: Callable[..., Case]) -> None:
    case = small([[8.0, 4.0]], [[1.0, 1.0]])
    record = run(*case, how="native", cash=1000.0, costs=Costs(commission=PercentCommission(0.25)))
    # 1000 / 1.25 = 800 buys 100 of A; nothing is left for B.
    assert record.fills[["asset", "quantity", "commission"]].to_numpy().tolist() == [["A", 100.0, 200.0]]
    assert record.denials[["asset", "quantity", "rule"]].to_numpy().tolist() == [
        ["A", 25.0, "cut_to_cash"],
        ["B", 250.0, "no_cash_long"],
    ]


@pytest.mark.parametrize("mode", ["hybrid", "incremental"])
@pytest.mark.parametrize("lock_cash", [False, True])
def test_a_buy_that_is_cut_to_nothing_pays_its_fee(small: Callable[..., Case], mode: str, lock_cash: bool) -> None:
    """Where `min_size` lets it: 100 units and the fee cost 1,040, and (1,000 - 40) / 10 are no hundred."""
    case = small([[10.0, 10.0]] * 2, [[1.0, nan], [nan, 0.5]])
    arguments: dict[str, Any] = {
        "conventions": VECTORBT.replace(limits=Limits(min_size=0.0, size_granularity=100.0, lock_cash=lock_cash)),
        "rebalance": RebalanceConfig.unfiltered(mode),
        "costs": Costs(commission=FixedCommission(40.0)),
        "cash": 1000.0,
    }
    record = run(*case, how="native", **arguments)
    assert record.fills[["quantity", "commission"]].to_numpy().tolist() == [[0.0, 40.0]]
    assert record.denials[["quantity", "rule"]].to_numpy().tolist() == [[100.0, "cut_to_cash"]]
    assert record.value.tolist() == [960.0, 960.0]
    assert_records_equal(record, simulate(*case, **arguments))


@pytest.mark.parametrize(
    ("limits", "fills", "denials"),
    [
        (Limits(), [112.5], []),
        (Limits(size_granularity=1.0), [112.0], []),
        (Limits(size_granularity=50.0), [100.0], []),
        (Limits(max_size=40.0), [40.0], [[72.5, "max_size_exceeded"]]),
        (Limits(max_size=40.0, allow_partial=False), [], [[112.5, "max_size_exceeded"]]),
        (Limits(min_size=200.0), [], [[112.5, "min_size_not_reached"]]),
        ({"max_size": 40.0}, [40.0], [[72.5, "max_size_exceeded"]]),
    ],
)
def test_limits_on_the_size(
    small: Callable[..., Case], limits: Any, fills: list[float], denials: list[list[Any]]
) -> None:
    record = run(*small([[4.0]], [[0.45]]), how="native", cash=1000.0, limits=limits)
    assert record.fill_table.quantity.tolist() == fills
    assert record.denials[["quantity", "rule"]].to_numpy().tolist() == denials


def test_shorts(small: Callable[..., Case]) -> None:
    case = small([[10.0, 20.0], [10.0, 20.0]], [[-0.5, 1.5], [0.0, nan]])
    record = run(*case, how="native", cash=1000.0)
    # The short sale brings 500: 75 of B cost all of the 1500. Then there is no cash to buy A back.
    assert record.fill_table.quantity.tolist() == [-50.0, 75.0]
    assert record.denials[["bar", "asset", "quantity", "rule"]].to_numpy().tolist() == [[1, "A", 50.0, "no_cash_long"]]
    locked = run(*case, how="native", cash=1000.0, limits=Limits(lock_cash=True))
    assert locked.fill_table.quantity.tolist() == [-50.0, 25.0, 50.0]


def test_short_only_takes_negative_weights(small: Callable[..., Case]) -> None:
    record = run(*small([[10.0]] * 2, [[-0.5], [0.0]]), how="native", cash=1000.0, limits=Limits(direction="shortonly"))
    assert record.fill_table.quantity.tolist() == [-50.0, 50.0]


def test_a_value_of_nothing_is_refused(small: Callable[..., Case]) -> None:
    record = run(*small([[10.0], [40.0]], [[-1.0], [-0.5]]), how="native", cash=1000.0)
    assert record.value.tolist() == [1000.0, -2000.0]
    assert record.denials[["bar", "rule"]].to_numpy().tolist() == [[1, "value_zero_neg"]]


def test_no_price_no_order(small: Callable[..., Case]) -> None:
    case = small(
        [[10.0, nan, 1.0], [nan, 20.0, 1.0], [10.0, nan, 1.0]],
        [[0.5, 0.5, nan], [0.0, 0.5, nan], [0.0, 0.0, nan]],
    )
    record = run(*case, how="native", cash=1000.0)
    assert record.fills[["bar", "asset", "quantity"]].to_numpy().tolist() == [
        [0, "A", 50.0],
        [1, "B", 25.0],
        [2, "A", -50.0],
    ]
    assert record.value.tolist() == [1000.0] * 3


@pytest.mark.parametrize(
    ("price", "bar", "quantity", "paid"),
    [
        ("close", 0, 50.0, 10.0),
        ("open", 0, 62.5, 8.0),
        ("next_open", 1, 31.25, 16.0),
        ("next_close", 1, 25.0, 20.0),
    ],
)
def test_the_choice_of_the_price(
    small: Callable[..., Case], price: Any, bar: int, quantity: float, paid: float
) -> None:
    case = small([[10.0], [20.0]], [[0.5], [nan]], opens=[[8.0], [16.0]])
    record = run(*case, how="native", cash=1000.0, price=price)
    assert record.fills[["bar", "quantity", "price"]].to_numpy().tolist() == [[bar, quantity, paid]]
    assert record.provenance["price"] == price


def test_a_next_price_after_the_last_bar_is_never_paid(small: Callable[..., Case]) -> None:
    record = run(*small([[10.0]] * 2, [[nan], [0.5]]), how="native", price="next_close")
    assert len(record.fills) == 0
    assert record.value.tolist() == [1e6, 1e6]
    assert record.provenance["conventions"]["name"] == "vectorbt-next-close"


@pytest.mark.parametrize(
    ("config", "quantity"),
    [
        (RebalanceConfig.unfiltered("hybrid", allow_fractional=False), 112.0),
        (RebalanceConfig.unfiltered("incremental", round_lots=True, lot_size=50), 100.0),
        (RebalanceConfig.unfiltered("hybrid", allow_short=False), 112.5),
    ],
)
def test_what_a_config_can_say_natively(small: Callable[..., Case], config: RebalanceConfig, quantity: float) -> None:
    record = run(*small([[4.0]], [[0.45]]), how="native", cash=1000.0, rebalance=config)
    assert record.fill_table.quantity.tolist() == [quantity]


@pytest.mark.parametrize("cash", [0.0, 1000.0])
def test_nothing_happens_without_cash_or_decisions(small: Callable[..., Case], cash: float) -> None:
    record = run(*small([[10.0]] * 3, [[0.5 if cash == 0.0 else nan]] * 3), how="native", cash=cash)
    assert len(record.fills) == 0
    assert record.value.tolist() == [cash] * 3
