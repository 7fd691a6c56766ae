"""Reports are read leniently: what is broken is named, and the rest is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openaudit.errors import TargetError
from openaudit.formats import json_v1
from openaudit.site.reading import Broken, ReadReport, read_all
from openaudit.site.report_json import NotAReport, read_report
from openaudit.vocabulary import Grant, Report, Severity, Status
from tests.formats import reports as by_hand
from tests.site.made_up import report, write_lines


def read(*paths: Path) -> tuple[list[ReadReport], list[Broken]]:
    found = list(read_all(paths))
    return [x for x in found if isinstance(x, ReadReport)], [x for x in found if isinstance(x, Broken)]


def test_a_single_report_several_and_lines_are_all_read(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(report("a/one")))
    (tmp_path / "two.json").write_text(json.dumps({"reports": [report("a/two"), report("a/three")]}))
    (tmp_path / "sub").mkdir()
    write_lines(tmp_path / "sub" / "lines.jsonl", [report("a/four"), report("a/five")])
    found, broken = read(tmp_path)
    assert sorted(each.report.id for each in found) == ["a/five", "a/four", "a/one", "a/three", "a/two"]
    assert broken == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "no JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"17", "no object"),
        (b"{}", "schema_version is 'missing'"),
        (b'{"schema_version": "2.0", "target": {"id": "a/b"}, "level": "x"}', "schema_version is '2.0'"),
        (b'{"schema_version": "1.9", "level": "x"}', "names no target.id"),
        (b'{"schema_version": "1.9", "target": {"id": "a/b"}}', "gives no level"),
    ],
)
def test_a_broken_file_is_named_and_the_others_are_read(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    (tmp_path / "b.json").write_text(json.dumps(report("a/good")))
    found, broken = read(tmp_path)
    assert [each.report.id for each in found] == ["a/good"]
    assert len(broken) == 1
    assert broken[0].place.endswith("a.json")
    assert why in broken[0].why


def test_a_broken_line_is_named_by_number_and_the_next_is_read(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps(report("a/one")) + "\n{\n\n" + json.dumps(report("a/two")) + "\n")
    found, broken = read(lines)
    assert [each.report.id for each in found] == ["a/one", "a/two"]
    assert [each.place for each in broken] == [f"{lines}:2"]


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no file or folder"):
        read(tmp_path / "nothing")


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(report("a/outside")))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.json").symlink_to(outside)
    (tmp_path / "in" / "own.json").write_text(json.dumps(report("a/own")))
    found, _ = read(tmp_path / "in")
    assert [each.report.id for each in found] == ["a/own"]


@pytest.mark.parametrize(
    "made", [by_hand.rich_report(), by_hand.minimal_report(), by_hand.family_report(), by_hand.dataset_report()],
    ids=["rich", "minimal", "family", "dataset"],
)  # fmt: skip
def test_what_the_tool_writes_reads_back_as_it_was(made: Report) -> None:
    document = json_v1.report_object(made)
    again = json_v1.report_object(read_report(document))
    for one in (document, again):
        for detected in one["license"]["detected"]:
            detected.pop("coverage")  # stands in no statement of the report
    assert [key for key in document if document[key] != again[key]] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("components", "none"),
        ("findings", {"a": 1}),
        ("license", None),
        ("dimensions", []),
        ("frameworks", {"x": 1, "UPPER": {}}),
        ("coverage", {"expected": -3, "read": 10**400}),
        ("score", "NaN"),
        ("lineage", [None, 3, {"depth": -1}]),
        ("tool", 5),
    ],
)
def test_a_part_of_the_wrong_shape_counts_as_not_there(key: str, value: Any) -> None:
    assert read_report({**report("a/b"), key: value}).id == "a/b"


def test_unknown_words_are_never_read_as_open() -> None:
    document = report("a/b")
    document["components"][0]["status"] = "wide-open"
    document["license"]["grant"] = "everything"
    document["findings"][0]["severity"] = "fatal"
    found = read_report(document)
    assert found.components[0].status is Status.UNKNOWN
    assert found.license.grant is Grant.UNDETERMINED
    assert found.findings[0].severity is Severity.NOTE


def test_no_object_is_no_report() -> None:
    with pytest.raises(NotAReport):
        read_report([1])
