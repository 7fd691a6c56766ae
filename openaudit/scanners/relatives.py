"""Which other repositories to read for a target: its bases, its training data, and the code that it links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.scanners.code_links import code_target
from openaudit.vocabulary import EvidenceSet, Snapshot, Target, TargetKind

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}")
_DATASET = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9_][\w.-]{0,95})?")
_MOST_BASES = 8
_MOST_DATASETS = 8
_MOST_CODE = 4
_TRAINING = ("training", "source")


def wanted_relatives(snapshot: Snapshot, seen: EvidenceSet) -> tuple[Target, ...]:
    """The repositories to read beside a snapshot, each once: bases first, then datasets, then code.

    A dataset's own sources are not followed, nor a library's code: they are no part of this release.
    """
    if snapshot.subject != "model":
        return ()
    found = (*_bases(snapshot, seen), *_datasets(seen), *_code(seen))
    return tuple(dict.fromkeys(found))


def _bases(snapshot: Snapshot, seen: EvidenceSet) -> Iterator[Target]:
    ids = dict.fromkeys(e.value for e in seen.of("base.named") if _REPOSITORY.fullmatch(e.value))
    for id_ in [id_ for id_ in ids if ".." not in id_][:_MOST_BASES]:
        yield Target(kind=TargetKind.MODEL, id=id_, text=id_)


def _datasets(seen: EvidenceSet) -> Iterator[Target]:
    named = [e for e in seen.of("data.named") if e.detail.get("role") in _TRAINING]
    ids = dict.fromkeys(e.value for e in named if _DATASET.fullmatch(e.value) and ".." not in e.value)
    for id_ in list(ids)[:_MOST_DATASETS]:
        yield Target(kind=TargetKind.DATASET, id=id_, text=f"datasets/{id_}")


def _code(seen: EvidenceSet) -> Iterator[Target]:
    links = [
        evidence
        for topic in ("training", "data-preparation", "evaluation", "repository", "inference")
        for evidence in seen.of(f"code.link.{topic}")
        if evidence.detail.get("owner") != "library"
    ]
    links.sort(key=lambda evidence: evidence.detail.get("owner") != "own")
    targets = dict.fromkeys(target for e in links if (target := code_target(e.value)) is not None)
    yield from list(targets)[:_MOST_CODE]
