"""The ancestors of a model as far as the evidence tells, and what their licenses let a derivative be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.licenses.catalog import Catalog, License
from openaudit.vocabulary import Evidence, EvidenceSet, Grant, LicenseStatement, Snapshot, StatementKind

_NEVER_LICENSED = "unlicensed"
"""What rules/families/ say of weights that nobody licensed (a leak)."""
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

    @property
    def statement(self) -> LicenseStatement:
        """What this base imposes, as one more source of license."""
        return LicenseStatement(
            kind=StatementKind.BASE,
            says=f"{self.id}: {self.license}",
            where=self.evidence.where,
            licenses=(self.license_id,) if self.license_id else (),
            names=(self.license,) if self.license_id else (),
            scope=frozenset({"weights"}),
            grant=self.grant,
            quote=self.evidence.quote,
            confidence=self.confidence,
            note="the same maker may relicense"
            if self.same_maker
            else "the license of the base, as the rules know it",
        )


def bases_of(snapshot: Snapshot, seen: EvidenceSet, catalog: Catalog) -> tuple[Base, ...]:
    """The bases in the evidence, best known first; a base whose license we do not know is `undetermined`."""
    return tuple(sorted(_bases(snapshot, seen, catalog), key=lambda base: -base.confidence))


def _bases(snapshot: Snapshot, seen: EvidenceSet, catalog: Catalog) -> Iterator[Base]:
    owner = snapshot.id.split("/")[0].lower() if "/" in snapshot.id else ""
    for topic in ("base.named", "base.implied"):
        for evidence in seen.of(topic):
            tags = [tag for tag in evidence.detail.get("license", "").split("|") if tag]
            known = [license_ for tag in tags if (license_ := _license(tag, catalog)) is not None]
            strictest = max(known, key=lambda license_: _rank(license_.grant), default=None)
            leaked = _NEVER_LICENSED in tags
            yield Base(
                id=evidence.value,
                relation=evidence.detail.get("relation", "finetune"),
                grant=Grant.UNLICENSED if leaked else strictest.grant if strictest else Grant.UNDETERMINED,
                license="no license at all"
                if leaked
                else strictest.name
                if strictest
                else "of unknown license",
                license_id=strictest.id if strictest else None,
                evidence=evidence,
                confidence=evidence.confidence,
                same_maker=bool(owner) and evidence.value.lower().startswith(f"{owner}/"),
            )


def _license(tag: str, catalog: Catalog) -> License | None:
    """The license that a fact of rules/families/ names by Hub id, report id or key."""
    return catalog.by_key(tag) or catalog.by_id(tag) or catalog.by_hub_id(tag)


def _rank(grant: Grant) -> int:
    """Strictness, where what is not known is the least strict: it must not hide what is."""
    order = (Grant.UNDETERMINED, Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
    return order.index(grant)
