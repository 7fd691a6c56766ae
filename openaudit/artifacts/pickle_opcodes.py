"""The opcodes of pickle protocols 0 to 5, and how each one's argument is read without keeping long ones.

Source: CPython Lib/pickle.py and Lib/pickletools.py, protocol 5.
"""

import codecs
import struct
from typing import Final

from openaudit.artifacts.artifact import DamagedError
from openaudit.artifacts.cursor import Cursor

MAX_KEPT_BYTES = 512
"""Longer strings are passed over: no module or attribute that can be imported has such a name."""
_MAX_LINE_BYTES = 1 << 20


class Unknown:
    """A value that was not followed: too long, or the result of something that would have to run."""

    __slots__ = ()


UNKNOWN: Final = Unknown()

# code: (name, kind of argument)
OPCODES: dict[int, tuple[str, str]] = {
    ord(code): (name, kind)
    for code, name, kind in (
        ("(", "MARK", ""), (".", "STOP", ""), ("0", "POP", ""), ("1", "POP_MARK", ""), ("2", "DUP", ""),
        ("F", "FLOAT", "line"), ("I", "INT", "int-line"), ("J", "BININT", "i4"), ("K", "BININT1", "u1"),
        ("L", "LONG", "int-line"), ("M", "BININT2", "u2"), ("N", "NONE", ""), ("P", "PERSID", "line"),
        ("Q", "BINPERSID", ""), ("R", "REDUCE", ""), ("S", "STRING", "quoted-line"), ("T", "BINSTRING", "text4s"),
        ("U", "SHORT_BINSTRING", "text1"), ("V", "UNICODE", "escaped-line"), ("X", "BINUNICODE", "text4"),
        ("a", "APPEND", ""), ("b", "BUILD", ""), ("c", "GLOBAL", "pair"), ("d", "DICT", ""), ("}", "EMPTY_DICT", ""),
        ("e", "APPENDS", ""), ("g", "GET", "int-line"), ("h", "BINGET", "u1"), ("i", "INST", "pair"),
        ("j", "LONG_BINGET", "u4"), ("l", "LIST", ""), ("]", "EMPTY_LIST", ""), ("o", "OBJ", ""),
        ("p", "PUT", "int-line"), ("q", "BINPUT", "u1"), ("r", "LONG_BINPUT", "u4"), ("s", "SETITEM", ""),
        ("t", "TUPLE", ""), (")", "EMPTY_TUPLE", ""), ("u", "SETITEMS", ""), ("G", "BINFLOAT", "f8"),
        ("\x80", "PROTO", "u1"), ("\x81", "NEWOBJ", ""), ("\x82", "EXT1", "u1"), ("\x83", "EXT2", "u2"),
        ("\x84", "EXT4", "i4"), ("\x85", "TUPLE1", ""), ("\x86", "TUPLE2", ""), ("\x87", "TUPLE3", ""),
        ("\x88", "NEWTRUE", ""), ("\x89", "NEWFALSE", ""), ("\x8a", "LONG1", "long1"), ("\x8b", "LONG4", "long4"),
        ("B", "BINBYTES", "bytes4"), ("C", "SHORT_BINBYTES", "bytes1"), ("\x8c", "SHORT_BINUNICODE", "text1"),
        ("\x8d", "BINUNICODE8", "text8"), ("\x8e", "BINBYTES8", "bytes8"), ("\x8f", "EMPTY_SET", ""),
        ("\x90", "ADDITEMS", ""), ("\x91", "FROZENSET", ""), ("\x92", "NEWOBJ_EX", ""), ("\x93", "STACK_GLOBAL", ""),
        ("\x94", "MEMOIZE", ""), ("\x95", "FRAME", "u8"), ("\x96", "BYTEARRAY8", "bytes8"),
        ("\x97", "NEXT_BUFFER", ""), ("\x98", "READONLY_BUFFER", ""),
    )
}  # fmt: skip


def read_argument(cursor: Cursor, kind: str) -> object:
    """The argument of an opcode; long strings and numbers come back as UNKNOWN.

    Raises: DamagedError, BudgetSpentError.
    """
    match kind:
        case "u1" | "u2" | "u4" | "u8":
            return cursor.unsigned(int(kind[1]))
        case "i4":
            return cursor.signed(4)
        case "f8":
            return struct.unpack(">d", cursor.read(8))[0]
        case "pair":
            return _line(cursor), _line(cursor)
        case "line":
            return _line(cursor)
        case "int-line":
            return _integer_line(_line(cursor), cursor.offset)
        case "quoted-line":
            return _quoted(_line(cursor))
        case "escaped-line":
            return _escaped(_line(cursor))
        case "long1" | "long4":
            return _long(cursor, int(kind[4]))
        case _:
            return _counted(cursor, kind)


def _line(cursor: Cursor) -> bytes | Unknown:
    """A line without its newline."""
    start, kept, size = cursor.offset, b"", 256
    while True:
        chunk = cursor.peek(size)
        if not chunk:  # at the end of the file CPython takes what is there, less its last byte, for a line
            return kept[:-1] if len(kept) <= MAX_KEPT_BYTES else UNKNOWN
        end = chunk.find(b"\n")
        kept = (kept + (chunk if end < 0 else chunk[:end]))[: MAX_KEPT_BYTES + 1]
        cursor.skip(len(chunk) if end < 0 else end + 1)
        if end >= 0:
            return kept if len(kept) <= MAX_KEPT_BYTES else UNKNOWN
        if cursor.offset - start > _MAX_LINE_BYTES:
            raise DamagedError("string-too-long", "a line without an end", start)
        size = 4096


def _integer_line(line: bytes | Unknown, offset: int) -> object:
    if isinstance(line, Unknown) or len(line) > 32:
        return UNKNOWN
    if line in (b"00", b"01"):
        return line == b"01"
    digits = line.strip().rstrip(b"L")
    try:
        return int(digits) if digits.isdigit() else int(digits, 0)
    except ValueError:
        raise DamagedError("bad-opcode", "a number was expected", offset) from None


def _quoted(line: bytes | Unknown) -> object:
    if isinstance(line, Unknown):
        return UNKNOWN
    text = line.strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"'\"":
        return UNKNOWN
    try:
        return codecs.escape_decode(text[1:-1])[0].decode("latin-1")
    except ValueError:
        return UNKNOWN


def _escaped(line: bytes | Unknown) -> object:
    if isinstance(line, Unknown):
        return UNKNOWN
    try:
        return line.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        return UNKNOWN


def _long(cursor: Cursor, width: int) -> object:
    length = cursor.unsigned(width)
    if length > 16:
        cursor.skip(length)
        return UNKNOWN
    return cursor.signed(length) if length else 0


def _counted(cursor: Cursor, kind: str) -> object:
    """A string or bytes after its length: kind is text1, text4, text4s (signed length), text8, bytes1 ..."""
    signed = kind.endswith("s") and kind.startswith("text")
    width = int(kind.rstrip("s")[-1])
    at = cursor.offset
    length = cursor.signed(width) if signed else cursor.unsigned(width)
    if length < 0:
        raise DamagedError("bad-opcode", "a string of negative length", at)
    if length > MAX_KEPT_BYTES:
        cursor.skip(length)
        return UNKNOWN
    raw = cursor.read(length)
    if kind.startswith("bytes"):
        return raw
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # CPython stops here; going on sees no less
        return raw.decode("utf-8", "replace")
