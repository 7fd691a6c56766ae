"""Everything that an audit reads of one target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from openaudit import scanners
from openaudit.pipeline.knowledge import Knowledge
from openaudit.sources.headers import Headers, HeaderWish, read_headers
from openaudit.sources.interface import Source
from openaudit.vocabulary import EvidenceSet, Snapshot, Target, TargetKind, Unread

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Everything that an audit reads: texts and listing, the headers of weight files with their byte ranges, and the
    relatives that were followed."""

    snapshot: Snapshot
    headers: Headers = field(default_factory=Headers)
    relatives: tuple[Relative, ...] = ()
    seen: EvidenceSet | None = None
    """The evidence in it, where following the relatives had to look already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A repository that a target names, and what was read of it, or why nothing was."""

    target: Target
    collected: Collected | None = None
    unread: Unread | None = None


def collect(target: Target, source: Source, progress: Progress) -> Collected:
    """Everything that an audit reads of `target` itself.

    Raises:
        SourceError: the target cannot be read at all. What is missing of a target that can is `unread`.
    """
    progress(f"listing {target.id}")
    listing = source.open(target)
    snapshot = source.read(listing, scanners.wanted_of(listing.subject, listing.files), progress)
    if snapshot.subject == "code":
        return Collected(snapshot=snapshot)
    links = scanners.wanted_links(snapshot)
    if links:
        snapshot = source.read_more(snapshot, links)
    progress(f"reading the weight headers of {target.id}")
    wishes = [
        HeaderWish(path=path, max_bytes=max_bytes, max_calls=max_calls, head_bytes=head_bytes)
        for path, max_bytes, max_calls, head_bytes in scanners.headers_of(snapshot)
    ]
    return Collected(snapshot=snapshot, headers=read_headers(source, snapshot, wishes))


def relatives_of(collected: Collected) -> tuple[Relative, ...]:
    """Every relative in the tree once, in reading order."""
    found: dict[tuple[TargetKind, str], Relative] = {}
    waiting = list(collected.relatives)
    while waiting:
        relative = waiting.pop(0)
        key = (relative.target.kind, relative.target.id.lower())
        if relative.collected is not None:
            waiting.extend(relative.collected.relatives)
        if key not in found or found[key].collected is None:
            found[key] = relative
    return tuple(found.values())


def seen_in(collected: Collected, knowledge: Knowledge) -> EvidenceSet:
    """All evidence in what was read of the target itself."""
    return scanners.scan(collected.snapshot, collected.headers.artifacts, knowledge)
