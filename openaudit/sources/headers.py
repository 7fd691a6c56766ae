"""Headers of weight files by ranged reads: a few requests a repository, never the weights."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from openaudit.artifacts import inspect
from openaudit.artifacts.artifact import Artifact
from openaudit.artifacts.reader import BudgetedReader, ByteReader
from openaudit.errors import SourceError
from openaudit.sources.bundle import RecordedFile, RecordingReader
from openaudit.sources.interface import Source
from openaudit.vocabulary import Snapshot, Unread

_TOGETHER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderWish:
    """A weight file whose header counts, and what may be spent on it."""

    path: str
    max_bytes: int
    max_calls: int
    head_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What was read: one artifact a file, the byte ranges for a bundle, and the files that could not be read."""

    artifacts: tuple[Artifact, ...] = ()
    recorded: tuple[RecordedFile, ...] = ()
    unread: tuple[Unread, ...] = ()


class _Watched:
    """A reader that remembers why it could not read: `inspect` only tells that it could not."""

    def __init__(self, reader: ByteReader) -> None:
        self._reader = reader
        self.error: SourceError | None = None

    @property
    def size_bytes(self) -> int | None:
        return self._reader.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        try:
            return self._reader.read_at(offset, length)
        except SourceError as error:
            self.error = error
            raise


def read_headers(source: Source, snapshot: Snapshot, wishes: Sequence[HeaderWish]) -> Headers:
    """The headers of some weight files, read at once, in the order wished for; raises nothing of its own."""
    if not wishes:
        return Headers()
    with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
        read = list(pool.map(lambda wish: _read(source, snapshot, wish), wishes))
    return Headers(
        artifacts=tuple(artifact for artifact, _, _ in read if artifact is not None),
        recorded=tuple(recorded for _, recorded, _ in read if recorded is not None),
        unread=tuple(unread for _, _, unread in read if unread is not None),
    )


def _read(
    source: Source, snapshot: Snapshot, wish: HeaderWish
) -> tuple[Artifact | None, RecordedFile | None, Unread | None]:
    try:
        watched = _Watched(source.reader(snapshot, wish.path))
    except SourceError as error:
        return None, None, Unread(path=wish.path, reason=error.reason, message=f"{wish.path}: {error}")
    recording = RecordingReader(watched, wish.path)
    budgeted = BudgetedReader(
        recording, max_bytes=wish.max_bytes, max_calls=wish.max_calls, head_bytes=wish.head_bytes
    )
    artifact = inspect(wish.path, budgeted)
    failed = watched.error
    if failed is not None and artifact.bytes_read == 0:
        return None, None, Unread(path=wish.path, reason=failed.reason, message=f"{wish.path}: {failed}")
    return artifact, recording.recorded, None
