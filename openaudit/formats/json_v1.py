"""Version 1 of the JSON report: a dict built by hand, so that inner types may change and the public keys may not."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import Enum
from importlib.resources import files
from typing import Any

from openaudit import __version__
from openaudit.formats.safe_text import BLANK_LETTERS, clip, portable
from openaudit.vocabulary import (
    QUOTE_LIMIT,
    Claim,
    CodeRepository,
    ComponentFinding,
    Coverage,
    Dimension,
    Evidence,
    Failure,
    Finding,
    LicenseFinding,
    LicenseStatement,
    Report,
    StatementKind,
    TargetKind,
    Verdict,
    Where,
)

SCHEMA_VERSION = "1.0"
_TEXT_LIMIT = 4000
_DEPTH_LIMIT = 12
_ITEM_LIMIT = 10_000
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NOT_PLAIN = re.compile(r"[^\n -~]")
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Characters that JSON allows raw and that a terminal or an editor obeys or hides."""


def render(outcomes: Sequence[Report | Failure]) -> str:
    """The JSON report of one outcome, or `{"reports": [...]}` of several: sorted keys, two spaces, a final newline.

    The same outcomes give the same bytes. Control, bidirectional and invisible characters are written as escapes.
    """
    rules_version = next((outcome.rules_version for outcome in outcomes if isinstance(outcome, Report)), None)
    reports = [
        report_object(outcome) if isinstance(outcome, Report) else failure_object(outcome, rules_version)
        for outcome in outcomes
    ]
    document = reports[0] if len(reports) == 1 else {"reports": reports}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=2)
    return _NOT_PLAIN.sub(_escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    """A character of JSON text as it may stand: seen as itself, or written as an escape with the same meaning."""
    character = match[0]
    if unicodedata.category(character) in _ESCAPED_CATEGORIES or character in BLANK_LETTERS:
        return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"
    return character


def report_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of everything that `render` writes."""
    text = files("openaudit.formats").joinpath("schema", "report-1.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def report_object(report: Report) -> dict[str, Any]:
    """One report as the public contract spells it."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": _tool(report.tool_version, report.rules_version),
        "target": {
            "kind": report.target.kind.value,
            "subject": report.subject,
            "id": portable(report.id),
            "revision": report.revision,
            "url": _url(report.url),
            "resolved_at": report.resolved_at,
            "released_at": report.released_at,
        },
        "level": report.level,
        "level_name": report.level_name,
        "band": report.band,
        "score": round(report.score, 1),
        "headline": report.headline,
        "reasons": report.reasons,
        "dimensions": _dimensions(report),
        "access": {
            "gated": report.access.gated,
            "private": report.access.private,
            "disabled": report.access.disabled,
            "downloadable": report.access.downloadable,
            "detail": report.access.detail,
        },
        "coverage": _coverage(report.coverage),
        "license": _license(report.license),
        "claims": [_claim(claim) for claim in report.claims],
        "components": [_component(component) for component in report.components],
        "lineage": [
            {
                "relation": ancestor.relation,
                "id": portable(ancestor.id),
                "license": ancestor.license,
                "level": ancestor.level,
                "confidence": ancestor.confidence,
                "of": portable(ancestor.of),
                "depth": ancestor.depth,
                "license_name": ancestor.license_name,
                "grant": ancestor.grant.value,
                "terms": ancestor.terms,
                "reach": ancestor.reach.value,
                "revision": ancestor.revision,
                "address": _url(ancestor.url),
                "why": ancestor.why,
                **_where(ancestor.where),
            }
            for ancestor in report.lineage
        ],
        "datasets": [
            {
                "id": portable(dataset.id),
                "role": dataset.role,
                "license": dataset.license,
                "status": dataset.status.value,
                "reach": dataset.reach.value,
                "revision": dataset.revision,
                "gated": dataset.gated,
                "address": _url(dataset.url),
                "why": dataset.why,
                **_where(dataset.where),
            }
            for dataset in report.datasets
        ],
        "code": [_code(repository) for repository in report.code],
        "artifacts": report.artifacts,
        "frameworks": {verdict.framework: _verdict(verdict) for verdict in report.frameworks},
        "findings": [_finding(finding) for finding in report.findings],
        "improvements": [
            {"component": step.component, "action": step.action, "level": step.level}
            for step in report.improvements
        ],
        "errors": [{"stage": "", "message": "", **error} for error in report.errors],
    }
    policy = getattr(report, "policy", None)  # only where the audit was held against one
    if policy is not None:
        document["policy"] = policy
    plain: dict[str, Any] = _plain(document)
    return plain


def failure_object(failure: Failure, rules_version: str | None = None) -> dict[str, Any]:
    """A target that could not be read, in the shape of a report: undetermined, without a score, with the error."""
    target = failure.target
    identifier = portable(target.id or target.text)
    unseen = {"path": identifier, "reason": failure.reason, "message": failure.message}
    dimension: dict[str, Any] = {
        "score": None,
        "status": "unknown",
        "components": [],
        "reason": failure.message,
    }
    document: dict[str, Any] = {
        **_NOTHING_SEEN,
        "schema_version": SCHEMA_VERSION,
        "tool": _tool(__version__, rules_version),
        "target": {
            "kind": target.kind.value,
            "subject": target.kind.value if target.kind in (TargetKind.MODEL, TargetKind.DATASET) else None,
            "id": identifier,
            "revision": target.revision,
            "url": None,
            "resolved_at": None,
            "released_at": None,
        },
        "headline": f"Could not be audited: {failure.message}",
        "dimensions": {name.value: dimension for name in Dimension},
        "coverage": {"expected": 0, "read": 0, "share": 0.0, "missing": [unseen]},
        "errors": [
            {
                "stage": failure.stage,
                "reason": failure.reason,
                "message": failure.message,
                "hint": failure.hint,
            }
        ],
    }
    plain: dict[str, Any] = _plain(document)
    return plain


_NOTHING_SEEN: Mapping[str, Any] = {
    "level": "undetermined",
    "level_name": "undetermined",
    "band": "undetermined",
    "score": None,
    "reasons": [],
    "access": {"gated": None, "private": None, "disabled": None, "downloadable": None, "detail": ""},
    "license": {
        "sources": [],
        "detected": [],
        "effective": None,
        "effective_name": None,
        "bound_by": None,
        "grant": "undetermined",
        "reason": "",
        "confidence": 0.0,
        "conflicts": [],
        "terms": {},
    },
    "claims": [],
    "components": [],
    "lineage": [],
    "datasets": [],
    "code": [],
    "artifacts": {},
    "frameworks": {},
    "findings": [],
    "improvements": [],
}
"""The keys of a report whose values are the same for every target that could not be read."""


# ---------------------------------------------------------------- parts


def _tool(version: str, rules_version: str | None) -> dict[str, Any]:
    return {"name": "openaudit", "version": version, "rules_version": rules_version}


def _where(where: Where) -> dict[str, Any]:
    """`where` is the path, or the address of what is no file of the target; `url` the address where both are known."""
    url = _url(where.url)
    return {
        "where": portable(where.path) if where.path else url or "",
        "lines": where.lines,
        "url": url,
    }


def _url(url: str | None) -> str | None:
    """An address that means the same on every machine; a `file:` address names this one."""
    return None if url is None or url.lower().startswith("file:") else url


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "topic": evidence.topic,
        "value": evidence.value,
        "quote": clip(evidence.quote, QUOTE_LIMIT),
        "method": evidence.method,
        "detail": evidence.detail,
        "confidence": evidence.confidence,
        **_where(evidence.where),
    }


def _dimensions(report: Report) -> dict[str, Any]:
    found = {
        finding.dimension.value: {
            "score": round(finding.score, 1),
            "status": finding.status.value,
            "components": finding.components,
            "reason": finding.reason,
        }
        for finding in report.dimensions
    }
    missing: dict[str, Any] = {"score": None, "status": "unknown", "components": [], "reason": ""}
    return {dimension.value: found.get(dimension.value, missing) for dimension in Dimension}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "expected": coverage.expected,
        "read": coverage.read,
        "share": coverage.share,
        "missing": [
            {"path": portable(unread.path), "reason": unread.reason, "message": unread.message}
            for unread in coverage.missing
        ],
    }


def _license(license: LicenseFinding) -> dict[str, Any]:
    return {
        "sources": [
            _statement(statement) | {"binding": statement in license.decided_by}
            for statement in license.statements
        ],
        "detected": [found for statement in license.statements for found in _detected(statement)],
        "effective": license.effective,
        "effective_name": license.effective_name,
        "grant": license.grant.value,
        "bound_by": license.bound_by,
        "reason": license.reason,
        "confidence": license.confidence,
        "conflicts": [
            {
                "kind": conflict.kind,
                "severity": conflict.severity.value,
                "message": conflict.message,
                "between": [_statement(statement) for statement in conflict.between],
            }
            for conflict in license.conflicts
        ],
        "terms": license.terms,
    }


def _statement(statement: LicenseStatement) -> dict[str, Any]:
    return {
        "kind": statement.kind.value,
        "says": clip(statement.says, QUOTE_LIMIT),
        "quote": clip(statement.quote, QUOTE_LIMIT),
        "licenses": statement.licenses,
        "joined": statement.joined,
        "scope": sorted(statement.scope),
        "grant": statement.grant.value,
        "at_most": statement.at_most.value,
        "terms": statement.terms,
        "added": statement.added,
        "modified": statement.modified,
        "confidence": statement.confidence,
        "claimed": statement.claimed,
        "note": statement.note,
        "sha256": statement.sha256 or None,
        **_where(statement.where),
    }


def _detected(statement: LicenseStatement) -> list[dict[str, Any]]:
    """The license texts among the statements, one entry per license recognised; `id` is null where none was."""
    if statement.kind is not StatementKind.TEXT or not statement.claimed:
        return []
    return [
        {
            "id": license_id,
            "spdx": license_id if license_id and not license_id.startswith("LicenseRef-") else None,
            "path": portable(statement.where.path or statement.where.url or ""),
            "lines": statement.where.lines,
            "coverage": statement.coverage,
            "modified": statement.modified,
            "confidence": statement.confidence,
        }
        for license_id in (statement.licenses or (None,))
    ]


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "quote": clip(claim.quote, QUOTE_LIMIT),
        "claimed_level": claim.claimed_level,
        "measured_level": claim.measured_level,
        "holds": claim.holds,
        **_where(claim.where),
    }


def _code(repository: CodeRepository) -> dict[str, Any]:
    return {
        "id": portable(repository.id),
        "status": repository.status.value,
        "kinds": repository.kinds,
        "owner": repository.owner,
        "license": repository.license,
        "license_name": repository.license_name,
        "grant": repository.grant.value,
        "reach": repository.reach.value,
        "revision": repository.revision,
        "address": _url(repository.url),
        "why": repository.why,
        "evidence": [_evidence(evidence) for evidence in repository.evidence],
        **_where(repository.where),
    }


def _component(component: ComponentFinding) -> dict[str, Any]:
    return {
        "id": component.id,
        "name": component.name,
        "dimension": component.dimension.value,
        "status": component.status.value,
        "license": component.license,
        "confidence": component.confidence,
        "reason": component.reason,
        "rule": component.rule,
        "points": component.points,
        "weight": component.weight,
        "evidence": [_evidence(evidence) for evidence in component.evidence],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "component": finding.component,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "fix": finding.fix,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        **verdict.details,
        "verdict": verdict.verdict,
        "decided_by": verdict.decided_by,
        "reason": verdict.reason,
    }


# ---------------------------------------------------------------- values


def _plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON has it: bounded in depth, length and width; figures with four decimals; no NaN."""
    if depth > _DEPTH_LIMIT:
        return None
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clip(_SURROGATE.sub("\ufffd", value), _TEXT_LIMIT)
    if isinstance(value, float):
        return (round(value, 4) + 0.0) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        pairs = list(value.items())[:_ITEM_LIMIT]
        return {_plain(str(key), depth + 1): _plain(item, depth + 1) for key, item in pairs}
    if isinstance(value, set | frozenset):
        return sorted(
            (_plain(item, depth + 1) for item in value), key=lambda item: json.dumps(item, sort_keys=True)
        )
    if isinstance(value, Sequence):
        return [_plain(item, depth + 1) for item in value[:_ITEM_LIMIT]]
    return _plain(str(value), depth + 1)
