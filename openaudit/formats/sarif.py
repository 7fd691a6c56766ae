"""Findings as SARIF 2.1.0, one run per target: what code scanning and editors show beside a file and line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from openaudit import __version__
from openaudit.formats import wording
from openaudit.formats.markdown import escape
from openaudit.formats.safe_text import TEXT_LIMIT, clean, clean_name, evidence_link, portable, web_address
from openaudit.vocabulary import Failure, Finding, Report, Severity, Where

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5_000
"""Results of one run. Source: GitHub shows the first 5 000 of a run."""
_NOTIFICATIONS = 1_000

Level = Literal["none", "note", "warning", "error"]
_LEVELS: Mapping[Severity, Level] = {
    Severity.CRITICAL: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}
PROBLEM_SEVERITIES: Mapping[Level, str] = {
    "error": "error",
    "warning": "warning",
    "note": "recommendation",
    "none": "recommendation",
}
"""How code scanning sorts what is no vulnerability. Source: GitHub's `problem.severity` of a rule's properties."""


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One run per outcome: its findings at the files and lines that show them, and what could not be read as
    notifications. Files of the Hub are named by their address at the audited revision.

    Source: SARIF 2.1.0 (OASIS Standard).
    """
    return document(
        _run(outcome) if isinstance(outcome, Report) else _failed(outcome) for outcome in outcomes
    )


# ---------------------------------------------------------------- pieces of the format


def document(runs: Iterable[Mapping[str, Any]]) -> str:
    """The whole log as text: ASCII JSON with a final newline, the same bytes for the same runs."""
    log = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": list(runs)}
    return json.dumps(log, ensure_ascii=True, allow_nan=False, indent=2) + "\n"


def message(text: str, limit: int = TEXT_LIMIT) -> dict[str, str]:
    """Foreign words as a message: one line, and neither a link nor a placeholder comes of them.

    Source: SARIF 2.1.0, 3.11.5 (placeholders) and 3.11.6 (embedded links).
    """
    said = clean(text, limit).replace("\\", "\\\\")
    for character, written in (("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        said = said.replace(character, written)
    return {"text": said or "-"}


def uri_of(path: str) -> str:
    """A path below some root as a relative URI reference; nothing in it makes another scheme, host or parent of it."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    parts = [
        "%2E%2E" if part == ".." else quote(part[:1000], safe="~", errors="replace") for part in parts[:200]
    ]
    return "/".join(parts) or "."


def file_location(path: str, line: int | None, column: int | None = None) -> dict[str, Any]:
    """A place in a file below the root of the sources; lines and columns count from 1."""
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri_of(path), "uriBaseId": "%SRCROOT%"}}
    if line is not None:
        physical["region"] = {"startLine": max(1, line)}
        if column is not None and column > 1:
            physical["region"]["startColumn"] = column
    return {"physicalLocation": physical}


def rule(identifier: str, words: str, help_text: str, help_markdown: str, level: Level) -> dict[str, Any]:
    """What a viewer shows of a rule. `help_markdown` is escaped by whoever wrote it."""
    return {
        "id": identifier,
        "shortDescription": {"text": clean(words, 200) or identifier},
        "fullDescription": {"text": clean(words) or identifier},
        "help": {"text": clean(help_text, 1000) or words, "markdown": help_markdown or words},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["license", "openness"], "problem.severity": PROBLEM_SEVERITIES[level]},
    }


def tool(version: str, rules_version: str | None, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The tool that made the run, with the rules that its results name."""
    driver: dict[str, Any] = {"name": "openaudit", "version": clean_name(version), "rules": list(rules)}
    if rules_version:
        driver["properties"] = {"rulesVersion": clean_name(rules_version)}
    return {"driver": driver}


def notification(
    identifier: str, text: str, level: Level, locations: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Something that kept the tool from looking, or a remark on the run; it is no result."""
    made: dict[str, Any] = {"descriptor": {"id": identifier}, "level": level, "message": message(text)}
    if locations:
        made["locations"] = list(locations)
    return made


def invocation(
    notifications: Sequence[Mapping[str, Any]], *, successful: bool, exit_code: int | None = None
) -> dict[str, Any]:
    """How the run went. It was successful when everything that it was asked to look at could be looked at."""
    made: dict[str, Any] = {
        "executionSuccessful": successful,
        "toolExecutionNotifications": list(notifications)[:_NOTIFICATIONS],
    }
    if exit_code is not None:
        made["exitCode"] = exit_code
    return made


class Fingerprints:
    """Stable names of results: the same parts give the same name, repeated parts are counted apart."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._seen: Counter[str] = Counter()

    def of(self, *parts: str) -> dict[str, str]:
        """The `partialFingerprints` of the next result with these parts."""
        joined = "\0".join(parts).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(joined).hexdigest()
        self._seen[digest] += 1
        return {self._key: f"{digest}:{self._seen[digest]}"}


# ---------------------------------------------------------------- single scans


def _run(report: Report) -> dict[str, Any]:
    findings = wording.findings_in_order(report.findings)[:MOST_RESULTS]
    fingerprints = Fingerprints("openauditFinding/v1")
    rules = _rules(findings)
    index = {each["id"]: position for position, each in enumerate(rules)}
    return {
        "tool": tool(report.tool_version, report.rules_version, rules),
        "automationDetails": {"id": f"openaudit/scan/{uri_of(portable(report.id))}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The audited target."}}},
        "invocations": [invocation(_unseen(report), successful=not report.errors)],
        "results": [_result(finding, report, index, fingerprints) for finding in findings],
        "properties": {
            "target": clean_name(wording.outcome_name(report)),
            "level": clean_name(report.level),
            "band": clean_name(report.band),
            "score": round(report.score, 1),
            "license": clean_name(report.license.effective or ""),
            "headline": clean(report.headline),
        },
    }


def _failed(failure: Failure) -> dict[str, Any]:
    said = f"{wording.outcome_name(failure)} could not be audited: {failure.message} {failure.hint}"
    told = notification("could-not-be-audited", said, "error", ())
    name = portable(failure.target.id or failure.target.text)
    return {
        "tool": tool(__version__, None, ()),
        "automationDetails": {"id": f"openaudit/scan/{uri_of(name)}/"},
        "invocations": [invocation([told], successful=False)],
        "results": [],
        "properties": {"target": wording.outcome_name(failure), "level": "undetermined"},
    }


def _rules(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The rules of the findings, in order of id; a rule's level is that of its gravest finding."""
    gravest: dict[str, Finding] = {}
    for finding in findings:
        gravest.setdefault(clean_name(finding.rule), finding)
    return [_rule(name, gravest[name]) for name in sorted(gravest)]


def _rule(name: str, finding: Finding) -> dict[str, Any]:
    words = wording.spoken(name).capitalize()
    more = f"`openaudit rules show {name}` tells what this rule looks for and why."
    return rule(name, words, f"{words}. {more}", f"**{escape(words)}**", _LEVELS[finding.severity])


def _result(
    finding: Finding, report: Report, index: Mapping[str, int], fingerprints: Fingerprints
) -> dict[str, Any]:
    name = clean_name(finding.rule)
    places = [_place(evidence.where, report) for evidence in finding.evidence[:20]]
    first = finding.evidence[0] if finding.evidence else None
    fix = f" Fix: {clean(finding.fix)}" if finding.fix else ""
    result: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": index[name],
        "level": _LEVELS[finding.severity],
        "message": message(f"{clean(finding.message)}{fix}", 2 * TEXT_LIMIT),
        "locations": [places[0] if places else _home(report)],
        "partialFingerprints": fingerprints.of(
            finding.rule,
            report.id,
            str(first.where.path or first.where.url) if first else "",
            first.value if first else "",
        ),
    }
    if places[1:]:
        result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(places[1:], 1)]
    return result


def _place(where: Where, report: Report) -> dict[str, Any]:
    """The place as code scanning reads it: an address where there is one, else a path below the target."""
    bare = Where(path=where.path, url=where.url)
    link = evidence_link(bare, url=report.url, revision=report.revision)
    line = where.lines[0] if where.lines else None
    if link is None:
        return file_location(portable(where.path or "."), line)
    physical: dict[str, Any] = {"artifactLocation": {"uri": link}}
    if where.lines is not None:
        first, last = where.lines
        physical["region"] = {"startLine": max(1, first), "endLine": max(1, first, last)}
    return {"physicalLocation": physical}


def _home(report: Report) -> dict[str, Any]:
    """The target itself, for what no file shows."""
    url = web_address(report.url)
    return {"physicalLocation": {"artifactLocation": {"uri": url}}} if url else file_location(".", None)


def _unseen(report: Report) -> list[dict[str, Any]]:
    told = [
        notification(
            "could-not-be-read",
            f"{clean_name(unread.path)}: {unread.message or unread.reason}",
            "warning",
            (),
        )
        for unread in report.coverage.missing[:_NOTIFICATIONS]
    ]
    said = {each["message"]["text"] for each in told}
    for error in report.errors[:_NOTIFICATIONS]:
        place = error.get("path") or error.get("stage", "")
        made = notification(
            "could-not-be-read", f"{clean_name(place)}: {error.get('message', '')}", "warning", ()
        )
        if made["message"]["text"] not in said:
            told.append(made)
    return told
