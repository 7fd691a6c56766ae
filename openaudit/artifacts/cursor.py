"""A position in a file that moves forward, and fails by name instead of reading past the end."""

import struct
from typing import Literal

from openaudit.artifacts.artifact import DamagedError
from openaudit.artifacts.reader import BudgetedReader

ByteOrder = Literal["<", ">"]


class Cursor:
    """Reads numbers and byte strings one after the other from `start` up to `end`.

    Raises: DamagedError("truncated") where the file ends too early, BudgetSpentError.
    """

    __slots__ = ("end", "offset", "order", "reader")

    def __init__(
        self, reader: BudgetedReader, start: int = 0, *, end: int | None = None, order: ByteOrder = "<"
    ) -> None:
        self.reader = reader
        self.offset = start
        self.end = end
        self.order: ByteOrder = order

    @property
    def limit(self) -> int | None:
        """Where reading must stop: the given end, or the end of the file if it is known."""
        if self.end is None:
            return self.reader.end
        known = self.reader.end
        return self.end if known is None else min(self.end, known)

    @property
    def at_end(self) -> bool:
        """True when there is nothing more to read."""
        limit = self.limit
        if limit is not None:
            return self.offset >= limit
        return not self.reader.read_at(self.offset, 1)

    def peek(self, length: int) -> bytes:
        """Up to `length` bytes from here, without moving."""
        if self.end is not None:
            length = min(length, self.end - self.offset)
        return self.reader.read_at(self.offset, length)

    def read(self, length: int) -> bytes:
        """Exactly `length` bytes."""
        self._require(length)
        data = self.reader.read_at(self.offset, length)
        if len(data) < length:
            raise DamagedError("truncated", f"{length} bytes expected, {len(data)} are there", self.offset)
        self.offset += length
        return data

    def skip(self, length: int) -> None:
        """Move on without reading; the bytes must lie inside the file."""
        self._require(length)
        self.offset += length

    def unsigned(self, size: int) -> int:
        """An unsigned number of `size` bytes in the cursor's byte order."""
        return int.from_bytes(self.read(size), "little" if self.order == "<" else "big")

    def signed(self, size: int) -> int:
        """A signed number of `size` bytes in the cursor's byte order."""
        return int.from_bytes(self.read(size), "little" if self.order == "<" else "big", signed=True)

    def real(self, size: int) -> float:
        """An IEEE number of 4 or 8 bytes."""
        return float(struct.unpack(self.order + ("f" if size == 4 else "d"), self.read(size))[0])

    def _require(self, length: int) -> None:
        limit = self.limit
        if length < 0 or (limit is not None and length > limit - self.offset):
            left = "?" if limit is None else max(0, limit - self.offset)
            raise DamagedError("truncated", f"{length} bytes expected, {left} are left", self.offset)
