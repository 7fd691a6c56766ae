"""`openaudit survey`: tables and lists in, a table out, and what it adds up to."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openaudit.survey import read_rows
from tests.conftest import Command
from tests.hub import HubServer
from tests.survey.tables import cards_table, stats_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return cards_table(tmp_path / "models.parquet", 40, group=20)


def test_a_table_is_surveyed_without_a_network(table: Path, openaudit: Command, hub: HubServer) -> None:
    ran = openaudit("survey", "models.parquet", "-o", "out.parquet", "-j", "1")
    assert ran.code == 0, ran.err
    assert not hub.requests
    rows = pq.read_table(openaudit.folder / "out.parquet")
    assert rows.num_rows == 40
    assert "no column 'siblings'" in ran.err
    assert ran.out == ""


def test_a_summary_is_printed_and_written_with_plots(table: Path, openaudit: Command) -> None:
    ran = openaudit("survey", "models.parquet", "-o", "out.parquet", "-j", "1", "--summary")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("40 models: 40 audited, 0 not read")
    for title in ("Levels", "Licenses that bind", "Contradictions", "made from another"):
        assert title in ran.out
    page = (openaudit.folder / "out.html").read_text()
    assert page.count("<svg") >= 4
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=", page)


def test_names_in_the_table_cannot_break_out_of_the_summary(openaudit: Command) -> None:
    stats_table(
        openaudit.folder / "t.parquet",
        [
            {
                "cardData": '{"license": "other", "license_name": "<img src=x onerror=alert(1)>", "base_model": "org/x"}'
            }
        ],
    )
    ran = openaudit("survey", "t.parquet", "-o", "out.parquet", "-j", "1", "--summary")
    assert ran.code == 0, ran.err
    assert "<img" not in (openaudit.folder / "out.html").read_text()


def test_rows_are_read_back_as_reports(table: Path, openaudit: Command) -> None:
    assert openaudit("survey", "models.parquet", "-o", "out.parquet", "-j", "1").code == 0
    reports = list(read_rows(openaudit.folder / "out.parquet"))
    assert [report["target"]["id"] for report in reports[:2]] == ["org0/model-0", "org1/model-1"]
    assert {s["kind"] for s in reports[1]["license"]["sources"]} >= {"tag", "prose"}
    assert reports[1]["level"] in ("open-weight", "undetermined")
    assert set(reports[0]["frameworks"]) >= {"mof", "osaid", "osai_index", "eu_ai_act", "spectrum"}


def test_models_that_cannot_be_read_are_in_the_table_and_in_the_exit_status(openaudit: Command) -> None:
    stats_table(openaudit.folder / "t.parquet", [{"id": "org/a"}, {"id": "a/b/c"}])
    ran = openaudit("survey", "t.parquet", "-o", "out.parquet", "-j", "1")
    assert ran.code == 3
    assert "1 models could not be read: 1 not-auditable" in ran.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("survey", "-o", "o"), "Name one INPUT"),
        (("survey", "x.txt", "--author", "org", "-o", "o"), "Name one INPUT"),
        (("survey", "nowhere.parquet", "-o", "o"), "there is no file or folder"),
        (("survey", "broken.parquet", "-o", "o"), "cannot be read as Parquet"),
        (("survey", "empty.txt", "-o", "o"), "names no target"),
        (("survey", "x.txt", "-o", "o", "--address", "auto"), "--address goes with"),
    ],
)
def test_wrong_usage_is_said(openaudit: Command, arguments: tuple[str, ...], says: str) -> None:
    (openaudit.folder / "broken.parquet").write_bytes(b"PAR1 nothing")
    (openaudit.folder / "empty.txt").write_text("# nothing\n")
    (openaudit.folder / "x.txt").write_text("org/a\n")
    ran = openaudit(*arguments)
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_another_input_is_not_mixed_into_a_survey(table: Path, openaudit: Command) -> None:
    assert openaudit("survey", "models.parquet", "-o", "out.parquet", "-j", "1").code == 0
    cards_table(openaudit.folder / "other.parquet", 30, group=10)
    ran = openaudit("survey", "other.parquet", "-o", "out.parquet", "-j", "1")
    assert ran.code == 2
    assert "another input" in ran.err
