"""License, notice and policy files: which license each holds, and which part of the release it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from openaudit.licenses.catalog import MODIFIED
from openaudit.licenses.reading import LicenseReading, read_license
from openaudit.scanners.scene import Scanned, Scene, quote, strings
from openaudit.vocabulary import Document, Grant, LicenseStatement, StatementKind, Where

_LICENSE = re.compile(
    r"^(?:.{0,60}[ _.-])?(?:licen[sc]es?|copying|unlicense|legal|terms|patents)(?:[ _.-].{0,60})?$|^.{0,60}_licen[sc]e(?:\.\w{1,5})?$",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"(?:use|usage)[ _-]?polic(?:y|ies)|acceptable[ _-]?use|prohibited[ _-]?use", re.IGNORECASE
)
_NOTICE = re.compile(r"^notices?(?:\.\w{1,5})?$|third[ _-]?party", re.IGNORECASE)
_NOT_TEXT = re.compile(
    r"\.(?:py|js|ts|jsonl?|ya?ml|toml|png|jpe?g|svg|gif|pdf|docx?|zip|gz|csv|parquet|safetensors|bin|gguf)$",
    re.IGNORECASE,
)
# A policy that only asks to obey the law prohibits nothing of its own.
_PROHIBITS = re.compile(
    r"\b(?:prohibited|agree (?:you will )?not to|must not|may not|shall not|not (?:be )?used?|restrict(?:ed|ions?))\b|禁止|不得",
    re.IGNORECASE,
)
POLICY = "an acceptable use policy, which goes with the license"
_SCOPES = (
    ("code", re.compile(r"code", re.IGNORECASE)),
    ("weights", re.compile(r"model|weight|checkpoint", re.IGNORECASE)),
    ("data", re.compile(r"data", re.IGNORECASE)),
)


HUB_FILE = re.compile(
    r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(?P<repo>(?:datasets/|spaces/)?[\w.-]+/[\w.-]+)/"
    r"(?:blob|resolve|raw)/(?P<rev>[\w.%-]+)/(?P<path>[^?#]+)"
)


def own_path(link: str, id_: str) -> str | None:
    """The path that a `license_link` names in the repository `id_` itself; None where it leads elsewhere."""
    link = link.strip()
    if "://" not in link:
        return link.removeprefix("./")
    match = HUB_FILE.match(link)
    if match is None or match["repo"].lower().removeprefix("datasets/") != id_.lower():
        return None
    return unquote(match["path"])


def kind_of(path: str) -> str | None:
    """`license`, `policy` or `notice` for a file that by its name holds such a text, else None."""
    name = PurePosixPath(path).name
    if _NOT_TEXT.search(name) or len(name) > 120:
        return None
    if _POLICY.search(name):
        return "policy"
    if _NOTICE.match(name):
        return "notice"
    return "license" if _LICENSE.match(name) else None


def scan_license_files(scene: Scene) -> Scanned:
    """One statement for each license or policy text that was read, in the target or behind its `license_link`."""
    return Scanned(statements=tuple(_statements(scene)))


def _statements(scene: Scene) -> Iterator[LicenseStatement]:
    value, _ = scene.front("license_link")
    linked = {own_path(link, scene.snapshot.id) for link in strings(value, 2)}
    for document in scene.snapshot.documents:
        kind = kind_of(document.path) if document.origin is None else "license"
        if (
            kind is None
            and document.path in linked
            and document.path != (scene.card.path if scene.card else None)
        ):
            kind = "license"
        if not document.text.strip():
            continue
        if kind == "license":
            yield _statement(scene, document, kind)
        elif kind == "policy" and _PROHIBITS.search(document.text):
            yield replace(
                _statement(scene, document, kind),
                note=POLICY,
                grant=Grant.RESTRICTED,
                terms=("acceptable-use",),
                scope=frozenset({"release"}),
            )


def _statement(scene: Scene, document: Document, kind: str) -> LicenseStatement:
    """What one text is and grants, word for word where it is known, clause by clause where it is not."""
    reading = read_license(document.text, scene.catalog, lambda: scene.clauses)
    first = reading.first
    title = next((row.strip() for row in document.text.splitlines() if row.strip()), document.path)
    modified = any(match.modified and match.id.startswith(MODIFIED) for match in reading.texts)
    lines = first.lines if first is not None else (1, max(1, document.text.count("\n")))
    clause = next((c for c in reading.clauses if c.effect is not None and c.effect is reading.grant), None)
    return LicenseStatement(
        kind=StatementKind.TEXT,
        says=quote(first.name if first is not None else title),
        where=Where(path=document.path, lines=lines, url=document.url if document.origin else None),
        licenses=reading.ids,
        names=reading.names,
        joined="all" if len(reading.ids) > 1 else "single",
        scope=scope_of(scene, document, kind),
        grant=reading.grant,
        at_most=reading.at_most,
        terms=reading.term_names,
        quote=quote(clause.quote if clause is not None else title),
        modified=modified,
        coverage=round(first.coverage, 3) if first is not None else None,
        added=tuple(quote(edit.words) for match in reading.texts if match.modified for edit in match.added)[
            :5
        ],
        confidence=round(reading.identification.confidence, 2) if reading.ids else 0.6,
        note=_note(document, reading, modified=modified),
        sha256="" if document.truncated else document.sha256,
    )


def _note(document: Document, reading: LicenseReading, *, modified: bool) -> str:
    """How sure the reading is, in a few words; '' for a text that was recognised word for word."""
    if document.truncated:
        return "only the beginning was read"
    if modified:
        return "a known license with changed words"
    if not reading.ids:
        return "a text of no known license, read clause by clause"
    return "" if reading.texts else "the license is named, its text is not here"


def scope_of(scene: Scene, document: Document, kind: str) -> frozenset[str]:
    """Which part of the release a file speaks of, by its name and its folder."""
    path = PurePosixPath(document.path)
    for scope, pattern in _SCOPES:
        if pattern.search(path.stem if "." in path.name else path.name):
            return frozenset({scope})
    if document.origin is None and str(path.parent) != ".":
        folder = f"{path.parent}/"
        weights = any(
            f.path.startswith(folder) and f.path.endswith((".safetensors", ".bin", ".gguf", ".pt", ".pth"))
            for f in scene.snapshot.files
        )
        return frozenset({"weights"}) if weights else frozenset({"part"})
    if kind == "license" and document.origin is None and _weights_have_their_own(scene, document):
        return frozenset({"code"})
    return frozenset({"release"})


def _weights_have_their_own(scene: Scene, plain: Document) -> bool:
    """Whether another file here is by its name the license of the weights: the plain LICENSE is then the code's."""
    weights = next(pattern for scope, pattern in _SCOPES if scope == "weights")
    names = [
        PurePosixPath(d.path) for d in scene.snapshot.documents if d.origin is None and d.path != plain.path
    ]
    return any(kind_of(str(name)) == "license" and weights.search(name.stem) for name in names)
