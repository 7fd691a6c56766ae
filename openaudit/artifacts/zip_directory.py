"""The directory of a zip file, read from its end by ranges; members are opened in place and inflated to a cap.

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

import stat
import struct
import zlib
from dataclasses import dataclass

from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.reader import KIB, BudgetedReader, BytesReader, WindowReader
from openaudit.artifacts.safetensors import leaves_folder

STORED, DEFLATED = 0, 8
MAX_INFLATED_BYTES = 8 * KIB * KIB
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 65_535
_BOMB_RATIO = 200
_BOMB_BYTES = 16 * KIB * KIB
_MAX_ENTRIES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member as the central directory describes it; sizes in bytes."""

    name: str
    method: int
    flags: int
    crc: int
    compressed_bytes: int
    size_bytes: int
    header_offset: int
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The members of a zip file in the order of its central directory."""

    entries: tuple[Entry, ...]
    start: int  # bytes before the first member that are no part of the zip


def read_directory(reader: BudgetedReader, draft: Draft) -> Directory:
    """Read the central directory and note everything hostile about it.

    Raises: DamagedError when there is none, BudgetSpentError.
    """
    end = reader.end
    if end is None:
        raise DamagedError("size-unknown", "a zip file is read from its end, and its size is not known")
    count, size, offset, directory_end = _locate(reader, end)
    shift = directory_end - size - offset
    if shift < 0 or size > directory_end:
        raise DamagedError(
            "out-of-range", f"a directory of {size} bytes at {offset} is not in the file", offset
        )
    if shift:
        draft.problem("prepended-bytes", f"{shift} bytes stand before the zip file", 0)
    raw = reader.read_at(offset + shift, size)
    if len(raw) < size:
        raise DamagedError("truncated", "the zip directory is cut off", offset + shift + len(raw))
    entries = _entries(raw, count, shift, draft, offset + shift)
    _check(entries, offset + shift, draft)
    return Directory(entries=entries, start=shift)


def _locate(reader: BudgetedReader, end: int) -> tuple[int, int, int, int]:
    """Entry count, directory size, directory offset, and where the directory's end records begin."""
    for tail_bytes in (4 * KIB, _MAX_COMMENT + _END.size):
        start = max(0, end - tail_bytes)
        tail = reader.read_at(start, end - start)
        found = tail.rfind(b"PK\x05\x06")
        if found >= 0 and len(tail) - found >= _END.size:
            break
        if start == 0:
            raise DamagedError("no-directory", "a zip file without a directory at its end", end)
    else:
        raise DamagedError("no-directory", "a zip file without a directory at its end", end)
    position = start + found
    _magic, _disk, _start_disk, _on_disk, count, size, offset, _comment = _END.unpack_from(tail, found)
    locator = reader.read_at(position - _LOCATOR.size, _LOCATOR.size) if position >= _LOCATOR.size else b""
    if locator[:4] != b"PK\x06\x07":
        return count, size, offset, position
    wide_at = _LOCATOR.unpack(locator)[2]
    wide = reader.read_at(wide_at, _END64.size)
    if len(wide) < _END64.size or wide[:4] != b"PK\x06\x06":
        wide_at = position - _LOCATOR.size - _END64.size
        wide = reader.read_at(wide_at, _END64.size)
        if len(wide) < _END64.size or wide[:4] != b"PK\x06\x06":
            raise DamagedError("bad-zip64", "the zip64 record is not where it should be", position)
    fields = _END64.unpack(wide)
    return fields[7], fields[8], fields[9], wide_at


def _entries(raw: bytes, count: int, shift: int, draft: Draft, base: int) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    position = 0
    while position + _ENTRY.size <= len(raw) and len(entries) < _MAX_ENTRIES:
        fields = _ENTRY.unpack_from(raw, position)
        if fields[0] != b"PK\x01\x02":
            draft.problem("bad-entry", "an entry of the zip directory is damaged", base + position)
            break
        name_bytes, extra_bytes, comment_bytes = fields[10], fields[11], fields[12]
        after = position + _ENTRY.size
        name = raw[after : after + name_bytes]
        extra = raw[after + name_bytes : after + name_bytes + extra_bytes]
        entries.append(_entry(fields, name, extra, shift))
        position = after + name_bytes + extra_bytes + comment_bytes
    if len(entries) != count:
        draft.problem("count-mismatch", f"the zip announces {count} members and lists {len(entries)}", base)
    return tuple(entries)


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes, shift: int) -> Entry:
    compressed, size, offset = _wide_sizes(fields[8], fields[9], fields[16], extra)
    encoding = "utf-8" if fields[3] & 0x800 else "cp437"
    return Entry(
        name=name.decode(encoding, "replace"),
        flags=fields[3],
        method=fields[4],
        crc=fields[7],
        compressed_bytes=compressed,
        size_bytes=size,
        header_offset=offset + shift,
        mode=fields[15] >> 16,
    )


def _wide_sizes(compressed: int, size: int, offset: int, extra: bytes) -> tuple[int, int, int]:
    """The sizes and offset, with zip64's extra field in place of each that is all ones."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        body = extra[position + 4 : position + 4 + length]
        if kind == 1:
            numbers = [number[0] for number in struct.iter_unpack("<Q", body[: len(body) // 8 * 8])]
            size = numbers.pop(0) if size == 0xFFFFFFFF and numbers else size
            compressed = numbers.pop(0) if compressed == 0xFFFFFFFF and numbers else compressed
            offset = numbers.pop(0) if offset == 0xFFFFFFFF and numbers else offset
            break
        position += 4 + length
    return compressed, size, offset


def _check(entries: tuple[Entry, ...], directory: int, draft: Draft) -> None:
    seen: set[str] = set()
    for entry in entries:
        label = clean_text(entry.name, 120)
        if leaves_folder(entry.name):
            draft.problem("path-traversal", f"the member {label!r} would be written outside the folder")
            draft.external(entry.name)
        if stat.S_ISLNK(entry.mode):
            draft.problem("symlink", f"the member {label!r} is a symbolic link")
        if entry.name in seen:
            draft.problem("duplicate-key", f"the member {label!r} is there twice")
        seen.add(entry.name)
        if entry.flags & 1:
            draft.problem("encrypted", f"the member {label!r} is encrypted")
        if entry.size_bytes > _BOMB_BYTES and entry.size_bytes > _BOMB_RATIO * max(1, entry.compressed_bytes):
            draft.problem("zip-bomb", f"{label!r}: {entry.compressed_bytes} bytes become {entry.size_bytes}")
        if entry.method == STORED and entry.size_bytes != entry.compressed_bytes:
            draft.problem("size-mismatch", f"the stored member {label!r} has two sizes")
    reached, previous = 0, ""
    for entry in sorted(entries, key=lambda item: item.header_offset):
        if entry.header_offset < reached:
            draft.problem("overlap", f"{clean_text(entry.name, 100)!r} and {previous!r} share bytes")
        reached = entry.header_offset + _LOCAL.size + len(entry.name) + entry.compressed_bytes
        previous = clean_text(entry.name, 100)
        if reached > directory:
            draft.problem(
                "out-of-range", f"{previous!r} ends at {reached}, behind the members' area", directory
            )


def open_member(reader: BudgetedReader, entry: Entry, draft: Draft) -> BudgetedReader:
    """A reader of one member; a compressed one is inflated up to 8 MiB, and what lies beyond is a problem.

    Raises: DamagedError, BudgetSpentError.
    """
    label = clean_text(entry.name, 120)
    if entry.flags & 1:
        raise DamagedError("encrypted", f"the member {label!r} is encrypted", entry.header_offset)
    raw = reader.read_at(entry.header_offset, _LOCAL.size)
    if len(raw) < _LOCAL.size or raw[:4] != b"PK\x03\x04":
        raise DamagedError(
            "bad-entry", f"there is no member {label!r} where it should be", entry.header_offset
        )
    fields = _LOCAL.unpack(raw)
    name = reader.read_at(entry.header_offset + _LOCAL.size, fields[9])
    if name.decode("utf-8" if fields[2] & 0x800 else "cp437", "replace") != entry.name:
        draft.problem("name-lies", f"the member {label!r} calls itself something else", entry.header_offset)
    if fields[3] != entry.method:
        draft.problem("method-lies", f"the member {label!r} names two compressions", entry.header_offset)
    start = entry.header_offset + _LOCAL.size + fields[9] + fields[10]
    if entry.method == STORED:
        return budgeted(WindowReader(reader, start, entry.compressed_bytes))
    if entry.method != DEFLATED:
        raise DamagedError(
            "bad-compression", f"{label!r} uses compression {entry.method}", entry.header_offset
        )
    return budgeted(BytesReader(_inflate(reader, start, entry, draft)))


def budgeted(reader: WindowReader | BytesReader) -> BudgetedReader:
    """The reader in the form that formats take; the archive's own budget is the one that binds."""
    return BudgetedReader(reader, max_bytes=1 << 62, max_calls=1 << 62, head_bytes=KIB)


def _inflate(reader: BudgetedReader, start: int, entry: Entry, draft: Draft) -> bytes:
    label = clean_text(entry.name, 120)
    engine = zlib.decompressobj(-15)
    parts: list[bytes] = []
    made, taken = 0, 0
    limit = min(MAX_INFLATED_BYTES, draft.effort.inflated_bytes)
    try:
        while not engine.eof and taken < entry.compressed_bytes and made < limit:
            chunk = reader.read_at(start + taken, min(16 * KIB, entry.compressed_bytes - taken))
            if not chunk:
                break
            taken += len(chunk)
            while chunk and made < limit:
                parts.append(engine.decompress(chunk, limit - made))
                made += len(parts[-1])
                chunk = engine.unconsumed_tail
    except zlib.error as error:
        draft.problem("bad-compression", f"{label!r} cannot be inflated: {error}", start)
    draft.effort.inflated_bytes -= made
    if not engine.eof:
        draft.problem("incomplete", f"{label!r} was inflated only to {made} bytes", start)
    elif made != entry.size_bytes:
        draft.problem("size-mismatch", f"{label!r} inflates to {made} bytes, not {entry.size_bytes}", start)
    return b"".join(parts)
