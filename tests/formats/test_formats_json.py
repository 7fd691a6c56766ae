"""The JSON report: the contract's keys, valid against the shipped schema, safe to print."""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from openaudit.formats.json_v1 import render, report_schema
from openaudit.vocabulary import Evidence, Failure, Report, Target, TargetKind, Where
from tests.formats.reports import (
    KEPT_FOR_JSON,
    PROSE,
    dataset_report,
    failure,
    minimal_report,
    open_report,
    poisoned,
    rich_report,
)

CONTRACT_KEYS = """
    schema_version tool target level band score dimensions access coverage license claims components lineage
    datasets artifacts frameworks findings errors
"""
VALIDATOR = jsonschema.Draft202012Validator(report_schema())


def loaded(*outcomes: Report | Failure) -> Any:
    return json.loads(render(outcomes))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_everything_in_the_schema_has_a_description() -> None:
    def bare(schema: Any, path: str) -> Iterator[str]:
        for name, part in schema.get("properties", {}).items():
            if "$ref" not in part and "const" not in part and "description" not in part:
                yield f"{path}.{name}"
            yield from bare(part, f"{path}.{name}")
            yield from bare(part.get("items") or {}, f"{path}.{name}[]")

    parts = report_schema()["$defs"]
    assert [fault for name, part in parts.items() for fault in bare(part, name)] == []


@pytest.mark.parametrize(
    "outcomes",
    [
        [rich_report()],
        [minimal_report()],
        [open_report()],
        [dataset_report()],
        [failure()],
        [rich_report(), failure(), minimal_report()],
        [],
        [poisoned(rich_report(), keep=KEPT_FOR_JSON)],
        [poisoned(failure())],
        [poisoned(rich_report(), attack="x" * 100_000, keep=KEPT_FOR_JSON)],
    ],
    ids=[
        "rich",
        "minimal",
        "open",
        "dataset",
        "failure",
        "several",
        "none",
        "hostile",
        "hostile-failure",
        "huge",
    ],
)
def test_every_rendering_is_valid(outcomes: list[Report | Failure]) -> None:
    faults = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in VALIDATOR.iter_errors(loaded(*outcomes))]
    assert faults == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["level"], "openish"),
        (["score"], 101),
        (["score"], "41"),
        (["dimensions", "weights", "status"], "closed"),
        (["access", "gated"], True),
        (["license", "sources", 0, "kind"], "rumour"),
        (["license", "sources", 0, "lines"], [0, 3]),
        (["license", "sources", 0, "lines"], [1, 2, 3]),
        (["license", "sources", 0, "quote"], "x" * 301),
        (["components", 0, "status"], "partly"),
        (["components", 0, "colour"], "red"),
        (["findings", 0, "severity"], "high"),
        (["frameworks", "mof"], {"verdict": "none"}),
        (["coverage", "share"], 1.5),
        (["tool", "name"], "other"),
        (["errors", 0], {"stage": "fetch"}),
        (["surprise"], 1),
        (["schema_version"], "2.0"),
    ],
)
def test_the_schema_catches_a_mistake(path: list[Any], wrong: Any) -> None:
    document = loaded(rich_report())
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = wrong
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("key", CONTRACT_KEYS.split())
def test_every_key_of_the_contract_is_there_and_required(key: str) -> None:
    for outcome in (rich_report(), minimal_report(), failure()):
        document = loaded(outcome)
        del document[key]
        assert not VALIDATOR.is_valid(document)


def test_one_target_is_one_object_and_several_are_reports_in_the_order_given() -> None:
    assert loaded(failure())["target"]["id"] == "nobody/nothing"
    several = loaded(minimal_report(), failure(), rich_report())
    assert [report["target"]["id"] for report in several["reports"]] == [
        "tiny",
        "nobody/nothing",
        "heron-ai/Heron-7B",
    ]


def test_a_failure_is_undetermined_and_has_no_score() -> None:
    document = loaded(failure())
    assert (document["level"], document["band"], document["score"]) == ("undetermined", "undetermined", None)
    assert document["coverage"]["share"] == 0
    assert document["errors"] == [
        {
            "stage": "fetch",
            "reason": "not-found",
            "message": "There is no model nobody/nothing on the Hub, or it is private.",
            "hint": "Check the spelling, or set HF_TOKEN if you have access.",
        }
    ]


def test_there_is_no_policy_where_none_was_given() -> None:
    assert "policy" not in loaded(rich_report())


def test_the_binding_source_is_marked_and_texts_are_listed_as_detected() -> None:
    license = loaded(rich_report())["license"]
    assert [(source["kind"], source["binding"]) for source in license["sources"]] == [
        ("text", True),
        ("prose", False),
        ("tag", False),
        ("link", False),
        ("header", False),
        ("text", False),
    ]
    assert [(found["id"], found["spdx"], found["path"]) for found in license["detected"]] == [
        ("LicenseRef-openaudit-heron-community", None, "LICENSE"),
        ("Apache-2.0", "Apache-2.0", "code/LICENSE-CODE"),
    ]


def test_keys_are_sorted_indented_by_two_and_words_are_not_escaped() -> None:
    report = dataclasses.replace(minimal_report(), headline="Größe 模型")
    text = render([report])
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    assert "Größe 模型" in text


def test_no_character_that_a_terminal_obeys_or_hides_stands_raw_and_none_is_lost() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for start in range(0, len(everything), 3000):
        part = everything[start : start + 3000]
        text = render([dataclasses.replace(minimal_report(), headline=part)])
        assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} == {"\n"}
        surrogates_replaced = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in part)
        assert json.loads(text)["headline"] == surrogates_replaced


def test_no_path_of_the_machine_is_written() -> None:
    at_home = Where(path="/home/somebody/models/tiny/README.md", lines=(3, 3), url="file:///home/somebody/x")
    report = dataclasses.replace(
        minimal_report(),
        id="/home/somebody/models/tiny",
        claims=(),
        findings=tuple(
            dataclasses.replace(finding, evidence=(Evidence(topic="t", value="v", where=at_home),))
            for finding in rich_report().findings
        ),
    )
    windows = Failure(
        target=Target(kind=TargetKind.FOLDER, id="C:\\Users\\somebody\\tiny"),
        stage="fetch",
        reason="r",
        message="m",
    )
    text = render([report, windows])
    assert "somebody" not in text
    assert json.loads(text)["reports"][0]["target"]["id"] == "tiny"


def test_figures_are_rounded_and_no_figure_is_not_a_number() -> None:
    report = dataclasses.replace(
        minimal_report(),
        score=41.2499999,
        artifacts={"share": 1 / 3, "nan": float("nan"), "endless": float("inf"), "deep": _nested(100)},
    )
    document = loaded(report)
    assert document["score"] == 41.2
    assert document["artifacts"]["share"] == 0.3333
    assert document["artifacts"]["nan"] is None
    assert document["artifacts"]["endless"] is None


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


def test_quotes_are_cut_at_three_hundred_characters() -> None:
    long = dataclasses.replace(PROSE, quote="word " * 1000, says="word " * 1000)
    report = dataclasses.replace(
        minimal_report(), license=dataclasses.replace(minimal_report().license, statements=(long,))
    )
    source = loaded(report)["license"]["sources"][0]
    assert len(source["quote"]) <= 300
    assert len(source["says"]) <= 300


def test_sets_are_written_in_a_stable_order() -> None:
    report = dataclasses.replace(minimal_report(), artifacts={"names": frozenset({"b", "a", "c"})})
    assert loaded(report)["artifacts"]["names"] == ["a", "b", "c"]
