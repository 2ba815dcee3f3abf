"""What must hold in every line of VectorBT: the tests state it here, and in the interpreters of the other lines.

Each claim returns the number of fills that it compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parity_tests.adapters.vectorbt.material import (
    awkward,
    gapped_case,
    random_conventions,
    random_costs,
)
from weighbridge import Bars, Costs, PercentCommission, PercentSlippage, RebalanceConfig, TargetWeights, simulate
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights
from weighbridge.testing import assert_records_equal
from weighbridge_vectorbt import from_records, portfolio, run
from weighbridge_vectorbt.costs import order_costs
from weighbridge_vectorbt.library import vectorbt

NATIVE = ("hybrid", "incremental")
MODES = ("snapshot", *NATIVE)
CASH = 20_000.0


def any_costs_limits_and_price(seed: int, direction: str, engine: str = "numba", fraction: float = 0.1) -> int:
    """Native, executor and engine agree in each mode, whatever costs, limits and price are drawn."""
    random = np.random.default_rng([seed, len(direction)])
    bars, targets = awkward(seed, int(random.choice([3, 40, 90])), int(random.choice([1, 4, 12, 30])), direction)
    arguments: dict[str, Any] = {
        "costs": random_costs(random),
        "conventions": random_conventions(random, direction, fraction),
        "cash": CASH,
    }
    fills = 0
    for mode in MODES:
        config = RebalanceConfig.unfiltered(mode)
        ours = simulate(bars, targets, rebalance=config, **arguments)
        executor = run(bars, targets, how="executor", rebalance=config, **arguments)
        assert_records_equal(executor, ours, allow_empty=True)
        if mode in NATIVE:
            native = run(bars, targets, how="native", rebalance=config, engine=engine, **arguments)
            assert_records_equal(native, ours, allow_empty=True)
            assert_records_equal(native, executor, allow_empty=True)
        fills += len(ours.fills)
    return fills


def from_one_asset_to_hundreds(n_assets: int, rare: bool = False, engine: str = "numba") -> int:
    """Native, executor and engine agree, however many assets there are."""
    bars, targets = awkward(n_assets, 60 if n_assets < 500 else 24, n_assets, rare=rare)
    arguments: dict[str, Any] = {"costs": Costs(commission=PercentCommission(0.001)), "cash": 1e6}
    fills = 0
    for mode in NATIVE:
        config = RebalanceConfig.unfiltered(mode)
        ours = simulate(bars, targets, conventions="vectorbt", rebalance=config, **arguments)
        native = run(bars, targets, how="native", rebalance=config, engine=engine, **arguments)
        assert_records_equal(native, ours)
        assert_records_equal(run(bars, targets, how="executor", rebalance=config, **arguments), ours)
        fills += len(ours.fills)
    return fills


def a_field_of_the_config(mode: str, changes: dict[str, Any]) -> int:
    """The executor does with the config what the engine does, and a changed field changes something."""
    bars, targets = awkward(8, 80, 10)
    arguments: dict[str, Any] = {"costs": Costs(commission=PercentCommission(0.001)), "cash": 100_000.0}
    config = RebalanceConfig(mode=mode, **changes)
    ours = simulate(bars, targets, conventions="vectorbt", rebalance=config, **arguments)
    other = RebalanceConfig(mode=mode) if changes else RebalanceConfig.unfiltered(mode)
    plain = simulate(bars, targets, conventions="vectorbt", rebalance=other, **arguments)
    assert not np.array_equal(plain.value, ours.value), "the field changed nothing: the case proves nothing"
    assert_records_equal(run(bars, targets, how="executor", rebalance=config, **arguments), ours)
    return len(ours.fills)


def plain_call(bars: Bars, targets: TargetWeights, **arguments: Any) -> Any:
    """Call VectorBT as its documentation does."""
    size = targets.frame.reindex(bars.index)
    return vectorbt().Portfolio.from_orders(
        bars.frame("close"),
        size=size,
        size_type="targetpercent",
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        **arguments,
    )


def native_is_the_plain_call(mode: str, log: bool = True, costs: Costs | None = None) -> int:
    """A native record holds VectorBT's own order records, cash and value; with a log those of the simulation."""
    bars, targets = gapped_case()
    models = costs or Costs(commission=PercentCommission(0.002), slippage=PercentSlippage(0.001))
    config = RebalanceConfig.unfiltered(mode)
    record = run(bars, targets, how="native", rebalance=config, costs=models, cash=5e5, log=log)
    charged = order_costs(models)._asdict()
    expected = plain_call(bars, targets, init_cash=5e5, update_value=mode == "incremental", **charged)
    orders = expected.orders.values
    table = record.fill_table
    assert table.bar.tolist() == orders["idx"].tolist()
    assert table.asset.tolist() == orders["col"].tolist()
    assert np.abs(table.quantity).tobytes() == orders["size"].tobytes()
    assert ((table.quantity < 0) == (orders["side"] == 1)).all()
    assert table.price.tobytes() == orders["price"].tobytes()
    assert table.commission.tobytes() == orders["fees"].tobytes()
    held = expected.assets().to_numpy()
    assert table.position.tolist() == held[orders["idx"], orders["col"]].tolist()
    for told, rebuilt in ((record.cash, expected.cash()), (record.value, expected.value())):
        np.testing.assert_allclose(told, rebuilt.to_numpy(), rtol=1e-9, atol=1e-9 * 5e5)
        if not log:
            assert told.tolist() == rebuilt.tolist()
    return len(orders)


def the_portfolio_is_the_engines(price: str) -> int:
    """`portfolio` has the engine's fills and, within VectorBT's rounding, its value; its statistics work."""
    bars = synthetic_bars(12, 150, seed=4, gaps=0.05)
    targets = synthetic_weights(bars, seed=4, every=5)
    config = RebalanceConfig(mode="hybrid", min_trade_value=500.0, headroom=0.98)
    arguments: dict[str, Any] = {"costs": Costs(commission=PercentCommission(0.001)), "cash": 1e6, "rebalance": config}
    pf = portfolio(bars, targets, price=price, freq="1D", **arguments)  # type: ignore[arg-type]
    name = "vectorbt" if price == "close" else f"vectorbt-{price.replace('_', '-')}"
    ours = simulate(bars, targets, conventions=name, **arguments)
    orders = pf.orders.values
    assert np.abs(ours.fill_table.quantity).tobytes() == orders["size"].tobytes()
    assert ours.fill_table.price.tobytes() == orders["price"].tobytes()
    np.testing.assert_allclose(pf.value().to_numpy(), ours.value, rtol=1e-9)
    assert pf.stats()["Total Trades"] > 0
    return len(orders)


def a_record_becomes_a_portfolio() -> int:
    """`from_records` gives VectorBT's analysis of a native run, and of one of the engine."""
    bars, targets = gapped_case()
    costs = Costs(commission=PercentCommission(0.001))
    record = run(bars, targets, how="native", costs=costs)
    pf = from_records(record, bars, freq="1D")
    # The record's cash and value are the simulation's own, the portfolio's are rebuilt from the fills.
    bare = run(bars, targets, how="native", costs=costs, log=False)
    for rebuilt, told, own in ((pf.cash(), bare.cash, record.cash), (pf.value(), bare.value, record.value)):
        assert rebuilt.tolist() == told.tolist()
        np.testing.assert_allclose(rebuilt.to_numpy(), own, rtol=1e-9, atol=1e-3)
    assert pf.assets().to_numpy().tolist() == record.positions.to_numpy().tolist()
    assert pf.stats()["Total Trades"] > 0
    assert len(pf.plot(subplots=["orders", "cum_returns"], column="A00", group_by=False).data) > 0
    ours = simulate(bars, targets, conventions="vectorbt", costs=costs)
    np.testing.assert_allclose(from_records(ours, bars).value().to_numpy(), ours.value, rtol=1e-9)
    return min(len(record.fills), len(ours.fills))


def hold(claims: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """State claims one after the other; return VectorBT's version, and how many fills each compared."""
    fills: list[int] = []
    for name, arguments in claims:
        try:
            fills.append(globals()[name](**arguments))
        except AssertionError as error:
            raise AssertionError(f"{name} with {arguments}: {error}") from error
    return {"vectorbt": vectorbt().__version__, "fills": fills}
