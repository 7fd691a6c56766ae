"""What was read, judged: the reports of the relatives first, then the target's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openaudit import __version__, scanners
from openaudit.engine import evaluate
from openaudit.engine.frameworks.case import Case
from openaudit.pipeline.collecting import Collected, Relative, seen_in
from openaudit.pipeline.knowledge import Knowledge
from openaudit.sources.headers import Headers
from openaudit.vocabulary import (
    CodeRepository,
    Coverage,
    EvidenceSet,
    Reach,
    Relatives,
    Report,
    Snapshot,
    Target,
    TargetKind,
    Unread,
)

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A report, and what the frameworks judged of the model: the case of what is made from it."""

    report: Report
    case: Case | None


def judge(collected: Collected, knowledge: Knowledge) -> Report:
    """The report of what was read. Pure: the same snapshots and rules give the same report."""
    return _judged(collected, knowledge, {}).report


def _judged(collected: Collected, knowledge: Knowledge, done: dict[int, _Judged]) -> _Judged:
    """A relative that several models are made from is one object in the tree, and judged once."""
    if id(collected) not in done:
        done[id(collected)] = _judge(collected, knowledge, done)
    return done[id(collected)]


def _judge(collected: Collected, knowledge: Knowledge, done: dict[int, _Judged]) -> _Judged:
    snapshot, headers = collected.snapshot, collected.headers
    assert snapshot.subject != "code", "code is judged as a part of the model that links it"
    seen = collected.seen or seen_in(collected, knowledge)
    read = {
        relative.target: _judged(relative.collected, knowledge, done)
        for relative in collected.relatives
        if relative.collected is not None and relative.target.kind is not TargetKind.CODE
    }
    relatives = _relatives(collected, seen, read, knowledge)
    base = next((judged.case for target, judged in read.items() if target.kind is TargetKind.MODEL), None)
    judgement = evaluate(snapshot, seen, knowledge.rules, knowledge.catalog, relatives, base)
    report = Report(
        target=snapshot.target,
        subject=snapshot.subject,
        id=snapshot.id,
        revision=snapshot.revision,
        url=snapshot.url,
        resolved_at=snapshot.resolved_at,
        tool_version=__version__,
        rules_version=knowledge.rules.version,
        level=judgement.level.id,
        level_name=judgement.level.name,
        band=judgement.level.band,
        score=judgement.score,
        headline=judgement.headline,
        reasons=judgement.reasons,
        dimensions=judgement.dimensions,
        components=judgement.components,
        license=judgement.license,
        access=snapshot.access,
        coverage=_coverage(snapshot, headers),
        claims=judgement.claims,
        lineage=judgement.lineage,
        datasets=judgement.datasets,
        code=judgement.code,
        artifacts=scanners.artifacts(snapshot, headers.artifacts, seen),
        frameworks=judgement.frameworks,
        findings=judgement.findings,
        improvements=judgement.improvements,
        released_at=_released_at(snapshot),
        errors=tuple(_error(unread) for unread in (*snapshot.unread, *headers.unread)),
    )
    return _Judged(report=report, case=judgement.case)


def _relatives(
    collected: Collected, seen: EvidenceSet, read: dict[Target, _Judged], knowledge: Knowledge
) -> Relatives:
    def reports(kind: TargetKind) -> dict[str, Report]:
        return {target.id.lower(): judged.report for target, judged in read.items() if target.kind is kind}

    def unread(kind: TargetKind) -> dict[str, Unread]:
        return {
            r.target.id.lower(): r.unread for r in collected.relatives if r.unread and r.target.kind is kind
        }

    return Relatives(
        models=reports(TargetKind.MODEL),
        datasets=reports(TargetKind.DATASET),
        code=tuple(
            _code(relative, collected.snapshot, seen, knowledge)
            for relative in collected.relatives
            if relative.target.kind is TargetKind.CODE
        ),
        unread_models=unread(TargetKind.MODEL),
        unread_datasets=unread(TargetKind.DATASET),
    )


def _code(relative: Relative, snapshot: Snapshot, seen: EvidenceSet, knowledge: Knowledge) -> CodeRepository:
    """What a linked code repository holds; where it was not read, the link and why."""
    where = scanners.link_to(relative.target, seen)
    if relative.collected is None:
        why = relative.unread.message if relative.unread else ""
        return CodeRepository(id=relative.target.id, where=where, reach=Reach.UNREAD, why=why)
    return scanners.scan_code(
        relative.collected.snapshot, snapshot, where, knowledge.catalog, knowledge.code, knowledge.clauses
    )


def _released_at(snapshot: Snapshot) -> str | None:
    """`createdAt` of the Hub's answer (`2024-07-16T13:00:00.000Z`) in whole seconds; None for anything else."""
    said = snapshot.metadata.get("createdAt")
    match = _MOMENT.match(said) if isinstance(said, str) else None
    return f"{match[1]}Z" if match else None


def _coverage(snapshot: Snapshot, headers: Headers) -> Coverage:
    """The listing, every text and every header that counts, and how many of them were read."""
    missing = (*snapshot.unread, *headers.unread)
    read = len(snapshot.documents) + len(headers.artifacts) + (1 if snapshot.listing_complete else 0)
    lost = [unread for unread in missing if unread.reason != "too-large" or not _has(snapshot, unread)]
    return Coverage(
        expected=read + len(lost) + (0 if snapshot.listing_complete else 1), read=read, missing=missing
    )


def _has(snapshot: Snapshot, unread: Unread) -> bool:
    return any(document.path == unread.path for document in snapshot.documents)


def _error(unread: Unread) -> dict[str, str]:
    return {"stage": "read", "path": unread.path, "reason": unread.reason, "message": unread.message}
