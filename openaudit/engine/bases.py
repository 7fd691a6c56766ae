"""The ancestors of a model as far as the evidence tells, and what their licenses let a derivative be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.licenses.catalog import Catalog
from openaudit.licenses.names import resolve_tag
from openaudit.vocabulary import Evidence, EvidenceSet, Grant, Snapshot

_MECHANICAL = ("quantized", "conversion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model that this one was made from. `license` is how its license is called, `license_id` its report id."""

    id: str
    relation: str
    grant: Grant
    license: str
    license_id: str | None
    evidence: Evidence
    confidence: float
    same_maker: bool

    @property
    def mechanical(self) -> bool:
        """Whether the derivative only changes the form of the base."""
        return self.relation in _MECHANICAL


def bases_of(snapshot: Snapshot, seen: EvidenceSet, catalog: Catalog) -> tuple[Base, ...]:
    """The bases in the evidence, best known first; a base whose license we do not know is `undetermined`."""
    return tuple(sorted(_bases(snapshot, seen, catalog), key=lambda base: -base.confidence))


def _bases(snapshot: Snapshot, seen: EvidenceSet, catalog: Catalog) -> Iterator[Base]:
    owner = snapshot.id.split("/")[0].lower() if "/" in snapshot.id else ""
    for topic in ("base.named", "base.implied"):
        for evidence in seen.of(topic):
            tag = evidence.detail.get("license", "")
            match = resolve_tag(tag, catalog) if tag else None
            license_ = catalog.by_key(tag) if tag else None
            ids = match.licenses if match and match.licenses else ((license_.id,) if license_ else ())
            known = catalog.by_id(ids[0]) if ids else None
            yield Base(
                id=evidence.value,
                relation=evidence.detail.get("relation", "finetune"),
                grant=catalog.grant(ids, "all") if ids else Grant.UNDETERMINED,
                license=known.name if known else "of unknown license",
                license_id=ids[0] if ids else None,
                evidence=evidence,
                confidence=evidence.confidence,
                same_maker=bool(owner) and evidence.value.lower().startswith(f"{owner}/"),
            )
