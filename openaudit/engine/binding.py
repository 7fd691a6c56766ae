"""Which license binds: every statement compared, the strictest that speaks of the part, and each disagreement.

Source of the rules: the public contract, "Which license binds" and "Derivatives".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from openaudit.engine.bases import Base
from openaudit.engine.conflicts import about_part, find_conflicts
from openaudit.engine.relicensing import Row
from openaudit.licenses.catalog import UNKNOWN_VERSION, Catalog
from openaudit.vocabulary import (
    EvidenceSet,
    Grant,
    LicenseConflict,
    LicenseFinding,
    LicenseStatement,
    Snapshot,
    StatementKind,
)

_ORDER = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
_STRENGTH = tuple(StatementKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What binds one part of a release: the grant, the statements that decide it, and why."""

    grant: Grant
    decided_by: tuple[LicenseStatement, ...]
    reason: str
    confidence: float = 1.0
    at_most: Grant = Grant.OPEN
    base: Base | None = None
    inherited: bool = False

    @property
    def deciding(self) -> tuple[LicenseStatement, ...]:
        """The statements that bind in the end: of a base, where its license grants less than the release's own."""
        if self.base is not None and self.grant is self.base.grant:
            return (self.base.statement,)
        return self.decided_by


def bind(
    snapshot: Snapshot,
    seen: EvidenceSet,
    catalog: Catalog,
    bases: Sequence[Base],
    relicensing: Sequence[Row],
) -> tuple[LicenseFinding, dict[str, Binding]]:
    """The license truth table of a snapshot made from `bases`, and what binds its weights (or, of a dataset, its data),
    code and data."""
    main = "data" if snapshot.subject == "dataset" else "weights"
    own = _own(about_part(seen.statements, main), seen, snapshot)
    effective = _with_bases(own, bases) if main == "weights" else own
    conflicts = find_conflicts(snapshot, seen, catalog, main, bases, relicensing)
    bindings = {
        main: effective,
        "own": own,
        "code": _part(seen.statements, "code", own),
        "data": own if main == "data" else _data(seen.statements),
    }
    imposed = tuple(base.statement for base in bases if base.known)
    finding = _finding((*seen.statements, *imposed), effective, conflicts, catalog)
    return _with_duties(finding, bases), bindings


def _own(statements: Sequence[LicenseStatement], seen: EvidenceSet, snapshot: Snapshot) -> Binding:
    """What the repository itself grants."""
    determined = [s for s in statements if s.grant is not Grant.UNDETERMINED]
    read = any(s.kind is StatementKind.TEXT for s in determined)
    named = [s for s in statements if s.grant is Grant.UNDETERMINED and not _is_pointer(s, read=read)]
    unread = seen.unseen.get("license-texts")
    if not statements:
        return _nothing_said(seen, snapshot)
    strictest = max((s.grant for s in determined), key=_ORDER.index, default=None)
    if strictest in (Grant.RESTRICTED, Grant.RESEARCH_ONLY):
        deciding = [s for s in determined if s.grant is strictest]
        return _decided(strictest, deciding)
    unknown = next(iter(named), None)
    if unknown is not None or (strictest is None):
        return _unknown_terms(unknown or statements[0], statements)
    if unread:
        reason = f"A license text is listed that could not be read: {unread}"
        return Binding(grant=Grant.UNDETERMINED, decided_by=tuple(determined), reason=reason, confidence=0.5)
    return _decided(strictest, [s for s in determined if s.grant is strictest])


def _is_pointer(statement: LicenseStatement, *, read: bool) -> bool:
    """Words that only say that there is a license somewhere: `other`, a link, "the model license"; and where its
    text was `read`, the name that the metadata gives it."""
    if statement.licenses:
        return False
    if statement.kind is StatementKind.NAME and read:
        return True
    return statement.kind is StatementKind.LINK or statement.note in ("names no license", "only a link")


def _decided(grant: Grant, deciding: Sequence[LicenseStatement]) -> Binding:
    deciding = sorted(deciding, key=lambda s: _STRENGTH.index(s.kind))
    first = next(
        (s for s in deciding if s.licenses and not s.licenses[0].endswith(UNKNOWN_VERSION)), deciding[0]
    )
    deciding = [first, *(s for s in deciding if s is not first)]
    words = {
        Grant.OPEN: "lets anyone use, study, change and share it for any purpose",
        Grant.RESTRICTED: "limits who may use it, or for what",
        Grant.RESEARCH_ONLY: "does not allow commercial use or derivatives",
        Grant.UNLICENSED: "grants nothing",
    }[grant]
    name = " and ".join(first.names) or f"\u201c{first.says}\u201d"
    reason = f"{name} ({first.kind.value}, {first.where}) {words}."
    return Binding(
        grant=grant, decided_by=tuple(deciding), reason=reason, confidence=max(s.confidence for s in deciding)
    )


def _unknown_terms(unknown: LicenseStatement, statements: Sequence[LicenseStatement]) -> Binding:
    reason = f"A license is claimed whose terms were not seen: \u201c{unknown.says}\u201d ({unknown.where})."
    at_most = max((s.at_most for s in statements), key=_rank, default=Grant.OPEN)
    return Binding(
        grant=Grant.UNDETERMINED, decided_by=tuple(statements), reason=reason, confidence=0.6, at_most=at_most
    )


def _rank(grant: Grant) -> int:
    return _ORDER.index(grant) if grant in _ORDER else 0


def _nothing_said(seen: EvidenceSet, snapshot: Snapshot) -> Binding:
    """Nothing is claimed: unlicensed where all places that count were seen, else undetermined."""
    for area, what in (
        ("card", "The card"),
        ("license-texts", "A license text"),
        ("files", "The list of files"),
    ):
        if area in seen.unseen:
            reason = f"{what} could not be read, and nothing else names a license: {seen.unseen[area]}"
            return Binding(grant=Grant.UNDETERMINED, decided_by=(), reason=reason, confidence=0.5)
    placeholder = next((s for s in seen.statements if not s.claimed and s.note == "a placeholder"), None)
    if placeholder is not None:
        reason = f"A placeholder stands where a license should: \u201c{placeholder.says}\u201d ({placeholder.where})."
        return Binding(grant=Grant.UNLICENSED, decided_by=(placeholder,), reason=reason)
    reason = "No license is named in the metadata, in the card, or in a file of its own: nothing is granted."
    return Binding(grant=Grant.UNLICENSED, decided_by=(), reason=reason, confidence=0.9)


def _with_bases(own: Binding, bases: Sequence[Base]) -> Binding:
    """The most restrictive of a model's own license and those of its ancestors."""
    binding = own
    for base in bases:
        carried = own.grant is Grant.UNLICENSED and base.mechanical
        if base.grant is Grant.UNDETERMINED or (base.same_maker and not carried):
            continue
        binding = _under(binding, base)
    unread = next((b for b in bases if b.mechanical and b.grant is Grant.UNDETERMINED), None)
    if unread is not None and binding.grant is Grant.UNLICENSED and binding.base is None:
        return _carries_what_was_not_read(own, unread)
    return binding


def _carries_what_was_not_read(own: Binding, base: Base) -> Binding:
    reason = f"It names no license of its own; a {base.relation} copy carries that of {base.id}, which was not read."
    return replace(own, grant=Grant.UNDETERMINED, decided_by=(), reason=reason, base=base, confidence=0.5)


def _under(own: Binding, base: Base) -> Binding:
    nothing_of_its_own = own.grant is Grant.UNLICENSED and base.mechanical
    if nothing_of_its_own:
        reason = f"It names no license of its own; a {base.relation} copy carries that of {base.id}: {base.license}."
        return replace(
            own,
            grant=base.grant,
            reason=reason,
            base=base,
            inherited=True,
            confidence=min(0.7, base.confidence),
        )
    if own.grant is Grant.UNLICENSED:
        return own
    if own.grant is Grant.UNDETERMINED:
        if base.grant is Grant.RESEARCH_ONLY:
            reason = (
                f"{own.reason} Its base {base.id} is {base.license}, which does not allow commercial use."
            )
            return replace(own, grant=base.grant, reason=reason, base=base)
        at_most = max(own.at_most, base.grant, key=_rank)
        reason = own.reason
        if base.grant is Grant.RESTRICTED:
            reason = f"{own.reason} At most restricted-weight: its base {base.id} is {base.license}."
        return replace(own, at_most=at_most, reason=reason, base=base)
    if _rank(base.grant) <= _rank(own.grant):
        return own
    reason = f"It is made from {base.called}, whose license {base.license} binds it too and grants less than its own."
    return replace(
        own, grant=base.grant, reason=reason, base=base, confidence=min(own.confidence, base.confidence)
    )


def _part(statements: Sequence[LicenseStatement], part: str, release: Binding) -> Binding:
    """What binds the code: statements on it by name, else those on the whole release."""
    mine = [s for s in statements if s.claimed and part in s.scope and s.grant is not Grant.UNDETERMINED]
    if mine:
        strictest = max((s.grant for s in mine), key=_ORDER.index)
        return _decided(strictest, [s for s in mine if s.grant is strictest])
    general = [s for s in release.decided_by if "release" in s.scope]
    if general or release.grant is Grant.UNLICENSED:
        return replace(release, confidence=release.confidence * 0.8)
    return Binding(
        grant=Grant.UNDETERMINED, decided_by=(), reason="No license of the code was seen.", confidence=0.5
    )


def _data(statements: Sequence[LicenseStatement]) -> Binding:
    """What a model's card says of the license of its data."""
    mine = [s for s in statements if s.claimed and "data" in s.scope and s.grant is not Grant.UNDETERMINED]
    if not mine:
        return Binding(
            grant=Grant.UNDETERMINED, decided_by=(), reason="No license of the data was seen.", confidence=0.5
        )
    strictest = max((s.grant for s in mine), key=_ORDER.index)
    return _decided(strictest, [s for s in mine if s.grant is strictest])


def _finding(
    statements: tuple[LicenseStatement, ...],
    binding: Binding,
    conflicts: tuple[LicenseConflict, ...],
    catalog: Catalog,
) -> LicenseFinding:
    ids = tuple(dict.fromkeys(i for s in binding.decided_by[:1] for i in s.licenses))
    base = binding.base
    joiner = " OR " if binding.decided_by and binding.decided_by[0].joined == "any" else " AND "
    effective = joiner.join(ids) or None
    bound = base is not None and binding.grant is base.grant
    if base is not None and bound:
        effective = base.license_id
    terms: dict[str, object] = {}
    names: list[str] = []
    imposed = re.split(r" (?:AND|OR) ", base.license_id) if base and base.license_id else ()
    for id_ in dict.fromkeys((*ids, *imposed)):
        license_ = catalog.by_id(id_)
        if license_ is not None:
            terms[id_] = license_.terms.as_dict()
            names.extend(n for n in catalog.term_names(license_) if n not in names)
    names.extend(t for s in binding.decided_by for t in s.terms if t not in names)
    return LicenseFinding(
        statements=statements,
        effective=effective,
        effective_name=_name(effective, catalog),
        grant=binding.grant,
        reason=binding.reason,
        decided_by=binding.deciding,
        conflicts=conflicts,
        terms={"names": names, "licenses": terms},
        confidence=binding.confidence,
        bound_by=(base.origin or base.id) if base is not None and bound else None,
    )


def _with_duties(finding: LicenseFinding, bases: Sequence[Base]) -> LicenseFinding:
    """The finding with what the licenses of all ancestors ask: duties add up, whoever imposes them."""
    imposed = {
        base.called: list(base.terms)
        for base in bases
        if base.terms and not (base.same_maker and base.origin is None)
    }
    if not imposed:
        return finding
    names = [*finding.terms["names"]]
    names.extend(name for terms in imposed.values() for name in terms if name not in names)
    return replace(finding, terms={**finding.terms, "names": names, "imposed": imposed})


def _name(expression: str | None, catalog: Catalog) -> str | None:
    """How people call the licenses of an expression of ids."""
    if expression is None:
        return None
    joiner = " OR " if " OR " in expression else " AND "
    parts = expression.split(joiner)
    return joiner.lower().join(known.name if (known := catalog.by_id(part)) else part for part in parts)
