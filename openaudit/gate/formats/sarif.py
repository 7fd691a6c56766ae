"""The check as SARIF 2.1.0: each violation at the line of the code base that names the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openaudit.formats import sarif
from openaudit.formats.markdown import escape
from openaudit.formats.safe_text import TEXT_LIMIT, clean, clean_name, web_address
from openaudit.formats.sarif import Fingerprints, Level
from openaudit.gate.formats import words
from openaudit.gate.formats.rule_help import help_of, title_of
from openaudit.gate.formats.words import Place
from openaudit.gate.result import Checked, CheckResult, Violation, Waived

_LEVELS: Mapping[str, Level] = {"error": "error", "warn": "warning"}


def render(result: CheckResult) -> str:
    """One run. A result stands at every place that uses the model, so that a pull request shows it at the line it adds;
    what a waiver covers is a suppressed result; what could not be audited or read is a notification, and the run is
    then not successful.

    Source: SARIF 2.1.0 (OASIS Standard).
    """
    return sarif.document([_run(result)])


def _run(result: CheckResult) -> dict[str, Any]:
    ordered = words.in_order(result)
    rules = _rules(result)
    index = {rule["id"]: position for position, rule in enumerate(rules)}
    fingerprints = Fingerprints("openauditViolation/v1")
    results = [made for checked in ordered for made in _results(result, checked, index, fingerprints)]
    results.sort(key=lambda made: made["level"] != "error")
    left_out = len(results) - sarif.MOST_RESULTS
    notifications = list(_notifications(result))
    if left_out > 0:
        notifications.insert(
            0, sarif.notification("results-left-out", f"{left_out} results are left out.", "warning", ())
        )
    return {
        "tool": sarif.tool(result.tool_version, result.rules_version, rules),
        "automationDetails": {"id": "openaudit/check/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the checked code base."}}},
        "invocations": [
            sarif.invocation(
                notifications,
                successful=result.exit_status != 3,
                exit_code=result.exit_status,
            )
        ],
        "results": results[: sarif.MOST_RESULTS],
        "properties": {"verdict": words.verdict(result), "passed": result.passed},
    }


def _rules(result: CheckResult) -> list[dict[str, Any]]:
    """The rules of all violations in order of id, each with the gravest level that it has here."""
    levels: dict[str, Level] = {}
    for checked in result.checked:
        for violation in (*checked.violations, *(waived.violation for waived in checked.waived)):
            name = clean_name(violation.rule)
            level = _LEVELS[violation.severity]
            levels[name] = "error" if "error" in (level, levels.get(name)) else "warning"
    return [_rule(name, levels[name]) for name in sorted(levels)]


def _rule(name: str, level: Level) -> dict[str, Any]:
    help_ = help_of(name)
    markdown = f"**{escape(title_of(name))}**\n\n{help_.asks}\n\n{help_.fix}"
    return sarif.rule(name, title_of(name), f"{help_.asks} {help_.fix}", markdown, level)


def _results(
    result: CheckResult, checked: Checked, index: Mapping[str, int], fingerprints: Fingerprints
) -> Iterator[dict[str, Any]]:
    for place in words.places(result, checked):
        for violation in checked.violations:
            yield _result(checked, violation, place, index, fingerprints)
        for waived in checked.waived:
            made = _result(checked, waived.violation, place, index, fingerprints)
            yield {**made, "suppressions": [_suppression(waived)]}


def _result(
    checked: Checked, violation: Violation, place: Place, index: Mapping[str, int], fingerprints: Fingerprints
) -> dict[str, Any]:
    name = clean_name(violation.rule)
    properties: dict[str, Any] = {
        "model": words.name(checked),
        "level": words.level(checked),
        "license": words.license_of(checked),
        "evidence": clean_name(violation.evidence),
    }
    if violation.diff:
        properties["diff"] = [clean(line, 500) for line in violation.diff[:20_000].splitlines()[:200]]
    made: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": index[name],
        "level": _LEVELS[violation.severity],
        "message": sarif.message(f"{words.name(checked)}: {words.problem(violation)}", 2 * TEXT_LIMIT),
        "locations": [sarif.file_location(place.path, place.line, place.column)],
        "partialFingerprints": fingerprints.of(
            violation.rule, checked.target, violation.evidence, place.path
        ),
        "properties": properties,
    }
    url = web_address(words.url_of(checked))
    if url is not None:
        made["hostedViewerUri"] = url
    return made


def _suppression(waived: Waived) -> dict[str, Any]:
    return {
        "kind": "external",
        "status": "accepted",
        "justification": words.waiver(waived),
    }


def _notifications(result: CheckResult) -> Iterator[dict[str, Any]]:
    for checked in words.in_order(result):
        if checked.failure is not None:
            places = [
                sarif.file_location(place.path, place.line, place.column)
                for place in words.places(result, checked)[:100]
            ]
            said = f"{words.name(checked)} could not be audited: {words.not_audited(checked)}"
            yield sarif.notification("could-not-be-audited", said, "error", places)
    for path, message in words.unread(result):
        location = sarif.file_location(words.below_start(result, path), None)
        yield sarif.notification("could-not-be-read", f"{clean_name(path)}: {message}", "error", [location])
    for note in result.notes:
        yield sarif.notification("note", note, "note", ())
