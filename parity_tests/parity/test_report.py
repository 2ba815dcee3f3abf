from __future__ import annotations

import builtins
import json
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from parity_tests.parity.fakes import changed, fake_adapter, small_scenario
from weighbridge.exceptions import FileError
from weighbridge.parity.harness import run_parity
from weighbridge.parity.markers import is_current, put_between
from weighbridge.parity.report import (
    check_output,
    write_report,
)
from weighbridge.parity.report_files import slug
from weighbridge.parity.report_table import lines_of, markdown_table, summary_of, terminal_table
from weighbridge.parity.scenarios import built_in_whys
from weighbridge.parity.subjects import Claim
from weighbridge.record.run_record import RunRecord


def one_price_wrong(run: RunRecord) -> RunRecord:
    return changed(run, "fill", 9, price=123.0)


GOOD = run_parity([fake_adapter()], [small_scenario("first"), small_scenario("second", gross=1.6)])
BAD = run_parity([fake_adapter(), fake_adapter("wrong", executor=one_price_wrong)], [small_scenario("first")])
SKIPPING = run_parity(
    [fake_adapter(), fake_adapter("absent", distribution="no-such-distribution")], [small_scenario("first")]
)


def test_a_line_gathers_all_comparisons_of_a_scenario() -> None:
    first, second = lines_of(GOOD)
    assert (first.scenario, first.framework, first.agrees) == ("first", "fake", True)
    assert first.cells == ("✓ S", "✓ S", "✓ S I H")
    assert second.fills == sum(row.fills for row in GOOD.rows if row.scenario == "second")
    assert [line.cells[2] for line in lines_of(BAD)] == ["✓ S I H", "✗ S I H"]


def test_the_markdown_table_has_a_row_for_each_line_and_as_many_cells_as_columns() -> None:
    for report, columns in ((GOOD, 6), (BAD, 7)):
        rows = [line for line in markdown_table(report).splitlines() if line.startswith("|")]
        assert len(rows) == 2 + len(lines_of(report))
        assert {row.count("|") - 1 for row in rows} == {columns}


def test_the_terminal_table_fits_into_80_characters() -> None:
    report = run_parity([fake_adapter()], [small_scenario("a" * max(map(len, built_in_whys())))])
    console = Console(width=80, record=True, file=StringIO())
    console.print(terminal_table(report))
    lines = console.export_text().splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["native", "executor", "executor"],
        ["scenario", "fills", "denials", "=", "engine", "=", "native", "=", "engine"],
    ]
    assert lines[-1].split()[-4:] == ["✓", "S", "I", "H"]


def test_the_summary_says_how_it_went() -> None:
    assert summary_of(GOOD).endswith("all agree.")
    assert "4 do not agree" in summary_of(BAD)
    assert f"{sum(row.fills for row in GOOD.rows):,} fills" in summary_of(GOOD)


def test_report_json_is_valid_and_complete(tmp_path: Path) -> None:
    write_report(BAD, tmp_path)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert data["format"] == 1
    assert not data["passed"]
    assert len(data["rows"]) == len(BAD.rows)
    wrong = next(row for row in data["rows"] if row["verdict"] == "different")
    divergence = wrong["first_divergence"]
    assert (divergence["table"], divergence["field"]) == ("fills", "price")
    assert divergence["left"] == 123.0
    assert data["scenarios"][0]["why"] == "It is small."
    assert re.fullmatch(r"[0-9a-f]{64}", data["scenarios"][0]["bars"])
    assert data["versions"]["fake"]


class Checked(HTMLParser):
    """Collect tags and texts, and see that every element is closed by its own end."""

    VOID = frozenset({"meta", "polyline", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href") and not value.startswith("#")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(report: Any, folder: Path) -> Checked:
    written = write_report(report, folder)
    assert written.page is not None
    parser = Checked()
    parser.feed(written.page.read_text(encoding="utf-8"))
    assert parser.open == []
    return parser


def test_the_page_stands_alone_and_draws_a_curve_for_each_mode(tmp_path: Path) -> None:
    page = page_of(GOOD, tmp_path)
    assert page.links == []
    assert page.tags.count("polyline") == 2 * 3
    assert "Pass" in page.text
    assert "Not a pass" not in page.text
    assert "nan" not in (tmp_path / "report.html").read_text(encoding="utf-8").lower().split("points=")[1][:5000]


def test_the_page_says_what_each_mode_cost_and_missed(tmp_path: Path) -> None:
    text = page_of(GOOD, tmp_path).text
    for row in GOOD.rows:
        record = row.right_record
        if row.claim is Claim.EXECUTOR_IS_NATIVE or record is None:
            continue
        stats = record.stats()
        for figure in ("commission", "slippage"):
            assert f"{stats[figure]:,.2f}" in text
        assert f"{stats['mean_misallocation']:.2%}" in text
    assert "not where asked" in text


def test_the_page_shows_a_difference_and_who_was_skipped(tmp_path: Path) -> None:
    page = page_of(BAD, tmp_path / "bad")
    assert "Not a pass" in page.text
    assert "123.0" in page.text
    assert "fills.price" in page.text
    assert "absent" in page_of(SKIPPING, tmp_path / "skipping").text


def test_the_page_escapes_what_it_is_told(tmp_path: Path) -> None:
    report = run_parity([fake_adapter()], [small_scenario("a<b>", why="<script>alert(1)</script>")])
    page = page_of(report, tmp_path)
    assert page.tags.count("script") == 1


def test_records_that_differ_are_saved_and_stale_ones_removed(tmp_path: Path) -> None:
    written = write_report(BAD, tmp_path)
    folders = [path for path in written.files if path.parent.name == "records"]
    assert len(folders) == 2 + 1 + 2 + 2
    left = RunRecord.load(tmp_path / "records" / "first.wrong.hybrid.wrong-executor")
    assert left.fill_table.price[9] == 123.0
    write_report(GOOD, tmp_path)
    assert list((tmp_path / "records").iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "music.txt").write_text("vinyl", encoding="utf-8")
    for write in (lambda: check_output(tmp_path), lambda: write_report(BAD, tmp_path)):
        with pytest.raises(FileError, match=r"music\.txt is not a run record"):
            write()
    assert (tmp_path / "records" / "music.txt").read_text(encoding="utf-8") == "vinyl"


def test_an_output_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for write in (lambda: check_output(tmp_path / "file"), lambda: write_report(GOOD, tmp_path / "file" / "in")):
        with pytest.raises(FileError, match="cannot be made"):
            write()


def test_nothing_half_written_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(GOOD, tmp_path)
    before = (tmp_path / "report.json").read_text(encoding="utf-8")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileError, match="No space left"):
        write_report(BAD, tmp_path)
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "report.html",
        "report.json",
        "report.md",
    ]


def test_without_jinja2_the_page_is_left_out_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name == "jinja2":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    written = write_report(GOOD, tmp_path)
    assert written.page is None
    assert {path.name for path in written.files} == {"report.json", "report.md"}
    assert 'pip install "weighbridge[report]"' in written.notes[0]


def test_report_md_explains_differences(tmp_path: Path) -> None:
    write_report(BAD, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    for part in ("Why this is not a pass", "fills.price", "wrong executor", "## Scenarios"):
        assert part in text


BEGIN, END = "<!-- table:begin -->", "<!-- table:end -->"


def test_the_table_goes_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n", encoding="utf-8")
    assert not is_current(readme, "table", markdown_table(GOOD))
    put_between(readme, "table", markdown_table(GOOD))
    assert is_current(readme, "table", markdown_table(GOOD))
    assert not is_current(readme, "table", markdown_table(BAD))
    text = readme.read_text(encoding="utf-8")
    assert text == f"above\n{BEGIN}\n{markdown_table(GOOD)}{END}\nbelow\n"
    put_between(readme, "table", markdown_table(GOOD))
    assert readme.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["no markers", f"{END} {BEGIN}", BEGIN])
def test_a_file_without_markers_is_refused(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="markers"):
        put_between(readme, "table", markdown_table(GOOD))
    assert readme.read_text(encoding="utf-8") == text
    with pytest.raises(FileError, match="cannot be read"):
        put_between(tmp_path / "nowhere.md", "table", "")


def test_a_record_folder_gets_a_name_any_system_takes() -> None:
    assert slug("a/b c", "engine (backtrader)") == "a-b-c.engine-backtrader"
