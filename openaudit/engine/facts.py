"""Evidence as facts that rules can ask for: what the scanners saw, and what follows from the licenses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from openaudit.engine.binding import Binding
from openaudit.engine.conditions import Facts
from openaudit.engine.rules import RuleSet
from openaudit.engine.training_data import data_status
from openaudit.licenses.catalog import Catalog
from openaudit.vocabulary import (
    Evidence,
    EvidenceSet,
    Grant,
    LicenseFinding,
    LicenseStatement,
    Snapshot,
    StatementKind,
    Where,
)


def make_facts(
    snapshot: Snapshot,
    seen: EvidenceSet,
    license_: LicenseFinding,
    bindings: Mapping[str, Binding],
    catalog: Catalog,
    rules: RuleSet,
) -> Facts:
    """All evidence by topic, with the derived topics of the area `license`."""
    by_topic: dict[str, list[Evidence]] = defaultdict(list)
    derived = _derived(snapshot, seen, license_, bindings, catalog)
    for evidence in (*seen.evidence, *derived, *data_status(snapshot, seen, bindings["data"])):
        by_topic[evidence.topic].append(evidence)
    return Facts(by_topic=by_topic, areas=rules.areas, unseen=seen.unseen)


def _derived(
    snapshot: Snapshot,
    seen: EvidenceSet,
    license_: LicenseFinding,
    bindings: Mapping[str, Binding],
    catalog: Catalog,
) -> Iterator[Evidence]:
    yield Evidence(topic="subject.kind", value=snapshot.subject, where=Where(url=snapshot.url))
    for part, binding in bindings.items():
        yield from _grant(part, binding)
    main = bindings["data" if snapshot.subject == "dataset" else "weights"]
    if (
        main.grant is Grant.UNLICENSED
        and not any(s.claimed for s in main.decided_by)
        and not _placeholders(seen)
    ):
        yield Evidence(
            topic="license.none", value="nothing", where=Where(path="README.md"), quote=main.reason
        )
    for placeholder in _placeholders(seen) if main.grant is Grant.UNLICENSED else ():
        yield _from(placeholder, "license.placeholder")
    yield from _unread(snapshot, seen)
    yield from _links(snapshot, seen)
    yield from _remarks(seen, license_, catalog)
    if main.base is not None and main.inherited:
        base = main.base.evidence
        yield Evidence(
            topic="license.inherited",
            value=main.base.license,
            where=base.where,
            quote=base.quote,
            method="lineage",
        )


def _grant(part: str, binding: Binding) -> Iterator[Evidence]:
    topic = f"grant.{part}"
    if not binding.deciding:
        where = binding.base.evidence.where if binding.base else Where()
        yield Evidence(
            topic=topic,
            value=binding.grant.value,
            where=where,
            quote=binding.reason,
            confidence=binding.confidence,
        )
    for statement in binding.deciding[:3]:
        yield Evidence(
            topic=topic,
            value=binding.grant.value,
            where=statement.where,
            quote=statement.quote or statement.says,
            method=f"license {statement.kind.value}",
            confidence=min(statement.confidence, binding.confidence),
            detail={"license": " AND ".join(statement.licenses), "name": " and ".join(statement.names)},
        )


def _placeholders(seen: EvidenceSet) -> list[LicenseStatement]:
    return [s for s in seen.statements if not s.claimed and s.note == "a placeholder"]


def _from(statement: LicenseStatement, topic: str, value: str = "") -> Evidence:
    return Evidence(
        topic=topic,
        value=value or statement.says,
        where=statement.where,
        quote=statement.quote or statement.says,
        method=f"license {statement.kind.value}",
        confidence=statement.confidence,
    )


def _unread(snapshot: Snapshot, seen: EvidenceSet) -> Iterator[Evidence]:
    if "license-texts" not in seen.unseen:
        return
    for unread in snapshot.unread:
        if unread.message == seen.unseen["license-texts"]:
            where = Where(path=unread.path)
            yield Evidence(topic="license.unread", value=unread.path, where=where, quote=unread.message)


def _links(snapshot: Snapshot, seen: EvidenceSet) -> Iterator[Evidence]:
    """License links to a file that is not there, here or in another repository of the Hub."""
    paths = {file.path for file in snapshot.files}
    gone = [unread.path for unread in snapshot.unread if unread.reason == "not-found"]
    for link in (s for s in seen.statements if s.kind is StatementKind.LINK):
        target = link.says.strip()
        if "://" not in target:
            missing = snapshot.listing_complete and target not in paths
        else:
            missing = any(
                path.split("@")[0] in target and path.rsplit("/", 1)[-1] in target
                for path in gone
                if "@" in path
            )
        if missing:
            yield _from(link, "license.link-missing")


def _remarks(seen: EvidenceSet, license_: LicenseFinding, catalog: Catalog) -> Iterator[Evidence]:
    """What is worth saying of single statements: comments, limits, approval, missing texts, unlisted licenses."""
    texts = any(s.kind is StatementKind.TEXT for s in seen.statements)
    for statement in seen.statements:
        if statement.note.startswith("in an HTML comment") and statement.licenses:
            yield _from(statement, "license.in-comment")
        if not statement.claimed or not statement.scope & {"weights", "release", "data"}:
            continue
        if statement.added:
            yield _from(statement, "license.limit", ", ".join(statement.added))
        if "by-approval" in statement.terms:
            yield _from(statement, "license.by-approval")
        if statement.modified:
            yield _from(statement, "license.modified")
    if license_.decided_by and license_.effective and not texts:
        yield _from(
            license_.decided_by[0], "license.name-only", license_.effective_name or license_.effective
        )
    for id_ in license_.decided_by[0].licenses if license_.decided_by else ():
        known = catalog.by_id(id_)
        if known is not None and known.unlisted:
            yield _from(license_.decided_by[0], "license.unlisted", known.name)
