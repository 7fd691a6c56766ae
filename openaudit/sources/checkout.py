"""A checkout of a code repository on this machine: its files as they lie there; git is not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from openaudit.artifacts.reader import ByteReader
from openaudit.sources.folder import FolderSource
from openaudit.sources.interface import Listing, Progress
from openaudit.sources.limits import Limits
from openaudit.vocabulary import Snapshot, Target, Wanted


def is_checkout(target: Target) -> bool:
    """Whether a target names a folder of this machine (`/path`, `./path`) and no repository of a host."""
    return target.id.startswith(("/", "./", "../")) or target.id in (".", "..")


class CheckoutSource:
    """Reads a folder as a code repository, named after the remote that its `.git` tells of, else after the folder."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._folders = FolderSource(limits)

    def open(self, target: Target) -> Listing:
        """The files of the folder. Raises: NotFound, AccessDenied."""
        listing = self._folders.open(target)
        remote = urlsplit(listing.url or "")
        id_ = f"{remote.hostname}{remote.path}" if remote.hostname else listing.id
        return replace(listing, subject="code", id=id_)

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The listing with the wanted texts."""
        return self._folders.read(listing, wanted, progress)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts of the folder."""
        return self._folders.read_more(snapshot, wanted)

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of a file. Raises: SourceError."""
        return self._folders.reader(snapshot, path)
