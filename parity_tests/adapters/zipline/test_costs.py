"""`Costs` and Zipline's own models."""

from __future__ import annotations

from zipline.assets import Equity
from zipline.finance.blotter import SimulationBlotter

from weighbridge.settings.costs import Commission, Slippage
from weighbridge_zipline import ADAPTER, DEFAULT_COSTS
from weighbridge_zipline.costs import blotter_models


def test_the_default_costs_are_zipline_s_own() -> None:
    theirs, ours = SimulationBlotter(), SimulationBlotter(**blotter_models(DEFAULT_COSTS))
    for models in ("slippage_models", "commission_models"):
        own, wanted = getattr(ours, models)[Equity], getattr(theirs, models)[Equity]
        assert type(own) is type(wanted)
        assert vars(own) == vars(wanted)


def test_the_adapter_names_every_model_that_it_maps() -> None:
    known = {model.__name__ for base in (Commission, Slippage) for model in base.__subclasses__()}
    assert ADAPTER.capabilities.costs <= known
