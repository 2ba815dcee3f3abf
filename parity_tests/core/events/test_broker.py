"""What a strategy asks of its broker: orders and their fate, positions, wrong input, a strategy that raises."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest

import weighbridge as wb
from parity_tests.core.events.material import Script, bars_of, filled, flat, run
from weighbridge.exceptions import ExecutionError, TargetsError, UnknownAssetError
from weighbridge.rebalance.orders import OrderStatus

NAN = (math.nan,) * 4
CANDLES = [
    (100.0, 101.0, 99.0, 100.0),
    (102.0, 110.0, 98.0, 104.0),
    (105.0, 106.0, 90.0, 95.0),
    (95.0, 96.0, 94.0, 95.0),
]


def test_positions_by_hand() -> None:
    def look(broker: Any) -> Any:
        position = broker.get_position("A")
        return (
            position.quantity,
            position.average_price,
            position.market_value,
            position.unrealised_profit,
            position.bars_held,
            position.best_excursion,
            position.worst_excursion,
        )

    def buy(broker: Any) -> None:
        broker.submit_order("A", 10)

    def more(broker: Any) -> Any:
        broker.submit_order("A", 10)
        return look(broker)

    _, (_, first, second) = run(bars_of(*CANDLES[:3]), buy, more, look)
    # Bought at 102: high 110, low 98, close 104.
    assert first == (10.0, 102.0, 1040.0, 20.0, 1, 80.0, -40.0)
    # 10 more at 105: average 103.5; high 110, low 90, close 95.
    assert second == (20.0, 103.5, 1900.0, -170.0, 2, 130.0, -270.0)


def test_a_position_that_is_turned_round_begins_anew() -> None:
    acts = [lambda b: b.submit_order("A", 10), lambda b: b.submit_order("A", -15), lambda b: b.positions["A"]]
    _, got = run(bars_of(*CANDLES[:3]), *acts)
    assert got[2].quantity == -5.0
    assert (got[2].average_price, got[2].market_value, got[2].bars_held) == (105.0, -475.0, 1)
    assert (got[2].best_excursion, got[2].worst_excursion) == (75.0, -5.0)


def test_what_is_not_held() -> None:
    _, (position, positions, closing) = run(
        bars_of(*CANDLES), lambda b: b.get_position("A"), lambda b: b.positions, lambda b: b.close_position("A")
    )
    assert (position.quantity, position.market_value, position.bars_held, position.best_excursion) == (0, 0, 0, 0)
    assert (positions, closing) == ({}, None)


def test_the_fate_of_orders() -> None:
    def ask(broker: Any) -> Any:
        orders = [broker.submit_order("A", 1), broker.submit_order("A", 1, "limit", limit_price=1.0)]
        assert broker.pending_orders == tuple(orders)
        assert {broker.order_status(order) for order in orders} == {OrderStatus.OPEN}
        broker.done = orders
        return orders

    def later(broker: Any) -> Any:
        market, limit = broker.done
        assert broker.order_status(market) is OrderStatus.FILLED
        assert broker.pending_orders == (limit,)
        broker.cancel_order(limit)
        assert broker.pending_orders == ()
        return broker.order_status(limit)

    record, got = run(bars_of(*CANDLES), ask, later)
    assert got[1] is OrderStatus.CANCELLED
    assert filled(record) == [(1, 1.0, 102.0)]


def test_a_done_order_cannot_be_cancelled() -> None:
    def ask(broker: Any) -> None:
        broker.mine = broker.submit_order("A", 1)

    def cancel(broker: Any) -> None:
        with pytest.raises(ExecutionError, match="is filled and cannot be cancelled"):
            broker.cancel_order(broker.mine)

    assert filled(run(bars_of(*CANDLES), ask, cancel)[0]) == [(1, 1.0, 102.0)]


def test_cancelling_one_of_many_leaves_the_others_in_sequence() -> None:
    def ask(broker: Any) -> None:
        orders = [broker.submit_order("A", quantity) for quantity in (1, 2, 3)]
        broker.cancel_order(orders[1])

    assert filled(run(bars_of(*CANDLES), ask)[0]) == [(1, 1.0, 102.0), (1, 3.0, 102.0)]


@pytest.mark.parametrize(
    ("quantity", "settings", "text"),
    [
        (math.nan, {}, "quantity=nan is not a finite number"),
        (math.inf, {}, "quantity=inf"),
        (0, {}, "orders nothing"),
        ("many", {}, "quantity='many'"),
        (True, {}, "quantity=True"),
        (1, {"type": "iceberg"}, "type='iceberg' is not an order type"),
        (1, {"type": "limit"}, "a limit order needs limit_price"),
        (1, {"limit_price": 5.0}, "a market order takes no limit_price"),
        (1, {"type": "stop", "stop_price": -1.0}, "stop_price=-1.0 is not above 0"),
        (1, {"type": "limit", "limit_price": math.nan}, "limit_price=nan"),
        (1, {"type": "trailing_stop"}, "takes one distance, and 0 were passed"),
        (1, {"type": "trailing_stop", "trail_amount": 1.0, "trail_percent": 0.1}, "and 2 were passed"),
        (1, {"type": "trailing_stop", "trail_percent": 1.0}, "is not below 1"),
    ],
)
def test_a_wrong_order_changes_nothing(quantity: Any, settings: dict[str, Any], text: str) -> None:
    """Semantics 8.7."""

    def act(broker: Any) -> None:
        with pytest.raises(ExecutionError, match=text) as raised:
            broker.submit_order("A", quantity, **settings)
        assert raised.value.hint

    record, _ = run(bars_of(*CANDLES), act)
    assert len(record.orders) == len(record.denials) == 0
    assert set(record.value) == {1e6}


def test_wrong_targets_change_nothing() -> None:
    def act(broker: Any) -> None:
        for weight in (math.nan, math.inf, "0.5", True):
            with pytest.raises(TargetsError, match="not a finite number"):
                broker.rebalance_to_weights({"A": weight})
            with pytest.raises(TargetsError):
                broker.order_target_percent("A", weight)
        for call in (broker.rebalance_to_weights, broker.get_position, broker.get_multiplier, broker.get_price):
            with pytest.raises(UnknownAssetError, match="there is no asset 'Z'"):
                call({"Z": 1.0} if call == broker.rebalance_to_weights else "Z")
        with pytest.raises(UnknownAssetError):
            broker.submit_order("Z", 1)
        executor = wb.TargetWeightExecutor()
        for targets, error in (({"A": 0.5, "Z": 0.5}, UnknownAssetError), ({"A": math.nan}, TargetsError)):
            with pytest.raises(error):
                executor.execute(targets, broker=broker)
        assert (broker.get_cash(), broker.get_account_value(), broker.pending_orders) == (1e6, 1e6, ())

    record, _ = run(bars_of(*CANDLES), act)
    assert len(record.orders) == len(record.denials) == 0


@pytest.mark.parametrize("weights", [{"A": math.nan, "B": None}, {"A": math.nan}, {"A": 1, "B": -math.inf}])
def test_a_weight_that_is_no_number_is_named_in_any_company(weights: dict[str, Any]) -> None:
    def act(broker: Any) -> None:
        with pytest.raises(TargetsError, match=r"'[AB]' is (nan|-inf), not a finite number"):
            broker.rebalance_to_weights(weights)

    assert len(run(bars_of(*CANDLES, B=CANDLES), act)[0].orders) == 0


@pytest.mark.parametrize("keep", [{"A": None}, {"A": None, "B": 0}, {"B": 0.0, "A": None}])
def test_none_leaves_an_asset_alone(keep: dict[str, Any]) -> None:
    acts = [lambda b: b.rebalance_to_weights({"A": 0.5}), None, lambda b: b.rebalance_to_weights(keep)]
    record, _ = run(bars_of(*CANDLES, B=CANDLES), *acts)
    assert filled(record) == [(1, 5000.0, 102.0)]


def test_an_order_without_a_price_is_denied() -> None:
    """Semantics 8.7."""
    bars = bars_of(*CANDLES, B=[NAN, NAN, CANDLES[0], CANDLES[0]])
    record, got = run(bars, lambda broker: broker.submit_order("B", 5), lambda broker: broker.submit_order("A", 5))
    assert got[0] is None
    assert list(record.denials[["bar", "asset", "quantity", "rule"]].iloc[0]) == [0, "B", 5.0, "no_price"]
    assert filled(record) == [(2, 5.0, 105.0)]


def test_orders_before_the_start_and_after_the_end() -> None:
    kept: list[Any] = []

    class Late(Script):
        def on_start(self, context: Any, broker: Any) -> None:
            with pytest.raises(ExecutionError, match="before the first bar"):
                broker.submit_order("A", 1)

        def on_end(self, context: Any, broker: Any) -> None:
            assert broker.submit_order("A", 7) is None
            assert broker.rebalance_to_weights({"A": 0.5}) == 0
            assert broker.get_cash() == 1e6
            kept.append(broker)

    record = wb.Engine(bars_of(*CANDLES), Late()).run()
    assert list(record.denials["rule"]) == ["after_end", "after_end"]
    assert list(record.denials["bar"]) == [3, 3]
    with pytest.raises(ExecutionError, match="after the end of the run"):
        kept[0].submit_order("A", 1)


@pytest.mark.parametrize("conventions", ["reference", "backtrader-coc", "backtrader-coo"])
def test_a_strategy_that_raises_leaves_the_record_until_then(conventions: str) -> None:
    """Semantics 8.10."""

    def fail(broker: Any) -> None:
        broker.submit_order("A", 3)
        raise ZeroDivisionError("no such luck")

    engine = wb.Engine(
        bars_of(*CANDLES), Script(lambda broker: broker.submit_order("A", 10), None, fail), conventions=conventions
    )
    with pytest.raises(
        ExecutionError, match=r"ZeroDivisionError in on_data at bar 2, 2024-01-03.*no such luck"
    ) as raised:
        engine.run()
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    record = engine.record
    assert record is not None
    assert len(record.index) == len(record.value) == 3
    assert list(record.orders["quantity"]) == [10.0, 3.0]
    assert record.fills["quantity"].iloc[0] == 10.0
    assert record.positions["A"].iloc[1] == 10.0


def test_an_interrupted_run_leaves_the_record_until_then() -> None:
    def interrupt(broker: Any) -> None:
        raise KeyboardInterrupt

    engine = wb.Engine(bars_of(*CANDLES), Script(lambda broker: broker.submit_order("A", 10), None, interrupt))
    with pytest.raises(KeyboardInterrupt):
        engine.run()
    assert engine.record is not None
    assert len(engine.record.index) == 3
    assert filled(engine.record) == [(1, 10.0, 102.0)]


def test_one_that_raises_at_once_leaves_none() -> None:
    class Broken(wb.Strategy):
        def on_start(self, context: Any, broker: Any) -> None:
            raise KeyError("settings")

    engine = wb.Engine(bars_of(*CANDLES), Broken())
    with pytest.raises(ExecutionError, match="in on_start before the first bar"):
        engine.run()
    assert engine.record is None


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"strategy": Script}, "strategy is 'Script', not an instance of Strategy"),
        ({"bars": 5}, "bars is 'int'"),
        ({"cash": -1.0}, "cash"),
        ({"rebalance": {}}, "rebalance is 'dict'"),
        ({"costs": 0.001}, "costs is 'float'"),
    ],
)
def test_a_wrong_engine(settings: dict[str, Any], text: str) -> None:
    bars, strategy = settings.pop("bars", bars_of(*CANDLES)), settings.pop("strategy", Script())
    with pytest.raises(wb.WeighbridgeError, match=text):
        wb.Engine(bars, strategy, **settings)


def test_the_data_are_the_assets_that_trade() -> None:
    seen: list[Any] = []

    class Look(wb.Strategy):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            context.count = getattr(context, "count", 0) + 1
            seen.append((timestamp, list(data), len(data), "B" in data, data.get("B"), data["A"].close))
            assert data.history("close").shape == (context.bar + 1, 2)
            assert context.count == context.bar + 1
            with pytest.raises(UnknownAssetError):
                data["Z"]
            if "B" not in data:
                with pytest.raises(KeyError):
                    data["B"]

    bars = bars_of(*CANDLES, B=[NAN, CANDLES[0], NAN, NAN])
    wb.Engine(bars, Look()).run()
    assert [row[0] for row in seen] == list(bars.index)
    assert [row[1:4] for row in seen[:2]] == [(["A"], 1, False), (["A", "B"], 2, True)]
    assert seen[1][4][:4] == CANDLES[0]
    assert math.isnan(seen[1][4].volume)
    assert [row[5] for row in seen] == [100.0, 104.0, 95.0, 95.0]


def test_a_decision_at_the_open_sees_the_open_alone() -> None:
    """Semantics 8.8."""

    class Look(wb.Strategy):
        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            bar = data["A"]
            assert bar.open == CANDLES[context.bar][0] == broker.get_price("A")
            assert all(math.isnan(price) for price in bar[1:5])
            assert len(data.history("close")) == context.bar

    wb.Engine(bars_of(*CANDLES), Look(), conventions="backtrader-coo").run()


def test_bars_without_any_trade_are_no_event() -> None:
    bars = bars_of(CANDLES[0], NAN, CANDLES[1])
    strategy = Script(lambda b: b.submit_order("A", 1), lambda b: pytest.fail("asked"), lambda b: b.get_cash())
    record = wb.Engine(bars, strategy).run()
    assert strategy.got[1] == 1e6 - 102.0
    assert list(record.cash) == [1e6, 1e6, 1e6 - 102.0]


def test_the_config_comes_from_the_engine_or_the_strategy() -> None:
    class Own(wb.Strategy):
        rebalance = wb.RebalanceConfig(headroom=0.9)

    for given, expected in ((None, 0.9), (wb.RebalanceConfig(headroom=0.5), 0.5)):
        strategy = Own()
        record = wb.Engine(bars_of(*CANDLES), strategy, rebalance=given).run()
        assert strategy.executor.config.headroom == expected
        assert record.provenance["rebalance"]["headroom"] == expected
        assert record.provenance["strategy"] == "Own"


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_where_no_result_is_and_on_terminals_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")

    class Talking(Script):
        def on_end(self, context: Any, broker: Any) -> None:
            assert context.bar == 298

        def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
            if context.bar == 0:
                sys.stdout.write("my own words")

    wb.Engine(bars_of(*flat(*range(1, 300))), Talking(), progress=True).run()
    out, err = capsys.readouterr()
    assert out == "my own words"
    assert ("Talking" in err and "100%" in err) if terminal else err == ""


def test_progress_ends_with_a_strategy_that_raises(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    def fail(broker: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExecutionError, match="at bar 2"):
        wb.Engine(bars_of(*flat(*range(1, 9))), Script(None, None, fail), progress=True).run()
    assert "100%" not in capsys.readouterr().err
