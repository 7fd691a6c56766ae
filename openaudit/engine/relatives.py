"""What was read of the relatives, laid over the evidence that names them; and the lineage as one list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openaudit.engine.bases import Base
from openaudit.vocabulary import (
    Ancestor,
    CodeRepository,
    DatasetMention,
    Evidence,
    EvidenceSet,
    Grant,
    Reach,
    Relatives,
    Report,
    Status,
)

_OF_BASE = {"training_data": "datasets", "training_code": "training_code"}
_DATA = {
    Grant.OPEN: Status.OPEN,
    Grant.RESTRICTED: Status.RESTRICTED,
    Grant.RESEARCH_ONLY: Status.RESTRICTED,
    Grant.UNLICENSED: Status.UNLICENSED,
}
_BASES = ("base.named", "base.implied")
_GRANTS = tuple(Grant)
"""From the most open on."""
_MOST_ANCESTORS = 64


def with_relatives(seen: EvidenceSet, relatives: Relatives) -> EvidenceSet:
    """The evidence with what reading told where the rules know nothing: a curated fact knows more than one card."""
    laid = tuple(_laid(evidence, relatives) for evidence in seen.evidence)
    return replace(seen, evidence=(*laid, *_remarks(seen, relatives), *_code(relatives)))


def _laid(evidence: Evidence, relatives: Relatives) -> Evidence:
    if evidence.topic in _BASES:
        read = relatives.models.get(evidence.value.lower())
        told = _told_of_base(read) if read else {}
    elif evidence.topic == "data.named":
        read = relatives.datasets.get(evidence.value.lower())
        told = _told_of_dataset(read) if read else {}
    elif evidence.topic.startswith("code.link."):
        told = {"reach": _reach_of(evidence.value, relatives)}
    else:
        return evidence
    known = {key: value for key, value in evidence.detail.items() if value and value != "unknown"}
    return replace(evidence, detail={**evidence.detail, **told, **known}) if told else evidence


def _told_of_base(report: Report) -> dict[str, str]:
    statuses = {component.id: component.status for component in report.components}
    told = {
        key: status.value
        for key, component in _OF_BASE.items()
        if (status := statuses.get(component, Status.UNKNOWN)) is not Status.UNKNOWN
    }
    return {**told, "reach": Reach.READ.value}


def _told_of_dataset(report: Report) -> dict[str, str]:
    """Its status by what its license grants; of a repository without data that is no status of the data."""
    status = dataset_status(report)
    card = next((c.status for c in report.components if c.id == "data_card"), Status.UNKNOWN)
    told = {"reach": Reach.READ.value, "license": report.license.effective or "", "card": card.value}
    return {**told, "status": status.value} if status is not Status.UNKNOWN else told


def dataset_status(report: Report) -> Status:
    """What holds for the data of a dataset repository that was read."""
    data = next((c for c in report.components if c.id == "dataset"), None)
    if data is not None and data.status in (Status.ABSENT, Status.UNKNOWN, Status.DESCRIBED):
        return Status.UNKNOWN
    return _DATA.get(report.license.grant, Status.UNKNOWN)


def _remarks(seen: EvidenceSet, relatives: Relatives) -> Iterator[Evidence]:
    """Bases that could not be read, as facts that rules can ask for."""
    for evidence in seen.of("base.named"):
        unread = relatives.unread_models.get(evidence.value.lower())
        if unread is not None:
            topic = {"not-found": "base.missing", "cycle": "base.cycle"}.get(unread.reason, "base.unread")
            yield replace(evidence, topic=topic, detail={"reason": unread.reason, "why": unread.message})


def _reach_of(url: str, relatives: Relatives) -> str:
    """Whether the code repository behind a link was read."""
    id_ = url.partition("://")[2].lower()
    read = {code.id.lower() for code in relatives.code if code.reach is Reach.READ}
    return (Reach.READ if id_ in read else Reach.UNREAD).value


def _code(relatives: Relatives) -> Iterator[Evidence]:
    """What the linked code repositories hold, and of each kind what anyone may do with it: of several the most open."""
    best: dict[str, CodeRepository] = {}
    for code in sorted(relatives.code, key=lambda code: code.owner != "maker"):
        if code.reach is not Reach.READ:
            continue
        if not code.kinds and code.status is Status.ABSENT:
            yield _fact("code.empty", code, code.owner, code.why or "no code")
        for kind in code.kinds:
            yield _fact(f"code.found.{kind.value}", code, code.owner, ", ".join(code.kinds))
            known = best.setdefault(kind.value, code)
            if code.owner == known.owner and _GRANTS.index(code.grant) < _GRANTS.index(known.grant):
                best[kind.value] = code
    for name, code in best.items():
        fact = _fact(f"grant.{name}", code, code.owner, code.license_name or "no license")
        yield replace(fact, value=code.grant.value)


def _fact(topic: str, code: CodeRepository, owner: str, says: str) -> Evidence:
    shown = next((evidence for evidence in code.evidence if evidence.topic == topic), None)
    detail = {"owner": owner, "license": code.license or "", "name": code.license_name or ""}
    return Evidence(
        topic=topic,
        value=code.id,
        where=shown.where if shown else code.where,
        quote=shown.quote or says if shown else says,
        method="code repository",
        confidence=0.8,
        detail=detail,
    )


def lineage(id_: str, bases: tuple[Base, ...], relatives: Relatives) -> tuple[Ancestor, ...]:
    """Every ancestor, the nearest first; each edge from a model to what it was made from once."""
    found: dict[tuple[str, str], Ancestor] = {}
    for base in bases:
        if base.through is not None:
            continue
        report = relatives.models.get(base.id.lower())
        found.setdefault((id_.lower(), base.id.lower()), _direct(id_, base, report, relatives))
        for above in report.lineage if report else ():
            found.setdefault(
                ((above.of or base.id).lower(), above.id.lower()),
                replace(above, of=above.of or base.id, depth=above.depth + 1),
            )
    ordered = sorted(found.values(), key=lambda ancestor: ancestor.depth)
    return tuple(ordered[:_MOST_ANCESTORS])


def _direct(id_: str, base: Base, report: Report | None, relatives: Relatives) -> Ancestor:
    unread = relatives.unread_models.get(base.id.lower())
    reach = Reach.READ if report else Reach.FACTS if base.known else Reach.UNREAD
    return Ancestor(
        id=report.id if report else base.id,
        relation=base.relation,
        where=base.evidence.where,
        license=base.license_id,
        level=report.level if report else None,
        confidence=base.confidence,
        of=id_,
        depth=1,
        license_name=base.license if base.license_id else None,
        grant=base.grant,
        terms=base.terms,
        reach=reach,
        url=report.url if report else None,
        revision=report.revision if report else None,
        why=unread.message if unread else "" if report else "it was not looked at",
    )


def dataset_mentions(seen: EvidenceSet, relatives: Relatives) -> tuple[DatasetMention, ...]:
    """The datasets named in the evidence, each once, with what was read or is known of it."""
    mentions: dict[str, DatasetMention] = {}
    for topic in ("data.named", "data.corpus"):
        for evidence in seen.of(topic):
            key = evidence.detail.get("corpus") or evidence.value.lower()
            mentions.setdefault(key, _mention(evidence, relatives))
    return tuple(mentions.values())


def _mention(evidence: Evidence, relatives: Relatives) -> DatasetMention:
    status = evidence.detail.get("status", "")
    report = relatives.datasets.get(evidence.value.lower())
    unread = relatives.unread_datasets.get(evidence.value.lower())
    facts = bool(evidence.detail.get("corpus")) or evidence.topic == "data.corpus"
    return DatasetMention(
        id=evidence.value,
        role=evidence.detail.get("role", ""),
        license=evidence.detail.get("license") or None,
        status=Status(status) if status in set(Status) else Status.UNKNOWN,
        where=evidence.where,
        reach=Reach.READ if report else Reach.FACTS if facts else Reach.UNREAD,
        url=report.url if report else None,
        revision=report.revision if report else None,
        gated=report.access.gated if report else None,
        why=unread.message if unread else "",
    )
