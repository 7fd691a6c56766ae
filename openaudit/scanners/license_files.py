"""License, notice and policy files: which license each holds, and which part of the release it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from openaudit.licenses.names import NameMatch, find_names
from openaudit.scanners.scene import Scanned, Scene
from openaudit.scanners.statements import statement
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
_SCOPES = (
    ("code", re.compile(r"code", re.IGNORECASE)),
    ("weights", re.compile(r"model|weight|checkpoint", re.IGNORECASE)),
    ("data", re.compile(r"data", re.IGNORECASE)),
)


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
    for document in scene.snapshot.documents:
        kind = kind_of(document.path) if document.origin is None else "license"
        if not document.text.strip():
            continue
        if kind == "license":
            yield _statement(scene, document, kind)
        elif kind == "policy" and _PROHIBITS.search(document.text):
            yield replace(
                _statement(scene, document, kind),
                grant=Grant.RESTRICTED,
                terms=("acceptable-use",),
                scope=frozenset({"release"}),
            )


def _statement(scene: Scene, document: Document, kind: str) -> LicenseStatement:
    head = document.text[:1500]
    spans = [span for span in find_names(head, scene.catalog) if span.start < 800]
    match = (
        NameMatch(value=head[:80], kind="known", licenses=spans[0].licenses)
        if spans
        else NameMatch(value=head[:80], kind="other")
    )
    line = head.count("\n", 0, spans[0].start) + 1 if spans else 1
    where = Where(path=document.path, lines=(line, line), url=document.url if document.origin else None)
    says = (
        spans[0].text
        if spans
        else next((row.strip() for row in head.splitlines() if row.strip()), document.path)
    )
    return statement(
        scene,
        StatementKind.TEXT,
        says,
        match,
        where,
        scope=scope_of(scene, document, kind),
        note=f"by the title of {document.path}",
    )


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
