"""What has to go along with the models that a product ships: licenses, credits, lines to show, policies to pass on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openaudit.formats.safe_text import clean, clean_name, evidence_link, web_address
from openaudit.gate.result import Reference
from openaudit.licenses.catalog import MODIFIED, Catalog, License, term_names
from openaudit.licenses.copyright_notices import without_notices
from openaudit.pipeline import Collected, Knowledge, Library, Progress, collect, judge, relatives_of
from openaudit.scanners.license_files import kind_of
from openaudit.sources.bundle import BundleSource
from openaudit.sources.interface import Source
from openaudit.vocabulary import (
    Ancestor,
    Document,
    Failure,
    LicenseStatement,
    Reach,
    Report,
    Snapshot,
    StatementKind,
    Target,
    Where,
)

TextKind = Literal["license", "notice", "policy"]
_LINES_READ = 20_000
_LINE_LIMIT = 2_000
_COPYRIGHTS = 40
_QUOTE_LIMIT = 300
_SIGN = "\x00"
_HINT = re.compile(r"copyright|\(c\)|copr\.|©", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"[\[<{]\s*(?:y{2,4}|year|name|copyright|fullname|owner|author)|\bname of (?:the )?(?:copyright|author)|\bx{4}\b",
    re.IGNORECASE,
)
_STEWARDS = re.compile(r"free software foundation|creative commons corporation", re.IGNORECASE)
"""Whose copyright is in the license text itself and not in what is licensed."""
_COMMENT = re.compile(r"^[\s#*/;%>|\"'“”-]+|[\s*/|\"'“”]+$")
_QUOTED = re.compile(r"[\"“]([^\"“”]{4,300})[\"”]")
_SHOWN = re.compile(
    r"(?:Built|Powered|Improved|Made|Created|Developed) (?:with|by|using|on|upon) \S.{0,60}\Z"
)
_NOTICE_WORDS = re.compile(r"\bnotice\b", re.IGNORECASE)
_PRESCRIBED = re.compile(r"\b(?:is|are) (?:licensed|provided|made available) under\b", re.IGNORECASE)
_SPDX_PAGE = "https://spdx.org/licenses/{}.html"
_SCANCODE = "LicenseRef-scancode-"
_SCANCODE_PAGE = "https://scancode-licensedb.aboutcode.org/{}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A license, notice or policy text of a repository: where it lies, and its words for a copy."""

    kind: TextKind
    repository: str
    path: str
    url: str | None
    words: str
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One license as it binds whoever ships the model. `of` is what it covers: the model, its code, or an ancestor;
    `pages` are where the license is described, `show` the lines to show, `duties` what else it asks, in words;
    `known` is false for a license that the rules do not know."""

    id: str
    name: str
    of: str
    pages: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    policy: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that goes along with one model or dataset. `unknown` says what could not be told: it is never left out."""

    id: str
    kind: str
    revision: str | None = None
    url: str | None = None
    terms: tuple[Terms, ...] = ()
    texts: tuple[Text, ...] = ()
    copyrights: tuple[str, ...] = ()
    prescribed: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def show(self) -> tuple[str, ...]:
        """The lines to show, each once."""
        return tuple(dict.fromkeys(line for terms in self.terms for line in terms.show))


def notice_of(report: Report, collected: Collected, catalog: Catalog) -> Notice:
    """What goes along with an audited model: its own licenses and those of everything that it was made from.

    Copyright lines and prescribed notices are read from the license and notice texts of the repositories themselves,
    duties come from rules/licenses/. Pure: the same report and texts give the same notice.
    """
    texts = tuple(_texts(report, collected))
    own = tuple(_own_terms(report, catalog))
    inherited = tuple(_inherited_terms(report, catalog))
    return Notice(
        id=report.id,
        kind=report.subject,
        revision=report.revision,
        url=web_address(report.url),
        terms=_merged((*own, *inherited)),
        texts=texts,
        copyrights=tuple(dict.fromkeys(line for text in texts for line in copyright_lines(text.words)))[
            :_COPYRIGHTS
        ],
        prescribed=tuple(
            dict.fromkeys(line for t in texts if t.kind != "policy" for line in prescribed_notices(t.words))
        ),
        made_from=tuple(_ancestry(ancestor) for ancestor in report.lineage),
        unknown=tuple(dict.fromkeys(_unknown(report, own, texts, catalog))),
    )


def unread_notice(failure: Failure) -> Notice:
    """The place of a target that could not be read: everything about it is unknown, and says so."""
    target: Target = failure.target
    why = f"Nothing is known of its license: it could not be read. {failure.message} {failure.hint}"
    return Notice(
        id=target.id or target.text, kind=target.kind.value, revision=target.revision, unknown=(why.strip(),)
    )


# ---------------------------------------------------------------- licenses


def _own_terms(report: Report, catalog: Catalog) -> Iterator[Terms]:
    """The licenses that the release itself is under: what binds the weights, and every license text in it."""
    statements = [s for s in report.license.statements if s.claimed and s.kind is not StatementKind.BASE]
    deciding = [s for s in report.license.decided_by if s.kind is not StatementKind.BASE]
    texts = [s for s in statements if s.kind is StatementKind.TEXT]
    spoken = deciding or [s for s in statements if s.scope & {"release", "weights"}][:1]
    for statement in (*spoken, *texts):
        for license_id in statement.licenses:
            yield _terms(license_id, _covers(statement, report), catalog)


def _covers(statement: LicenseStatement, report: Report) -> str:
    if statement.scope & {"release", "weights"}:
        return report.id
    return f"{', '.join(sorted(statement.scope))} of {report.id}"


def _inherited_terms(report: Report, catalog: Catalog) -> Iterator[Terms]:
    for ancestor in report.lineage:
        for license_id in _ids(ancestor.license):
            yield _terms(license_id, ancestor.id, catalog)


def _ids(expression: str | None) -> list[str]:
    return [part for part in re.split(r"\s+(?:AND|OR)\s+", expression or "") if part]


def _terms(license_id: str, of: str, catalog: Catalog) -> Terms:
    license = catalog.by_id(license_id)
    if license is None:
        return Terms(id=license_id, name=license_id, of=of, known=False)
    return Terms(
        id=license.id,
        name=license.name,
        of=of,
        pages=tuple(license_pages(license, catalog)),
        show=tuple(lines_to_show(license)),
        duties=tuple(_duties(license)),
        limits=tuple(name.replace("-", " ") for name in term_names(license)),
        policy=license.terms.acceptable_use_policy,
    )


def license_pages(license: License, catalog: Catalog) -> Iterator[str]:
    """Where anyone can read about a license: SPDX's page or ScanCode's, and the maker's own address."""
    base = catalog.by_id(license.id.removeprefix(MODIFIED)) if license.kind == "modified" else license
    if base is None:
        return
    if base.spdx:
        yield _SPDX_PAGE.format(base.spdx)
    elif base.id.startswith(_SCANCODE):
        yield _SCANCODE_PAGE.format(base.id.removeprefix(_SCANCODE))
    elif base.links:
        yield f"https://{base.links[0]}"


def lines_to_show(license: License) -> Iterator[str]:
    """The lines that a license wants shown, as its entry in rules/licenses/ quotes them."""
    for quoted in _QUOTED.findall(license.terms.naming):
        if _SHOWN.match(quoted):
            yield quoted


def _duties(license: License) -> Iterator[str]:
    terms = license.terms
    if terms.attribution:
        yield f"Credit: {terms.attribution}."
    if terms.naming:
        yield f"Name: {terms.naming}."
    if terms.share_alike in ("yes", "conditional"):
        yield f"Share alike{f': {terms.share_alike_note}' if terms.share_alike_note else ''}."
    if terms.redistribution == "no":
        yield f"May not be passed on{f': {terms.redistribution_note}' if terms.redistribution_note else ''}."
    elif terms.redistribution == "conditional":
        yield f"Passing on is bound to conditions{f': {terms.redistribution_note}' if terms.redistribution_note else ''}."
    if terms.acceptable_use_policy:
        yield f"An acceptable use policy goes along{f': {terms.field_of_use}' if terms.field_of_use else ''}."
    if terms.distillation_naming:
        yield "Models trained on its outputs carry its name."


def _merged(terms: Iterable[Terms]) -> tuple[Terms, ...]:
    """Each license once for each thing that it covers."""
    found: dict[tuple[str, str], Terms] = {}
    for each in terms:
        found.setdefault((each.id, each.of.casefold()), each)
    return tuple(found.values())


def _ancestry(ancestor: Ancestor) -> str:
    license = ancestor.license or "license not known"
    return (
        f"{ancestor.relation} of {ancestor.id} ({license})"
        if ancestor.relation
        else f"{ancestor.id} ({license})"
    )


# ---------------------------------------------------------------- texts


def _texts(report: Report, collected: Collected) -> Iterator[Text]:
    """The license, notice and policy texts of the target, and of every ancestor that was read."""
    yield from _texts_of(collected.snapshot)
    ancestors = {ancestor.id.casefold() for ancestor in report.lineage}
    for relative in relatives_of(collected):
        if relative.collected is not None and relative.target.id.casefold() in ancestors:
            yield from _texts_of(relative.collected.snapshot)


def _texts_of(snapshot: Snapshot) -> Iterator[Text]:
    for document in sorted(snapshot.documents, key=lambda each: (each.origin or "", each.path)):
        kind = kind_of(document.path) if document.origin is None else "license"
        if kind in ("license", "notice", "policy"):
            yield Text(
                kind=kind,  # type: ignore[arg-type]
                repository=document.origin or snapshot.id,
                path=document.path,
                url=_address(document, snapshot),
                words=document.text,
                truncated=document.truncated,
            )


def _address(document: Document, snapshot: Snapshot) -> str | None:
    """The page of the text at the revision that was read."""
    if document.origin is not None:
        return web_address(document.url)
    return evidence_link(Where(path=document.path), url=snapshot.url, revision=snapshot.revision)


def copyright_lines(text: str) -> Iterator[str]:
    """The copyright statements of a text, as written; fields of a template that nobody filled in are none."""
    for line in text.splitlines()[:_LINES_READ]:
        if not _HINT.search(line[:_LINE_LIMIT]):
            continue
        stated = _statement(line[:_LINE_LIMIT])
        if stated and not _PLACEHOLDER.search(stated) and not _STEWARDS.search(stated):
            yield stated


def _statement(line: str) -> str:
    """The copyright statement of one line; the line itself where it is short; empty where it states none."""
    plain = line.replace(_SIGN, " ").replace("©", "(c)")
    rest = without_notices(plain, _SIGN)
    if _SIGN not in rest:
        return _bare(line) if re.match(r"\W*©\s*\d{4}", line) else ""
    if len(line.strip()) <= 160 and not rest.split(_SIGN)[0].strip(" \t#*/;%>|\"'“-"):
        return _bare(line)
    before, after = rest.split(_SIGN)[0], rest.rsplit(_SIGN, 1)[1]
    return _bare(plain[len(before) : len(plain) - len(after)])


def _bare(line: str) -> str:
    return clean(_COMMENT.sub("", line), _QUOTE_LIMIT)


def prescribed_notices(text: str) -> Iterator[str]:
    """The notice lines that a license prescribes word by word: quoted sentences that say under what something is
    licensed, shortly after the word "notice"."""
    flat = re.sub(r"\s+", " ", text[:400_000])
    for match in _QUOTED.finditer(flat):
        said = match[1].strip()
        if _PRESCRIBED.search(said) and _NOTICE_WORDS.search(
            flat[max(0, match.start() - 250) : match.start()]
        ):
            yield clean(said, _QUOTE_LIMIT)


# ---------------------------------------------------------------- what is not known


def _unknown(report: Report, own: Sequence[Terms], texts: Sequence[Text], catalog: Catalog) -> Iterator[str]:
    if not own:
        reason = report.license.reason or "nothing that was read names a license."
        yield f"Its license is not known: {reason}"
    for terms in own:
        if not terms.known:
            yield f"What {terms.id} asks is not known to the rules: read its text."
    mine = [
        text
        for text in texts
        if text.kind == "license" and text.repository.casefold() == report.id.casefold()
    ]
    if own and not mine:
        yield "No license text lies in its repository: what is said here of its terms comes from the license's name."
    for unread in report.coverage.missing:
        if kind_of(unread.path) is not None:
            yield f"{unread.path} could not be read: {unread.message or unread.reason}"
    prescribed = any("Notice file" in duty for terms in own for duty in terms.duties)
    if prescribed and not any(True for t in texts for _ in prescribed_notices(t.words)):
        yield "The license prescribes the words of a Notice file; they were not found in what was read."
    for text in texts:
        if text.truncated:
            yield f"{text.repository}/{text.path} is longer than what was read of it."
    for ancestor in report.lineage:
        yield from _unknown_of(ancestor, catalog)


def _unknown_of(ancestor: Ancestor, catalog: Catalog) -> Iterator[str]:
    ids = _ids(ancestor.license)
    if not ids:
        why = f": {ancestor.why}" if ancestor.why else ""
        yield f"The license of {ancestor.id}, which it was made from, is not known{why}."
    elif ancestor.reach is not Reach.READ:
        yield f"{ancestor.id}, which it was made from, was not read: its license is what the rules know of it."
    for license_id in ids:
        if catalog.by_id(license_id) is None:
            yield f"What {license_id} of {ancestor.id} asks is not known to the rules: read its text."


# ---------------------------------------------------------------- copies


def files_of(notices: Sequence[Notice]) -> Mapping[str, str]:
    """The texts to copy: a safe relative path of `<repository>/<path>`, to the words. Nothing but what was read from
    the repositories themselves is in it."""
    found: dict[str, str] = {}
    for notice in notices:
        for text in notice.texts:
            parts = [*text.repository.replace("@", "/@").split("/"), *text.path.split("/")]
            path = "/".join(_safe_part(part) for part in parts if part)[:900]
            found.setdefault(path, text.words)
    return found


def _safe_part(part: str) -> str:
    """A name that is one file or folder name everywhere."""
    safe = re.sub(r"[^\w.@+ -]", "_", clean_name(part), flags=re.ASCII).strip(" .")
    return safe[:120] or "_"


# ---------------------------------------------------------------- reading


def notice_for(
    target: Target, source: Source, knowledge: Knowledge, library: Library, progress: Progress
) -> Notice:
    """The notice of one target, read with everything that it was made from.

    Raises: SourceError when the target cannot be read at all.
    """
    collected = collect(target, source, progress)
    if isinstance(source, BundleSource):
        library = Library(source.relative, knowledge)
    collected = library.follow(collected, progress)
    return notice_of(judge(collected, knowledge), collected, knowledge.catalog)


def targets_in(root: Path, references: Iterable[Reference]) -> list[str]:
    """What a code base uses, as `scan` takes it: each once, with the revision that the code names."""
    found: dict[str, None] = {}
    for reference in references:
        if reference.kind == "file":
            found.setdefault(
                f"./{root / reference.target}" if not root.is_absolute() else str(root / reference.target)
            )
        elif reference.revision and "@" not in reference.target and reference.kind != "ollama":
            found.setdefault(f"{reference.target}@{reference.revision}")
        else:
            found.setdefault(reference.target)
    return sorted(found)
