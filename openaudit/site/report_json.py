"""From one object of a JSON report back to a `Report`: what is missing or wrong in it becomes the cautious value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from openaudit.site.lenient import (
    choice,
    count,
    flag,
    mapping,
    mappings,
    number,
    plain,
    text,
    text_or_none,
    texts,
)
from openaudit.vocabulary import (
    QUOTE_LIMIT,
    Access,
    Ancestor,
    Claim,
    CodeKind,
    CodeRepository,
    ComponentFinding,
    Coverage,
    DatasetMention,
    Dimension,
    DimensionFinding,
    Evidence,
    Finding,
    Grant,
    Improvement,
    LicenseConflict,
    LicenseFinding,
    LicenseStatement,
    Reach,
    Report,
    Severity,
    StatementKind,
    Status,
    Target,
    TargetKind,
    Unread,
    Verdict,
    Where,
)

_FRAMEWORK_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
_CONCLUDED = ("verdict", "decided_by", "reason")
_JOINED: tuple[Literal["single", "all", "any", "unclear"], ...] = ("single", "all", "any", "unclear")
_OWNERS: tuple[Literal["maker", "library", "other"], ...] = ("maker", "library", "other")


class NotAReport(ValueError):
    """The object is no report of ours; the message says what is missing."""


def read_report(document: Any) -> Report:
    """The report that a JSON object tells.

    Words that are not known count as unknown, never as open; texts, lists and depths are bounded.

    Raises:
        NotAReport: no object, another major version of the format, or without a target and a level.

    Source: openaudit/formats/schema/report-1.json.
    """
    if not isinstance(document, Mapping):
        raise NotAReport("it is no object")
    version = document.get("schema_version")
    if not isinstance(version, str) or version.split(".")[0] != "1":
        raise NotAReport(f"schema_version is {text(version, 'missing', 20)!r}, and 1.x is read here")
    target = mapping(document.get("target"))
    id_ = text(target.get("id"), limit=1000).strip()
    level = text(document.get("level"), limit=100)
    if not id_ or not level:
        raise NotAReport("it names no target.id" if not id_ else "it gives no level")
    return _report(document, target, id_, level)


def _report(document: Mapping[str, Any], target: Mapping[str, Any], id_: str, level: str) -> Report:
    kind = choice(TargetKind, target.get("kind"), TargetKind.MODEL)
    tool = mapping(document.get("tool"))
    return Report(
        target=Target(text=id_, kind=kind, id=id_),
        subject="dataset" if target.get("subject") == "dataset" else "model",
        id=id_,
        revision=text_or_none(target.get("revision"), 200),
        url=text_or_none(target.get("url"), 2000),
        resolved_at=text(target.get("resolved_at"), limit=40),
        tool_version=text(tool.get("version"), "?", 60),
        rules_version=text(tool.get("rules_version"), "?", 60),
        level=level,
        level_name=text(document.get("level_name"), level, 100),
        band=text(document.get("band"), "undetermined", 100),
        score=number(document.get("score"), 0, 100),
        headline=text(document.get("headline")),
        reasons=texts(document.get("reasons"), 50),
        dimensions=_dimensions(mapping(document.get("dimensions"))),
        components=tuple(_component(item) for item in mappings(document.get("components"), 100)),
        license=_license(mapping(document.get("license"))),
        access=_access(mapping(document.get("access"))),
        coverage=_coverage(mapping(document.get("coverage"))),
        claims=tuple(_claim(item) for item in mappings(document.get("claims"), 200)),
        lineage=tuple(_ancestor(item) for item in mappings(document.get("lineage"), 200)),
        datasets=tuple(_dataset(item) for item in mappings(document.get("datasets"), 500)),
        code=tuple(_code(item) for item in mappings(document.get("code"), 200)),
        artifacts=plain(mapping(document.get("artifacts"))),
        frameworks=_frameworks(mapping(document.get("frameworks"))),
        findings=tuple(_finding(item) for item in mappings(document.get("findings"), 500)),
        improvements=tuple(
            Improvement(
                component=text(item.get("component"), limit=100),
                action=text(item.get("action")),
                level=text(item.get("level"), limit=100),
            )
            for item in mappings(document.get("improvements"), 100)
        ),
        released_at=text_or_none(target.get("released_at"), 40),
        errors=tuple(
            {str(key): text(value) for key, value in list(item.items())[:10]}
            for item in mappings(document.get("errors"), 200)
        ),
    )


def _dimensions(found: Mapping[str, Any]) -> tuple[DimensionFinding, ...]:
    return tuple(
        DimensionFinding(
            dimension=dimension,
            status=choice(Status, mapping(found.get(dimension.value)).get("status"), Status.UNKNOWN),
            score=number(mapping(found.get(dimension.value)).get("score"), 0, 100),
            components=texts(mapping(found.get(dimension.value)).get("components"), 100),
            reason=text(mapping(found.get(dimension.value)).get("reason")),
        )
        for dimension in Dimension
    )


def _component(item: Mapping[str, Any]) -> ComponentFinding:
    id_ = text(item.get("id"), "?", 100)
    return ComponentFinding(
        id=id_,
        name=text(item.get("name"), id_, 200),
        dimension=choice(Dimension, item.get("dimension"), Dimension.DOCS),
        status=choice(Status, item.get("status"), Status.UNKNOWN),
        reason=text(item.get("reason")),
        rule=text(item.get("rule"), id_, 200),
        license=text_or_none(item.get("license"), 300),
        confidence=number(item.get("confidence"), 0, 1, 1.0),
        evidence=_evidence(item),
        points=number(item.get("points"), 0, 1000),
        weight=number(item.get("weight"), 0, 1000),
    )


def _evidence(item: Mapping[str, Any]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            topic=text(seen.get("topic"), limit=200),
            value=text(seen.get("value"), limit=QUOTE_LIMIT),
            where=_where(seen),
            quote=text(seen.get("quote"), limit=QUOTE_LIMIT),
            method=text(seen.get("method"), limit=200),
            confidence=number(seen.get("confidence"), 0, 1, 1.0),
            detail={
                text(key, limit=100): text(value, limit=QUOTE_LIMIT)
                for key, value in list(mapping(seen.get("detail")).items())[:20]
            },
        )
        for seen in mappings(item.get("evidence"), 50)
    )


def _where(item: Mapping[str, Any]) -> Where:
    lines = item.get("lines")
    url = text_or_none(item.get("url"), 2000)
    path = text_or_none(item.get("where"), 1000)
    pair: tuple[int, int] | None = None
    if isinstance(lines, list) and len(lines) == 2:
        first, last = count(lines[0]), count(lines[1])
        pair = (first, max(first, last)) if first else None
    return Where(path=None if path == url else path, lines=pair, url=url)


def _license(found: Mapping[str, Any]) -> LicenseFinding:
    sources = mappings(found.get("sources"), 200)
    statements = tuple(_statement(item) for item in sources)
    return LicenseFinding(
        statements=statements,
        effective=text_or_none(found.get("effective"), 300),
        effective_name=text_or_none(found.get("effective_name"), 300),
        bound_by=text_or_none(found.get("bound_by"), 300),
        grant=choice(Grant, found.get("grant"), Grant.UNDETERMINED),
        reason=text(found.get("reason")),
        decided_by=tuple(
            s for s, item in zip(statements, sources, strict=True) if item.get("binding") is True
        ),
        conflicts=tuple(
            LicenseConflict(
                kind=text(item.get("kind"), limit=100),
                message=text(item.get("message")),
                between=tuple(_statement(side) for side in mappings(item.get("between"), 10)),
                severity=choice(Severity, item.get("severity"), Severity.WARNING),
            )
            for item in mappings(found.get("conflicts"), 200)
        ),
        terms=plain(mapping(found.get("terms"))),
        confidence=number(found.get("confidence"), 0, 1),
    )


def _statement(item: Mapping[str, Any]) -> LicenseStatement:
    joined = item.get("joined")
    return LicenseStatement(
        kind=choice(StatementKind, item.get("kind"), StatementKind.PROSE),
        says=text(item.get("says"), limit=QUOTE_LIMIT),
        where=_where(item),
        licenses=texts(item.get("licenses"), 20),
        joined=next((word for word in _JOINED if word == joined), "unclear"),
        scope=frozenset(texts(item.get("scope"), 10)) or frozenset({"release"}),
        grant=choice(Grant, item.get("grant"), Grant.UNDETERMINED),
        at_most=choice(Grant, item.get("at_most"), Grant.OPEN),
        terms=texts(item.get("terms"), 50),
        quote=text(item.get("quote"), limit=QUOTE_LIMIT),
        modified=item.get("modified") is True,
        added=texts(item.get("added"), 50),
        confidence=number(item.get("confidence"), 0, 1, 1.0),
        claimed=item.get("claimed") is not False,
        note=text(item.get("note")),
    )


def _access(found: Mapping[str, Any]) -> Access:
    gated = found.get("gated")
    return Access(
        gated=_gate(gated),
        private=flag(found.get("private")),
        disabled=flag(found.get("disabled")),
        downloadable=flag(found.get("downloadable")),
        detail=text(found.get("detail")),
    )


def _gate(value: Any) -> Literal[False, "auto", "manual"] | None:
    if value == "auto":
        return "auto"
    if value == "manual":
        return "manual"
    return False if value is False else None


def _coverage(found: Mapping[str, Any]) -> Coverage:
    expected = count(found.get("expected"))
    return Coverage(
        expected=expected,
        read=min(count(found.get("read")), expected),
        missing=tuple(
            Unread(
                path=text(item.get("path"), limit=1000),
                reason=text(item.get("reason"), limit=100),
                message=text(item.get("message")),
            )
            for item in mappings(found.get("missing"), 200)
        ),
    )


def _claim(item: Mapping[str, Any]) -> Claim:
    return Claim(
        quote=text(item.get("quote"), limit=QUOTE_LIMIT),
        where=_where(item),
        claimed_level=text(item.get("claimed_level"), limit=100),
        measured_level=text(item.get("measured_level"), limit=100),
        holds=flag(item.get("holds")),
    )


def _ancestor(item: Mapping[str, Any]) -> Ancestor:
    return Ancestor(
        id=text(item.get("id"), "?", 1000),
        relation=text(item.get("relation"), limit=100),
        where=_where(item),
        license=text_or_none(item.get("license"), 300),
        level=text_or_none(item.get("level"), 100),
        confidence=number(item.get("confidence"), 0, 1, 1.0),
        of=text(item.get("of"), limit=1000),
        depth=max(1, min(count(item.get("depth")), 100)),
        license_name=text_or_none(item.get("license_name"), 300),
        grant=choice(Grant, item.get("grant"), Grant.UNDETERMINED),
        terms=texts(item.get("terms"), 50),
        reach=choice(Reach, item.get("reach"), Reach.UNREAD),
        url=text_or_none(item.get("address"), 2000),
        revision=text_or_none(item.get("revision"), 200),
        why=text(item.get("why")),
    )


def _dataset(item: Mapping[str, Any]) -> DatasetMention:
    return DatasetMention(
        id=text(item.get("id"), "?", 1000),
        role=text(item.get("role"), limit=100),
        license=text_or_none(item.get("license"), 300),
        status=choice(Status, item.get("status"), Status.UNKNOWN),
        where=_where(item),
        reach=choice(Reach, item.get("reach"), Reach.UNREAD),
        url=text_or_none(item.get("address"), 2000),
        revision=text_or_none(item.get("revision"), 200),
        gated=_gate(item.get("gated")),
        why=text(item.get("why")),
    )


def _code(item: Mapping[str, Any]) -> CodeRepository:
    owner = item.get("owner")
    known = {kind.value: kind for kind in CodeKind}
    return CodeRepository(
        id=text(item.get("id"), "?", 1000),
        where=_where(item),
        status=choice(Status, item.get("status"), Status.UNKNOWN),
        kinds=tuple(known[kind] for kind in texts(item.get("kinds"), 10) if kind in known),
        owner=next((word for word in _OWNERS if word == owner), "unknown"),
        license=text_or_none(item.get("license"), 300),
        license_name=text_or_none(item.get("license_name"), 300),
        grant=choice(Grant, item.get("grant"), Grant.UNDETERMINED),
        evidence=_evidence(item),
        reach=choice(Reach, item.get("reach"), Reach.UNREAD),
        url=text_or_none(item.get("address"), 2000),
        revision=text_or_none(item.get("revision"), 200),
        why=text(item.get("why")),
    )


def _frameworks(found: Mapping[str, Any]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            framework=name,
            verdict=text(value.get("verdict"), "undetermined", 200),
            decided_by=texts(value.get("decided_by"), 100),
            reason=text(value.get("reason")),
            details={key: plain(item) for key, item in list(value.items())[:50] if key not in _CONCLUDED},
        )
        for name, value in list(found.items())[:30]
        if isinstance(value, Mapping) and _FRAMEWORK_ID.match(name)
    )


def _finding(item: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=text(item.get("rule"), "?", 200),
        severity=choice(Severity, item.get("severity"), Severity.NOTE),
        message=text(item.get("message"), "(no message)"),
        evidence=_evidence(item),
        component=text_or_none(item.get("component"), 100),
        fix=text(item.get("fix")),
    )
