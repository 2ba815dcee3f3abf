"""Wrong input is named before VectorBT sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from weighbridge import (
    Bars,
    Costs,
    FixedSlippage,
    PerShareCommission,
    RebalanceConfig,
    TargetWeights,
    simulate,
)
from weighbridge.exceptions import (
    AdapterError,
    BarsError,
    ConfigError,
    InputError,
    MissingExtraError,
    TargetsError,
    UnsupportedError,
)
from weighbridge.parity.adapter import Framework
from weighbridge.rules.booking import Booking
from weighbridge.settings.conventions import REFERENCE, VECTORBT
from weighbridge_vectorbt import DEFAULT_COSTS, Broker, Limits, library, run

Case = tuple[Bars, TargetWeights]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"price": "mid"}, ConfigError, "price='mid'(.|\n)*'close', 'open', 'next_open', 'next_close'"),
        ({"price": "open"}, BarsError, "no open"),
        ({"price": "next_open"}, BarsError, "no open"),
        ({"how": "both"}, ConfigError, "how='both'"),
        ({"engine": "python"}, ConfigError, "engine='python'"),
        ({"cash": -1.0}, ConfigError, "cash=-1.0"),
        ({"conventions": "reference"}, UnsupportedError, "'reference'"),
        ({"conventions": VECTORBT.replace(name="mixed", booking=Booking.PLAIN)}, UnsupportedError, "'mixed'"),
        ({"conventions": VECTORBT.replace(name="other", lookups=("B", "A"))}, UnsupportedError, "'other'"),
        ({"conventions": "nobody"}, ConfigError, "'nobody'"),
        ({"rebalance": RebalanceConfig(mode="hybrid")}, UnsupportedError, "no thresholds"),
        ({"rebalance": RebalanceConfig.unfiltered("snapshot")}, UnsupportedError, "'snapshot'"),
        (
            {"rebalance": RebalanceConfig.unfiltered("hybrid", headroom=0.9)},
            UnsupportedError,
            "no thresholds",
        ),
        ({"costs": Costs(commission=PerShareCommission(0.01))}, UnsupportedError, "PerShareCommission"),
        ({"costs": Costs(slippage=FixedSlippage(0.01))}, UnsupportedError, "FixedSlippage"),
        ({"limits": {"maximum": 3}}, ConfigError, "unknown fields of Limits: maximum"),
        ({"limits": Limits(direction="longonly")}, TargetsError, "-0.5 at 2024-01-02 for 'B'.*'longonly'"),
        ({"limits": Limits(direction="shortonly")}, TargetsError, "0.5 at 2024-01-01 for 'A'.*'shortonly'"),
        (
            {"rebalance": RebalanceConfig.unfiltered("hybrid", allow_short=False)},
            TargetsError,
            "-0.5 at 2024-01-02 for 'B'.*'longonly'",
        ),
        (
            {
                "limits": Limits(size_granularity=0.5),
                "rebalance": RebalanceConfig.unfiltered("hybrid", round_lots=True),
            },
            ConfigError,
            r"size_granularity=0\.5 and the config 100\.0",
        ),
        (
            {"limits": Limits(direction="shortonly"), "rebalance": RebalanceConfig(), "how": "executor"},
            ConfigError,
            "'shortonly' contradicts allow_short=False",
        ),
        (
            {"limits": Limits(direction="longonly"), "how": "executor"},
            TargetsError,
            "-0.5 at 2024-01-02 for 'B'.*'longonly'",
        ),
        ({"costs": Costs(commission=PerShareCommission(0.01)), "how": "executor"}, UnsupportedError, "PerShare"),
    ],
)
def test_arguments(small: Callable[..., Case], arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    bars, targets = small([[10.0, 20.0]] * 2, [[0.5, 0.5], [0.5, -0.5]])
    with pytest.raises(error, match=words):
        run(bars, targets, **{"how": "native", **arguments})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("direction", "long"),
        ("min_size", -1.0),
        ("min_size", float("inf")),
        ("max_size", 0.0),
        ("max_size", "many"),
        ("size_granularity", 0.0),
        ("size_granularity", float("nan")),
        ("allow_partial", 1),
        ("lock_cash", None),
    ],
)
def test_limits(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=field):
        Limits(**{field: value})


def test_prices_that_vectorbt_takes_for_zero(small: Callable[..., Case]) -> None:
    with pytest.raises(InputError):
        small([[0.0]], [[0.5]])
    bars, targets = small([[1.0], [1e-13]], [[0.5], [0.5]])
    for how in ("native", "executor"):
        with pytest.raises(BarsError, match="1e-13 at 2024-01-02 for 'A'"):
            run(bars, targets, how=how)
    with pytest.raises(BarsError, match="1e-13 at 2024-01-02 for 'A'"):
        simulate(bars, targets, conventions="vectorbt")


def test_what_the_engine_refuses(small: Callable[..., Case]) -> None:
    bars, targets = small([[10.0, 20.0]] * 2, [[0.5, 0.5], [0.5, -0.5]])
    shorts = RebalanceConfig.unfiltered("hybrid")

    def engine(**arguments: Any) -> None:
        simulate(bars, targets, **{"rebalance": shorts, "conventions": VECTORBT, **arguments})

    with pytest.raises(TargetsError, match=r"-0.5 at 2024-01-02 for 'B'.*'longonly'"):
        engine(conventions=VECTORBT.replace(limits=Limits(direction="longonly")))
    with pytest.raises(BarsError, match="no open"):
        engine(conventions="vectorbt-open")
    with pytest.raises(UnsupportedError, match="PerShareCommission"):
        engine(costs=Costs(commission=PerShareCommission(0.01)))
    with pytest.raises(ConfigError, match="limits"):
        REFERENCE.replace(limits=Limits())
    with pytest.raises(ConfigError, match="limits"):
        VECTORBT.replace(limits=None)


def test_a_direction_with_the_config_that_allows_no_shorts(small: Callable[..., Case]) -> None:
    """A negative target counts as 0.0 then, and no direction is broken."""
    bars, targets = small([[10.0, 20.0]] * 2, [[0.5, 0.5], [0.5, -0.5]])
    record = run(bars, targets, how="executor", rebalance=RebalanceConfig(), limits=Limits(direction="longonly"))
    assert record.fill_table.position.tolist()[-1] == 0.0


def test_a_missing_framework_names_the_extra(small: Callable[..., Case], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Framework, "installed_version", lambda self: None)
    with pytest.raises(MissingExtraError, match=r"weighbridge\[vectorbt\]"):
        run(*small([[10.0]], [[0.5]]), how="native")


def test_a_framework_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ValueError("no such template")

    monkeypatch.setattr(library, "import_module", broken)
    library.vectorbt.cache_clear()
    with pytest.raises(AdapterError, match=r"no such template\n.*plotly"):
        library.vectorbt()


def test_the_framework_has_no_costs_of_its_own() -> None:
    assert DEFAULT_COSTS == Costs()
    settings = library.vectorbt().settings["portfolio"]
    assert (settings["fees"], settings["fixed_fees"], settings["slippage"]) == (0.0, 0.0, 0.0)
    assert Limits().min_size == settings["min_size"]


def test_there_is_no_host_for_strategies() -> None:
    with pytest.raises(UnsupportedError, match="compiled"):
        Broker()
