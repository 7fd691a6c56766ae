"""What earlier audits read of the Hub, kept as bundles by endpoint, repository, commit and access."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from openaudit.errors import SourceError
from openaudit.sources.bundle import read_bundle, write_bundle
from openaudit.sources.interface import Listing
from openaudit.sources.limits import Limits
from openaudit.vocabulary import Document, Snapshot, Target, TargetKind

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_LONGEST_REF = 256
_DAY_SECONDS = 86_400
_SUBJECTS = {TargetKind.DATASET: "dataset", TargetKind.CODE: "code"}


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/openaudit`, else `~/.cache/openaudit`.

    Source: XDG Base Directory Specification 0.8
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if base.startswith("/") else Path(os.path.expanduser("~/.cache"))
    return home / "openaudit"


class Cache:
    """Bundles below one folder. A damaged entry counts as none; a cache that cannot be written is no fault.

    What was read with a token is kept apart from what anyone can read, and no token is ever written.
    """

    def __init__(self, folder: Path | None = None, limits: Limits | None = None) -> None:
        self._folder = (folder or cache_folder()) / "hub"
        self._limits = limits or Limits()

    def documents(self, endpoint: str, listing: Listing, with_token: bool) -> Mapping[str, Document]:
        """The texts of the listing's commit that are known whole, by path."""
        if listing.revision is None:
            return {}
        place = self._place(endpoint, listing.subject, listing.id, with_token)
        snapshot = self._load(place / f"{listing.revision}.openaudit")
        if snapshot is None or snapshot.revision != listing.revision or snapshot.id != listing.id:
            return {}
        if (snapshot.access.gated, snapshot.access.private) != (listing.access.gated, listing.access.private):
            return {}  # what could be read then may be closed now
        unchanged = {entry.path for entry in set(snapshot.files) & set(listing.files)}
        return {
            read.path: read for read in snapshot.documents if read.origin is None and read.path in unchanged
        }

    def keep(self, endpoint: str, snapshot: Snapshot, with_token: bool) -> None:
        """Remember the snapshot for its commit, and the commit for the name that it was asked for by."""
        if snapshot.revision is None or not _COMMIT.fullmatch(snapshot.revision):
            return
        place = self._place(endpoint, snapshot.subject, snapshot.id, with_token)
        asked = self._place(endpoint, snapshot.subject, snapshot.target.id, with_token)
        with contextlib.suppress(OSError):
            earlier = self._load(place / f"{snapshot.revision}.openaudit")
            merged = _merged(snapshot, earlier)
            if merged != earlier:
                _write(place / f"{snapshot.revision}.openaudit", write_bundle(merged))
            ref = f"{snapshot.id}\n{snapshot.revision}\n".encode()
            for name in {snapshot.target.revision or "main", snapshot.revision}:
                _write(asked / "refs" / _ref_name(name), ref)
            self._trim()

    def latest(self, endpoint: str, target: Target) -> tuple[Snapshot, float] | None:
        """The last snapshot kept for what `target` names, and when it was resolved (seconds since the epoch)."""
        subject = _SUBJECTS.get(target.kind, "model")
        found: list[tuple[Snapshot, float]] = []
        for with_token in (False, True):
            asked = self._place(endpoint, subject, target.id, with_token)
            ref = asked / "refs" / _ref_name(target.revision or "main")
            for when, name, commit in _pointed(ref):
                snapshot = self._load(
                    self._place(endpoint, subject, name, with_token) / f"{commit}.openaudit"
                )
                if snapshot is not None:
                    found.append((replace(snapshot, target=target), when))
        return max(found, key=lambda item: item[1], default=None)

    def _place(self, endpoint: str, subject: str, name: str, with_token: bool) -> Path:
        host = hashlib.sha256(endpoint.encode()).hexdigest()[:16]
        return (
            self._folder
            / host
            / ("token" if with_token else "public")
            / f"{subject}s--{name.replace('/', '--')}"
        )

    def _load(self, path: Path) -> Snapshot | None:
        try:
            with path.open("rb") as file:
                data = file.read(self._limits.bundle_bytes + 1)
            return read_bundle(data)[0]
        except (OSError, SourceError):
            return None

    def _trim(self) -> None:
        """Once a day, remove the oldest bundles until the rest fits."""
        marker = self._folder / "trimmed"
        if marker.exists() and time.time() - marker.stat().st_mtime < _DAY_SECONDS:
            return
        marker.touch()
        kept = sorted(_sizes(self._folder), key=lambda item: item[0], reverse=True)
        total = 0
        for _, size, path in kept:
            total += size
            if total > self._limits.cache_bytes:
                path.unlink(missing_ok=True)


def _merged(snapshot: Snapshot, earlier: Snapshot | None) -> Snapshot:
    """The snapshot with whole texts only, and those of the same files that an earlier audit read."""
    documents = {(read.path, read.origin): read for read in snapshot.documents if not read.truncated}
    if earlier is not None and (earlier.id, earlier.files) == (snapshot.id, snapshot.files):
        for read in earlier.documents:
            documents.setdefault((read.path, read.origin), read)
    ordered = sorted(documents.values(), key=lambda read: (read.origin or "", read.path))
    return replace(snapshot, documents=tuple(ordered), unread=())


def _pointed(ref: Path) -> Iterator[tuple[float, str, str]]:
    try:
        when = ref.stat().st_mtime
        name, commit = ref.read_text("utf-8")[:1_000].split("\n")[:2]
    except (OSError, ValueError):
        return
    if _COMMIT.fullmatch(commit) and re.fullmatch(r"[A-Za-z0-9._/-]{1,200}", name) and ".." not in name:
        yield when, name, commit


def _ref_name(revision: str) -> str:
    return hashlib.sha256(revision[:_LONGEST_REF].encode()).hexdigest()[:32]


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.glob("*/*/*/*.openaudit"):
        with contextlib.suppress(OSError):
            status = path.stat()
            yield status.st_mtime, status.st_size, path


def _write(path: Path, data: bytes) -> None:
    """Put the file there at once or not at all: other audits may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
