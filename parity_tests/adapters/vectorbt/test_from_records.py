"""`from_records`: VectorBT's analysis of a run that VectorBT did not simulate."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from parity_tests.adapters.vectorbt.claims import a_record_becomes_a_portfolio
from weighbridge import Bars, TargetWeights, simulate
from weighbridge.exceptions import BarsError
from weighbridge_vectorbt import from_records, run

Case = tuple[Bars, TargetWeights]


def test_a_run_comes_back_whole() -> None:
    assert a_record_becomes_a_portfolio() > 100


def test_a_run_of_the_engine_has_its_value_in_vectorbt() -> None:
    from weighbridge.parity.synthetic import synthetic_bars, synthetic_weights

    bars = synthetic_bars(5, 60, seed=1)
    record = simulate(bars, synthetic_weights(bars, seed=2, every=5), cash=1e5)
    assert len(record.fills) > 10
    portfolio = from_records(record, bars)
    np.testing.assert_allclose(portfolio.value().to_numpy(), record.value, rtol=1e-9)
    np.testing.assert_allclose(portfolio.cash().to_numpy(), record.cash, rtol=1e-9, atol=1e-6)


def test_other_bars_are_refused(gapped: Case) -> None:
    bars, targets = gapped
    record = run(bars, targets, how="native")
    with pytest.raises(BarsError, match="not those of the run"):
        from_records(record, bars.slice(1))


def test_importing_the_package_does_not_import_vectorbt() -> None:
    code = "import sys, weighbridge_vectorbt as w; w.ADAPTER; w.DEFAULT_COSTS; print('vectorbt' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
