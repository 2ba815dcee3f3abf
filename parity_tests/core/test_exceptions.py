from __future__ import annotations

import inspect
import pickle

import pytest

from weighbridge import exceptions
from weighbridge.exceptions import WeighbridgeError

# By hand, from the tree in the module's docstring.
BASES = {
    "WeighbridgeError": (Exception,),
    "InputError": (WeighbridgeError, ValueError),
    "BarsError": (exceptions.InputError,),
    "TargetsError": (exceptions.InputError,),
    "ConfigError": (exceptions.InputError,),
    "UnknownAssetError": (exceptions.InputError,),
    "FileError": (exceptions.InputError,),
    "ExecutionError": (WeighbridgeError,),
    "UnsupportedError": (WeighbridgeError,),
    "AdapterError": (WeighbridgeError,),
    "MissingExtraError": (exceptions.AdapterError, ImportError),
    "UnknownAdapterError": (exceptions.AdapterError,),
    "ParityError": (WeighbridgeError,),
    "RecordError": (WeighbridgeError,),
}


def test_the_tree_is_the_one_that_is_drawn() -> None:
    classes = dict(inspect.getmembers(exceptions, inspect.isclass))
    assert {name: kind.__bases__ for name, kind in classes.items()} == BASES
    assert exceptions.__all__ == sorted(BASES)
    assert exceptions.__doc__ is not None
    assert all(f" {name}" in exceptions.__doc__ for name in BASES)


@pytest.mark.parametrize("name", sorted(BASES))
def test_message_and_hint_come_out_and_survive_pickling(name: str) -> None:
    kind: type[WeighbridgeError] = getattr(exceptions, name)
    error = pickle.loads(pickle.dumps(kind("cash=-1 is below 0", hint="pass a number >= 0")))
    assert type(error) is kind
    assert (error.message, error.hint) == ("cash=-1 is below 0", "pass a number >= 0")
    assert str(error) == "cash=-1 is below 0\nHint: pass a number >= 0"
    assert str(kind("nothing to advise")) == "nothing to advise"
