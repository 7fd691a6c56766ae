"""The licenses of a part: what it declares, what the audit concludes, and the licenses that SPDX has no id for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from openaudit.errors import LicenseError
from openaudit.formats.safe_text import clean, clean_name, clean_quote, evidence_link, portable, web_address
from openaudit.licenses.catalog import load_catalog
from openaudit.licenses.expressions import grant, parse
from openaudit.vocabulary import (
    Failure,
    Grant,
    LicenseStatement,
    Reach,
    Report,
    StatementKind,
    Status,
)

NOASSERTION = "NOASSERTION"
"""It is not known. Never the same as NONE."""
NONE = "NONE"
"""It is known that there is none."""
REFERENCE = "LicenseRef-"
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]{1,200}")
_MOST_STATEMENTS = 20
_MOST_LINKS = 5
_SCOPES = {"model": frozenset({"release", "weights"}), "dataset": frozenset({"release", "data"})}
_STRICTNESS = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
_NOT_READ = {
    Reach.READ: (),
    Reach.FACTS: ("Its repository was not read in this run; the license is what the rules know of it.",),
    Reach.UNREAD: ("Its repository was not read in this run; the license is as reported.",),
}
NOT_HERE = "The text of this license is not part of this document."


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensing:
    """`declared` is what the part says of itself, `concluded` what binds it as the audit sees it: each an SPDX
    expression, NOASSERTION or NONE. `note` tells why; `observed` are the ids seen, `links` the texts that were read.
    """

    declared: str = NOASSERTION
    concluded: str = NOASSERTION
    note: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomLicense:
    """A license without an SPDX id. `text` is what was quoted of it, or says that nothing was; never made up."""

    id: str
    name: str
    text: str
    links: tuple[str, ...] = ()


def of_report(report: Report) -> Licensing:
    """What a target declares (all that it claims of itself, joined by AND), and what the audit concludes."""
    spoken = [s for s in report.license.statements if _speaks_of_itself(s, report.subject)]
    known = [text for statement in spoken for text in _declarations(statement)]
    nothing_claimed = not spoken and report.coverage.expected > 0 and not report.coverage.missing
    is_unlicensed = report.license.grant is Grant.UNLICENSED
    declared = _all_of(known)
    if declared == NOASSERTION and not spoken and (nothing_claimed or is_unlicensed):
        declared = NONE
    return Licensing(
        declared=declared,
        concluded=_concluded(report, is_unlicensed),
        note=tuple(_notes(report)),
        observed=tuple(dict.fromkeys(i for s in spoken for i in s.licenses if expression(i) is not None)),
        links=tuple(_texts(report, spoken)),
    )


def of_relative(license: str | None, reach: Reach, state: Grant | Status) -> Licensing:
    """What is known of a base, a dataset or a code repository: declared only where it was read itself."""
    known = expression(license)
    if known is not None:
        return Licensing(
            declared=known if reach is Reach.READ else NOASSERTION,
            concluded=known,
            observed=(known,) if reach is Reach.READ else (),
            note=_NOT_READ[reach],
        )
    if reach is Reach.READ and not license and state in (Grant.UNLICENSED, Status.UNLICENSED):
        return Licensing(declared=NONE, concluded=NONE)
    return Licensing(note=(f"Named there: {clean_name(license)}",) if license else ())


@cache
def expression(license: str | None) -> str | None:
    """The SPDX expression in its normal spelling, or None where it is none, or names an id that nobody knows."""
    if not license:
        return None
    catalog = load_catalog()
    by_tag = catalog.by_hub_id(license)
    try:
        found = parse(by_tag.id if by_tag is not None else license)
    except LicenseError:
        return None
    stranger = any(not _REFERENCE.fullmatch(member) for member in found.unknown)
    outside = any(member.startswith("DocumentRef-") for member in found.members)
    return None if stranger or outside else found.text


def members(text: str) -> tuple[str, ...]:
    """The ids of an expression, in order; none of NOASSERTION and NONE."""
    return () if text in (NOASSERTION, NONE) else parse(text).members


def _speaks_of_itself(statement: LicenseStatement, subject: str) -> bool:
    return (
        statement.claimed
        and statement.kind is not StatementKind.BASE
        and bool(statement.scope & _SCOPES[subject])
    )


def _declarations(statement: LicenseStatement) -> tuple[str, ...]:
    """What one statement declares, all of which holds; none where a part of it is not recognised, or where its own
    words change the license that it names."""
    if statement.added and not statement.modified:
        return ()
    known = [text for license in statement.licenses if (text := expression(license)) is not None]
    if len(known) < len(statement.licenses):
        return ()
    if statement.joined == "any" and len(known) > 1:
        return (f"({' OR '.join(known)})",)
    return tuple(f"({text})" if " OR " in text else text for text in known)


def _all_of(declarations: Iterable[str]) -> str:
    """Everything declared, each part once, in the order of strength."""
    parts = dict.fromkeys(part for text in declarations for part in _conjuncts(text))
    return expression(" AND ".join(parts)) or NOASSERTION


def _conjuncts(text: str) -> list[str]:
    return [text] if "(" in text else text.split(" AND ")


def _concluded(report: Report, is_unlicensed: bool) -> str:
    finding = report.license
    if finding.effective is None:
        return NONE if is_unlicensed else NOASSERTION
    text = expression(finding.effective)
    return NOASSERTION if text is None or _is_narrower(finding.grant, text) else text


def _is_narrower(granted: Grant, text: str) -> bool:
    """Whether less is granted than the expression gives: the words around a license that narrow it have no id."""
    if granted is Grant.UNDETERMINED:
        return True
    given = grant(text)
    return given in _STRICTNESS and _STRICTNESS.index(granted) > _STRICTNESS.index(given)


def _notes(report: Report) -> Iterator[str]:
    """Why: the reason, what it would be, every disagreement, and every statement with its place."""
    finding = report.license
    if finding.reason:
        yield clean(finding.reason)
    if finding.effective and _concluded(report, False) == NOASSERTION:
        yield f"Named, and not what holds as it stands: {clean_name(finding.effective)}"
    for conflict in finding.conflicts[:_MOST_STATEMENTS]:
        yield f"Conflict ({clean_name(conflict.kind)}): {clean(conflict.message)}"
    for statement in finding.statements[:_MOST_STATEMENTS]:
        said = clean_quote(statement.quote or statement.says)
        whole = "" if statement.claimed else ", says nothing to a reader"
        parts = clean_name(", ".join(sorted(statement.scope)))
        added = f", adds {clean_name('; '.join(statement.added))}" if statement.added else ""
        yield f"{_place(statement)} ({statement.kind.value} of {parts}{whole}{added}): “{said}”"
    left = len(finding.statements) - _MOST_STATEMENTS
    if left > 0:
        yield f"{left} more statements are not listed here."


def _place(statement: LicenseStatement) -> str:
    return clean(portable(str(statement.where)), 300) or "?"


def _texts(report: Report, statements: Iterable[LicenseStatement]) -> Iterator[str]:
    """The addresses of the license texts that were read."""
    found = (
        evidence_link(statement.where, url=report.url, revision=report.revision)
        for statement in statements
        if statement.kind is StatementKind.TEXT
    )
    yield from list(dict.fromkeys(link for link in found if link))[:_MOST_LINKS]


# ---------------------------------------------------------------- licenses without an SPDX id


def custom_licenses(
    licensings: Iterable[Licensing], outcomes: Sequence[Report | Failure]
) -> tuple[CustomLicense, ...]:
    """Every `LicenseRef-` of the expressions, once, sorted, with its name, its address, and what was quoted of it."""
    used = {
        member
        for licensing in licensings
        for text in (licensing.declared, licensing.concluded, *licensing.observed)
        for member in members(text)
        if member.startswith(REFERENCE)
    }
    seen = _seen(outcomes)
    return tuple(_custom(license, seen.get(license, ())) for license in sorted(used))


def _seen(outcomes: Sequence[Report | Failure]) -> Mapping[str, Sequence[tuple[Report, LicenseStatement]]]:
    found: dict[str, list[tuple[Report, LicenseStatement]]] = {}
    for report in outcomes:
        if isinstance(report, Report):
            for statement in report.license.statements:
                for license in statement.licenses:
                    found.setdefault(expression(license) or license, []).append((report, statement))
    return found


def _custom(id_: str, seen: Sequence[tuple[Report, LicenseStatement]]) -> CustomLicense:
    license = load_catalog().by_id(id_)
    texts = [(report, statement) for report, statement in seen if statement.kind is StatementKind.TEXT]
    read = (evidence_link(s.where, url=report.url, revision=report.revision) for report, s in texts)
    published = (web_address(link) for link in (license.links if license is not None else ()))
    links = dict.fromkeys(link for link in (*published, *read) if link)
    return CustomLicense(
        id=id_,
        name=clean_name(license.name) if license is not None else _bare(id_),
        text=_wording([*texts, *seen]),
        links=tuple(links)[:_MOST_LINKS],
    )


def _bare(id_: str) -> str:
    return id_.removeprefix(REFERENCE).removeprefix("openaudit-").removeprefix("scancode-")


def _wording(seen: Sequence[tuple[Report, LicenseStatement]]) -> str:
    """What a report may show of a text: a quote, and where the whole stands."""
    for report, statement in seen:
        quote = clean_quote(statement.quote)
        if quote:
            return (
                f"{NOT_HERE} Quoted from {_place(statement)} of {clean_name(portable(report.id))}: “{quote}”"
            )
    return NOT_HERE
