from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from weighbridge.data.bars import Bars
from weighbridge.exceptions import InputError
from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights

ROUGH: dict[str, Any] = {"late": 0.3, "missing": 0.05, "delisted": 0.2, "gaps": 0.05, "zero_volume": 0.1}


def rough(**changes: Any) -> Bars:
    return synthetic_bars(20, 500, **{"seed": 7, **ROUGH, **changes})


def test_a_seed_gives_the_same_on_every_platform() -> None:
    bars = rough()
    # Seen with NumPy 2.4 on pandas 2.3 and 3.1. A change here changes every scenario that has a seed.
    assert bars.fingerprint() == "ae0f90976896bdb0eb9ace6c3db03dad78add25269fc947ad7f7d373bca844a5"
    weights = synthetic_weights(bars, seed=3, every=5, long_short=True, gross=1.5, nan=0.1, skip=0.1)
    assert weights.fingerprint() == "d4eb669608e061d71e05732ae31013d477af197aac9bd49c30f590d224492d00"
    assert rough(seed=8).fingerprint() != bars.fingerprint()


def test_bars_are_what_they_should_be() -> None:
    bars = rough()
    assert bars.open is not None
    assert bars.high is not None
    assert bars.low is not None
    assert bars.volume is not None
    traded = bars.has_bar
    for prices in (bars.open, bars.high, bars.low, bars.close):
        known = prices[traded]
        np.testing.assert_array_equal(known, np.rint(known * 100) / 100)  # A tick of 0.01, as the nearest doubles.
        assert (known >= 0.01).all()
    assert (bars.high[traded] >= np.maximum(bars.open, bars.close)[traded]).all()
    assert (bars.low[traded] <= np.minimum(bars.open, bars.close)[traded]).all()
    np.testing.assert_array_equal(bars.volume[traded], np.floor(bars.volume[traded]))
    assert (bars.index.day_of_week < 5).all()
    assert bars.assets[:2] == ("A00", "A01")


def test_fractions_are_what_was_asked_for() -> None:
    bars = rough()
    assert bars.volume is not None
    assert (bars.first_bar > 0).sum() == 6
    assert bars.first_bar[0] == 0
    assert (bars.last_bar < bars.n_bars - 1).sum() == 4
    assert (bars.first_bar < bars.last_bar).all()
    bar = np.arange(bars.n_bars)[:, None]
    alive = (bar >= bars.first_bar) & (bar <= bars.last_bar)
    assert 0.03 < 1.0 - bars.has_bar[alive].mean() < 0.07
    assert 0.07 < (bars.volume[bars.has_bar] == 0).mean() < 0.13
    plain = synthetic_bars(20, 500, seed=7)
    assert plain.complete
    assert plain.volume is not None
    assert (plain.volume > 0).all()


def test_gaps_and_regimes_show() -> None:
    def overnight(bars: Bars) -> np.ndarray[Any, Any]:
        assert bars.open is not None
        return np.abs(bars.open[1:] / bars.close[:-1] - 1.0)

    calm = synthetic_bars(20, 1000, seed=1, regimes=False)
    assert (overnight(calm) > 0.05).mean() == 0.0
    assert (overnight(synthetic_bars(20, 1000, seed=1, regimes=False, gaps=0.1)) > 0.05).mean() > 0.02

    def monthly_range(bars: Bars) -> np.ndarray[Any, Any]:
        moves = np.abs(np.diff(np.log(bars.close), axis=0)).mean(axis=1)
        return moves[: 20 * (len(moves) // 20)].reshape(-1, 20).mean(axis=1)

    stormy = monthly_range(synthetic_bars(20, 1000, seed=1))
    assert stormy.max() / stormy.min() > 2.0 * monthly_range(calm).max() / monthly_range(calm).min()


@pytest.mark.parametrize("n_bars", [1, 2, 3])
@pytest.mark.parametrize("n_assets", [1, 2, 11])
def test_the_smallest_sets_work(n_assets: int, n_bars: int) -> None:
    bars = synthetic_bars(n_assets, n_bars, seed=0, late=1.0, missing=1.0, delisted=1.0, gaps=1.0, zero_volume=1.0)
    assert bars.close.shape == (n_bars, n_assets)
    assert bars.has_bar[0, 0]
    assert bars.has_bar.any(axis=0).all()
    row_of_bar, weights = synthetic_weights(bars, seed=0).on(bars)
    assert weights.shape == (n_bars, n_assets)
    assert row_of_bar[0] == 0


@pytest.mark.parametrize(("tick", "per_unit"), [(0.25, 4), (0.0001, 10_000), (5.0, 0.2)])
def test_other_ticks(tick: float, per_unit: float) -> None:
    close = synthetic_bars(3, 50, seed=0, tick=tick).close
    np.testing.assert_array_equal(close, np.rint(close * per_unit) / per_unit)


def test_weights_sum_to_gross_over_assets_that_have_started() -> None:
    bars = rough()
    targets = synthetic_weights(bars, seed=3, every=5, gross=0.8)
    np.testing.assert_array_equal(targets.index, bars.index[::5])
    weights = targets.weights
    started = bars.first_bar[None, :] <= np.arange(0, bars.n_bars, 5)[:, None]
    np.testing.assert_array_equal(np.isnan(weights), ~started)
    # 1e-12: a sum of 20 numbers of at most 0.8.
    np.testing.assert_allclose(np.nansum(weights, axis=1), 0.8, rtol=0, atol=1e-12)
    assert np.nanmin(weights) == 0.0
    assert 0.07 < (weights[started] == 0).mean() < 0.13


def test_weights_can_be_short_nan_and_skipped() -> None:
    bars = rough()
    weights = synthetic_weights(bars, seed=3, long_short=True, gross=2.0, nan=0.2, skip=0.3).weights
    decided = ~np.isnan(weights).all(axis=1)
    assert 0.2 < 1.0 - decided.mean() < 0.4
    np.testing.assert_allclose(np.nansum(np.abs(weights[decided]), axis=1), 2.0, rtol=0, atol=1e-12)
    assert 0.4 < (weights[weights != 0] < 0).sum() / (np.abs(weights) > 0).sum() < 0.6
    assert not np.signbit(weights[weights == 0]).any()
    before = np.arange(bars.n_bars)[:, None] < bars.first_bar
    assert np.isnan(weights[before]).all()
    nothing = synthetic_weights(bars, seed=3, skip=1.0)
    assert (nothing.on(bars)[0] == -1).all()
    flat = synthetic_weights(bars, seed=3, zero=1.0).weights
    assert (flat[~np.isnan(flat)] == 0).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_assets", 0),
        ("n_bars", 0),
        ("n_bars", 2.5),
        ("seed", -1),
        ("late", 1.5),
        ("missing", float("nan")),
        ("tick", 0.0),
        ("start", "soon"),
        ("start", "2262-04-01"),
    ],
)
def test_arguments_out_of_bounds_are_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{name}="):
        synthetic_bars(**{"n_assets": 2, "n_bars": 30, "seed": 0, name: value})


@pytest.mark.parametrize(("name", "value"), [("every", 0), ("seed", True), ("gross", -1.0), ("skip", 2.0)])
def test_weights_out_of_bounds_are_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{name}="):
        synthetic_weights(rough(), **{"seed": 0, name: value})
