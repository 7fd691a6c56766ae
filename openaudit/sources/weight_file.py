"""A single weight file on disk as a target: that file alone, not the folder that it lies in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from openaudit.artifacts.names import classify_name
from openaudit.artifacts.reader import ByteReader, FileByteReader
from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.repository_names import identify
from openaudit.vocabulary import FileEntry, Snapshot, Target, Unread, Wanted

WEIGHT_KINDS = ("weights", "adapter_weights", "optimizer_state")
ONLY_THIS = "not-looked-at"
"""Why the rest of a folder is unread: nobody asked for it. No failure, so it does not change the exit status."""
_MAGIC = {b"GGUF": ".gguf", b"\x89HDF": ".h5"}
_POINTER = b"version https://git-lfs.github.com/spec/v1"


class WeightFileSource:
    """Reads one weight file. A card or a license beside it is not looked at, and the snapshot says so."""

    def open(self, target: Target) -> Listing:
        """The file as the only entry of a list that is not complete. Raises: SourceError."""
        path = Path(target.id)
        reader, head = _opened(path)
        name = _listed_name(path, head)
        identity = identify(path.parent)
        is_copy = identity.revision is not None and "/" in identity.id
        return Listing(
            target=target,
            subject="model",
            id=identity.id if is_copy else name,
            revision=identity.revision if is_copy else None,
            url=identity.url if is_copy else None,
            resolved_at=resolved_now(),
            files=(FileEntry(path=name, size_bytes=reader.size_bytes),),
            listing_complete=False,
            unread=(_rest(name),),
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The listing alone: one weight file has no texts."""
        return listing.snapshot((), [_not_here(wish) for wish in dict.fromkeys(wanted)])

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The same snapshot."""
        more = tuple(_not_here(wish) for wish in dict.fromkeys(wanted))
        return replace(snapshot, unread=(*snapshot.unread, *more))

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of the file. Raises: SourceError."""
        if all(entry.path != path for entry in listing_of(snapshot).files):
            raise NotFound(f"{path} is not the file that was named.")
        return _opened(Path(snapshot.target.id))[0]


def looks_like_weights(path: Path) -> bool:
    """Whether a path is a regular file that by its name or its first bytes holds weights."""
    try:
        _listed_name(path, _opened(path)[1])
    except SourceError:
        return False
    return True


def _opened(path: Path) -> tuple[FileByteReader, bytes]:
    """The file and its first bytes. Raises: SourceError."""
    name = path.name
    try:
        reader = FileByteReader(path)
        head = reader.read_at(0, len(_POINTER))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"There is no file {name}.", hint="Check the path.") from None
    except PermissionError as error:
        raise AccessDenied(f"{name} cannot be read.", hint="Check its permissions.") from error
    except (OSError, ValueError) as error:
        raise Damaged(f"{name} cannot be read: {error}.") from error
    if head == _POINTER:
        raise NotFound(f"{name} is a git-LFS pointer: its bytes are not here.", hint="Run `git lfs pull`.")
    return reader, head


def _listed_name(path: Path, head: bytes) -> str:
    """The name to list; a blob without a suffix (of Ollama, of the Hub's cache) gets that of its format.

    Raises: Damaged for what is no weight file.
    """
    name = os.fsencode(path.name).decode("utf-8", "backslashreplace")
    if classify_name(name) in WEIGHT_KINDS:
        return name
    suffix = _MAGIC.get(head[:4])
    if suffix is None:
        raise Damaged(
            f"{name} is no weight file.",
            hint="Name the folder that it lies in, or classify a license text with `openaudit license`.",
        )
    return name + suffix


def _rest(name: str) -> Unread:
    return Unread(
        path=".",
        reason=ONLY_THIS,
        message=f"Only {name} was looked at, not the folder that it lies in: a card or a license may be there.",
    )


def _not_here(wish: Wanted) -> Unread:
    return Unread(path=wish.path, reason=ONLY_THIS, message=f"{wish.path} is not the file that was named.")
