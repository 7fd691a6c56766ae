"""The one narrow door through which artifact readers see bytes: read a range, count it, stop at a budget."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

KIB = 1024
DEFAULT_MAX_BYTES = 1_000_000
"""Bytes fetched per file at most: what a header costs, whatever the size of the weights behind it."""
DEFAULT_MAX_CALLS = 128
_HEAD_BYTES = 64 * KIB
_JUMP_BYTES = 4 * KIB
_GROWTH_LIMIT_BYTES = 256 * KIB


class ByteReader(Protocol):
    """Random access to one file, wherever it lies.

    `size_bytes` is the size as declared by whoever serves the file: it may be missing and it may lie.
    """

    @property
    def size_bytes(self) -> int | None:
        """The declared size in bytes, if there is one."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only at the end of the file.

        Raises: OSError or openaudit.errors.SourceError when the bytes cannot be had.
        """
        ...


class BudgetSpentError(Exception):
    """The bytes or calls allowed for this file are used up; what was read so far still counts."""


class BytesReader:
    """A reader of bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size_bytes(self) -> int:
        """The size in bytes."""
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return the bytes of the range that exist."""
        if offset < 0 or length <= 0:
            return b""
        return self._data[offset : offset + length]


class WindowReader:
    """A reader of a stretch of another one: a member that lies uncompressed in an archive."""

    def __init__(self, reader: ByteReader, start: int, length: int) -> None:
        self._reader = reader
        self._start = start
        self._length = length

    @property
    def size_bytes(self) -> int:
        """The length of the stretch in bytes."""
        return self._length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return the bytes of the stretch that exist. Raises: what the reader underneath raises."""
        if offset < 0 or offset >= self._length:
            return b""
        return self._reader.read_at(self._start + offset, min(length, self._length - offset))


def _open_without_waiting(path: str, flags: int) -> int:
    """Open so that a pipe put in the file's place cannot block."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _require_regular(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"not a regular file: {path.name}")


class FileByteReader:
    """A reader of one regular file on disk, opened for each read so that no descriptor outlives an audit.

    Pipes, sockets and devices are refused, so that a hostile folder cannot make an audit wait.

    Raises: OSError when the path is not a readable regular file, or leads out of the folder `within`.
    """

    def __init__(self, path: str | os.PathLike[str], *, within: str | os.PathLike[str] | None = None) -> None:
        self._path = Path(path)
        if within is not None and not self._path.resolve().is_relative_to(Path(within).resolve()):
            raise OSError(f"leads out of its folder: {self._path.name}")
        status = self._path.stat()
        _require_regular(status, self._path)
        self._size_bytes = status.st_size

    @property
    def size_bytes(self) -> int:
        """The size in bytes when the reader was made."""
        return self._size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """Return the bytes of the range that exist. Raises: OSError."""
        if offset < 0 or length <= 0 or offset >= self._size_bytes:
            return b""
        length = min(length, self._size_bytes - offset)
        with open(self._path, "rb", buffering=0, opener=_open_without_waiting) as file:
            _require_regular(os.fstat(file.fileno()), self._path)
            file.seek(offset)
            parts = []
            while length > 0 and (part := file.read(length)):
                parts.append(part)
                length -= len(part)
        return b"".join(parts)


class BudgetedReader:
    """A reader that fetches another one's bytes in blocks, keeps them, and stops at a budget.

    The first read fetches 64 KiB, a jump elsewhere 4 KiB, and reading on doubles the block up to 256 KiB,
    so that a header costs few requests and a probe costs few bytes.

    Raises: BudgetSpentError from `read_at`, when bytes beyond the budget are needed.
    """

    def __init__(
        self,
        reader: ByteReader,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        max_calls: int = DEFAULT_MAX_CALLS,
        head_bytes: int = _HEAD_BYTES,
    ) -> None:
        self._reader = reader
        self._max_bytes = max_bytes
        self._max_calls = max_calls
        self._segments: dict[int, bytes] = {}
        self._block_bytes = head_bytes
        self._next_offset = 0
        self._latest = (0, b"")
        self._end: int | None = None
        self.bytes_read = 0
        self.calls = 0

    @property
    def size_bytes(self) -> int | None:
        """The size in bytes that the reader underneath declares."""
        return self._reader.size_bytes

    @property
    def segments(self) -> Mapping[int, bytes]:
        """What was fetched, by offset: for a search that must not fetch more."""
        return MappingProxyType(self._segments)

    @property
    def remaining_bytes(self) -> int:
        """Bytes that may still be fetched."""
        return max(0, self._max_bytes - self.bytes_read)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only at the end of the file.

        Raises: BudgetSpentError, OSError, or what the reader underneath raises.
        """
        if offset < 0 or length <= 0:
            return b""
        start, latest = self._latest
        if start <= offset and offset + length <= start + len(latest):
            return latest[offset - start : offset - start + length]
        parts: list[bytes] = []
        position, end = offset, offset + length
        while position < end:
            part = self._cached(position, end) or self._fetch(position, end)
            if not part:
                break
            parts.append(part)
            position += len(part)
        return b"".join(parts)

    def _cached(self, position: int, end: int) -> bytes:
        for start, data in self._segments.items():
            if start <= position < start + len(data):
                self._latest = (start, data)
                return data[position - start : end - start]
        return b""

    def _fetch(self, position: int, end: int) -> bytes:
        limit = self._known_end()
        if limit is not None and position >= limit:
            return b""
        needed = min(end - position, self._gap(position))
        if limit is not None:
            needed = min(needed, limit - position)
        if needed > self.remaining_bytes:
            raise BudgetSpentError(f"{self._max_bytes} bytes may be read of this file; more were needed")
        if self.calls >= self._max_calls:
            raise BudgetSpentError(f"{self._max_calls} reads may be made of this file; more were needed")
        data = self._call(position, self._block(position, needed, limit))
        return data[:needed]

    def _block(self, position: int, needed: int, limit: int | None) -> int:
        if self.calls:
            sequential = position == self._next_offset
            self._block_bytes = min(self._block_bytes * 2, _GROWTH_LIMIT_BYTES) if sequential else _JUMP_BYTES
        block = max(needed, min(self._block_bytes, self._gap(position)))
        if limit is not None:
            block = min(block, limit - position)
        return min(block, self.remaining_bytes)

    def _gap(self, position: int) -> int:
        """Bytes from here to the next fetched segment: reading ahead never fetches a byte twice."""
        following = [start - position for start in self._segments if start > position]
        return min(following, default=1 << 62)

    def _call(self, position: int, length: int) -> bytes:
        self.calls += 1
        data = bytes(self._reader.read_at(position, length)[:length])
        self.bytes_read += len(data)
        self._next_offset = position + len(data)
        if len(data) < length:
            self._end = position + len(data) if self._end is None else min(self._end, position + len(data))
        if data:
            self._segments[position] = data
            self._latest = (position, data)
        return data

    def _known_end(self) -> int | None:
        """Where the file really ends if a short read showed it, else where it is said to end."""
        return self._end if self._end is not None else self.size_bytes

    @property
    def end(self) -> int | None:
        """The end of the file as far as it is known, in bytes from its start."""
        return self._known_end()
