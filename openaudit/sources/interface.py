"""What every source offers: list a target, read its texts, and read byte ranges of its weight files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from openaudit.vocabulary import Access, Document, FileEntry, Snapshot, Target, Unread, Wanted

if TYPE_CHECKING:
    from openaudit.artifacts.reader import ByteReader  # its package loads more than parsing a target needs

Progress = Callable[[str], None]
"""Told, in a few words, what is being read; what it does with them is the caller's affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is there, before any text was read: the fields are those of `Snapshot`."""

    target: Target
    subject: Literal["model", "dataset", "code"]
    id: str
    revision: str | None
    url: str | None
    resolved_at: str
    files: tuple[FileEntry, ...]
    listing_complete: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)
    access: Access = field(default_factory=Access)
    unread: tuple[Unread, ...] = ()

    def lacks(self, path: str) -> bool:
        """Whether there certainly is no such file: the list is complete and does not name it."""
        return self.listing_complete and all(entry.path != path for entry in self.files)

    def snapshot(
        self, documents: Sequence[Document], unread: Sequence[Unread], access: Access | None = None
    ) -> Snapshot:
        """This listing together with what was read of it."""
        return Snapshot(
            target=self.target,
            subject=self.subject,
            id=self.id,
            revision=self.revision,
            url=self.url,
            resolved_at=self.resolved_at,
            files=self.files,
            listing_complete=self.listing_complete,
            metadata=self.metadata,
            documents=tuple(documents),
            unread=(*self.unread, *unread),
            access=access or self.access,
        )


def listing_of(snapshot: Snapshot) -> Listing:
    """The listing that `snapshot` was made from, with all of its `unread`."""
    return Listing(
        target=snapshot.target,
        subject=snapshot.subject,
        id=snapshot.id,
        revision=snapshot.revision,
        url=snapshot.url,
        resolved_at=snapshot.resolved_at,
        files=snapshot.files,
        listing_complete=snapshot.listing_complete,
        metadata=snapshot.metadata,
        access=snapshot.access,
        unread=snapshot.unread,
    )


class Source(Protocol):
    """Where bytes come from. One source may serve several targets at once, from several threads.

    A text that cannot be read becomes an `Unread` with the error's reason, never an exception. A text longer than
    its `max_bytes` becomes both: a `Document` with `truncated` set, and an `Unread` with the reason `too-large`.
    The path of an `Unread` from another repository is `<origin>/<path>`.
    """

    def open(self, target: Target) -> Listing:
        """What is there, in one or few requests. Raises: SourceError when the target cannot be read at all."""
        ...

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The listing with all wanted texts, read at once, in the order wanted; raises nothing of its own."""
        ...

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts, for what is known only after the first were read (a license_link)."""
        ...

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Byte ranges of one file of the snapshot.

        Raises: SourceError when the file cannot be had; so does the reader's `read_at`.
        """
        ...


def resolved_now() -> str:
    """The moment a target is resolved: UTC, ISO 8601, whole seconds; SOURCE_DATE_EPOCH fixes it.

    Source: https://reproducible-builds.org/specs/source-date-epoch/
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(fixed) if fixed.isascii() and fixed.isdigit() and len(fixed) <= 11 else time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
