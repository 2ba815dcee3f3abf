"""RunRecord: its frames against hand-written ones, and saving and loading, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weighbridge as wb
from weighbridge.exceptions import FileError, RecordError, WeighbridgeError
from weighbridge.record.run_record import RunRecord
from weighbridge.record.tables import AdjustmentTable, DenialTable, FillTable, OrderTable

DAYS = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06"], name="time").as_unit("ns")
TINY = 5e-324


def integers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def floats(*values: float) -> Any:
    return np.array(values, dtype=np.float64)


def record(**changes: Any) -> RunRecord:
    """Three bars of B and A; two fills of B in one bar, then a sale of A that leaves it short; one denial."""
    fields: dict[str, Any] = {
        "index": DAYS,
        "assets": ("B", "A"),
        "fill_table": FillTable(
            bar=integers(1, 1, 2),
            asset=integers(0, 0, 1),
            quantity=floats(10.0, -3.0, -2.5),
            price=floats(100.0, 101.0, 0.1),
            commission=floats(1.0, 0.3, 0.0),
            position=floats(10.0, 7.0, -2.5),
        ),
        "denial_table": DenialTable(integers(2), integers(1), floats(-0.5), np.array(["margin_at_fill"], dtype=object)),
        "cash": floats(1e6, 1e6 - 698.3, -0.0),
        "value": floats(1e6, 0.1 + 0.2, TINY),
        "provenance": {"subject": "hand", "cash": 1e6, "nested": {"list": [1, None, True, "é"]}},
        "order_table": OrderTable(integers(0, 1, 1), integers(0, 0, 1), floats(10.0, -3.0, -3.0)),
    }
    return RunRecord(**{**fields, **changes})


SPLIT = AdjustmentTable(integers(1, 2, 2), integers(0, 0, 1), floats(40.0, 3.0, 1.0))

EMPTY: dict[str, Any] = {
    "fill_table": FillTable(integers(), integers(), floats(), floats(), floats(), floats()),
    "denial_table": DenialTable(integers(), integers(), floats(), np.array([], dtype=object)),
    "order_table": None,
}


def bits(values: Any) -> bytes:
    return np.asarray(values, dtype=np.float64).tobytes()


def assert_same(left: RunRecord, right: RunRecord) -> None:
    """Compare every table by its bits, so that -0.0 is not 0.0."""
    assert left.assets == right.assets
    assert left.provenance == right.provenance
    # Arrow gives a fixed offset back as another class of the same offset; everything else is the very same.
    assert left.index.asi8.tobytes() == right.index.asi8.tobytes()
    assert (left.index.name, left.index.unit) == (right.index.name, right.index.unit) == ("time", "ns")
    assert [time.isoformat() for time in left.index] == [time.isoformat() for time in right.index]
    if not str(right.index.tz).startswith("UTC+"):
        pd.testing.assert_index_equal(left.index, right.index, exact=True)
    assert bits(left.cash) == bits(right.cash)
    assert bits(left.value) == bits(right.value)
    for name in ("fill_table", "denial_table", "order_table", "adjustment_table"):
        ours, theirs = getattr(left, name), getattr(right, name)
        assert (ours is None) == (theirs is None)
        if ours is None:
            continue
        for field, column, other in zip(ours._fields, ours, theirs, strict=True):
            assert column.dtype == other.dtype, field
            assert list(column) == list(other) if field == "rule" else column.tobytes() == other.tobytes()


def test_fills_denials_and_orders_as_frames() -> None:
    run = record()
    pd.testing.assert_frame_equal(
        run.fills,
        pd.DataFrame(
            {
                "bar": [1, 1, 2],
                "time": DAYS[[1, 1, 2]],
                "asset": np.array(["B", "B", "A"], dtype=object),
                "quantity": [10.0, -3.0, -2.5],
                "price": [100.0, 101.0, 0.1],
                "commission": [1.0, 0.3, 0.0],
            }
        ),
    )
    pd.testing.assert_frame_equal(
        run.denials,
        pd.DataFrame(
            {
                "bar": [2],
                "time": DAYS[[2]],
                "asset": np.array(["A"], dtype=object),
                "quantity": [-0.5],
                "rule": np.array(["margin_at_fill"], dtype=object),
            }
        ),
    )
    orders = run.orders
    assert orders is not None
    assert list(orders.columns) == ["bar", "time", "asset", "quantity"]
    assert orders["asset"].tolist() == ["B", "B", "A"]
    assert orders["quantity"].tolist() == [10.0, -3.0, -3.0]


def test_positions_are_held_from_the_last_fill_of_a_bar_on() -> None:
    expected = pd.DataFrame(
        [[0.0, 0.0], [7.0, 0.0], [7.0, -2.5]], index=DAYS, columns=pd.Index(["B", "A"], name="asset")
    )
    pd.testing.assert_frame_equal(record().positions, expected)


def test_a_split_changes_positions_before_the_fills_of_its_bar() -> None:
    run = record(adjustment_table=SPLIT)
    # B: 40 by the split of bar 1, then its fills leave 7, and 3 by that of bar 2. A: its fill of bar 2 comes last.
    assert run.positions.to_numpy().tolist() == [[0.0, 0.0], [7.0, 0.0], [3.0, -2.5]]
    pd.testing.assert_frame_equal(
        run.adjustments,
        pd.DataFrame(
            {
                "bar": [1, 2, 2],
                "time": DAYS[[1, 2, 2]],
                "asset": np.array(["B", "B", "A"], dtype=object),
                "position": [40.0, 3.0, 1.0],
            }
        ),
    )


def test_equity_as_a_frame() -> None:
    equity = record().equity
    assert list(equity.columns) == ["cash", "value"]
    assert equity["value"].tolist() == [1e6, 0.30000000000000004, TINY]
    assert equity.index.name == "time"


def test_a_record_of_nothing() -> None:
    run = record(**EMPTY)
    assert (run.positions.to_numpy() == 0.0).all()
    assert run.positions.shape == (3, 2)
    assert list(run.fills.columns) == ["bar", "time", "asset", "quantity", "price", "commission"]
    assert list(run.denials.columns) == ["bar", "time", "asset", "quantity", "rule"]
    assert list(run.adjustments.columns) == ["bar", "time", "asset", "position"]
    assert len(run.fills) == len(run.denials) == len(run.adjustments) == 0
    assert run.orders is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"cash": floats(1.0)}, "cash has 1 and value 3 rows for 3 bars"),
        ({"value": floats()}, "cash has 3 and value 0 rows for 3 bars"),
        ({"order_table": OrderTable(integers(0), integers(0, 1), floats(1.0))}, "columns of orders differ"),
        ({"order_table": OrderTable(integers(3), integers(0), floats(1.0))}, "orders name a bar or asset"),
        ({"order_table": OrderTable(integers(0), integers(-1), floats(1.0))}, "orders name a bar or asset"),
        (
            {"denial_table": DenialTable(integers(0), integers(2), floats(1.0), np.array(["x"], dtype=object))},
            "denials name a bar or asset",
        ),
        (
            {"adjustment_table": AdjustmentTable(integers(3), integers(0), floats(1.0))},
            "adjustments name a bar or asset",
        ),
    ],
)
def test_tables_that_do_not_fit(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(RecordError) as caught:
        record(**changes)
    assert named in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+05:30"])
@pytest.mark.parametrize("tables", [{}, EMPTY, {"adjustment_table": SPLIT}])
def test_saved_and_loaded_bit_for_bit(zone: str | None, tables: dict[str, Any], tmp_path: Path) -> None:
    run = record(index=DAYS.tz_localize(zone), **tables)
    assert run.save(tmp_path / "new" / "run") == tmp_path / "new" / "run"
    assert_same(RunRecord.load(str(tmp_path / "new" / "run")), run)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["run"]


def test_a_simulated_record_bit_for_bit(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    days = pd.bdate_range("2020-01-01", periods=60, tz="America/New_York")
    close = pd.DataFrame(
        np.exp(generator.normal(0, 0.02, (60, 4)).cumsum(axis=0)) * 7, index=days, columns=list("DABC")
    )
    weights = pd.DataFrame(generator.uniform(0, 0.4, (60, 4)), index=days, columns=list("DABC")).iloc[::7]
    bars = wb.Bars.from_frames(close=close, open=close.shift().fillna(7.0))
    costs = wb.Costs(commission=wb.PercentCommission(0.001), slippage=wb.PercentSlippage(1 / 3000))
    run = wb.simulate(bars, wb.TargetWeights(weights), costs=costs, cash=1e5 / 3)
    assert len(run.fills) > 20
    loaded = RunRecord.load(run.save(tmp_path / "run"))
    assert_same(loaded, run)
    pd.testing.assert_frame_equal(loaded.positions, run.positions)
    assert wb.RebalanceConfig.from_dict(loaded.provenance["rebalance"]) == wb.RebalanceConfig()
    assert wb.Costs.from_dict(loaded.provenance["costs"]) == costs
    assert wb.Conventions.from_dict(loaded.provenance["conventions"]).name == "reference"


numbers = st.floats(width=64)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cash=st.lists(numbers, min_size=3, max_size=3), quantities=st.lists(numbers, max_size=4))
def test_any_number_survives(cash: list[float], quantities: list[float], tmp_path: Path) -> None:
    zeros = integers(*(0 for _ in quantities))
    run = record(cash=floats(*cash), order_table=OrderTable(zeros, zeros, floats(*quantities)))
    loaded = RunRecord.load(run.save(tmp_path / "run"))
    # A NaN's sign and payload are nobody's business.
    np.testing.assert_array_equal(loaded.cash, run.cash)
    assert np.array_equal(np.signbit(loaded.cash[~np.isnan(loaded.cash)]), np.signbit(run.cash[~np.isnan(run.cash)]))
    assert loaded.order_table is not None
    np.testing.assert_array_equal(loaded.order_table.quantity, floats(*quantities))


def test_an_older_record_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "run"
    record().save(path)
    assert (path / "orders.parquet").is_file()
    record(**EMPTY).save(path)
    assert not (path / "orders.parquet").exists()  # Nothing of the older record shines through.
    assert_same(RunRecord.load(path), record(**EMPTY))
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def listing(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("content", [{}, {"thesis.txt": b"x"}, {"record.json": b"{}", "thesis.txt": b"x"}])
def test_another_folder_is_not_overwritten(content: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    for name, text in content.items():
        (path / name).write_bytes(text)
    with pytest.raises(FileError, match="exists and is not a run record") as caught:
        record().save(path)
    assert caught.value.hint
    assert listing(tmp_path) == {f"run/{name}": text for name, text in content.items()}


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    for path in (tmp_path / "run", tmp_path / "run" / "below"):
        with pytest.raises(FileError):
            record().save(path)
    assert listing(tmp_path) == {"run": b"mine"}


def test_a_name_that_no_file_system_takes(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot write the record"):
        record().save(tmp_path / ("x" * 300))
    assert listing(tmp_path) == {}


@pytest.mark.parametrize("older", [True, False])
def test_nothing_half_written_is_left_when_writing_fails(
    older: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    if older:
        record().save(path)
    before = listing(tmp_path)
    write = pd.DataFrame.to_parquet
    calls: list[Any] = []

    def full(self: pd.DataFrame, file: Any, **options: Any) -> Any:
        calls.append(file)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return write(self, file, **options)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(FileError, match="No space left on device"):
        record(**EMPTY, cash=floats(1.0, 2.0, 3.0)).save(path)
    assert len(calls) == 3
    assert listing(tmp_path) == before
    assert len(list(tmp_path.iterdir())) == int(older)


def test_the_older_record_comes_back_when_the_last_step_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run"
    record().save(path)
    before = listing(tmp_path)
    replace = Path.replace

    def refuse(self: Path, target: Any) -> Any:
        if self.name == "record":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(FileError, match="Permission denied"):
        record(**EMPTY).save(path)
    assert listing(tmp_path) == before


def test_provenance_that_json_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="provenance"):
        record(provenance={"bars": object()}).save(tmp_path / "run")
    assert listing(tmp_path) == {}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(FileError, match="is not there or is not a folder") as caught:
            RunRecord.load(path)
        assert caught.value.hint


def spoiled(path: Path, name: str, frame: pd.DataFrame) -> None:
    frame.to_parquet(path / f"{name}.parquet", index=False)


# What to do to a good record so that it is none any more.
DAMAGES: dict[str, Any] = {
    "empty folder": lambda path: [file.unlink() for file in path.iterdir()],
    "no json": lambda path: (path / "record.json").unlink(),
    "no equity": lambda path: (path / "equity.parquet").unlink(),
    "no fills": lambda path: (path / "fills.parquet").unlink(),
    "no denials": lambda path: (path / "denials.parquet").unlink(),
    "json cut": lambda path: (path / "record.json").write_text('{"format": 1,'),
    "json of another kind": lambda path: (path / "record.json").write_text("[1]"),
    "json without format": lambda path: (path / "record.json").write_text("{}"),
    "json without assets": lambda path: (path / "record.json").write_text('{"format": 1, "provenance": {}}'),
    "json not text": lambda path: (path / "record.json").write_bytes(b"\xff\xfe\x00"),
    "another format": lambda path: (path / "record.json").write_text('{"format": 99}'),
    "parquet empty": lambda path: (path / "fills.parquet").write_bytes(b""),
    "parquet cut": lambda path: (path / "fills.parquet").write_bytes((path / "fills.parquet").read_bytes()[:-9]),
    "parquet of zeros": lambda path: (path / "equity.parquet").write_bytes(b"PAR1" + bytes(99) + b"PAR1"),
    "column missing": lambda path: spoiled(path, "fills", pd.DataFrame({"bar": [0], "asset": [0]})),
    "column too many": lambda path: spoiled(path, "orders", pd.DataFrame({"bar": [0], "x": [0]})),
    "column of texts": lambda path: spoiled(
        path, "orders", pd.DataFrame({"bar": ["one"], "asset": [0], "quantity": [1.0]})
    ),
    "bar missing": lambda path: spoiled(
        path, "orders", pd.DataFrame({"bar": [np.nan], "asset": [0], "quantity": [1.0]})
    ),
    "bar out of bounds": lambda path: spoiled(
        path, "orders", pd.DataFrame({"bar": [3], "asset": [0], "quantity": [1.0]})
    ),
    "equity without times": lambda path: spoiled(path, "equity", pd.DataFrame({"cash": [1.0], "value": [1.0]})),
    "equity of words": lambda path: spoiled(
        path, "equity", pd.DataFrame({"time": ["soon"], "cash": [1.0], "value": [1.0]})
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_says_so(damage: str, tmp_path: Path) -> None:
    path = record().save(tmp_path / "run")
    DAMAGES[damage](path)
    with pytest.raises(RecordError) as caught:
        RunRecord.load(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_format_of_tomorrow_is_named(tmp_path: Path) -> None:
    path = record().save(tmp_path / "run")
    about = json.loads((path / "record.json").read_text())
    (path / "record.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(RecordError, match="format 99, this version reads 1"):
        RunRecord.load(path)


@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["record.json", "fills.parquet", "denials.parquet", "orders.parquet", "equity.parquet"]),
    place=st.floats(0.0, 1.0),
    piece=st.binary(max_size=4),
    cut=st.integers(0, 40),
)
def test_any_damage_is_a_record_or_our_own_error(
    name: str, place: float, piece: bytes, cut: int, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    shutil.rmtree(path, ignore_errors=True)
    record().save(path)
    content = (path / name).read_bytes()
    start = int(place * len(content))
    (path / name).write_bytes(content[:start] + piece + content[start + cut :])
    with contextlib.suppress(WeighbridgeError):
        loaded = RunRecord.load(path)
        assert len(loaded.cash) == len(loaded.index)
