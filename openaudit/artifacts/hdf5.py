"""A bounded reader of HDF5's groups, attributes and dataset shapes, and what Keras keeps in them.

Source: HDF5 File Format Specification 3.0, sections II to IV; keras/src/legacy/saving/legacy_h5_format.py.
"""

from dataclasses import dataclass, field

from openaudit.artifacts.archives import parse_json
from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.keras_config import judge_config
from openaudit.artifacts.reader import BudgetedReader
from openaudit.artifacts.telling_keys import note_pair

MAGIC = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 2**64 - 1
_MAX_OBJECTS = 20_000
_MAX_MESSAGES = 4_000
_MAX_DEPTH = 32
_MAX_STRING_BYTES = 512 * 1024


def matches(head: bytes) -> bool:
    """True for HDF5's signature."""
    return head[:8] == MAGIC


@dataclass(slots=True, kw_only=True)
class _File:
    """An open HDF5 file: the reader, the widths of its addresses, and what has been visited."""

    reader: BudgetedReader
    draft: Draft
    address_bytes: int = 8
    length_bytes: int = 8
    base: int = 0
    visited: set[int] = field(default_factory=set)
    config_seen: bool = False
    whole: bool = True

    def at(self, address: int) -> Cursor:
        return Cursor(self.reader, self.base + address)

    def address(self, cursor: Cursor) -> int:
        value = cursor.unsigned(self.address_bytes)
        return _UNDEFINED if value == (1 << (8 * self.address_bytes)) - 1 else value

    def length(self, cursor: Cursor) -> int:
        return cursor.unsigned(self.length_bytes)


def read_hdf5(reader: BudgetedReader, draft: Draft) -> None:
    """Walk the groups, count the datasets, and judge a Keras configuration where there is one.

    Raises: DamagedError, BudgetSpentError.
    """
    draft.format, draft.framework = "hdf5", None
    draft.presume_safe("HDF5 holds data only; a Keras configuration inside was looked for")
    file = _File(reader=reader, draft=draft)
    waiting = [(_superblock(file), "", 0)]
    while waiting:
        address, path, depth = waiting.pop()
        if address in file.visited:
            continue
        file.visited.add(address)
        if len(file.visited) > _MAX_OBJECTS or depth > _MAX_DEPTH:
            raise DamagedError("budget", "too many objects to follow", file.base + address)
        waiting.extend((child, f"{path}/{name}", depth + 1) for name, child in _object(file, address, path))
    draft.parameters_seen = file.whole and bool(draft.dtypes)
    if not file.whole:
        draft.judge("unknown", "parts of the file are stored in ways that are not read here")
    if file.config_seen:
        draft.format = "keras-hdf5"


def _superblock(file: _File) -> int:
    """Read the superblock; the address of the root group's object header."""
    cursor = file.at(8)
    version = cursor.unsigned(1)
    if version in (0, 1):
        cursor.skip(4)
        file.address_bytes, file.length_bytes = cursor.unsigned(1), cursor.unsigned(1)
        _check_widths(file)
        cursor.skip(1 + 4 + 4 + (4 if version == 1 else 0))
        file.base = file.address(cursor)
        cursor.skip(3 * file.address_bytes)
        cursor.skip(file.length_bytes)
        return _defined(file.address(cursor), cursor)
    if version in (2, 3):
        file.address_bytes, file.length_bytes = cursor.unsigned(1), cursor.unsigned(1)
        _check_widths(file)
        cursor.skip(1)
        file.base = file.address(cursor)
        cursor.skip(2 * file.address_bytes)
        return _defined(file.address(cursor), cursor)
    raise DamagedError("bad-version", f"HDF5 superblock version {version} is not known", 8)


def _check_widths(file: _File) -> None:
    if file.address_bytes not in (2, 4, 8) or file.length_bytes not in (2, 4, 8):
        raise DamagedError("bad-header", "addresses of an impossible width", 13)


def _defined(address: int, cursor: Cursor) -> int:
    if address == _UNDEFINED:
        raise DamagedError("bad-header", "an address that leads nowhere", cursor.offset)
    return address


@dataclass(slots=True)
class _Object:
    """What the messages of one object header say."""

    links: list[tuple[str, int]] = field(default_factory=list)
    shape: list[int] | None = None
    dtype: str | None = None
    has_layout: bool = False


def _object(file: _File, address: int, path: str) -> list[tuple[str, int]]:
    """Read one object header; the names and addresses that it links to."""
    found = _Object()
    for kind, start, length in _messages(file, address):
        _read_message(file, found, kind, Cursor(file.reader, start, end=start + length), path)
    if found.has_layout and found.shape is not None and not path.startswith("/optimizer_weights"):
        elements = 1
        for size in found.shape:
            elements *= size
        if elements >= 2**63:
            file.draft.problem(
                "size-overflow", f"{clean_text(path, 100)!r} has more than 2^63 elements", address
            )
        else:
            file.draft.count(found.dtype or "?", elements)
    return found.links


def _messages(file: _File, address: int) -> list[tuple[int, int, int]]:
    """The (kind, start, length) of an object header's messages, its continuations included."""
    cursor = file.at(address)
    messages: list[tuple[int, int, int]] = []
    if cursor.peek(4) == b"OHDR":
        cursor.skip(5)
        flags = cursor.unsigned(1)
        cursor.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
        size = cursor.unsigned(1 << (flags & 3))
        blocks = [(cursor.offset, size)]
        header, tracked = 4, bool(flags & 4)
    else:
        if cursor.unsigned(1) != 1:
            raise DamagedError("bad-header", "no object header where one should be", cursor.offset)
        cursor.skip(7)
        size = cursor.unsigned(4)
        cursor.skip(4)
        blocks, header, tracked = [(cursor.offset, size)], 8, False
    seen_blocks: set[int] = set()
    while blocks:
        start, size = blocks.pop(0)
        if start in seen_blocks:
            raise DamagedError("loop", "an object header continues into itself", start)
        seen_blocks.add(start)
        for message in _block(file, start, size, header, tracked=tracked):
            messages.append(message)
            file.draft.effort.step(start)
            if len(messages) > _MAX_MESSAGES:
                raise DamagedError("budget", "an object header of too many messages", start)
            if message[0] == 0x10:
                blocks.append(_continuation(file, message, header))
    return messages


def _block(file: _File, start: int, size: int, header: int, *, tracked: bool) -> list[tuple[int, int, int]]:
    cursor = Cursor(file.reader, start, end=start + size)
    found: list[tuple[int, int, int]] = []
    width = header + (2 if tracked else 0)
    while cursor.offset + width <= start + size:
        kind = cursor.unsigned(2 if header == 8 else 1)
        length = cursor.unsigned(2)
        cursor.skip(4 if header == 8 else 1 + (2 if tracked else 0))
        if cursor.offset + length > start + size:
            raise DamagedError("bad-header", "a message that is longer than its header", cursor.offset)
        found.append((kind, cursor.offset, length))
        cursor.offset += length
        if len(found) > _MAX_MESSAGES:
            break
    return found


def _continuation(file: _File, message: tuple[int, int, int], header: int) -> tuple[int, int]:
    cursor = Cursor(file.reader, message[1], end=message[1] + message[2])
    start, size = file.base + file.address(cursor), file.length(cursor)
    if header == 4:  # a version 2 block has a signature before and a checksum behind
        return start + 4, max(0, size - 8)
    return start, size


def _read_message(file: _File, found: _Object, kind: int, cursor: Cursor, path: str) -> None:
    if kind == 0x01:
        found.shape = _dataspace(file, cursor)
    elif kind == 0x03:
        found.dtype = _datatype(cursor)[0]
    elif kind == 0x08:
        found.has_layout = True
    elif kind == 0x11:
        tree, heap = file.address(cursor), file.address(cursor)
        found.links.extend(_old_group(file, tree, heap))
    elif kind == 0x06:
        if (link := _link(file, cursor)) is not None:
            found.links.append(link)
    elif kind == 0x02:
        file.whole &= not _is_dense(file, cursor, counted_flag=1, counter_bytes=8)
    elif kind == 0x15:
        file.whole &= not _is_dense(file, cursor, counted_flag=1, counter_bytes=2)
    elif kind == 0x0C:
        _attribute(file, cursor, path)
    elif kind == 0x07:
        _external_files(file, cursor)


def _is_dense(file: _File, cursor: Cursor, *, counted_flag: int, counter_bytes: int) -> bool:
    """True when a group's links or an object's attributes lie in a fractal heap, which is not read here."""
    cursor.skip(1)
    if cursor.unsigned(1) & counted_flag:
        cursor.skip(counter_bytes)
    return file.address(cursor) != _UNDEFINED


def _dataspace(file: _File, cursor: Cursor) -> list[int] | None:
    version, rank = cursor.unsigned(1), cursor.unsigned(1)
    cursor.skip(1)
    cursor.skip(5 if version == 1 else 1)
    if rank > 32:
        raise DamagedError("bad-header", f"{rank} dimensions", cursor.offset)
    return [file.length(cursor) for _ in range(rank)]


def _datatype(cursor: Cursor) -> tuple[str, int, int]:
    """The dtype's name, its class, and its size in bytes."""
    lead = cursor.unsigned(1)
    bits = cursor.unsigned(3)
    size = cursor.unsigned(4)
    kind = lead & 15
    if kind == 0:
        return f"{'I' if bits & 8 else 'U'}{size * 8}", kind, size
    if kind == 1:
        return f"F{size * 8}", kind, size
    return {3: "STRING", 9: "STRING"}.get(kind, f"class {kind}"), kind, size


def _link(file: _File, cursor: Cursor) -> tuple[str, int] | None:
    """A link message: the name and address of a hard one; an external one is a path outside."""
    cursor.skip(1)
    flags = cursor.unsigned(1)
    kind = cursor.unsigned(1) if flags & 8 else 0
    cursor.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    length = cursor.unsigned(1 << (flags & 3))
    name = cursor.read(min(length, 4096)).decode("utf-8", "replace")
    if kind == 0:
        return name, file.address(cursor)
    if kind == 64:
        target = cursor.read(cursor.unsigned(2))[1:].split(b"\0")[0]
        _outside(file, clean_text(target), cursor.offset)
    return None


def _outside(file: _File, path: str, offset: int) -> None:
    file.draft.external(path)
    file.draft.problem("external-data", f"data is read from another file: {path[:120]!r}", offset)
    file.draft.judge("unsafe", f"loading it reads another file: {path[:120]}")


def _external_files(file: _File, cursor: Cursor) -> None:
    cursor.skip(6)
    used = cursor.unsigned(2)
    heap = _heap_data(file, file.address(cursor))
    for _ in range(min(used, 64)):
        name = file.at(heap + file.length(cursor)).peek(256).split(b"\0")[0]
        _outside(file, clean_text(name), cursor.offset)
        cursor.skip(2 * file.length_bytes)


def _heap_data(file: _File, address: int) -> int:
    """The address of a local heap's data segment."""
    cursor = file.at(address)
    if cursor.read(4) != b"HEAP":
        raise DamagedError("bad-header", "no local heap where one should be", file.base + address)
    cursor.skip(4 + 2 * file.length_bytes)
    return file.address(cursor)


def _old_group(file: _File, tree: int, heap: int) -> list[tuple[str, int]]:
    """The members of a group that is kept in a version 1 B-tree with a local heap for its names."""
    names = _heap_data(file, heap)
    links: list[tuple[str, int]] = []
    waiting, seen = [tree], set[int]()
    while waiting:
        address = waiting.pop()
        if address in seen or len(seen) > _MAX_OBJECTS:
            raise DamagedError("loop", "a group's tree leads back into itself", file.base + address)
        seen.add(address)
        file.draft.effort.step(file.base + address)
        cursor = file.at(address)
        signature = cursor.read(4)
        if signature == b"TREE":
            waiting.extend(_tree_children(file, cursor))
        elif signature == b"SNOD":
            links.extend(_symbols(file, cursor, names))
        else:
            raise DamagedError("bad-header", "no group node where one should be", file.base + address)
    return links


def _tree_children(file: _File, cursor: Cursor) -> list[int]:
    cursor.skip(2)
    used = cursor.unsigned(2)
    cursor.skip(2 * file.address_bytes)
    children: list[int] = []
    for _ in range(used):
        file.draft.effort.step(cursor.offset)
        cursor.skip(file.length_bytes)
        children.append(file.address(cursor))
    return children


def _symbols(file: _File, cursor: Cursor, names: int) -> list[tuple[str, int]]:
    cursor.skip(2)
    links: list[tuple[str, int]] = []
    for _ in range(cursor.unsigned(2)):
        file.draft.effort.step(cursor.offset)
        name_at = file.length(cursor)
        header = file.address(cursor)
        cache_type = cursor.unsigned(4)
        cursor.skip(4 + 16)
        name = file.at(names + name_at).peek(256).split(b"\0")[0].decode("utf-8", "replace")
        if cache_type != 2:  # 2 is a symbolic link, which has no object header
            links.append((name, header))
    return links


def _attribute(file: _File, cursor: Cursor, path: str) -> None:
    """Keep an attribute of the root that speaks of the model; judge a Keras configuration."""
    version = cursor.unsigned(1)
    cursor.skip(1)
    name_bytes, type_bytes, space_bytes = (cursor.unsigned(2) for _ in range(3))
    cursor.skip(1 if version == 3 else 0)
    if version not in (1, 2, 3):
        raise DamagedError("bad-version", f"attribute version {version} is not known", cursor.offset)
    pad = (lambda size: -size % 8) if version == 1 else (lambda size: 0)
    name = cursor.read(name_bytes).split(b"\0")[0].decode("utf-8", "replace")
    cursor.skip(pad(name_bytes))
    type_at = cursor.offset
    cursor.skip(type_bytes + pad(type_bytes) + space_bytes + pad(space_bytes))
    if path and name not in ("model_config",):
        return
    _dtype, kind, size = _datatype(Cursor(file.reader, type_at, end=type_at + type_bytes))
    if kind == 3:
        raw = cursor.read(min(size, _MAX_STRING_BYTES))
    elif kind == 9:
        raw = _heap_string(file, cursor)
    else:
        return
    _note_attribute(file, name, raw.rstrip(b"\0"))


def _heap_string(file: _File, cursor: Cursor) -> bytes:
    """A string of variable length, from the global heap."""
    length = cursor.unsigned(4)
    collection, index = file.address(cursor), cursor.unsigned(4)
    heap = file.at(collection)
    if heap.read(4) != b"GCOL":
        raise DamagedError("bad-header", "no global heap where one should be", file.base + collection)
    heap.skip(4)
    end = file.base + collection + file.length(heap)
    while heap.offset + 8 + file.length_bytes <= end:
        file.draft.effort.step(heap.offset)
        number = heap.unsigned(2)
        heap.skip(6)
        size = file.length(heap)
        if number == index:
            return heap.read(min(size, length, _MAX_STRING_BYTES))
        if number == 0:
            break
        heap.skip(size + -size % 8)
    raise DamagedError("bad-header", "a string that is not in its heap", file.base + collection)


def _note_attribute(file: _File, name: str, raw: bytes) -> None:
    if name == "model_config":
        file.config_seen = True
        file.draft.framework = "tensorflow"
        if len(raw) >= _MAX_STRING_BYTES:
            raise DamagedError("string-too-long", "the Keras configuration is too large to be read")
        judge_config(parse_json(raw), file.draft)
    elif name == "keras_version":
        file.draft.note("producer", "keras " + clean_text(raw, 40))
        file.draft.framework = "tensorflow"
    elif name == "backend":
        file.draft.note("backend", raw)
    else:
        note_pair(file.draft, name, clean_text(raw))
