"""The check as a Code Quality report of GitLab: what a merge request shows beside its lines."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from openaudit.formats.safe_text import clean, clean_name
from openaudit.gate.formats import words
from openaudit.gate.formats.words import Place
from openaudit.gate.result import Checked, CheckResult

_MOST = 5_000


def render(result: CheckResult) -> str:
    """A list of issues, errors first, each with a fingerprint of its own that stays the same from run to run.

    Source: GitLab's Code Quality report format: `description`, `check_name`, `fingerprint`, `severity`, `location`.
    """
    issues = [issue for checked in words.in_order(result) for issue in _of(result, checked)]
    issues += [
        _issue("could-not-be-read", "major", f"This file could not be read: {message}",
               Place(path=words.below_start(result, path), line=1), path)
        for path, message in words.unread(result)
    ]  # fmt: skip
    seen: Counter[str] = Counter()
    for issue in issues:
        seen[issue["fingerprint"]] += 1
        repeated = f"{issue['fingerprint']}:{seen[issue['fingerprint']]}"
        issue["fingerprint"] = hashlib.sha256(repeated.encode()).hexdigest()
    return json.dumps(issues[:_MOST], ensure_ascii=True, indent=2) + "\n"


def _of(result: CheckResult, checked: Checked) -> Iterator[dict[str, Any]]:
    name = words.name(checked)
    for place in words.places(result, checked):
        if checked.failure is not None:
            said = f"{name} could not be audited: {words.not_audited(checked)}"
            yield _issue("could-not-be-audited", "major", said, place, checked.target)
        for violation in checked.violations:
            severity = "critical" if violation.severity == "error" else "minor"
            said = f"{name}: {words.problem(violation)}"
            yield _issue(violation.rule, severity, said, place, checked.target)
        for waived in checked.waived:
            said = f"{name}: {clean(waived.violation.message)} ({words.waiver(waived)})"
            yield _issue(waived.violation.rule, "info", said, place, checked.target)


def _issue(rule: str, severity: str, said: str, place: Place, target: str) -> dict[str, Any]:
    parts = "\0".join((rule, target, place.path)).encode("utf-8", "surrogatepass")
    return {
        "description": clean(said, 2_000),
        "check_name": clean_name(rule),
        "fingerprint": hashlib.sha256(parts).hexdigest(),
        "severity": severity,
        "location": {
            "path": place.path[:1_000].encode("utf-8", "replace").decode("utf-8"),
            "lines": {"begin": place.line},
        },
    }
