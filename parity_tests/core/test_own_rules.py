"""A rule of the cash from outside core, in ten lines: compiled, under every fill, against a loop by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weighbridge as wb
from weighbridge.exceptions import ConfigError
from weighbridge.parity.workers import run_in_worker
from weighbridge.rules.cash import Cash
from weighbridge.rules.fill import Fill
from weighbridge.rules.own import OwnRule
from weighbridge.settings.conventions import BACKTRADER, REFERENCE, Conventions


def in_lots_of_eight(quantity: float, price: float, cash: float, position: float) -> float:
    """Let through whole lots of eight, and of a buy as many as the cash pays and leaves a quarter of it."""
    if quantity < 0.0:
        return -(-quantity // 8.0 * 8.0)
    return min(quantity, 0.75 * cash / price) // 8.0 * 8.0


EIGHTS = OwnRule("in lots of eight", in_lots_of_eight, "Orders fill in lots of eight and leave a quarter of the cash.")


# At which bar after the decision's an order fills, and the price that sizes it, values the account, and is paid: the
# field, and the bar counted from that of the decision.
WHERE: dict[Fill, tuple[int, tuple[str, int], tuple[str, int], tuple[str, int]]] = {
    Fill.NEXT_OPEN: (1, ("close", 0), ("close", 0), ("open", 1)),
    Fill.DECISION_CLOSE: (1, ("close", 0), ("close", 0), ("close", 0)),
    Fill.SAME_OPEN: (0, ("open", 0), ("close", -1), ("open", 0)),
    Fill.NEXT_CLOSE: (1, ("close", 0), ("close", 0), ("close", 1)),
    Fill.AT_CLOSE: (0, ("close", 0), ("close", 0), ("close", 0)),
    Fill.AT_OPEN: (0, ("open", 0), ("open", 0), ("open", 0)),
    Fill.AT_NEXT_OPEN: (1, ("open", 1), ("open", 1), ("open", 1)),
    Fill.AT_NEXT_CLOSE: (1, ("close", 1), ("close", 1), ("close", 1)),
}


def case() -> tuple[wb.Bars, wb.TargetWeights]:
    """Prices in quarters and weights in sixteenths, so that sums and products are exact; some ask for too much."""
    random = np.random.default_rng(12)
    index = pd.bdate_range("2015-01-05", periods=40)
    close = np.cumsum(random.integers(-4, 5, (40, 3)), axis=0) / 4.0 + 40.0
    opening = close + random.integers(-4, 5, close.shape) / 4.0
    weights = random.integers(0, 8, (9, 3)) / 16.0
    bars = wb.Bars.from_frames(
        close=pd.DataFrame(close, index, list("ABC")), open=pd.DataFrame(opening, index, list("ABC"))
    )
    return bars, wb.TargetWeights(pd.DataFrame(weights, index[1:37:4], list("ABC")))


def by_hand(bars: wb.Bars, targets: wb.TargetWeights, fill: Fill, cash: int) -> Iterator[Any]:
    """Yield bar, column, units and price of every fill, and in the end the account; in whole numbers and fractions."""
    later, *fields = WHERE[fill]
    prices = {"open": bars.frame("open").to_numpy(), "close": bars.frame("close").to_numpy()}
    account = {"cash": Fraction(cash), 0: 0, 1: 0, 2: 0}
    for time, row in targets.frame.iterrows():
        bar = bars.index.get_loc(time)
        sizing, valuing, paid = ([Fraction(p) for p in prices[field][bar + shift]] for field, shift in fields)
        value = account["cash"] + sum(account[k] * valuing[k] for k in range(3))
        orders = [(k, int(Fraction(row.iloc[k]) * value / sizing[k] - account[k])) for k in range(3)]
        falls = [Fraction(row.iloc[k]) * value < account[k] * sizing[k] for k in range(3)]
        for k, units in sorted(orders, key=lambda order: not falls[order[0]]):
            if units > 0:
                units = min(units, int(Fraction(3, 4) * account["cash"] / paid[k]))
            lots = abs(units) // 8 * 8 * (1 if units > 0 else -1)
            if lots:
                account[k] += lots
                account["cash"] -= lots * paid[k]
                yield bar + later, k, float(lots), float(paid[k])
    yield float(account["cash"]), [account[k] for k in range(3)]


@pytest.mark.parametrize("fill", Fill, ids=lambda fill: fill.name.lower())
def test_a_cash_rule_under_every_fill(fill: Fill) -> None:
    bars, targets = case()
    rules = REFERENCE.replace(name="eights", fill=fill, cash=EIGHTS)
    config = wb.RebalanceConfig.unfiltered("snapshot")
    record = wb.simulate(bars, targets, conventions=rules, rebalance=config, cash=20_000.0)
    *fills, (cash, units) = by_hand(bars, targets, fill, 20_000)
    table = record.fill_table
    assert list(zip(table.bar, table.asset, table.quantity, table.price, strict=True)) == fills
    assert record.cash[-1] == cash
    assert record.positions.iloc[-1].tolist() == units
    plain = wb.simulate(bars, targets, conventions=REFERENCE.replace(fill=fill), rebalance=config, cash=20_000.0)
    assert len(fills) > 10
    assert record.fills["quantity"].tolist() != plain.fills["quantity"].tolist(), "the rule changed nothing"
    # What the rule took away is told.
    assert len(record.denials) > 0
    assert record.provenance["conventions"]["cash"] == "own: in lots of eight"
    events = wb.Engine(bars, Held(targets), conventions=rules, rebalance=config, cash=20_000.0).run()
    assert events.fills.equals(record.fills)
    assert events.cash.tolist() == record.cash.tolist()


class Held(wb.Strategy):
    """The same decisions bar by bar."""

    def __init__(self, targets: wb.TargetWeights) -> None:
        self.rows = {time: dict(row) for time, row in targets.frame.iterrows()}

    def on_data(self, timestamp: Any, data: Any, context: Any, broker: Any) -> None:
        if timestamp in self.rows:
            self.executor.execute(self.rows[timestamp], data, broker)


def test_a_rule_is_written_down_by_its_name(tmp_path: Path) -> None:
    bars, targets = case()
    rules = BACKTRADER.replace(name="eights", cash=EIGHTS)
    record = wb.simulate(bars, targets, conventions=rules)
    record.save(tmp_path / "run")
    values = wb.RunRecord.load(tmp_path / "run").provenance["conventions"]
    assert values == json.loads(json.dumps(rules.as_dict()))
    with pytest.raises(ConfigError, match=r"cash='own: in lots of eight' is a rule(.|\n)*Hint: put it in: from_dict"):
        Conventions.from_dict(values)
    assert Conventions.from_dict({**values, "cash": Cash.CUT.name.lower()}).replace(cash=EIGHTS) == rules


ELSEWHERE = """
import json, sys
import pandas as pd
import weighbridge as wb
from weighbridge.rules.own import OwnRule
from weighbridge.settings.conventions import REFERENCE
import theirs

index = pd.bdate_range("2015-01-05", periods=3)
bars = wb.Bars.from_frames(close=pd.DataFrame({"A": [8.0] * 3}, index), open=pd.DataFrame({"A": [8.0] * 3}, index))
targets = wb.TargetWeights(pd.DataFrame({"A": [0.5]}, index[:1]))
rules = REFERENCE.replace(name="theirs", cash=OwnRule("theirs", theirs.let_through))
print(json.dumps(wb.simulate(bars, targets, conventions=rules, cash=1024.0).fills["quantity"].tolist()))
"""


def test_a_rule_of_another_process_is_another_rule(tmp_path: Path) -> None:
    """Two functions of one name and module, one after the other with one folder of compiled code."""
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *(path for path in sys.path if path)])
    environment = {**os.environ, "PYTHONPATH": path}
    found: list[list[float]] = []
    for part in ("0.5", "0.25"):
        (tmp_path / "theirs.py").write_text(
            f"def let_through(quantity, price, cash, position):\n    return quantity * {part}\n", encoding="utf-8"
        )
        done = subprocess.run(
            [sys.executable, "-B", "elsewhere.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert found == [[32.0], [16.0]]


def test_two_functions_of_one_name_in_one_process() -> None:
    bars, targets = case()

    def let_through(part: float) -> Any:
        def let_through(quantity: float, price: float, cash: float, position: float) -> float:
            return quantity * part

        return let_through

    conventions = [REFERENCE.replace(name="part", cash=OwnRule("part", let_through(part))) for part in (0.5, 0.25)]
    half, quarter = (wb.simulate(bars, targets, conventions=rules).fill_table.quantity[0] for rules in conventions)
    assert half == 2.0 * quarter


ADAPTER = """
from weighbridge import simulate
from weighbridge.rules.own import OwnRule
from weighbridge.settings.conventions import REFERENCE

def half(quantity, price, cash, position):
    return quantity * 0.5

class Adapter:
    conventions = (REFERENCE.replace(name="theirs", cash=OwnRule("half", half)),)
    run = staticmethod(lambda bars, targets, how, **given: simulate(bars, targets, **given))
    require = staticmethod(lambda: "1")

ADAPTER = Adapter()
"""


def test_an_adapters_own_rule_goes_into_a_worker_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_adapter").mkdir()
    (tmp_path / "their_adapter" / "__init__.py").write_text(ADAPTER, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    rules = import_module("their_adapter").ADAPTER.conventions[0]
    bars, targets = case()
    there = run_in_worker(sys.executable, "their_adapter:ADAPTER", bars, targets, conventions=rules)
    assert there.fills.equals(wb.simulate(bars, targets, conventions=rules).fills)
    others = rules.replace(cash=EIGHTS)
    with pytest.raises(ConfigError, match="a rule that is not built in"):
        run_in_worker(sys.executable, "their_adapter:ADAPTER", bars, targets, conventions=others)
