"""`openaudit compare` from outside: revisions of one model, models side by side, report files, failures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from openaudit.formats.comparison import COMPARE_FORMATS
from openaudit.formats.comparison.as_json import compare_schema
from tests.conftest import Command, Ran
from tests.hub import Access, HubServer, Status, small_safetensors

FREE = """Model License

Permission is hereby granted, free of charge, to any person to use, copy, modify, publish and distribute the model for
any purpose, provided that this notice is kept.
"""
BOUND = FREE.replace("for\nany purpose", "for\nnon-commercial research only")
FREE_FILES: Mapping[str, Any] = {
    "README.md": "---\nlicense: mit\ndatasets:\n- org/songs\n---\n# Model\n\nA model for tests.\n",
    "LICENSE": FREE,
    "model.safetensors": small_safetensors(),
    "gone.txt": "a",
}
BOUND_FILES: Mapping[str, Any] = {
    "README.md": "---\nlicense: cc-by-nc-4.0\n---\n# Model\n\nA model for tests.\n",
    "LICENSE": BOUND,
    "model.safetensors": small_safetensors(),
    "new.txt": "b",
}


@pytest.fixture
def moved(hub: HubServer) -> HubServer:
    """A model whose license became stricter, and another one."""
    hub.add_model("org/name", BOUND_FILES, revisions={"v1": FREE_FILES}, tags=("v1",))
    hub.add_model("other/model", {**FREE_FILES, "README.md": "---\nlicense: apache-2.0\n---\n# Model\n"})
    return hub


def _json(ran: Ran, code: int = 0) -> dict[str, Any]:
    assert ran.code == code, ran.err
    document: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(document, compare_schema())
    return document


def test_two_revisions_show_what_changed(openaudit: Command, moved: HubServer) -> None:
    document = _json(openaudit("compare", "org/name@v1", "org/name", "-f", "json"))
    (changes,) = document["changes"]
    assert changes["summary"].startswith("The level fell from")
    values = {change["label"]: change for change in changes["values"]}
    assert values["Level"]["direction"] == "down"
    assert values["Grant"]["after"] == "research only"
    assert values["May I: use it commercially"]["after"] == "No"
    assert "no commercial use" in changes["terms"]["added"]
    assert changes["files"]["added"] == ["new.txt"]
    assert changes["files"]["removed"] == ["gone.txt"]
    assert changes["files"]["changed"] == ["LICENSE", "README.md"]
    assert changes["made_from_and_with"]["removed"] == ["dataset org/songs"]


def test_the_words_of_the_license_text_that_changed_are_shown(openaudit: Command, moved: HubServer) -> None:
    (changes,) = _json(openaudit("compare", "org/name@v1", "org/name", "-f", "json"))["changes"]
    (text,) = changes["license_texts"]
    runs = [(run["kind"], run["words"]) for place in text["places"] for run in place if run["kind"] != "kept"]
    assert ("removed", "any purpose,") in runs
    assert ("added", "non-commercial research only,") in runs


def test_the_order_of_the_revisions_is_the_direction(openaudit: Command, moved: HubServer) -> None:
    (changes,) = _json(openaudit("compare", "org/name", "org/name@v1", "-f", "json"))["changes"]
    assert changes["summary"].startswith("The level rose from")
    assert changes["files"]["added"] == ["gone.txt"]


def test_the_same_revision_twice_changed_nothing(openaudit: Command, moved: HubServer) -> None:
    (changes,) = _json(openaudit("compare", "org/name", "org/name", "-f", "json"))["changes"]
    assert changes["values"] == changes["components"] == changes["license_texts"] == []
    assert "Nothing that is known changed." in openaudit("compare", "org/name", "org/name").out


def test_different_models_stand_side_by_side(openaudit: Command, moved: HubServer) -> None:
    document = _json(openaudit("compare", "org/name", "other/model", "org/name@v1", "-f", "json"))
    assert [target["id"] for target in document["targets"]] == ["org/name", "other/model", "org/name"]
    assert document["changes"] == []
    rows = {row["label"]: row for group in document["groups"] for row in group["rows"]}
    assert rows["License"]["differs"]
    assert len(rows["License"]["values"]) == 3


def test_report_files_are_compared_without_a_network(
    openaudit: Command, moved: HubServer, tmp_path: Path
) -> None:
    openaudit("scan", "org/name@v1", "-o", str(tmp_path / "old.json"))
    openaudit("scan", "org/name", "-o", str(tmp_path / "new.json"))
    before = len(moved.requests)
    ran = openaudit("compare", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "-f", "json")
    (changes,) = _json(ran)["changes"]
    assert len(moved.requests) == before
    assert changes["summary"].startswith("The level fell from")
    assert changes["files"] is None
    assert changes["license_texts"] is None
    assert "holds no file list" in changes["note"]


def test_a_file_with_several_reports_and_a_target_are_compared(
    openaudit: Command, moved: HubServer, tmp_path: Path
) -> None:
    openaudit("scan", "org/name", "other/model", "-o", str(tmp_path / "two.json"))
    document = _json(openaudit("compare", str(tmp_path / "two.json"), "org/name@v1", "-f", "json"))
    assert len(document["targets"]) == 3


@pytest.mark.parametrize("name", sorted(COMPARE_FORMATS))
def test_two_runs_give_the_same_bytes(
    openaudit: Command, moved: HubServer, tmp_path: Path, name: str
) -> None:
    written = []
    for run in ("one", "two"):
        file = tmp_path / f"{run}{COMPARE_FORMATS[name][0]}"
        ran = openaudit(
            "compare", "org/name@v1", "org/name", "-o", str(file), XDG_CACHE_HOME=str(tmp_path / run)
        )
        assert ran.code == 0, ran.err
        assert ran.out == ""
        assert f"{name} comparison:" in ran.err
        written.append(file.read_bytes())
    assert written[0] == written[1]


def test_the_page_marks_what_was_taken_out_and_put_in(openaudit: Command, moved: HubServer) -> None:
    words: dict[str, str] = {}

    class Reader(HTMLParser):
        tag = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tag = tag if tag in ("ins", "del") else self.tag

        def handle_endtag(self, tag: str) -> None:
            self.tag = "" if tag == self.tag else self.tag

        def handle_data(self, data: str) -> None:
            words[self.tag] = words.get(self.tag, "") + data

    Reader().feed(openaudit("compare", "org/name@v1", "org/name", "-f", "html").out)
    assert "taken out: any purpose," in words["del"]
    assert "put in: non-commercial research only," in words["ins"]


def test_a_target_that_cannot_be_read_has_its_column_and_fails_the_run(
    openaudit: Command, moved: HubServer
) -> None:
    ran = openaudit("compare", "org/name", "org/missing", "-f", "json")
    document = _json(ran, code=3)
    assert document["targets"][1]["failure"]
    assert document["targets"][1]["grant"] == "undetermined"
    assert "org/missing" in ran.err
    table = openaudit("compare", "org/name", "org/missing")
    assert table.code == 3
    assert "could not be audited" in " ".join(table.out.split())


def test_a_gate_and_a_broken_hub_are_no_pass(openaudit: Command, moved: HubServer) -> None:
    moved.add_model("org/gated", FREE_FILES, access=Access(gated="manual"))
    assert openaudit("compare", "org/name", "org/gated").code == 3
    moved.fault("org/name", Status(503), on="everything")
    assert openaudit("compare", "org/name", "other/model").code == 3


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"reports": 3}', '{"schema_version": "2.0"}', "[" * 100_000, "\xff"]
)
def test_a_file_that_is_no_report_is_a_wrong_use(openaudit: Command, tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content, encoding="latin-1")
    ran = openaudit("compare", str(tmp_path / "x.json"), str(tmp_path / "x.json"))
    assert ran.code == 2
    assert "is no report of openaudit" in ran.err
    assert "Traceback" not in ran.err


def test_one_side_alone_is_a_wrong_use(openaudit: Command, moved: HubServer) -> None:
    ran = openaudit("compare", "org/name")
    assert ran.code == 2
    assert "name a second target" in ran.err


def test_hostile_cards_leave_no_markup_and_no_control_characters(openaudit: Command, hub: HubServer) -> None:
    evil = "---\nlicense: '<script>alert(1)</script>\\e[2J'\nbase_model: '\"><img src=x onerror=alert(1)>'\n---\n"
    files: dict[str, str | bytes] = {
        "README.md": evil + "<script>alert(2)</script> \x1b]0;x\x07 \u202e",
        "model.safetensors": small_safetensors(),
    }
    hub.add_model(
        "org/evil", {**files, "<b>.txt": "a"}, revisions={"v1": {**files, "LICENSE": "<script>x</script>"}}
    )
    for name in sorted(COMPARE_FORMATS):
        ran = openaudit("compare", "org/evil@v1", "org/evil", "-f", name)
        assert ran.code in (0, 3), ran.err
        assert all(character == "\n" or character.isprintable() for character in ran.out)
        if name in ("html", "markdown"):
            assert "<script" not in ran.out
            assert "<img" not in ran.out
