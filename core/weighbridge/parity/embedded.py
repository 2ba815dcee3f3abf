"""The real prices that come with Weighbridge: five assets, 2000 to 2013 (see fixtures/PROVENANCE.md)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from weighbridge.data.bars import Bars
from weighbridge.data.files import read_frame
from weighbridge.exceptions import FileError

__all__ = ["embedded_actions", "embedded_bars", "embedded_file", "splits_and_dividends"]

_PACKAGE = Path(__file__).resolve().parents[1]

# An installed wheel carries the files inside the package; a checkout has them at its top.
FOLDERS = (_PACKAGE / "_fixtures", _PACKAGE.parents[1] / "fixtures")


def embedded_file(name: str) -> Path:
    """Return the path of a fixture, e.g. `prices.parquet`, wherever this installation has it.

    Raises:
        FileError: It is in none of the places.
    """
    for folder in FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise FileError(
        f"the embedded file {name} is neither in {FOLDERS[0]} nor in {FOLDERS[1]}",
        hint="install weighbridge again",
    )


def embedded_bars() -> Bars:
    """Return raw daily bars of AAPL, FB, GOOG, IBM and MSFT: USD, shares, all five fields.

    GOOG is listed on 2004-08-19 and FB on 2012-05-18. Prices are as they were traded: they halve at the
    splits that `embedded_actions` lists.

    Raises:
        FileError: The installation lacks the file, or it is damaged.
    """
    return Bars.from_file(embedded_file("prices.parquet"))


def embedded_actions() -> pd.DataFrame:
    """Return splits and dividends between these bars: time, asset, kind, value.

    `time` is the first bar that trades without it, `kind` is "split" (value: new shares for one old) or
    "dividend" (value: USD per share).

    Raises:
        FileError: The installation lacks the file, or it is damaged.
    """
    return read_frame(embedded_file("actions.parquet"))


def splits_and_dividends(bars: Bars) -> dict[str, pd.DataFrame]:
    """Return the embedded splits and dividends of these bars, in the columns that `simulate` takes.

    A split's ratio is old shares for one new: the reciprocal of what `embedded_actions` says.

    Raises:
        FileError: The installation lacks the file, or it is damaged.
    """
    actions = embedded_actions()
    actions = actions[actions["time"].isin(bars.index) & actions["asset"].isin(bars.assets)]
    splits, dividends = (actions[actions["kind"] == kind] for kind in ("split", "dividend"))
    return {
        "splits": pd.DataFrame({"date": splits["time"], "asset": splits["asset"], "ratio": 1.0 / splits["value"]}),
        "dividends": pd.DataFrame(
            {"date": dividends["time"], "asset": dividends["asset"], "amount": dividends["value"]}
        ),
    }
