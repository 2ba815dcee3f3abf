"""Every Python example in the documentation runs, in the sequence of its page, and does what it is there for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
import vectorbt as vbt
import zipline.api
from numba import njit

import weighbridge as wb
import weighbridge_vectorbt
import weighbridge_zipline
from parity_tests.meta.house import ROOT
from weighbridge.parity.embedded import embedded_bars

Names = dict[str, Any]


def snippets(page: str) -> list[tuple[int, str]]:
    """Return the Python blocks of a page, each with the line it begins in."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(text[: one.start()].count("\n") + 1, one.group(1)) for one in found]


def data() -> Names:
    """Frames of two assets over half a year, and weights for them."""
    bars = embedded_bars().select(["AAPL", "MSFT"]).slice(1200, 1330)
    frames = {f"{name}{'' if name.endswith('s') else 's'}": bars.frame(name) for name in ("close", "open", "high")}
    weights = pd.DataFrame({"AAPL": 0.6, "MSFT": 0.35}, bars.index[::21])
    weights.iloc[1::2] = [0.3, 0.65]
    return {**frames, "lows": bars.frame("low"), "volumes": bars.frame("volume"), "weights": weights}


def prepared() -> Names:
    """What a page that is looked things up in takes for granted."""
    given = data()
    names = {name: given[name] for name in ("weights",)}
    bars = wb.Bars.from_frames(**{field: given[f"{field}s"] for field in ("close", "open", "high", "low", "volume")})
    return {
        **names,
        "bars": bars,
        "close": given["closes"],
        "targets": wb.TargetWeights(given["weights"]),
        "costs": wb.Costs(commission=wb.PercentCommission(0.001)),
        "wb": wb,
        "vbt": vbt,
        "njit": njit,
        "RebalanceConfig": wb.RebalanceConfig,
        "TargetWeightExecutor": wb.TargetWeightExecutor,
        "weighbridge_vectorbt": weighbridge_vectorbt,
        "weighbridge_zipline": weighbridge_zipline,
        "my_weights_nb": njit(lambda context: np.array([0.6, 0.35])),
        **{name: getattr(zipline.api, name) for name in ("symbol", "schedule_function", "date_rules")},
    }


def orders_of(strategy: type[bt.Strategy]) -> int:
    """Run a strategy in Backtrader and count what it filled."""
    brain = bt.Cerebro(stdstats=False)
    brain.broker.setcash(1e6)
    frames = data()
    for asset in frames["closes"]:
        frame = pd.DataFrame({name: frames[f"{name}s"][asset] for name in ("open", "high", "low", "close", "volume")})
        brain.adddata(bt.feeds.PandasData(dataname=frame), name=asset)
    filled: list[Any] = []

    class Watched(strategy):
        def notify_order(self, order: Any) -> None:
            if order.status == order.Completed:
                filled.append(order)

    brain.addstrategy(Watched)
    brain.run()
    return len(filled)


def run_page(page: str, names: Names, special: dict[str, Callable[[Any, Names], None]] | None = None) -> int:
    """Run the blocks of a page one after the other; `special` ones, known by a piece of text, in their own way."""
    blocks = snippets(page)
    for line, text in blocks:
        # Blank lines before it, so that an error names the line of the page.
        code = compile("\n" * line + text, str(ROOT / page), "exec")
        how = next((how for piece, how in (special or {}).items() if piece in text), None)
        if how is not None:
            how(code, names)
        else:
            exec(code, names)
    return len(blocks)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_readme() -> None:
    names = data()
    assert run_page("README.md", names) == 2
    assert orders_of(names["Rotation"]) >= 2
    assert len(names["run"].fills) > 5


def test_guide() -> None:
    names = data()
    strategies: list[type[bt.Strategy]] = []
    plans: list[Any] = []

    def strategy(code: Any, names: Names) -> None:
        exec(code, names)
        strategies.append(names["Rotation"])
        assert orders_of(names["Rotation"]) >= 2

    def inside(code: Any, names: Names) -> None:
        class Inside(strategies[0]):
            def next(self) -> None:
                if len(self) == 1:
                    exec(code, found := {**names, "self": self})
                    plans.append(found["plan"])

        assert orders_of(Inside) == 0

    special = {"bt.Strategy)": strategy, "self.executor.preview(": inside}
    assert run_page("docs/guide.md", names, special) > 8
    assert len(strategies) == 2
    assert len(plans[0].now) == 2
    assert len(names["run"].fills) > 5
    assert (Path.cwd() / "run.html").stat().st_size > 100_000


@pytest.mark.parametrize(("page", "least"), [("docs/adapters.md", 3), ("docs/conventions.md", 2)])
def test_pages_to_look_things_up_in(page: str, least: int) -> None:
    names = prepared()
    assert run_page(page, names) >= least
    assert len(names["run"].fills) > 5
    if "performance" in names:
        assert len(names["performance"]) == names["bars"].n_bars
