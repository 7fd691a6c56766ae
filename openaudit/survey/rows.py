"""A report as a row of the survey's table, and a row as the part of a JSON report that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openaudit import __version__
from openaudit.vocabulary import (
    Dimension,
    Failure,
    LicenseFinding,
    Report,
    Target,
    TargetKind,
)

Row = dict[str, Any]
AUDITED, UNREAD = "audited", "unread"


def row_of(report: Report) -> Row:
    """The row of one audited model."""
    license_ = report.license
    return {
        "id": report.id,
        "subject": report.subject,
        "revision": report.revision,
        "url": report.url,
        "state": AUDITED,
        "level": report.level,
        "level_name": report.level_name,
        "band": report.band,
        "score": report.score,
        "headline": report.headline,
        "dimensions": {
            d.dimension.value: {"status": d.status.value, "score": d.score, "reason": d.reason}
            for d in report.dimensions
        },
        "grant": license_.grant.value,
        "license": license_.effective,
        "license_name": license_.effective_name,
        "license_reason": license_.reason,
        "license_confidence": round(license_.confidence, 4),
        "license_ids": list(dict.fromkeys(id_ for s in license_.statements for id_ in s.licenses)),
        "license_sources": _sources(license_),
        "terms": list(license_.terms.get("names", ())),
        "conflicts": [
            {"kind": c.kind, "severity": c.severity.value, "message": c.message} for c in license_.conflicts
        ],
        "gated": None if report.access.gated is None else str(report.access.gated).lower(),
        "downloadable": report.access.downloadable,
        "coverage": {
            "expected": report.coverage.expected,
            "read": report.coverage.read,
            "share": round(report.coverage.share, 4),
            "missing": [
                {"path": u.path, "reason": u.reason, "message": u.message} for u in report.coverage.missing
            ],
        },
        "components": [
            {
                "id": c.id,
                "dimension": c.dimension.value,
                "status": c.status.value,
                "license": c.license,
                "reason": c.reason,
            }
            for c in report.components
        ],
        "lineage": [
            {
                "id": a.id,
                "relation": a.relation,
                "of": a.of,
                "depth": a.depth,
                "license": a.license,
                "grant": a.grant.value,
                "level": a.level,
                "reach": a.reach.value,
            }
            for a in report.lineage
        ],
        "datasets": [
            {
                "id": d.id,
                "role": d.role,
                "license": d.license,
                "status": d.status.value,
                "reach": d.reach.value,
            }
            for d in report.datasets
        ],
        "claims": [
            {"quote": c.quote, "claimed_level": c.claimed_level, "holds": c.holds} for c in report.claims
        ],
        "frameworks": [
            {"id": v.framework, "verdict": v.verdict, "reason": v.reason} for v in report.frameworks
        ],
        "findings": [
            {"rule": f.rule, "severity": f.severity.value, "component": f.component, "message": f.message}
            for f in report.findings
        ],
        "parameters": report.artifacts.get("parameters"),
        "weight_files": [
            {"format": name, "files": files} for name, files in report.artifacts.get("formats", {}).items()
        ],
        "rules_version": report.rules_version,
        "tool_version": report.tool_version,
    }


def _sources(license_: LicenseFinding) -> list[Row]:
    binding = {id(statement) for statement in license_.decided_by}
    return [
        {
            "kind": s.kind.value,
            "where": s.where.path or s.where.url or "",
            "lines": list(s.where.lines) if s.where.lines else None,
            "says": s.says,
            "licenses": list(s.licenses),
            "grant": s.grant.value,
            "claimed": s.claimed,
            "binding": id(s) in binding or s in license_.decided_by,
        }
        for s in license_.statements
    ]


def unread_row(failure: Failure, rules_version: str) -> Row:
    """The row of a model of which nothing could be read: its place, and why."""
    target = failure.target
    return {
        "id": target.id or target.text,
        "subject": "dataset" if target.kind is TargetKind.DATASET else "model",
        "revision": target.revision,
        "state": UNREAD,
        "unread_reason": failure.reason,
        "unread_message": f"{failure.message} {failure.hint}".strip(),
        "level": "undetermined",
        "level_name": "undetermined",
        "band": "undetermined",
        "grant": "undetermined",
        "rules_version": rules_version,
        "tool_version": __version__,
    }


def not_a_model(name: str, message: str) -> Failure:
    """The failure of a line or row that names no model."""
    text = name[:300]
    return Failure(
        target=Target(kind=TargetKind.MODEL, id=text, text=text),
        stage="target",
        reason="not-auditable",
        message=message,
    )


# ---------------------------------------------------------------- back again


def report_of(row: Mapping[str, Any], surveyed_at: str = "") -> dict[str, Any]:
    """What a row tells, with the keys and values of the JSON report; evidence and quotes are not in a row, nor is the
    moment: that is the survey's, for equal input shall give equal rows."""
    dimensions = row["dimensions"] or {}
    return {
        "schema_version": "1.0",
        "tool": {"name": "openaudit", "version": row["tool_version"], "rules_version": row["rules_version"]},
        "target": {
            "kind": "dataset" if row["subject"] == "dataset" else "model",
            "subject": row["subject"],
            "id": row["id"],
            "revision": row["revision"],
            "url": row["url"],
            "resolved_at": surveyed_at,
        },
        "level": row["level"],
        "level_name": row["level_name"],
        "band": row["band"],
        "score": row["score"],
        "headline": row["headline"] or f"Could not be audited: {row['unread_message']}",
        "dimensions": {d.value: _dimension_of(dimensions.get(d.value), row, d) for d in Dimension},
        "access": {"gated": _gate_of(row["gated"]), "downloadable": row["downloadable"]},
        "coverage": row["coverage"] or _nothing_read(row),
        "license": {
            "effective": row["license"],
            "effective_name": row["license_name"],
            "grant": row["grant"],
            "reason": row["license_reason"] or "",
            "confidence": row["license_confidence"] or 0.0,
            "terms": {"names": row["terms"] or []},
            "conflicts": row["conflicts"] or [],
            "sources": row["license_sources"] or [],
        },
        "components": row["components"] or [],
        "lineage": row["lineage"] or [],
        "datasets": row["datasets"] or [],
        "claims": row["claims"] or [],
        "frameworks": {
            verdict["id"]: {"verdict": verdict["verdict"], "reason": verdict["reason"]}
            for verdict in row["frameworks"] or ()
        },
        "findings": row["findings"] or [],
        "artifacts": _artifacts_of(row),
        "errors": _errors_of(row),
    }


def _dimension_of(found: Mapping[str, Any] | None, row: Mapping[str, Any], dimension: Dimension) -> Row:
    if found is None:
        return {"status": "unknown", "score": None, "reason": row["unread_message"] or "", "components": []}
    mine = [c["id"] for c in row["components"] or () if c["dimension"] == dimension.value]
    return {**found, "components": mine}


def _gate_of(value: str | None) -> str | bool | None:
    return False if value == "false" else value


def _nothing_read(row: Mapping[str, Any]) -> Row:
    missing = {"path": row["id"], "reason": row["unread_reason"], "message": row["unread_message"]}
    return {"expected": 0, "read": 0, "share": 0.0, "missing": [missing]}


def _artifacts_of(row: Mapping[str, Any]) -> Row:
    found: Row = {"formats": {each["format"]: each["files"] for each in row["weight_files"] or ()}}
    if row["parameters"] is not None:
        found["parameters"] = row["parameters"]
    return found


def _errors_of(row: Mapping[str, Any]) -> list[Row]:
    if row["state"] == UNREAD:
        return [{"stage": "read", "reason": row["unread_reason"], "message": row["unread_message"]}]
    return [{"stage": "read", **unread} for unread in (row["coverage"] or {}).get("missing") or ()]
