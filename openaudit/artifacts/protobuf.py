"""Walks protocol buffers field by field without a schema, passing over what is not asked for.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.artifacts.artifact import DamagedError
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.reader import BudgetedReader

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_FIELDS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message: its number, and a number or the span of its bytes in the file."""

    number: int
    wire: int
    value: int  # for varints and fixed numbers
    start: int
    end: int

    @property
    def length(self) -> int:
        """The size of the contents in bytes."""
        return self.end - self.start


def fields(reader: BudgetedReader, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of the message between `start` and `end`; contents of length-delimited ones are not read.

    Raises: DamagedError, BudgetSpentError.
    """
    cursor = Cursor(reader, start, end=end)
    for _ in range(MAX_FIELDS):
        if cursor.at_end:
            return
        at = cursor.offset
        tag = read_varint(cursor)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise DamagedError("bad-field", "a field with the number 0", at)
        value, begin = 0, cursor.offset
        if wire == VARINT:
            value = read_varint(cursor)
        elif wire in (FIXED64, FIXED32):
            value = cursor.unsigned(8 if wire == FIXED64 else 4)
        elif wire == BYTES:
            length = read_varint(cursor)
            begin = cursor.offset
            cursor.skip(length)
        else:
            raise DamagedError("bad-field", f"wire type {wire} is not known", at)
        yield Field(number=number, wire=wire, value=value, start=begin, end=cursor.offset)
    raise DamagedError("budget", f"a message of more than {MAX_FIELDS} fields", cursor.offset)


def read_varint(cursor: Cursor) -> int:
    """A base-128 number of at most ten bytes. Raises: DamagedError."""
    result, shift, at = 0, 0, cursor.offset
    while shift < 70:
        byte = cursor.read(1)[0]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & (2**64 - 1)
        shift += 7
    raise DamagedError("bad-field", "a number of more than ten bytes", at)


def text(reader: BudgetedReader, field: Field, limit: int = 1200) -> str:
    """The field's bytes as text, at most `limit` of them."""
    if field.wire != BYTES:
        return ""
    return reader.read_at(field.start, min(field.length, limit)).decode("utf-8", "replace")


def packed_numbers(reader: BudgetedReader, field: Field, limit: int = 64) -> list[int]:
    """The numbers of a repeated field, packed or not, at most `limit`."""
    if field.wire != BYTES:
        return [field.value]
    cursor = Cursor(reader, field.start, end=field.end)
    numbers: list[int] = []
    while cursor.offset < field.end and len(numbers) < limit:
        numbers.append(read_varint(cursor))
    return numbers
