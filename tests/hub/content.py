"""Bytes that a repository holds: in memory, on disk, or declared and never materialised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

PIECE_BYTES = 256 * 1024
HASHED_WHOLE_BYTES = 64 * 1024 * 1024
_SAMPLE_BYTES = 64 * 1024


class Content(Protocol):
    """Bytes of a known size that can be read in pieces."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to, not including, `stop`; both within the size."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Bytes as they stand."""

    data: bytes

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self, start: int, stop: int) -> bytes:
        """A slice."""
        return self.data[start:stop]


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file on disk, also a sparse one; opened anew for each piece, never read whole."""

    path: Path

    @property
    def size_bytes(self) -> int:
        """The file's apparent size."""
        return self.path.stat().st_size

    def read(self, start: int, stop: int) -> bytes:
        """One piece of the file."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


@dataclass(frozen=True, slots=True)
class Sparse:
    """A file of any size made of islands of bytes in a sea of zeros: `parts` maps offset to bytes."""

    size: int
    parts: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """The declared size."""
        return self.size

    def read(self, start: int, stop: int) -> bytes:
        """Zeros, with the islands that fall into the piece."""
        stop = min(stop, self.size)
        piece = bytearray(max(0, stop - start))
        for offset, data in self.parts.items():
            first, last = max(start, offset), min(stop, offset + len(data))
            if first < last:
                piece[first - start : last - start] = data[first - offset : last - offset]
        return bytes(piece)


@dataclass(frozen=True, slots=True)
class Generated:
    """A file of `size` bytes whose pieces a function makes: `produce(start, stop)` gives `stop - start` bytes."""

    size: int
    produce: Callable[[int, int], bytes]

    @property
    def size_bytes(self) -> int:
        """The declared size."""
        return self.size

    def read(self, start: int, stop: int) -> bytes:
        """What the function makes of the piece."""
        return self.produce(start, min(stop, self.size))


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of another content from `start` up to `stop`."""

    whole: Content
    start: int
    stop: int

    @property
    def size_bytes(self) -> int:
        """The length of the stretch."""
        return self.stop - self.start

    def read(self, start: int, stop: int) -> bytes:
        """One piece, counted from the start of the stretch."""
        return self.whole.read(self.start + start, min(self.start + stop, self.stop))


Given = str | bytes | Path | Content


def content_of(given: Given) -> Content:
    """What a test may write for a file: text, bytes, the path of a file on disk, or a Content."""
    if isinstance(given, str):
        return InMemory(given.encode())
    if isinstance(given, bytes):
        return InMemory(given)
    if isinstance(given, Path):
        return OnDisk(given)
    return given


def pieces(content: Content, start: int, stop: int, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """The bytes from `start` to `stop`, at most `piece_bytes` at a time."""
    while start < stop:
        piece = content.read(start, min(stop, start + piece_bytes))
        if not piece:
            return
        yield piece
        start += len(piece)


def sha256(content: Content) -> str:
    """SHA-256 in hex; above 64 MiB a stand-in made of the size and the first and last 64 KiB, to spare the reading."""
    size = content.size_bytes
    digest = hashlib.sha256()
    if size <= HASHED_WHOLE_BYTES:
        for piece in pieces(content, 0, size):
            digest.update(piece)
    else:
        digest.update(f"{size} bytes\0".encode())
        digest.update(content.read(0, _SAMPLE_BYTES))
        digest.update(content.read(size - _SAMPLE_BYTES, size))
    return digest.hexdigest()


def git_blob_id(data: bytes) -> str:
    """The id git gives a file with these bytes.

    Source: "Git Internals - Git Objects", https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
    """
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def lfs_pointer(sha256_hex: str, size_bytes: int) -> bytes:
    """The text that git holds in place of a large file.

    Source: Git LFS specification, https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
    """
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256_hex}\nsize {size_bytes}\n".encode()
    )
