"""Where the sources of license do not agree: each disagreement with both sides, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from openaudit.engine.bases import Base
from openaudit.engine.relicensing import Row, row_for
from openaudit.licenses.catalog import Catalog
from openaudit.vocabulary import (
    EvidenceSet,
    Grant,
    LicenseConflict,
    LicenseStatement,
    Severity,
    Snapshot,
    StatementKind,
    Where,
)

_ORDER = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
_METADATA = (StatementKind.TAG, StatementKind.NAME)
_SEVERITIES = (Severity.CRITICAL, Severity.WARNING, Severity.NOTE)
# What a wording alone says ("non-commercial use only"): it can be any license that says so too.
_IN_WORDS = ("LicenseRef-openaudit-non-commercial", "LicenseRef-openaudit-research-only")
_MALFORMED = {
    "broken-yaml": Severity.WARNING,
    "not-a-mapping": Severity.WARNING,
    "never-closed": Severity.WARNING,
    "block-at-foot": Severity.WARNING,
}


def find_conflicts(
    snapshot: Snapshot,
    seen: EvidenceSet,
    catalog: Catalog,
    part: str,
    bases: Sequence[Base],
    relicensing: Sequence[Row],
) -> tuple[LicenseConflict, ...]:
    """All disagreements about the license of the main part (`weights`, or `data` of a dataset)."""
    about = about_part(seen.statements, part)
    found = [
        *_within_list(about, catalog),
        *_between(about, catalog),
        *_against_bases(about, bases, catalog, relicensing),
        *_links(snapshot, seen, bases),
        *_metadata(seen),
    ]
    return tuple(sorted(found, key=lambda conflict: _SEVERITIES.index(conflict.severity)))


def about_part(statements: Sequence[LicenseStatement], part: str) -> list[LicenseStatement]:
    """The statements that speak of a part to a reader: of it by name, or of the whole release.

    A license file is the code's where the card says that its license covers the code, and another the weights.
    """
    mine = [s for s in statements if s.claimed and s.scope & {part, "release"}]
    of_code = {id_ for s in statements if s.claimed and s.scope == {"code"} for id_ in s.licenses}
    by_name = [s for s in mine if s.kind is StatementKind.PROSE and "weights" in s.scope and s.says]
    if not of_code or not any(not set(s.licenses) & of_code for s in by_name):
        return mine
    return [
        s for s in mine if not (s.kind is StatementKind.TEXT and s.licenses and set(s.licenses) <= of_code)
    ]


def agree(ours: Sequence[str], theirs: Sequence[str], catalog: Catalog) -> bool:
    """Whether two statements can mean the same: an id in common, or one names the family of the other."""
    if not ours or not theirs or set(ours) & set(theirs) or set(_IN_WORDS) & {*ours, *theirs}:
        return True
    for a, b in ((catalog.by_id(x), catalog.by_id(y)) for x in ours for y in theirs):
        if a is None or b is None or ("modified" in (a.kind, b.kind) and "family" not in (a.kind, b.kind)):
            continue
        if a.family and a.family == b.family and "family" in (a.kind, b.kind):
            return True
        if b.id in a.members or a.id in b.members or a.id in b.also or b.id in a.also:
            return True
        if _stem(a.id) == _stem(b.id):
            return True
    return False


def _stem(id_: str) -> str:
    return id_.removesuffix("-only").removesuffix("-or-later").removesuffix("+")


def _within_list(about: Sequence[LicenseStatement], catalog: Catalog) -> Iterator[LicenseConflict]:
    tags = [s for s in about if s.kind is StatementKind.TAG]
    explained = any(s.kind is StatementKind.PROSE and s.joined == "any" for s in about)
    if len(tags) > 1 and not explained:
        grants = {s.grant for s in tags}
        names = ", ".join(f"'{s.says}'" for s in tags)
        yield LicenseConflict(
            kind="list-contradiction",
            message=(
                f"The metadata lists several licenses ({names}) without saying how they combine; "
                "the strictest is taken to bind."
            ),
            between=tuple(tags),
            severity=Severity.CRITICAL if len(grants) > 1 else Severity.WARNING,
        )
    for tag in tags:
        if tag.joined in ("all", "unclear") and len(tags) == 1 and len(tag.licenses) > 1:
            yield LicenseConflict(
                kind="list-contradiction",
                message=f"The license tag names several licenses ('{tag.says}') without saying how they combine.",
                between=(tag,),
                severity=Severity.WARNING,
            )


def _between(about: Sequence[LicenseStatement], catalog: Catalog) -> Iterator[LicenseConflict]:
    """Metadata against prose and texts; prose against texts where there is no tag that says anything."""
    metadata = [s for s in about if s.kind in _METADATA and s.licenses]
    prose = [s for s in about if s.kind is StatementKind.PROSE]
    texts = [s for s in about if s.kind is StatementKind.TEXT]
    declared = metadata or [s for s in prose if s.licenses]
    reported: set[tuple[str, tuple[str, ...]]] = set()
    headers = [s for s in about if s.kind is StatementKind.HEADER and s.licenses]
    declared = declared or [s for s in texts if s.licenses] or headers
    sides = (("tag-vs-text", texts), ("tag-vs-prose", prose if metadata else []), ("tag-vs-header", headers))
    for kind, others in sides:
        for ours in declared:
            for theirs in others:
                conflict = _compare(kind, ours, theirs, catalog)
                key = (kind, theirs.licenses or theirs.terms)
                if conflict is not None and key not in reported:
                    reported.add(key)
                    yield conflict


_BEGINS = {
    StatementKind.PROSE: "The card says",
    StatementKind.TEXT: "The license text says",
    StatementKind.HEADER: "The weight file's header says",
}
_SAYS = {StatementKind.TEXT: "the license text", StatementKind.HEADER: "the weight file's header"}


def _compare(
    kind: str, ours: LicenseStatement, theirs: LicenseStatement, catalog: Catalog
) -> LicenseConflict | None:
    begins = _BEGINS.get(ours.kind, "The metadata says")
    where = _SAYS.get(theirs.kind, "the card's text")
    if _is_policy(theirs, catalog) or _is_policy(ours, catalog):
        return None
    if theirs.licenses and not agree(ours.licenses, theirs.licenses, catalog):
        message = (
            f"{begins} {' and '.join(ours.names)} (\u201c{ours.says}\u201d), "
            f"{where} says {' and '.join(theirs.names)} (\u201c{theirs.quote or theirs.says}\u201d)."
        )
        severity = Severity.WARNING if _same_grant(ours, theirs) else Severity.CRITICAL
        return LicenseConflict(kind=kind, message=message, between=(ours, theirs), severity=severity)
    if not theirs.licenses and theirs.kind is StatementKind.TEXT and _rank(theirs.grant) > _rank(ours.grant):
        message = (
            f"{begins} {' and '.join(ours.names)} (\u201c{ours.says}\u201d); the license text "
            f"{theirs.where} is of no known license and limits use: \u201c{theirs.quote}\u201d."
        )
        return LicenseConflict(kind=kind, message=message, between=(ours, theirs), severity=Severity.CRITICAL)
    if theirs.kind is StatementKind.TEXT:
        return None
    new_limits = [term for term in theirs.terms if theirs.added and term not in ours.terms]
    if "intended-use-beside-license" in theirs.added and len(theirs.added) == 1:
        message = (
            f"The metadata says \u201c{ours.says}\u201d; {where} adds an intent: \u201c{theirs.quote}\u201d."
        )
        return LicenseConflict(kind=kind, message=message, between=(ours, theirs), severity=Severity.NOTE)
    if theirs.added and new_limits and _rank(theirs.grant) > _rank(ours.grant):
        message = f"The metadata says \u201c{ours.says}\u201d; {where} adds a limit ({', '.join(new_limits)}): \u201c{theirs.quote}\u201d."
        return LicenseConflict(kind=kind, message=message, between=(ours, theirs), severity=Severity.CRITICAL)
    return None


def _is_policy(statement: LicenseStatement, catalog: Catalog) -> bool:
    """An acceptable use policy goes with a license; it is none."""
    if statement.note.startswith("an acceptable use policy"):
        return True
    known = [catalog.by_id(id_) for id_ in statement.licenses]
    return bool(known) and all(license_ is not None and license_.kind == "policy" for license_ in known)


def _same_grant(ours: LicenseStatement, theirs: LicenseStatement) -> bool:
    return ours.grant is theirs.grant and ours.grant is not Grant.UNDETERMINED


def _rank(grant: Grant) -> int:
    return _ORDER.index(grant) if grant in _ORDER else 0


def _against_bases(
    about: Sequence[LicenseStatement],
    bases: Sequence[Base],
    catalog: Catalog,
    relicensing: Sequence[Row],
) -> Iterator[LicenseConflict]:
    """A derivative that is released as what its base does not let it be; a stricter one is no conflict."""
    named = [
        s for s in about if s.licenses and s.grant is not Grant.UNDETERMINED and not _is_policy(s, catalog)
    ]
    named.sort(key=lambda s: s.kind not in _METADATA)
    told: set[str | None] = set()
    for base in bases:
        if (base.same_maker and base.origin is None) or not base.known:
            continue
        license_ = catalog.by_id(base.license_id) if base.license_id else None
        row = row_for(relicensing, license_, base.grant, base.terms)
        if row is None or (base.license_id is not None and base.license_id in told):
            continue
        conflict = next((c for s in named if (c := _breach(s, base, row, catalog)) is not None), None)
        if conflict is not None:
            told.add(base.license_id)
            yield conflict


def _breach(statement: LicenseStatement, base: Base, row: Row, catalog: Catalog) -> LicenseConflict | None:
    """The conflict of one statement with what a row lets become of its base."""
    ids = (base.license_id,) if base.license_id else ()
    severity = row.breach(statement.grant, base.grant, agree=agree(statement.licenses, ids, catalog))
    if severity is None:
        return None
    known = catalog.by_id(statement.licenses[0])
    name = known.name if known else statement.says
    message = (
        f"It is released as {name} (\u201c{statement.says}\u201d), but it is made from {base.called}, "
        f"which is under {base.license}: {row.reason}."
    )
    return LicenseConflict(
        kind="tag-vs-base", message=message, between=(statement, base.statement), severity=severity
    )


def _links(snapshot: Snapshot, seen: EvidenceSet, bases: Sequence[Base]) -> Iterator[LicenseConflict]:
    """A `license_link` that leads elsewhere, or nowhere."""
    for link in (s for s in seen.statements if s.kind is StatementKind.LINK):
        url = link.says.strip()
        if _cannot_be_right(url):
            message = f"The license link cannot be right as it is written: \u201c{url}\u201d."
            yield LicenseConflict(
                kind="broken-link", message=message, between=(link,), severity=Severity.WARNING
            )
            continue
        target = _hub_repository(url)
        if target is None or target.lower() == snapshot.id.lower():
            continue
        ours = target.split("/")[0].lower() == snapshot.id.split("/")[0].lower()
        of_base = any(base.id.lower() == target.lower() for base in bases)
        severity = Severity.NOTE if ours or of_base else Severity.WARNING
        message = f"The license link leads to another repository, {target}."
        yield LicenseConflict(kind="link-elsewhere", message=message, between=(link,), severity=severity)


def _cannot_be_right(url: str) -> bool:
    """An address with white space in it, cut off at its end, or of no known form."""
    if not url or any(character.isspace() for character in url) or url.endswith((".", ",", ";", ":")):
        return True
    return "://" in url and not url.lower().startswith(("http://", "https://"))


def _hub_repository(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    names = [name for name in parts.path.split("/") if name]
    if (parts.hostname or "") not in ("huggingface.co", "hf.co", "www.huggingface.co") or len(names) < 2:
        return None
    return "/".join(names[1:3]) if names[0] in ("datasets", "spaces") else "/".join(names[:2])


def _metadata(seen: EvidenceSet) -> Iterator[LicenseConflict]:
    misspelt = {slip.where.lines for slip in seen.of("card.slip") if slip.value == "misspelt-key"}
    for slip in seen.of("card.slip"):
        if slip.value not in (*_MALFORMED, "misspelt-key"):
            continue
        kind = "misspelt-key" if slip.value == "misspelt-key" else "malformed-metadata"
        severity = _MALFORMED.get(slip.value, Severity.WARNING)
        statement = LicenseStatement(
            kind=StatementKind.TAG,
            says=slip.quote,
            where=slip.where,
            claimed=False,
            quote=slip.quote,
            note=slip.value,
        )
        message = slip.quote[:1].upper() + slip.quote[1:] + "."
        yield LicenseConflict(kind=kind, message=message, between=(statement,), severity=severity)
    for statement in seen.statements:
        if (
            statement.kind is StatementKind.TAG
            and _no_identifier(statement)
            and statement.where.lines not in misspelt
        ):
            where: Where = statement.where
            message = f"The license tag \u201c{statement.says}\u201d ({where}) is no license identifier."
            yield LicenseConflict(
                kind="malformed-metadata", message=message, between=(statement,), severity=Severity.WARNING
            )


def _no_identifier(statement: LicenseStatement) -> bool:
    """A tag that no list has: `???`, or a license's name in words."""
    if statement.note == "a placeholder" and statement.says.lower() not in (
        "unknown",
        "(empty)",
        "none",
        "unlicensed",
    ):
        return True
    return bool(statement.licenses) and " " in statement.says.strip()
