"""The check as JSON, apart from the inner types so that these can change: version 1."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from openaudit.formats.safe_text import clip, portable
from openaudit.gate.formats import words
from openaudit.gate.result import Checked, CheckResult, Reference, Violation, Waived
from openaudit.vocabulary import QUOTE_LIMIT

SCHEMA_VERSION = "1.0"
_TEXT_LIMIT = 4_000
_DIFF_LIMIT = 20_000
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def render(result: CheckResult) -> str:
    """One object: two spaces, keys in a fixed order, ASCII, a final newline; the same result gives the same bytes."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {
            "name": "openaudit",
            "version": _text(result.tool_version),
            "rules_version": _text(result.rules_version),
        },
        "policy": _text(portable(result.policy)),
        "passed": result.passed,
        "exit_status": result.exit_status,
        "summary": _summary(result),
        "models": [_model(checked) for checked in sorted(result.checked, key=lambda each: each.target)],
        "notes": [_text(note) for note in result.notes],
        "unread": [
            {"path": _text(each.get("path", "")), "message": _text(message)}
            for each, (_, message) in zip(result.unread, words.unread(result), strict=True)
        ],
    }
    return json.dumps(document, ensure_ascii=True, allow_nan=False, indent=2) + "\n"


def check_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of everything that `render` writes."""
    text = files("openaudit.gate.formats").joinpath("schema", "check-1.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _summary(result: CheckResult) -> dict[str, int]:
    states = [words.state(checked) for checked in result.checked]
    violations = [violation for checked in result.checked for violation in checked.violations]
    return {
        "models": len(states),
        **{state.replace(" ", "_"): states.count(state) for state in words.STATES},
        "errors": sum(violation.severity == "error" for violation in violations),
        "warnings": sum(violation.severity == "warn" for violation in violations),
        "exceptions": sum(len(checked.waived) for checked in result.checked),
        "unread_files": len(result.unread),
    }


def _model(checked: Checked) -> dict[str, Any]:
    report = checked.report
    failure = checked.failure
    return {
        "target": _text(checked.target),
        "state": words.state(checked).replace(" ", "-"),
        "revision": _text(words.revision_of(checked)) or None,
        "url": _text(words.url_of(checked)) or None,
        "level": _text(str(report.get("level"))) if report and report.get("level") else None,
        "level_name": words.level(checked) if report else None,
        "license": words.license_of(checked) if report else None,
        "references": [_reference(reference) for reference in checked.references],
        "violations": [_violation(violation) for violation in checked.violations],
        "waived": [_waived(waived) for waived in checked.waived],
        "failure": None
        if failure is None
        else {
            "stage": _text(failure.stage),
            "reason": _text(failure.reason),
            "message": _text(failure.message),
            "hint": _text(failure.hint),
        },
        "explanation": [_text(line) for line in checked.explanation],
    }


def _reference(reference: Reference) -> dict[str, Any]:
    return {
        "path": _text(reference.path),
        "line": reference.line,
        "column": reference.column,
        "kind": reference.kind,
        "how": _text(reference.how),
        "revision": None if reference.revision is None else _text(reference.revision),
        "pinned": reference.pinned,
        "guessed": reference.guessed,
        "quote": _text(reference.quote, QUOTE_LIMIT),
    }


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "rule": _text(violation.rule),
        "severity": violation.severity,
        "message": _text(violation.message),
        "evidence": _text(violation.evidence),
        "fix": _text(violation.fix),
        "diff": _text(violation.diff, _DIFF_LIMIT),
    }


def _waived(waived: Waived) -> dict[str, Any]:
    waiver = waived.waiver
    return {
        **_violation(waived.violation),
        "waiver": {
            "owner": _text(waiver.owner),
            "reason": _text(waiver.reason),
            "expires": _text(waiver.expires),
        },
    }


def _text(text: str, limit: int = _TEXT_LIMIT) -> str:
    return clip(_SURROGATE.sub("\ufffd", text), limit)
