"""Scenes made from memory: a snapshot out of `{path: text}`, scanned and judged with the rules that ship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from openaudit import pipeline, scanners
from openaudit.pipeline import Collected, load_knowledge
from openaudit.sources.headers import Headers
from openaudit.vocabulary import (
    Access,
    Document,
    Evidence,
    EvidenceSet,
    FileEntry,
    LicenseStatement,
    Report,
    Snapshot,
    StatementKind,
    Target,
    TargetKind,
    Unread,
)

WEIGHTS = ("model.safetensors",)
RESOLVED_AT = "2024-01-02T03:04:05Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a snapshot is made of; `files` are listed and not read, `texts` are listed and read."""

    texts: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = WEIGHTS
    id: str = "acme/wombat-7b"
    subject: Literal["model", "dataset"] = "model"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    unread: Sequence[Unread] = ()
    behind_links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Texts of other repositories: origin to path and text."""
    listing_complete: bool = True
    access: Access = field(default_factory=Access)


def snapshot(made: Made) -> Snapshot:
    """The snapshot, as a source would have read it."""
    listed = dict.fromkeys(
        (*made.texts, *made.files, *(u.path for u in made.unread if u.reason != "not-found"))
    )
    documents = [_document(path, text, None) for path, text in made.texts.items()]
    documents += [_document(path, text, origin) for origin, (path, text) in made.behind_links.items()]
    kind = TargetKind.DATASET if made.subject == "dataset" else TargetKind.MODEL
    return Snapshot(
        target=Target(kind=kind, id=made.id, text=made.id),
        subject=made.subject,
        id=made.id,
        revision="0" * 40,
        url=f"https://huggingface.co/{made.id}",
        resolved_at=RESOLVED_AT,
        files=tuple(FileEntry(path=path, size_bytes=10) for path in listed),
        listing_complete=made.listing_complete,
        metadata=made.metadata,
        documents=tuple(documents),
        unread=tuple(made.unread),
        access=made.access,
    )


def _document(path: str, text: str, origin: str | None) -> Document:
    raw = text.encode("utf-8", errors="replace")
    digest = sha256(raw).hexdigest()
    return Document(path=path, text=text, size_bytes=len(raw), sha256=digest, origin=origin)


def scan(made: Made) -> EvidenceSet:
    """All evidence of what was made."""
    return scanners.scan(snapshot(made), (), load_knowledge())


def judge(made: Made) -> Report:
    """The report of what was made."""
    return pipeline.judge(Collected(snapshot=snapshot(made), headers=Headers()), load_knowledge())


def scan_card(
    card: str, *, id: str = "acme/wombat-7b", subject: Literal["model", "dataset"] = "model"
) -> EvidenceSet:
    """All evidence of a card beside one weight file."""
    return scan(Made(texts={"README.md": card}, id=id, subject=subject))


def judge_card(card: str, *, id: str = "acme/wombat-7b", files: Sequence[str] = WEIGHTS) -> Report:
    """The report of a card beside some files."""
    return judge(Made(texts={"README.md": card}, id=id, files=files))


def card_with(body: str = "", **front: str) -> str:
    """A card with front matter; the values are YAML as it stands."""
    if not front:
        return body
    rows = "\n".join(f"{key}: {value}" for key, value in front.items())
    return f"---\n{rows}\n---\n{body}"


def prose(card: str, *, id: str = "acme/wombat-7b") -> list[LicenseStatement]:
    """The license statements in the body of a card that speak to a reader."""
    found = scan_card(card, id=id).statements
    return [s for s in found if s.kind is StatementKind.PROSE and s.claimed]


def topics(seen: EvidenceSet, prefix: str) -> list[str]:
    """The topics of the evidence that begin so, in reading order."""
    return [e.topic for e in seen.evidence if e.topic.startswith(prefix)]


def first(seen: EvidenceSet, topic: str) -> Evidence:
    """The first evidence of a topic."""
    return next(seen.of(topic))
