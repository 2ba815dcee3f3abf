"""Saving and loading a `RunRecord`: JSON for what is said about a run, Parquet for what it did."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from weighbridge.exceptions import FileError, RecordError
from weighbridge.record.measured import MeasuredRecord
from weighbridge.record.tables import (
    NO_ADJUSTMENTS,
    AdjustmentTable,
    DenialTable,
    FillTable,
    Measures,
    OrderTable,
    WeightTable,
)

__all__ = ["load_record", "save_record"]

Record = TypeVar("Record", bound=MeasuredRecord)

# Raised when a reader of today could not read the files; additions do not raise it.
FORMAT = 1

TABLES = ("fills", "denials", "orders", "adjustments", "weights", "slippage", "equity")
FILES = {"record.json", *(f"{name}.parquet" for name in TABLES)}


def save_record(record: MeasuredRecord, path: Path) -> Path:
    """Write to a neighbour first and rename it, so that a record is there as a whole or not at all."""
    try:
        # A folder that holds anything else is not ours to replace, whatever is called record.json in it.
        if path.exists() and not ((path / "record.json").is_file() and {file.name for file in path.iterdir()} <= FILES):
            raise FileError(f"{path} exists and is not a run record", hint="choose another folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as scratch:
            fresh = Path(scratch) / "record"
            fresh.mkdir()
            _write(record, fresh)
            older = Path(scratch) / "older"
            if path.exists():
                path.replace(older)
            try:
                fresh.replace(path)
            except OSError:
                if older.exists():
                    older.replace(path)
                raise
    except OSError as error:
        raise FileError(
            f"{path}: cannot write the record: {error.strerror or error}", hint="check the folder's rights"
        ) from error
    return path


def _write(record: MeasuredRecord, folder: Path) -> None:
    about = {"format": FORMAT, "assets": list(record.assets), "provenance": record.provenance}
    try:
        text = json.dumps(about, indent=2)
    except (TypeError, ValueError) as error:
        raise RecordError(
            f"the provenance cannot be saved as JSON: {error}", hint="keep plain values in it: texts, numbers, lists"
        ) from error
    (folder / "record.json").write_text(text + "\n", encoding="utf-8")
    tables: dict[str, Any] = {
        "fills": record.fill_table,
        "denials": record.denial_table,
        "orders": record.order_table,
        "adjustments": record.adjustment_table if len(record.adjustment_table.bar) else None,
        "weights": record.measured.weight_table,
    }
    for name, table in tables.items():
        if table is not None:
            pd.DataFrame(table._asdict()).to_parquet(folder / f"{name}.parquet", index=False)
    if record.slippage is not None:
        record.slippage.to_frame().to_parquet(folder / "slippage.parquet", index=False)
    record.equity.rename_axis("time").reset_index().to_parquet(folder / "equity.parquet", index=False)


def load_record(path: Path, kind: type[Record]) -> Record:
    """Read the folder back as a record of a kind; every way in which it can be damaged is a `RecordError`."""
    if not path.is_dir():
        raise FileError(f"{path} is not there or is not a folder", hint="pass the folder that run.save() wrote")
    try:
        about = json.loads((path / "record.json").read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise RecordError(
                f"the record is of format {about['format']}, this version reads {FORMAT}",
                hint="run it again, or read it with the version that wrote it",
            )
        equity = pd.read_parquet(path / "equity.parquet")
        return kind(
            index=pd.DatetimeIndex(equity["time"], name="time"),
            assets=tuple(about["assets"]),
            fill_table=FillTable(**_columns(path / "fills.parquet")),
            denial_table=DenialTable(**_columns(path / "denials.parquet")),
            cash=equity["cash"].to_numpy(),
            value=equity["value"].to_numpy(),
            provenance=about["provenance"],
            order_table=_optional(OrderTable, path / "orders.parquet"),
            adjustment_table=_optional(AdjustmentTable, path / "adjustments.parquet") or NO_ADJUSTMENTS,
            measures=Measures(
                weight_table=_optional(WeightTable, path / "weights.parquet"),
                slippage=_optional(_slippage, path / "slippage.parquet"),
            ),
        )
    except RecordError as error:
        raise RecordError(f"{path}: {error.message}", hint=error.hint) from error
    except Exception as error:  # A damaged file can end in any error of pyarrow, pandas or the system.
        raise RecordError(f"{path} is not a run record, or is damaged: {error}", hint="save it again") from error


def _optional(kind: Any, file: Path) -> Any:
    return kind(**_columns(file)) if file.is_file() else None


def _slippage(slippage: Any) -> Any:
    return slippage


def _columns(file: Path) -> dict[str, Any]:
    frame = pd.read_parquet(file)
    kinds = {"bar": np.int64, "asset": np.int64, "rule": object}
    return {name: frame[name].to_numpy(dtype=kinds.get(str(name), np.float64)) for name in frame.columns}
