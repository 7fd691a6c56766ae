"""The license of the code in a repository: of its license files, else as its README or the code host names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from openaudit.licenses.catalog import Catalog
from openaudit.licenses.clause_rules import ClauseRules
from openaudit.licenses.names import find_names, resolve_tag
from openaudit.licenses.reading import read_license
from openaudit.scanners.code_kinds import where_in
from openaudit.scanners.license_files import kind_of
from openaudit.scanners.scene import card_paths, quote
from openaudit.vocabulary import Document, Evidence, FileEntry, Grant, Snapshot, Where

_OTHERS = re.compile(r"data|weight|model|checkpoint|third|patent|contribut|commercial|logo", re.IGNORECASE)
_CODES = re.compile(r"code|software|source", re.IGNORECASE)
_PLAIN = re.compile(r"(?:licen[sc]e|copying|unlicense)(?:\.(?:md|txt|rst))?", re.IGNORECASE)
_LICENSED = re.compile(
    r"\b(?:licen[sc]ed|released|distributed|available|provided|open[- ]sourced?) (?:\w+ ){0,3}(?:under|with|using)\b"
    r"|\blicen[sc]e\b\s{0,3}[:：=]"
    r"|\b(?:uses?|adopts?|follows?|is|are) (?:\w+ ){0,2}(?:the |an? )?[\w .-]{2,30}licen[sc]e\b|许可|协议",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s{1,3}(.{1,200})")
_LICENSE_HEADING = re.compile(r"licen[sc]e|许可|协议", re.IGNORECASE)
_OF_CODE = re.compile(
    r"\b(?:code|codebase|repo(?:sitory)?|software|project|library|package)\b|代码", re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"\b(?:models?|weights?|checkpoints?|data(?:sets?)?|content|blog)\b|模型|权重|数据", re.IGNORECASE
)
_PACKAGE = re.compile(
    r"^\s{0,12}[\"']?license[\"']?\s{0,4}[=:]\s{0,4}\{?\s{0,4}(?:text\s{0,3}=\s{0,3})?[\"']([^\"'{}]{2,80})[\"']",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.;,。；，])\s{0,4}|\s(?:and|while|whereas|but)\s")
_PACKAGES = ("pyproject.toml", "setup.py", "setup.cfg", "package.json", "Cargo.toml")
_MAX_LINES = 3_000
_MOST_FILES = 3
_SHORTEST_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLicense:
    """What the code may be used under, and where that was read; `why` tells what could not be seen."""

    id: str | None = None
    name: str | None = None
    grant: Grant = Grant.UNLICENSED
    evidence: tuple[Evidence, ...] = ()
    why: str = ""


def license_paths(files: Sequence[FileEntry]) -> tuple[str, ...]:
    """The license files in the root that may speak of the code, the plainest name first, a few at most."""
    names = [f.path for f in files if "/" not in f.path and kind_of(f.path) == "license"]
    names = [name for name in names if _CODES.search(name) or not _OTHERS.search(name)] or names
    return tuple(sorted(names, key=_rank)[:_MOST_FILES])


def package_path(files: Sequence[FileEntry]) -> str | None:
    """The file that names the license of a package."""
    listed = {f.path for f in files}
    return next((name for name in _PACKAGES if name in listed), None)


def _rank(name: str) -> tuple[bool, bool, int, str]:
    return not _CODES.search(name), not _PLAIN.fullmatch(name), len(name), name


def code_license(code: Snapshot, catalog: Catalog, clauses: Callable[[], ClauseRules]) -> CodeLicense:
    """The license of the code: the text where there is one, else what the README, the package or the host names."""
    paths = license_paths(code.files)
    documents = [
        document for path in paths if (document := code.document(path)) is not None and document.text.strip()
    ]
    read = _of_texts(code, documents, catalog, clauses) if documents else None
    if read is not None and (read.id is not None or not _is_pointer(documents[0])):
        return read
    for named in (_named_by_host(code, catalog), _named(code, catalog)):
        if named is not None:
            return named
    if read is not None:
        return read
    if paths:
        unread = next((u for u in code.unread if u.path in paths), None)
        why = f"{paths[0]} could not be read" + (f": {unread.message}" if unread else "")
        return CodeLicense(grant=Grant.UNDETERMINED, why=why)
    if not code.listing_complete:
        return CodeLicense(
            grant=Grant.UNDETERMINED, why="the list of files is not complete, and names no license"
        )
    return CodeLicense(why="no license was found")


def _is_pointer(document: Document) -> bool:
    """Whether a license file only says where the license is."""
    return len(document.text.strip()) < _SHORTEST_TEXT


def _of_texts(
    code: Snapshot, documents: Sequence[Document], catalog: Catalog, clauses: Callable[[], ClauseRules]
) -> CodeLicense:
    """The first text; of several with names of their own (LICENSE-MIT, LICENSE-APACHE) the one that allows most, as
    that is what such names mean."""
    choice = (
        documents
        if not _PLAIN.fullmatch(documents[0].path) and not _CODES.search(documents[0].path)
        else documents[:1]
    )
    readings = [(document, read_license(document.text, catalog, clauses)) for document in choice]
    order = list(Grant)
    document, reading = min(readings, key=lambda pair: order.index(pair[1].grant))
    first = reading.first
    lines = first.lines if first is not None else (1, 1)
    title = next((row.strip() for row in document.text.splitlines() if row.strip()), document.path)
    where = where_in(code, document.path)
    return CodeLicense(
        id=" AND ".join(reading.ids) or None,
        name=", ".join(reading.names) or None,
        grant=reading.grant,
        evidence=(_evidence(Where(path=where.path, lines=lines, url=where.url), title, "license text", 1.0),),
        why="" if reading.grant is not Grant.UNDETERMINED else "the terms of its license could not be told",
    )


def _named_by_host(code: Snapshot, catalog: Catalog) -> CodeLicense | None:
    """What GitHub itself recognised, for a text that could not be read here."""
    given = code.metadata.get("license")
    spdx = given.get("spdx_id") if isinstance(given, dict) else None
    known = catalog.by_id(spdx) if isinstance(spdx, str) and spdx != "NOASSERTION" else None
    if known is None:
        return None
    where = Where(url=code.url)
    return CodeLicense(
        id=known.id,
        name=known.name,
        grant=known.grant,
        evidence=(_evidence(where, known.name, "code host", 0.8),),
    )


def _named(code: Snapshot, catalog: Catalog) -> CodeLicense | None:
    """A license that the README or the package names for the code."""
    for path in card_paths(d.path for d in code.documents if d.origin is None)[:2]:
        document = code.document(path)
        found = list(_statements(document.text, catalog)) if document is not None else []
        if found:
            line, text, ids = min(found, key=lambda item: item[0])
            return _by_name(code, path, line, text, ids, catalog)
    for path in _PACKAGES:
        document = code.document(path)
        for number, row in enumerate((document.text if document else "").splitlines()[:_MAX_LINES], 1):
            match = _PACKAGE.match(row[:400])
            resolved = resolve_tag(match[1], catalog) if match else None
            if resolved is not None and resolved.licenses:
                return _by_name(code, path, number, row.strip(), resolved.licenses, catalog)
    return None


def _statements(text: str, catalog: Catalog) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Line, wording and licenses of what a README says of the license of the code, not of weights or data."""
    under_license = False
    for number, row in enumerate(text.splitlines()[:_MAX_LINES], 1):
        heading = _HEADING.match(row)
        if heading is not None:
            under_license = _LICENSE_HEADING.search(heading[1]) is not None
            continue
        line = row[:1_000]
        if not (under_license or _LICENSED.search(line)) or not line.strip():
            continue
        for piece in _SENTENCE.split(line):
            spans = find_names(piece, catalog) or (
                find_names(f"{piece} license", catalog) if under_license else ()
            )
            others = _OF_OTHERS.search(piece) is not None and _OF_CODE.search(piece) is None
            spoken = under_license or _OF_CODE.search(line) is not None
            ids = tuple(dict.fromkeys(i for span in spans for i in span.licenses))
            if ids and spoken and not others:
                yield number, line.strip(), ids


def _by_name(
    code: Snapshot, path: str, line: int, text: str, ids: Sequence[str], catalog: Catalog
) -> CodeLicense:
    names = [known.name for id_ in ids if (known := catalog.by_id(id_)) is not None]
    return CodeLicense(
        id=" AND ".join(ids),
        name=", ".join(names) or None,
        grant=catalog.grant(ids, "all" if len(ids) > 1 else "single"),
        evidence=(_evidence(where_in(code, path, line), text, "named in prose", 0.7),),
        why="the license is named, its text is not there",
    )


def _evidence(where: Where, text: str, method: str, confidence: float) -> Evidence:
    return Evidence(
        topic="code.license",
        value="code",
        where=where,
        quote=quote(text),
        method=method,
        confidence=confidence,
    )
