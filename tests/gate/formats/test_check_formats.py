"""The outputs of a check: valid by their schemas, complete, and safe with hostile words."""

from __future__ import annotations

import dataclasses
import json
import re

import jsonschema
import pytest
from rich.cells import cell_len

from openaudit.gate.formats import CHECK_FORMATS, words
from openaudit.gate.formats.json_v1 import check_schema
from openaudit.gate.formats.markdown import MARKER
from openaudit.gate.formats.table import render_sized
from openaudit.gate.result import CheckResult
from tests.formats.test_formats_markdown import LINKIFIED, tokens
from tests.gate.formats.results import (
    LONG,
    empty_result,
    failing_result,
    hostile_result,
    passing_result,
    reference,
    rich_result,
)
from tests.schemas import valid_junit, valid_sarif

RESULTS: dict[str, CheckResult] = {
    "rich": rich_result(),
    "passing": passing_result(),
    "failing": failing_result(),
    "empty": empty_result(),
    "hostile": hostile_result(),
    "long": hostile_result(LONG),
    "surrogates": hostile_result("\ud800a\udfff:\x00b\ufffe"),
    "blank": hostile_result(""),
}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ud800-\udfff]")


def render(name: str, result: CheckResult) -> str:
    return CHECK_FORMATS[name].render_file(result)


@pytest.mark.parametrize("case", sorted(RESULTS))
@pytest.mark.parametrize("name", sorted(CHECK_FORMATS))
def test_every_format_gives_bounded_text_without_control_characters(name: str, case: str) -> None:
    text = render(name, RESULTS[case])
    assert text.endswith("\n")
    assert not CONTROL.search(text)
    assert len(text) < 400_000
    assert text.encode("utf-8")


@pytest.mark.parametrize("case", sorted(RESULTS))
@pytest.mark.parametrize("name", sorted(CHECK_FORMATS))
def test_the_same_result_gives_the_same_bytes(name: str, case: str) -> None:
    assert render(name, RESULTS[case]) == render(name, RESULTS[case])


@pytest.mark.parametrize("case", sorted(RESULTS))
def test_sarif_is_valid_by_the_2_1_0_schema(case: str) -> None:
    valid_sarif(render("sarif", RESULTS[case]))


@pytest.mark.parametrize("case", sorted(RESULTS))
def test_junit_is_valid_by_its_xsd(case: str) -> None:
    root = valid_junit(render("junit", RESULTS[case]))
    cases = root.findall(".//testcase")
    suite = root.find("testsuite")
    assert int(suite.get("tests")) == len(cases)
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert int(suite.get(attribute)) == len(root.findall(f".//{kind}"))


@pytest.mark.parametrize("case", sorted(RESULTS))
def test_json_is_valid_by_the_schema_that_ships(case: str) -> None:
    document = json.loads(render("json", RESULTS[case]))
    jsonschema.Draft202012Validator.check_schema(check_schema())
    jsonschema.validate(document, check_schema(), cls=jsonschema.Draft202012Validator)


# ---------------------------------------------------------------- SARIF


def test_sarif_has_a_result_at_every_line_that_names_the_model() -> None:
    run = valid_sarif(render("sarif", rich_result()))["runs"][0]
    denied = [r for r in run["results"] if r["ruleId"] == "licenses/deny" and "suppressions" not in r]
    places = []
    for result in denied:
        physical = result["locations"][0]["physicalLocation"]
        places.append((physical["artifactLocation"]["uri"], physical["region"]["startLine"]))
    assert places == [("app/chat.py", 3), ("app/chat.py", 40), ("deploy/values.yaml", 7)]
    assert {r["level"] for r in denied} == {"error"}


def test_sarif_names_rules_with_help_and_suppresses_what_is_waived() -> None:
    run = valid_sarif(render("sarif", rich_result()))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "licenses/deny",
        "lock/terms-changed",
        "require/pinned-revision",
    ]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    suppressed = [r for r in run["results"] if "suppressions" in r]
    assert [s["status"] for r in suppressed for s in r["suppressions"]] == ["accepted"]
    assert "ana@example.org until 2027-01-31" in suppressed[0]["suppressions"][0]["justification"]


def test_sarif_tells_what_could_not_be_read_as_notifications_and_is_not_successful() -> None:
    call = valid_sarif(render("sarif", rich_result()))["runs"][0]["invocations"][0]
    assert (call["executionSuccessful"], call["exitCode"]) == (False, 3)
    told = {n["descriptor"]["id"]: n for n in call["toolExecutionNotifications"]}
    assert "org/gone" in told["could-not-be-audited"]["message"]["text"]
    place = told["could-not-be-audited"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "Modelfile"
    assert "app/broken.py" in told["could-not-be-read"]["message"]["text"]
    assert told["note"]["level"] == "note"


@pytest.mark.parametrize(("result", "code"), [(passing_result(), 0), (failing_result(), 1)])
def test_a_check_that_saw_everything_is_successful_whatever_it_found(result: CheckResult, code: int) -> None:
    call = valid_sarif(render("sarif", result))["runs"][0]["invocations"][0]
    assert (call["executionSuccessful"], call["exitCode"]) == (True, code)


def _fingerprints(result: CheckResult) -> list[str]:
    run = valid_sarif(render("sarif", result))["runs"][0]
    return [r["partialFingerprints"]["openauditViolation/v1"] for r in run["results"]]


def test_fingerprints_differ_between_results_and_survive_moved_lines_and_new_models() -> None:
    before = rich_result()
    prints = _fingerprints(before)
    assert len(set(prints)) == len(prints)
    moved = dataclasses.replace(
        before,
        checked=tuple(
            dataclasses.replace(
                each, references=tuple(dataclasses.replace(r, line=r.line + 10) for r in each.references)
            )
            for each in before.checked[::-1]
        ),
    )
    assert sorted(_fingerprints(moved)) == sorted(prints)


def test_a_new_piece_of_evidence_is_a_new_fingerprint() -> None:
    before = failing_result()
    first = before.checked[1]
    changed = tuple(dataclasses.replace(v, evidence="sha256:" + "cd" * 32) for v in first.violations)
    after = dataclasses.replace(before, checked=(dataclasses.replace(first, violations=changed),))
    assert not set(_fingerprints(before)).intersection(_fingerprints(after))


def test_sarif_paths_are_relative_references_whatever_their_names_are() -> None:
    names = [
        "a b.py",
        "http://evil.example/x",
        "//host/x",
        "../../etc/passwd",
        "c:\\x\\y.py",
        "é#?%41.py",
        "/abs",
    ]
    refs = tuple(reference("org/a", name, 1) for name in names)
    result = failing_result()
    one = dataclasses.replace(result.checked[1], references=refs)
    run = valid_sarif(render("sarif", dataclasses.replace(result, checked=(one,))))["runs"][0]
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert uris == {
        "a%20b.py",
        "http%3A/evil.example/x",
        "host/x",
        "%2E%2E/%2E%2E/etc/passwd",
        "c%3A/x/y.py",
        "%C3%A9%23%3F%2541.py",
        "abs",
    }


def test_sarif_messages_hold_no_links_and_no_placeholders() -> None:
    result = hostile_result("see [here](https://evil.example) {0} {x}")
    run = valid_sarif(render("sarif", result))["runs"][0]
    said = [r["message"]["text"] for r in run["results"]]
    said += [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert said
    assert not any(re.search(r"(?<!\\)\[", text) for text in said)
    assert not any(re.search(r"(?<!\{)\{(?!\{)", text) for text in said)


def test_more_results_than_code_scanning_shows_are_counted() -> None:
    result = failing_result()
    many = tuple(reference("heron-ai/Heron-7B", f"f{n}.py", 1) for n in range(3_000))
    one = dataclasses.replace(result.checked[1], references=many)
    run = valid_sarif(render("sarif", dataclasses.replace(result, checked=(one,))))["runs"][0]
    assert len(run["results"]) == 5_000
    assert {r["level"] for r in run["results"]} == {"error"}
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert "4000 results are left out" in notes[0]["message"]["text"]


# ---------------------------------------------------------------- JUnit, GitHub, GitLab


def test_junit_has_a_case_for_each_thing_that_is_wrong_and_each_model_that_passed() -> None:
    root = valid_junit(render("junit", rich_result()))
    found = {
        (case.get("classname"), case.get("name")): ([child.tag for child in case] or ["passed"])[0]
        for case in root.iter("testcase")
    }
    assert found == {
        ("heron-ai/Heron-7B@3f1c9d2e7a5b", "licenses/deny"): "failure",
        ("heron-ai/Heron-7B@3f1c9d2e7a5b", "lock/terms-changed"): "failure",
        ("heron-ai/Heron-7B@3f1c9d2e7a5b", "require/pinned-revision"): "system-out",
        ("org/gone@v2", "audit"): "error",
        ("org/warned@v1.0", "require/pinned-revision"): "system-out",
        ("org/legacy@v1.0", "licenses/deny"): "skipped",
        ("wren/Wren-1B@v1.0", "policy"): "system-out",
        ("app/broken.py", "read"): "error",
    }
    assert "used at app/chat.py:3" in root.find(".//failure").text


def test_github_annotates_each_line_errors_first() -> None:
    lines = render("github", rich_result()).splitlines()
    assert (
        "::error file=app/chat.py,line=40,col=17,title=heron-ai/Heron-7B@3f1c9d2e7a5b::CC-BY-NC-4.0 is denied by "
        "the policy. Fix: Choose a model under an allowed license. [licenses/deny]"
    ) in lines
    kinds = [line.split(" ")[0].split("::")[1] for line in lines]
    first_other = next(i for i, kind in enumerate(kinds) if kind != "error")
    assert "error" not in kinds[first_other:-1]
    assert kinds[-1] == "error"


_COMMAND = re.compile(r"::(?:error|warning|notice)(?: (?P<properties>[^:]*))?::(?P<message>.*)\Z")


@pytest.mark.parametrize("case", sorted(RESULTS))
def test_github_writes_nothing_but_whole_commands(case: str) -> None:
    for line in render("github", RESULTS[case]).split("\n")[:-1]:
        match = _COMMAND.match(line)
        assert match, line[:200]
        for part in (match["properties"] or "").split(","):
            assert re.fullmatch(r"(?:(?:file|title)=[^,:\r\n]+|(?:line|col)=\d+)?", part), part
        assert re.fullmatch(r"(?:[^%\r\n]|%(?:25|0A|0D))*", match["message"])


def test_gitlab_issues_have_their_keys_and_unique_fingerprints() -> None:
    for result in RESULTS.values():
        issues = json.loads(render("gitlab-codequality", result))
        for issue in issues:
            assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
            assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert issue["location"]["lines"]["begin"] >= 1
        prints = [issue["fingerprint"] for issue in issues]
        assert len(set(prints)) == len(prints)


def test_gitlab_severities_follow_the_policy() -> None:
    issues = json.loads(render("gitlab-codequality", rich_result()))
    found = {(issue["check_name"], issue["severity"]) for issue in issues}
    assert found == {
        ("licenses/deny", "critical"),
        ("lock/terms-changed", "critical"),
        ("require/pinned-revision", "minor"),
        ("licenses/deny", "info"),
        ("could-not-be-audited", "major"),
        ("could-not-be-read", "major"),
    }


# ---------------------------------------------------------------- Markdown and table


def test_markdown_begins_with_the_hidden_marker() -> None:
    for result in RESULTS.values():
        assert render("markdown", result).startswith(f"{MARKER}\n## ")


@pytest.mark.parametrize("case", sorted(RESULTS))
def test_markdown_holds_no_markup_that_is_not_ours(case: str) -> None:
    text = render("markdown", RESULTS[case])
    for token in tokens(text):
        assert token.type not in ("image", "html_inline")
        if token.type == "html_block":
            assert token.content.strip() == MARKER
        if token.type == "link_open":
            assert str(token.attrGet("href")).startswith("https://huggingface.co/")
        if token.type == "text":
            assert not LINKIFIED.search(token.content), token.content
    headings = [t for t in tokens(text) if t.type == "heading_open"]
    wrong = sum(bool(c.failure or c.violations) for c in RESULTS[case].checked)
    assert len(headings) <= 5 + wrong


@pytest.mark.parametrize("name", ["markdown", "table"])
def test_people_read_model_level_license_violations_with_their_lines_waivers_and_notes(name: str) -> None:
    text = re.sub(
        r"\s+", " ", render(name, rich_result()).replace("\\", "").replace("&#8203;", "").replace("`", "")
    )
    for words_said in (
        "Failed: 1 of 5 models not as the policy asks; 1 model could not be audited; 1 file could not be read",
        "heron-ai/Heron-7B@3f1c9d2e7a5b",
        "LicenseRef-openaudit-heron-community",
        "app/chat.py:3, app/chat.py:40, deploy/values.yaml:7",
        "licenses/deny: CC-BY-NC-4.0 is denied",
        "+ any non-commercial purpose",
        "There is no model org/gone on the Hub.",
        "waived by ana@example.org until 2027-01-31: Replaced in the next release.",
        "app/broken.py: not valid Python: line 3",
        "The waiver for org/old has expired",
        "openaudit 0.1.0, rules 2026.11",
    ):
        assert words_said in text, words_said


def test_markdown_fits_into_a_comment_and_says_what_it_leaves_out() -> None:
    result = failing_result()
    many = tuple(dataclasses.replace(result.checked[1], target=f"org/m{n}") for n in range(2_000))
    text = render("markdown", dataclasses.replace(result, checked=many))
    assert len(text) <= 60_000
    assert "too long for this place" in text


def test_table_has_colour_only_when_asked() -> None:
    assert "\x1b[" in render_sized(rich_result(), width=80, color=True)
    assert "\x1b" not in render_sized(hostile_result(), width=80, color=False)
    widths = [cell_len(line) for line in render_sized(hostile_result(), width=60, color=False).splitlines()]
    assert max(widths) <= 60


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("root", "path", "shown"),
    [
        (".", "a/b.py", "a/b.py"),
        ("services/api", "b.py", "services/api/b.py"),
        ("./services/", "b.py", "services/b.py"),
        ("services/api", "../../openaudit.yaml", "openaudit.yaml"),
        ("../elsewhere", "b.py", "b.py"),
        ("/home/me/code", "b.py", "b.py"),
        ("C:\\code", "b.py", "b.py"),
    ],
)
def test_places_are_seen_from_where_the_check_was_started(root: str, path: str, shown: str) -> None:
    result = dataclasses.replace(rich_result(), root=root)
    assert words.place_of(result, reference("org/a", path, 3)).path == shown


def test_a_model_that_no_line_names_is_placed_at_the_policy() -> None:
    result = failing_result()
    bare = dataclasses.replace(result.checked[1], references=())
    for policy, path in (
        ("openaudit.yaml", "openaudit.yaml"),
        ("pyproject.toml", "pyproject.toml"),
        ("rules/policies/default.yaml", "openaudit.yaml"),
    ):
        place = words.places(dataclasses.replace(result, policy=policy), bare)[0]
        assert (place.path, place.line) == (path, 1)
