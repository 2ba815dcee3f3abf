"""`Contract`: what is refused, what a record says of it, and what holds for every run (semantics 9)."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from parity_tests.adapters.backtrader.material import COSTS, awkward_bars
from weighbridge.exceptions import ConfigError, UnknownAssetError, UnsupportedError
from weighbridge.rules.booking import Booking
from weighbridge.rules.cash import Cash
from weighbridge.rules.valuing import Valuing
from weighbridge.settings.contracts import checked_contracts, contracts_from
from weighbridge.settings.conventions import BACKTRADER, PRESETS, REFERENCE
from weighbridge.testing.awkward import awkward_weights

ES = wb.Contract(multiplier=50.0, margin=12_000.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"multiplier": 0.0}, "multiplier=0.0 must be finite and above 0"),
        ({"multiplier": math.inf}, "multiplier=inf"),
        ({"multiplier": 10**400}, "must be finite"),
        ({"multiplier": True}, "multiplier=True is not a number"),
        ({"multiplier": "50"}, "multiplier='50' is not a number"),
        ({"margin": 0.0}, "margin=0.0 must be finite and above 0"),
        ({"margin": -1.0}, "margin=-1.0"),
        ({"margin": math.nan}, "margin=nan"),
        ({"leverage": 0.5}, "leverage=0.5 is below 1"),
        ({"leverage": None}, "leverage=None is not a number"),
    ],
)
def test_wrong_contracts_raise(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        wb.Contract(**arguments)
    assert raised.value.hint


def test_wrong_mappings_raise() -> None:
    with pytest.raises(UnknownAssetError, match="no asset 'NQ'") as unknown:
        checked_contracts({"NQ": ES}, ["ES", "A"], REFERENCE)
    assert unknown.value.hint == "one of 'ES', 'A'"
    wrong: Any = {"ES": 50.0}
    with pytest.raises(ConfigError, match="'ES' is a float"):
        checked_contracts(wrong, ["ES"], REFERENCE)
    with pytest.raises(ConfigError, match="contracts is a Contract"):
        checked_contracts(wrong["ES"] and ES, ["ES"], REFERENCE)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="are no contracts"):
        contracts_from({"ES": {"size": 50.0}})


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_rule(name: str) -> None:
    """Semantics 9.1."""
    assert checked_contracts({"ES": ES}, ["ES"], PRESETS[name]) == {"ES": ES}
    assert checked_contracts({"ES": wb.Contract()}, ["ES"], PRESETS[name]) == {}


def test_combinations_without_a_meaning_say_so() -> None:
    """Semantics 9.1."""
    with pytest.raises(UnsupportedError, match="whatever its multiplier"):
        checked_contracts({"ES": wb.Contract(multiplier=50.0)}, ["ES"], BACKTRADER)
    with pytest.raises(UnsupportedError, match="already says what a contract binds"):
        checked_contracts({"ES": wb.Contract(margin=100.0, leverage=2.0)}, ["ES"], REFERENCE)


def test_a_record_says_which_contracts() -> None:
    bars = awkward_bars(40)
    targets = awkward_weights(bars)
    run = wb.simulate(bars, targets, contracts={"A1": ES, "A0": wb.Contract()})
    assert run.provenance["contracts"] == {"A1": {"multiplier": 50.0, "margin": 12_000.0, "leverage": 1.0}}
    assert contracts_from(json.loads(json.dumps(run.provenance["contracts"]))) == {"A1": ES}
    assert "contracts" not in wb.simulate(bars, targets).provenance


@pytest.mark.parametrize("mode", ["snapshot", "hybrid", "incremental"])
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", ["reference", "vectorbt", "vectorbt-next-open", "zipline"])
def test_paid_in_full_it_is_a_share_at_price_times_multiplier(name: str, mode: str, short: bool) -> None:
    """Semantics 9.2, to the bit: a power of two scales every price and every product exactly."""
    bars = awkward_bars(seed=4)
    targets = awkward_weights(bars, seed=4, gross=1.2, short=short)
    arguments: dict[str, Any] = {
        "rebalance": wb.RebalanceConfig(mode=mode, allow_short=True),
        "costs": COSTS["percent"],
        "cash": 1e5,
        "conventions": name,
    }
    run = wb.simulate(bars, targets, contracts=dict.fromkeys(bars.assets, wb.Contract(multiplier=4.0)), **arguments)
    scaled = wb.Bars.from_frames(**{name: bars.frame(name) * 4.0 for name in ("open", "high", "low", "close")})
    share = wb.simulate(scaled, targets, **arguments)
    assert len(run.fills) > 50
    assert run.fills[["bar", "asset", "quantity", "commission"]].equals(
        share.fills[["bar", "asset", "quantity", "commission"]]
    )
    assert np.array_equal(run.cash, share.cash)
    assert np.array_equal(run.value, share.value)
    assert run.stats()["traded_value"] == share.stats()["traded_value"]


@pytest.mark.parametrize("seed", range(4))
def test_value_is_cash_and_positions(seed: int) -> None:
    """Semantics 9.2, 9.3 and 9.6: value = cash + sum of quantity x price x multiplier, or margins, at every bar."""
    bars = awkward_bars(seed=seed)
    targets = awkward_weights(bars, seed=seed, gross=1.9, every=3)
    margins = {"A0": wb.Contract(multiplier=10.0, margin=300.0), "A1": wb.Contract(multiplier=2.0, margin=40.0)}
    contracts = {**margins, "A2": wb.Contract(multiplier=3.0), "A3": wb.Contract(leverage=2.0)}
    config = wb.RebalanceConfig(mode="hybrid", max_gross_leverage=None)
    run = wb.simulate(bars, targets, rebalance=config, costs=COSTS["percent"], cash=1e6, contracts=contracts)
    held, close = run.positions.to_numpy(), bars.frame("close").ffill().to_numpy()
    worth = np.zeros(len(run.index))
    for column, name in enumerate(bars.assets):
        contract = contracts.get(name, wb.Contract())
        unit = close[:, column] * contract.multiplier if contract.margin is None else contract.margin
        worth += np.where(held[:, column] == 0.0, 0.0, np.abs(held[:, column]) * unit)
    assert np.allclose(run.value, run.cash + worth, rtol=1e-12, atol=1e-6)
    assert run.cash.min() < 0.0, "nothing was borrowed: the case proves nothing"
    assert len(run.denials) > 0, "nothing was cut: the case proves nothing"


@pytest.mark.parametrize(
    ("name", "filled"),
    [("reference", 1), ("backtrader", 1), ("zipline", 1), ("vectorbt", 0), ("vectorbt-next-close", 1)],
)
def test_gains_of_a_margined_position_are_in_the_cash_at_every_close(name: str, filled: int) -> None:
    """Semantics 9.4: from bar to bar the cash changes by quantity x change of the close x multiplier."""
    prices = [100.0, 100.0, 103.0, 99.5, 99.5, 110.25]
    frame = pd.DataFrame({"ES": prices}, pd.bdate_range("2024-01-01", periods=6))
    run = wb.simulate(
        wb.Bars.from_frames(close=frame, open=frame),
        wb.TargetWeights(pd.DataFrame({"ES": [0.25]}, frame.index[:1])),
        conventions=name,
        rebalance=wb.RebalanceConfig(allow_fractional=None if name == "zipline" else False),
        cash=100_000.0,
        contracts={"ES": wb.Contract(multiplier=50.0, margin=12_000.0)},
    )
    assert run.fills["quantity"].tolist() == [2.0]  # 25,000 / 12,000
    gained = np.array([0.0, 0.0, 300.0, -50.0, -50.0, 1025.0])
    assert run.cash.tolist() == [*[100_000.0] * filled, *(76_000.0 + gained[filled:]).tolist()]
    assert run.value.tolist() == (100_000.0 + gained).tolist()


def test_a_weight_is_what_the_margins_bind() -> None:
    """Semantics 9.3 and 10.1: signed, so asked again it trades nothing; Backtrader counts a short one as long."""
    frame = pd.DataFrame({"ES": [100.0] * 6}, pd.bdate_range("2024-01-01", periods=6))
    bars = wb.Bars.from_frames(close=frame, open=frame)
    targets = wb.TargetWeights(pd.DataFrame({"ES": [-0.24, -0.24]}, frame.index[[0, 2]]))
    arguments: dict[str, Any] = {
        "rebalance": wb.RebalanceConfig.unfiltered("snapshot"),
        "cash": 100_000.0,
        "contracts": {"ES": wb.Contract(multiplier=50.0, margin=12_000.0)},
    }
    run = wb.simulate(bars, targets, **arguments)
    assert run.fills["quantity"].tolist() == [-2.0]
    assert run.weights["realised"].tolist() == [-0.24, -0.24]
    assert run.value.tolist() == [100_000.0] * 6
    theirs = wb.simulate(bars, targets, conventions="backtrader", **arguments)
    assert theirs.fills["quantity"].tolist() == [-2.0, -4.0]


@pytest.mark.parametrize("sizing", ["reference", "backtrader", "backtrader-coc", "backtrader-coo"])
@pytest.mark.parametrize("cash", [Cash.CUT, Cash.REFUSED_TWICE])
@pytest.mark.parametrize("booking", [Booking.PLAIN, Booking.AVERAGE_COST])
def test_money_is_conserved_while_prices_stand_still(sizing: str, cash: Cash, booking: Booking) -> None:
    """Under any mixture of rules: the value falls by the commissions and by nothing else, and cash is not overspent."""
    names = ["A", "B", "C", "D"]
    index = pd.bdate_range("2024-01-01", periods=40)
    frame = pd.DataFrame({name: 20.0 + 5.0 * place for place, name in enumerate(names)}, index)
    # With leverage the value is right where booking and valuing are of one kind (semantics 9.6).
    valuing = Valuing.TERM_BY_TERM if booking is Booking.AVERAGE_COST else Valuing.PLAIN
    rules = PRESETS[sizing].replace(name="mixed", cash=cash, booking=booking, valuing=valuing)
    contracts = {"A": wb.Contract(multiplier=10.0, margin=50.0), "B": wb.Contract(leverage=2.0)}
    random = np.random.default_rng(3)
    weights = pd.DataFrame(random.uniform(-0.6, 0.9, (20, 4)), index[::2], names)
    for mode in ("snapshot", "hybrid", "incremental"):
        run = wb.simulate(
            wb.Bars.from_frames(close=frame, open=frame, high=frame, low=frame),
            wb.TargetWeights(weights),
            conventions=rules,
            rebalance=wb.RebalanceConfig.unfiltered(mode),
            costs=wb.Costs(commission=wb.PerShareCommission(0.125, minimum=1.0)),
            cash=100_000.0,
            contracts=contracts,
        )
        charged = np.zeros(len(index))
        np.add.at(charged, run.fill_table.bar, run.fill_table.commission)
        assert len(run.fills) > 10
        assert np.allclose(run.value, 100_000.0 - np.cumsum(charged), rtol=1e-12)
        # What B may borrow is in the cash of average-cost booking already.
        lent = np.maximum(run.positions["B"].to_numpy(), 0.0) * 25.0 / 2.0 if booking is Booking.PLAIN else 0.0
        assert (run.cash + lent).min() > -charged.max()
