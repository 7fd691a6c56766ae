"""Single scans as SARIF and JUnit: valid by their schemas, at the right places, safe with hostile words."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from openaudit.formats import FORMATS
from openaudit.vocabulary import Failure, Report, Target, TargetKind
from tests.formats.reports import (
    ATTACK,
    dataset_report,
    failure,
    minimal_report,
    open_report,
    poisoned,
    rich_report,
)
from tests.gate.formats.results import COMMAND_ATTACK, LONG
from tests.schemas import valid_junit, valid_sarif

FOLDER = dataclasses.replace(
    rich_report(), target=Target(kind=TargetKind.FOLDER, id="heron"), id="heron", url=None, revision=None
)
CASES: dict[str, Sequence[Report | Failure]] = {
    "rich": [rich_report()],
    "several": [open_report(), failure(), dataset_report(), minimal_report()],
    "folder": [FOLDER],
    "hostile": [poisoned(rich_report()), poisoned(failure())],
    "commands": [poisoned(rich_report(), COMMAND_ATTACK)],
    "long": [poisoned(rich_report(), LONG)],
    "surrogates": [poisoned(rich_report(), "\ud800a\udfff:\x00b\ufffe")],
    "nothing": [],
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_sarif_is_valid_by_the_2_1_0_schema(case: str) -> None:
    log = valid_sarif(FORMATS["sarif"].render_file(CASES[case]))
    assert len(log["runs"]) == len(CASES[case])


@pytest.mark.parametrize("case", sorted(CASES))
def test_junit_is_valid_by_its_xsd(case: str) -> None:
    root = valid_junit(FORMATS["junit"].render_file(CASES[case]))
    assert len(root.findall("testsuite")) == len(CASES[case])
    for suite in root.findall("testsuite"):
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))


def test_severities_are_levels_and_the_gravest_comes_first() -> None:
    run = valid_sarif(FORMATS["sarif"].render_file([rich_report()]))["runs"][0]
    assert [r["level"] for r in run["results"]] == ["error", "warning", "warning", "note"]


def test_findings_on_the_hub_stand_at_the_address_of_the_file_and_its_lines() -> None:
    report = rich_report()
    run = valid_sarif(FORMATS["sarif"].render_file([report]))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": f"{report.url}/blob/{report.revision}/README.md"}
    assert place["region"] == {"startLine": 3, "endLine": 3}


def test_findings_in_a_folder_stand_at_a_path_below_it() -> None:
    run = valid_sarif(FORMATS["sarif"].render_file([FOLDER]))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "README.md", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == 3


def test_what_could_not_be_read_is_a_notification_and_no_success() -> None:
    runs = valid_sarif(FORMATS["sarif"].render_file([rich_report(), failure(), open_report()]))["runs"]
    calls = [run["invocations"][0] for run in runs]
    assert [call["executionSuccessful"] for call in calls] == [False, False, True]
    told = [n["message"]["text"] for n in calls[0]["toolExecutionNotifications"]]
    assert any("USE_POLICY.md" in text for text in told)
    assert "nobody/nothing" in calls[1]["toolExecutionNotifications"][0]["message"]["text"]


def test_every_run_has_its_own_id_and_every_finding_its_own_fingerprint() -> None:
    runs = valid_sarif(FORMATS["sarif"].render_file(CASES["several"]))["runs"]
    ids = [run["automationDetails"]["id"] for run in runs]
    assert len(set(ids)) == len(ids)
    run = valid_sarif(FORMATS["sarif"].render_file([rich_report()]))["runs"][0]
    prints = [r["partialFingerprints"]["openauditFinding/v1"] for r in run["results"]]
    assert len(set(prints)) == len(prints) == 4


def test_junit_fails_what_is_critical_skips_what_was_not_seen_and_errs_on_what_could_not_be_read() -> None:
    root = valid_junit(FORMATS["junit"].render_file([rich_report(), failure()]))
    suites = root.findall("testsuite")
    assert [(s.get("failures"), s.get("errors"), s.get("skipped")) for s in suites] == [
        ("1", "0", "1"),
        ("0", "1", "0"),
    ]
    failed = suites[0].find("testcase/failure")
    assert failed.getparent().get("name") == "license-text-contradicts-tag (README.md:3)"
    assert "at README.md:3" in failed.text


def test_no_hostile_word_is_markup() -> None:
    text = FORMATS["junit"].render_file([poisoned(rich_report(), ATTACK)])
    assert "<script" not in text
    tags = {element.tag for element in valid_junit(text).iter()}
    assert tags <= {
        "testsuites",
        "testsuite",
        "testcase",
        "properties",
        "property",
        "failure",
        "skipped",
        "system-out",
    }
