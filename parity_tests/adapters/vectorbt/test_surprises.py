"""The surprises of `from_orders` that the documentation measures: its figures are those of the embedded prices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weighbridge import Costs, PercentCommission, RebalanceConfig, simulate
from weighbridge.parity.decision_streams import rotation_weights
from weighbridge.parity.embedded import embedded_bars
from weighbridge_vectorbt.library import vectorbt

PAGE = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text(encoding="utf-8")
BARS = embedded_bars()
TARGETS = rotation_weights(BARS, every=21, top=2, lookback=126)


def portfolio(**arguments: Any) -> Any:
    """Call `from_orders` with everything that makes it right, but for what is given."""
    right: dict[str, Any] = {
        "size": TARGETS.frame.reindex(index=BARS.index, columns=list(BARS.assets)),
        "size_type": "targetpercent",
        "group_by": True,
        "cash_sharing": True,
        "call_seq": "auto",
    }
    chosen = {name: value for name, value in {**right, **arguments}.items() if value is not None}
    return vectorbt().Portfolio.from_orders(BARS.frame("close"), init_cash=1e6, fees=0.001, **chosen)


def figures(pf: Any) -> tuple[int, str, str]:
    """Return the number of orders, the mean share of cash and the last value, as the page writes them."""
    value, cash = (np.asarray(one).reshape(BARS.n_bars, -1).sum(axis=1) for one in (pf.value(), pf.cash()))
    return len(pf.orders.values), f"{(cash / value).mean():.1%}", f"{value[-1]:,.0f}"


def line(start: str) -> str:
    """Return the page's line that begins so."""
    (found,) = [text for text in PAGE.splitlines() if text.startswith(start)]
    return found


def test_the_right_call_is_the_engines() -> None:
    orders, share, last = figures(portfolio())
    assert f"{last} after {orders} orders, with {share} in cash" in PAGE
    costs = Costs(commission=PercentCommission(0.001))
    engine = simulate(
        BARS, TARGETS, conventions="vectorbt", rebalance=RebalanceConfig.unfiltered("hybrid"), costs=costs
    )
    assert len(engine.fills) == orders
    assert f"{engine.value[-1]:,.0f}" == last


@pytest.mark.parametrize(
    ("start", "arguments"),
    [
        ('| `call_seq="default"`', {"call_seq": None}),
        ("| no `cash_sharing`", {"group_by": None, "cash_sharing": None, "call_seq": None}),
    ],
)
def test_what_the_defaults_change(start: str, arguments: dict[str, Any]) -> None:
    orders, share, last = figures(portfolio(**arguments))
    assert f"{share} in cash, ends at {last} |" in line(start)
    if "orders," in line(start):
        assert f"| {orders} orders," in line(start)


def test_percent_is_of_the_remaining_cash() -> None:
    size = TARGETS.frame.reindex(index=BARS.index, columns=list(BARS.assets))
    first = size.where(size > 0.0)
    first.iloc[127:] = np.nan
    pf = portfolio(size=first, size_type="percent")
    assert len(pf.orders.values) == 2
    assert f"{pf.cash().iloc[126] / pf.value().iloc[126]:.1%}" == "25.0%"
    assert "25.0% left in cash" in line('| `size_type="percent"` |')
    with pytest.raises(ValueError, match="cash cannot be NaN"):
        portfolio(size_type="percent")


def test_update_value_changes_little() -> None:
    assert f"ends at {figures(portfolio(update_value=True))[2]} |" in line("| `update_value=False`")
