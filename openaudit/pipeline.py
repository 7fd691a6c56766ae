"""The one place where the stages meet: a target in, a report out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openaudit import __version__, scanners
from openaudit.engine import RuleSet, evaluate
from openaudit.engine.rules import load_rules
from openaudit.licenses.catalog import Catalog, load_catalog
from openaudit.licenses.clause_rules import ClauseRules, load_clause_rules
from openaudit.scanners.known import Known, load_known
from openaudit.scanners.lexicon import Lexicon, load_lexicon
from openaudit.sources.headers import Headers, HeaderWish, read_headers
from openaudit.sources.interface import Source
from openaudit.vocabulary import Coverage, EvidenceSet, Report, Snapshot, Target, Unread

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """All of rules/, loaded once: what to look for, what is known, and what it means."""

    rules: RuleSet
    catalog: Catalog
    lexicon: Lexicon
    known: Known
    clauses: ClauseRules


def load_knowledge(extra: tuple[Path, ...] = ()) -> Knowledge:
    """The shipped rules, extended or overridden by the user's folders.

    Raises:
        PolicyError: a rule file is wrong; names file, line and key path.
    """
    return Knowledge(
        rules=load_rules(extra),
        catalog=load_catalog(extra),
        lexicon=load_lexicon(extra),
        known=load_known(extra),
        clauses=load_clause_rules(extra),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Everything that an audit reads: texts and listing, and the headers of weight files with their byte ranges."""

    snapshot: Snapshot
    headers: Headers


def collect(target: Target, source: Source, progress: Progress) -> Collected:
    """Everything that an audit of `target` reads.

    Raises:
        SourceError: the target cannot be read at all. What is missing of a target that can is `unread`.
    """
    progress(f"listing {target.id}")
    listing = source.open(target)
    snapshot = source.read(listing, scanners.wanted(listing.files), progress)
    links = scanners.wanted_links(snapshot)
    if links:
        snapshot = source.read_more(snapshot, links)
    progress(f"reading the weight headers of {target.id}")
    wishes = [
        HeaderWish(path=path, max_bytes=max_bytes, max_calls=max_calls, head_bytes=head_bytes)
        for path, max_bytes, max_calls, head_bytes in scanners.headers_of(snapshot)
    ]
    return Collected(snapshot=snapshot, headers=read_headers(source, snapshot, wishes))


def audit(
    target: Target, source: Source, knowledge: Knowledge, progress: Progress = lambda text: None
) -> Report:
    """Fetch, scan and judge one target.

    Raises:
        SourceError: the target cannot be read at all.
    """
    return judge(collect(target, source, progress), knowledge)


def judge(collected: Collected, knowledge: Knowledge, base: Collected | None = None) -> Report:
    """The report of what was read. Pure: the same snapshot and rules give the same report. `base` is what was read of
    the model that it was made from: frameworks that ask for the base's own parts find them there."""
    snapshot, headers = collected.snapshot, collected.headers
    seen = _seen(collected, knowledge)
    case = (
        evaluate(base.snapshot, _seen(base, knowledge), knowledge.rules, knowledge.catalog).case
        if base
        else None
    )
    judgement = evaluate(snapshot, seen, knowledge.rules, knowledge.catalog, case)
    return Report(
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
        artifacts=scanners.artifacts(snapshot, headers.artifacts, seen),
        frameworks=judgement.frameworks,
        findings=judgement.findings,
        improvements=judgement.improvements,
        errors=tuple(_error(unread) for unread in (*snapshot.unread, *headers.unread)),
    )


def _seen(collected: Collected, knowledge: Knowledge) -> EvidenceSet:
    return scanners.scan(
        collected.snapshot,
        collected.headers.artifacts,
        knowledge.lexicon,
        knowledge.catalog,
        knowledge.known,
        knowledge.clauses,
    )


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
