"""The ancestors of a model as far as the evidence tells, and what their licenses let a derivative be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from openaudit.licenses.catalog import Catalog, License
from openaudit.vocabulary import (
    Ancestor,
    Evidence,
    EvidenceSet,
    Grant,
    LicenseFinding,
    LicenseStatement,
    Relatives,
    Report,
    Snapshot,
    StatementKind,
    Where,
)

_NEVER_LICENSED = "unlicensed"
"""What rules/families/ say of weights that nobody licensed (a leak)."""
_MECHANICAL = ("quantized", "conversion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model that this one was made from. `license` is how its license is called, `license_id` its report id, `terms`
    the limits and duties that it carries.

    `origin` is the ancestor whose license it really is, `quote` and `at` what was read of it and where; `through` is
    the base of the same maker behind which this one stands, None for a base named by the model itself.
    """

    id: str
    relation: str
    grant: Grant
    license: str
    license_id: str | None
    evidence: Evidence
    confidence: float
    same_maker: bool
    terms: tuple[str, ...] = ()
    origin: str | None = None
    quote: str = ""
    at: Where | None = None
    through: str | None = None

    @property
    def mechanical(self) -> bool:
        """Whether the derivative only changes the form of the base."""
        return self.relation in _MECHANICAL

    @property
    def known(self) -> bool:
        """Whether what its license grants is known, from reading or from the rules."""
        return self.grant is not Grant.UNDETERMINED

    @property
    def called(self) -> str:
        """Its id, with the ancestor whose license it carries."""
        return f"{self.id} (made from {self.origin})" if self.origin else self.id

    @property
    def statement(self) -> LicenseStatement:
        """What this base imposes, as one more source of license."""
        return LicenseStatement(
            kind=StatementKind.BASE,
            says=f"{self.called}: {self.license}",
            where=self.at or self.evidence.where,
            licenses=(self.license_id,) if self.license_id else (),
            names=(self.license,) if self.license_id else (),
            scope=frozenset({"weights"}),
            grant=self.grant,
            terms=self.terms,
            quote=self.quote or self.evidence.quote,
            confidence=self.confidence,
            note="the same maker may relicense"
            if self.same_maker
            else "the license of the base, as it was read"
            if self.at
            else "the license of the base, as the rules know it",
        )


def bases_of(
    snapshot: Snapshot, seen: EvidenceSet, catalog: Catalog, relatives: Relatives
) -> tuple[Base, ...]:
    """The bases in the evidence, best known first; a base whose license we do not know is `undetermined`.

    Behind a base of the same maker, who may relicense its own, stand that base's own bases: they bind nevertheless.
    """
    direct = sorted(_bases(snapshot, seen, catalog), key=lambda base: -base.confidence)
    found: list[Base] = []
    named: set[str] = set()
    for base in direct:
        if base.id.lower() in named:
            continue  # named by the metadata and by a file: the better known of the two stands
        named.add(base.id.lower())
        report = relatives.models.get(base.id.lower())
        known = _read(base, report, catalog) if report else base
        found.append(known)
        if known.same_maker and report is not None:
            found.extend(_behind(known, report))
    return tuple(base for base in found if not _is_told_better(base, found))


def _is_told_better(base: Base, found: Sequence[Base]) -> bool:
    """Whether a base that only its family's name tells was met under its own name, behind one of the same maker."""
    return base.evidence.topic == "base.implied" and any(
        other.through is not None and other.license_id == base.license_id for other in found
    )


def _read(base: Base, report: Report, catalog: Catalog) -> Base:
    """The base with the license that was read of it; what the rules know stands in where that told nothing."""
    license_ = report.license
    grant = license_.granted or license_.grant
    if grant is Grant.UNDETERMINED:
        return base
    first = _deciding(license_)
    name = license_.effective_name or (first.says if first else "")
    names = license_.terms.get("names", ())
    return replace(
        base,
        grant=grant,
        license=name or ("no license at all" if grant is Grant.UNLICENSED else "a license of its own"),
        license_id=license_.effective,
        terms=tuple(str(name) for name in names) if isinstance(names, list | tuple) else (),
        origin=license_.bound_by,
        quote=first.quote or first.says if first else license_.reason,
        at=_place(report, first.where) if first else Where(url=report.url),
        confidence=min(base.confidence, license_.confidence),
    )


def _deciding(license_: LicenseFinding) -> LicenseStatement | None:
    """The statement that binds: of an ancestor's license, the one that was read of that ancestor."""
    if license_.bound_by is None:
        return license_.decided_by[0] if license_.decided_by else None
    imposed = (
        s
        for s in license_.statements
        if s.kind is StatementKind.BASE and s.grant is (license_.granted or license_.grant)
    )
    return next(imposed, None)


def _place(report: Report, where: Where) -> Where:
    """A place in the files of a model that was read, as an address that anyone can open."""
    if where.path is None or report.url is None or report.revision is None:
        return where if where.path is None else Where(url=report.url, lines=where.lines)
    return Where(url=f"{report.url}/blob/{report.revision}/{where.path}", lines=where.lines)


def _behind(base: Base, report: Report) -> Iterator[Base]:
    """The bases of a base of the same maker: by anyone else, they bind the whole line."""
    owner = base.id.split("/")[0].lower()
    for ancestor in report.lineage:
        if not ancestor.id.lower().startswith(f"{owner}/") and ancestor.grant is not Grant.UNDETERMINED:
            yield _further(base, ancestor)


def _further(base: Base, ancestor: Ancestor) -> Base:
    return Base(
        id=ancestor.id,
        relation=ancestor.relation,
        grant=ancestor.grant,
        license=ancestor.license_name or ancestor.license or "of unknown license",
        license_id=ancestor.license,
        evidence=base.evidence,
        confidence=min(base.confidence, ancestor.confidence),
        same_maker=False,
        terms=ancestor.terms,
        at=Where(url=ancestor.url) if ancestor.url else None,
        through=base.id,
    )


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
                terms=tuple(catalog.term_names(strictest)) if strictest else (),
                same_maker=bool(owner) and evidence.value.lower().startswith(f"{owner}/"),
            )


def _license(tag: str, catalog: Catalog) -> License | None:
    """The license that a fact of rules/families/ names by Hub id, report id or key."""
    return catalog.by_key(tag) or catalog.by_id(tag) or catalog.by_hub_id(tag)


def _rank(grant: Grant) -> int:
    """Strictness, where what is not known is the least strict: it must not hide what is."""
    order = (Grant.UNDETERMINED, Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
    return order.index(grant)
