"""`openaudit site` from outside: reports of a scan become pages; what could not be read is told."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Command
from tests.hub import HubServer
from tests.site.made_up import report, write_lines
from tests.survey.tables import cards_table


def test_reports_of_a_scan_become_a_site(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    hub.add_model("org/heron", {"README.md": "---\nlicense: mit\n---\n# Heron\n"})
    assert openaudit("scan", "org/heron", "-f", "json=heron.json").code == 0
    ran = openaudit("site", "heron.json", "-o", "out", "--title", "Ours")
    assert (ran.code, ran.out) == (0, "")
    assert "1 model, 1 reports" in ran.err or "1 model, 1 report" in ran.err
    assert "Ours" in (tmp_path / "out" / "index.html").read_text()
    assert (tmp_path / "out" / "models" / "org--heron.html").is_file()


def test_the_table_of_a_survey_becomes_a_site_with_the_day_of_the_survey(
    openaudit: Command, tmp_path: Path
) -> None:
    cards_table(tmp_path / "models.parquet", 7, group=7)
    assert openaudit("survey", "models.parquet", "-o", "audited").code == 0
    write_lines(tmp_path / "r.jsonl", [report("a/b")])
    ran = openaudit("site", "audited", "r.jsonl", "-o", "out")
    assert ran.code == 0, ran.err
    assert "8 models, 8 reports" in ran.err
    page = (tmp_path / "out" / "models" / "org0--model-0.html").read_text()
    day = json.loads((tmp_path / "audited" / "_survey.json").read_text())["started_at"][:10]
    assert day in page
    assert "MIT" in page


def test_a_parquet_file_that_is_no_survey_is_refused(openaudit: Command, tmp_path: Path) -> None:
    cards_table(tmp_path / "models.parquet", 3, group=3)
    ran = openaudit("site", "models.parquet", "-o", "out")
    assert ran.code == 2
    assert "no survey's table" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_broken_report_is_named_the_rest_is_built_and_the_status_is_3(
    openaudit: Command, tmp_path: Path
) -> None:
    (tmp_path / "reports").mkdir()
    write_lines(tmp_path / "reports" / "good.jsonl", [report("a/b")])
    (tmp_path / "reports" / "bad.json").write_text("{")
    ran = openaudit("site", "reports", "-o", "out")
    assert ran.code == 3
    assert "bad.json" in ran.err
    assert (tmp_path / "out" / "models" / "a--b.html").is_file()


def test_wrong_usage_is_status_2_and_leaves_nothing(openaudit: Command, tmp_path: Path) -> None:
    write_lines(tmp_path / "r.jsonl", [report("a/b")])
    assert openaudit("site", "nothing.json", "-o", "out").code == 2
    assert openaudit("site", "r.jsonl").code == 2
    assert openaudit("site", "r.jsonl", "-o", "out", "--base-url", "javascript:x").code == 2
    assert openaudit("site", "r.jsonl", "-o", "out", "--accuracy", "nothing.json").code == 2
    assert not (tmp_path / "out").exists()


def test_two_runs_write_the_same_bytes(openaudit: Command, tmp_path: Path) -> None:
    write_lines(tmp_path / "r.jsonl", [report("a/b"), report("c/d", level=4)])
    for name, seed in (("one", "1"), ("two", "2")):
        assert openaudit("site", "r.jsonl", "-o", name, PYTHONHASHSEED=seed).code == 0
    one, two = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two


def test_help_has_an_example(openaudit: Command) -> None:
    ran = openaudit("site", "--help")
    assert ran.code == 0
    assert "Example:" in ran.out
