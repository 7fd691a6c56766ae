"""Everything that an audit reads of one target, in one file: what `openaudit bundle` writes and `scan` accepts.

The file is a zip archive without compression, so that any unzip shows what is in it; the same snapshot gives the same
bytes. Weights are never in it, only the byte ranges of their headers that were read.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from openaudit.artifacts.reader import ByteReader
from openaudit.errors import Damaged, NotFound, SourceError
from openaudit.sources.interface import Listing, Progress, Source, listing_of
from openaudit.sources.limits import Limits
from openaudit.sources.nesting import is_deep
from openaudit.sources.regular_file import read_regular_file
from openaudit.sources.texts import place
from openaudit.vocabulary import Access, Document, FileEntry, Snapshot, Target, TargetKind, Unread, Wanted

SCHEMA_VERSION = "1.0"
_MANIFEST = "manifest.json"
_PART = re.compile(r"(?:documents/\d{5}\.txt|ranges/\d{5}\.bin|relatives/\d{5}\.openaudit)")
_MOST_PARTS = 4_096
_DATE = (1980, 1, 1, 0, 0, 0)
_END_OF_ZIP = struct.Struct("<4s4H2LH")
_DIRECTORY_BYTES_PER_PART = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """The byte ranges of one file that an audit read: offset and bytes."""

    path: str
    size_bytes: int | None
    ranges: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledRelative:
    """A repository that the bundled one names: its own bundle, or why it was not read."""

    target: Target
    data: bytes | None = None
    unread: Unread | None = None


class RecordingReader:
    """A reader that keeps what passes through it, for a bundle."""

    def __init__(self, reader: ByteReader, path: str) -> None:
        self._reader = reader
        self._path = path
        self._ranges: dict[int, bytes] = {}

    @property
    def size_bytes(self) -> int | None:
        """The size that the reader underneath tells."""
        return self._reader.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """What the reader underneath returns. Raises: what it raises."""
        data = self._reader.read_at(offset, length)
        if len(data) > len(self._ranges.get(offset, b"")):
            self._ranges[offset] = data
        return data

    @property
    def recorded(self) -> RecordedFile:
        """What was read so far."""
        ranges = tuple(sorted(self._ranges.items()))
        return RecordedFile(path=self._path, size_bytes=self.size_bytes, ranges=ranges)


class RecordedReader:
    """Reads from recorded ranges; what was not recorded cannot be had."""

    def __init__(self, recorded: RecordedFile) -> None:
        self._recorded = recorded

    @property
    def size_bytes(self) -> int | None:
        """The size of the whole file, as it was told when it was recorded."""
        return self._recorded.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`. Raises: NotFound for bytes that were not recorded."""
        size = self.size_bytes
        if offset < 0 or length <= 0 or (size is not None and offset >= size):
            return b""
        if size is not None:
            length = min(length, size - offset)
        parts, position = [], offset
        while position < offset + length:
            part = self._part(position, offset + length)
            if not part:
                break
            parts.append(part)
            position += len(part)
        if not parts:
            raise NotFound(f"The bundle does not hold the bytes of {self._recorded.path} from {offset} on.")
        return b"".join(parts)

    def _part(self, position: int, end: int) -> bytes:
        for start, data in self._recorded.ranges:
            if start <= position < start + len(data):
                return data[position - start : end - start]
        return b""


# ---------------------------------------------------------------- writing


def write_bundle(
    snapshot: Snapshot,
    recorded: Sequence[RecordedFile] = (),
    relatives: Sequence[BundledRelative] = (),
) -> bytes:
    """The bundle of a snapshot: reading it back gives an equal snapshot. The same arguments give the same bytes.

    Relatives are bundles inside the bundle, each without relatives of its own.
    """
    parts: dict[str, bytes] = {}
    documents = []
    for number, read in enumerate(snapshot.documents):
        part = f"documents/{number:05}.txt"
        parts[part] = read.text.encode("utf-8")
        fields = {key: value for key, value in asdict(read).items() if key != "text"}
        documents.append({**fields, "part": part})
    files = []
    for file in sorted(recorded, key=lambda file: file.path):
        files.append({"path": file.path, "size_bytes": file.size_bytes, "ranges": _ranges(file, parts)})
    kin = []
    for number, relative in enumerate(relatives):
        name = f"relatives/{number:05}.openaudit" if relative.data is not None else None
        if name is not None and relative.data is not None:
            parts[name] = relative.data
        unread = asdict(relative.unread) if relative.unread else None
        kin.append({"target": asdict(relative.target), "part": name, "unread": unread})
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "relatives": kin,
        "snapshot": {**_plain(snapshot), "documents": documents},
        "recorded": files,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return _zip({**parts, _MANIFEST: text.encode("ascii")})


def _ranges(file: RecordedFile, parts: dict[str, bytes]) -> list[dict[str, Any]]:
    written = []
    for offset, data in file.ranges:
        name = f"ranges/{sum(part.startswith('ranges/') for part in parts):05}.bin"
        parts[name] = data
        written.append({"offset": offset, "part": name})
    return written


def _plain(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "target": asdict(snapshot.target),
        "subject": snapshot.subject,
        "id": snapshot.id,
        "revision": snapshot.revision,
        "url": snapshot.url,
        "resolved_at": snapshot.resolved_at,
        "files": [[entry.path, entry.size_bytes, entry.digest] for entry in snapshot.files],
        "listing_complete": snapshot.listing_complete,
        "metadata": dict(snapshot.metadata),
        "unread": [asdict(item) for item in snapshot.unread],
        "access": asdict(snapshot.access),
    }


def _zip(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name, date_time=_DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, parts[name])
    return out.getvalue()


# ---------------------------------------------------------------- reading


def read_bundle(data: bytes) -> tuple[Snapshot, tuple[RecordedFile, ...]]:
    """The snapshot of a bundle and its recorded ranges.

    Raises:
        Damaged: as `read_whole_bundle`.
    """
    snapshot, recorded, _ = read_whole_bundle(data)
    return snapshot, recorded


def read_whole_bundle(
    data: bytes,
) -> tuple[Snapshot, tuple[RecordedFile, ...], tuple[BundledRelative, ...]]:
    """The snapshot of a bundle, its recorded ranges, and the bundles of its relatives, unread.

    Raises: Damaged for anything that `write_bundle` would not have written.
    """
    parts = _parts(data)
    try:
        manifest = json.loads(parts.pop(_MANIFEST))
        _check_sendable(manifest)
        if str(manifest["schema_version"]).split(".")[0] != SCHEMA_VERSION.split(".")[0]:
            raise Damaged(
                "The bundle was made by a later openaudit.", hint="Update openaudit, or make it again."
            )
        _check_digests(parts, manifest["sha256"])
        recorded = tuple(_recorded(item, parts) for item in manifest["recorded"])
        relatives = tuple(_relative(item, parts) for item in manifest.get("relatives", []))
        return _snapshot(manifest["snapshot"], parts), recorded, relatives
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(
            f"The bundle's manifest is not valid ({type(error).__name__}).", hint="Make it again."
        ) from error


def _parts(data: bytes) -> dict[str, bytes]:
    """The parts of the archive, by name, checked before anything is unpacked. Raises: Damaged."""
    end = data[-_END_OF_ZIP.size :]
    if len(end) < _END_OF_ZIP.size or not end.startswith(b"PK\x05\x06"):
        raise Damaged(
            "The file is no bundle, or it is cut off.", hint="Make it again with `openaudit bundle`."
        )
    _, _, _, here, count, directory_bytes, _, comment = _END_OF_ZIP.unpack(end)
    if comment or here != count or count > _MOST_PARTS or directory_bytes > count * _DIRECTORY_BYTES_PER_PART:
        raise Damaged(f"The bundle's directory is not what openaudit writes ({count} parts).")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(data))
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Damaged("The bundle is damaged.", hint="Make it again with `openaudit bundle`.") from error


def _check_entries(entries: Sequence[zipfile.ZipInfo], size_bytes: int) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or _MANIFEST not in names:
        raise Damaged("The bundle has no manifest, or a part twice.")
    for entry in entries:
        if entry.filename != _MANIFEST and not _PART.fullmatch(entry.filename):
            raise Damaged(f"The bundle holds a part that openaudit does not write: {entry.filename[:80]!r}.")
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise Damaged(f"The bundle's part {entry.filename} is compressed, which openaudit never does.")
    if sum(entry.file_size for entry in entries) > size_bytes:
        raise Damaged("The bundle's parts are larger than the bundle.")


def _check_sendable(manifest: Any) -> None:
    """Raises: ValueError for what could not be written into a report (half characters, infinity, endless depth)."""
    if is_deep(manifest):
        raise ValueError("depth")
    json.dumps(manifest, ensure_ascii=False, allow_nan=False).encode("utf-8")


def _check_digests(parts: Mapping[str, bytes], digests: Mapping[str, str]) -> None:
    if set(parts) != set(digests):
        raise Damaged("The bundle's parts are not those of its manifest.", hint="Make it again.")
    for name, data in parts.items():
        if hashlib.sha256(data).hexdigest() != digests[name]:
            raise Damaged(
                f"The bundle's part {name} was changed: its digest does not match.", hint="Make it again."
            )


def _recorded(item: Mapping[str, Any], parts: Mapping[str, bytes]) -> RecordedFile:
    ranges = tuple((_whole(r["offset"]), parts[r["part"]]) for r in item["ranges"])
    size = item["size_bytes"]
    return RecordedFile(
        path=_text(item["path"]), size_bytes=None if size is None else _whole(size), ranges=ranges
    )


def _relative(item: Mapping[str, Any], parts: Mapping[str, bytes]) -> BundledRelative:
    part, unread = item["part"], item["unread"]
    return BundledRelative(
        target=_target(item["target"]),
        data=None if part is None else parts[part],
        unread=None if unread is None else _unread(unread),
    )


def _target(plain: Mapping[str, Any]) -> Target:
    return Target(
        kind=TargetKind(plain["kind"]),
        id=_text(plain["id"]),
        revision=_text_or_none(plain["revision"]),
        text=_text(plain["text"]),
    )


def _unread(plain: Mapping[str, Any]) -> Unread:
    return Unread(path=_text(plain["path"]), reason=_text(plain["reason"]), message=_text(plain["message"]))


def _snapshot(plain: Mapping[str, Any], parts: Mapping[str, bytes]) -> Snapshot:
    subject = plain["subject"]
    if subject not in ("model", "dataset", "code") or not isinstance(plain["metadata"], dict):
        raise ValueError("subject or metadata")
    return Snapshot(
        target=_target(plain["target"]),
        subject=subject,
        id=_text(plain["id"]),
        revision=_text_or_none(plain["revision"]),
        url=_text_or_none(plain["url"]),
        resolved_at=_text(plain["resolved_at"]),
        files=tuple(_file(item) for item in plain["files"]),
        listing_complete=_truth(plain["listing_complete"]),
        metadata=plain["metadata"],
        documents=tuple(_document(item, parts) for item in plain["documents"]),
        unread=tuple(_unread(item) for item in plain["unread"]),
        access=_access(plain["access"]),
    )


def _file(item: Sequence[Any]) -> FileEntry:
    path, size, digest = item
    return FileEntry(
        path=_text(path), size_bytes=None if size is None else _whole(size), digest=_text_or_none(digest)
    )


def _document(item: Mapping[str, Any], parts: Mapping[str, bytes]) -> Document:
    return Document(
        path=_text(item["path"]),
        text=parts[item["part"]].decode("utf-8"),
        size_bytes=_whole(item["size_bytes"]),
        sha256=_text(item["sha256"]),
        truncated=_truth(item["truncated"]),
        lossy=_truth(item["lossy"]),
        url=_text_or_none(item["url"]),
        origin=_text_or_none(item["origin"]),
    )


def _access(item: Mapping[str, Any]) -> Access:
    gated = item["gated"]
    if gated not in (None, False, "auto", "manual"):
        raise ValueError("gated")
    return Access(
        gated=gated,
        private=_truth_or_none(item["private"]),
        disabled=_truth_or_none(item["disabled"]),
        downloadable=_truth_or_none(item["downloadable"]),
        detail=_text(item["detail"]),
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("text")


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise TypeError("number")


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError("truth value")


def _truth_or_none(value: Any) -> bool | None:
    return None if value is None else _truth(value)


# ---------------------------------------------------------------- the source


class BundleSource:
    """Reads bundles. The snapshot is the one that was written, target included, so that its report is the same."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._opened: list[tuple[Snapshot, tuple[RecordedFile, ...]]] = []
        self._relatives: dict[tuple[TargetKind, str], BundledRelative] = {}

    def open(self, target: Target) -> Listing:
        """The listing in the bundle, with the target of the audit it was made by. Raises: SourceError."""
        data = read_regular_file(
            Path(target.id), ceiling=self._limits.bundle_bytes, kind="bundle", shown=target.id
        )
        return self._keep(data)

    def _keep(self, data: bytes) -> Listing:
        snapshot, recorded, relatives = read_whole_bundle(data)
        self._opened.append((snapshot, recorded))
        self._relatives |= {(r.target.kind, r.target.id.lower()): r for r in relatives}
        return listing_of(snapshot)

    def relative(self, target: Target) -> Source:
        """The source of a repository that the bundled one names. Raises: SourceError as when the bundle was made."""
        found = self._relatives.get((target.kind, target.id.lower()))
        if found is None:
            raise NotFound(f"{target.id} is not in the bundle.", hint="Make the bundle again.")
        if found.data is None:
            raise _as_error(found.unread)
        return _InBundle(found.data, self._limits)

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The snapshot as it was written; a text that it says nothing of becomes `Unread`."""
        progress("reading the bundle")
        snapshot, _ = self._found(listing)
        return _with_gaps(snapshot, wanted)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The same snapshot: what was read in a second round is in the bundle already."""
        return _with_gaps(snapshot, wanted)

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """The recorded ranges of a file. Raises: NotFound."""
        _, recorded = self._found(listing_of(snapshot))
        for file in recorded:
            if file.path == path:
                return RecordedReader(file)
        raise NotFound(
            f"The bundle holds no bytes of {path}.", hint="Make it again, or audit the repository itself."
        )

    def _found(self, listing: Listing) -> tuple[Snapshot, tuple[RecordedFile, ...]]:
        """The bundle that a listing came from. Raises: NotFound for a listing that came from none."""
        for snapshot, recorded in self._opened:
            if replace(listing_of(snapshot), unread=()) == replace(listing, unread=()):
                return snapshot, recorded
        raise NotFound(f"No bundle of {listing.id} was opened.")


class _InBundle(BundleSource):
    """A bundle inside a bundle: opened from its bytes, whatever the target says."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        super().__init__(limits)
        self._data = data

    def open(self, target: Target) -> Listing:
        """The listing in the bundle. Raises: Damaged."""
        return self._keep(self._data)


def _as_error(unread: Unread | None) -> SourceError:
    """The error that kept a relative out of the bundle."""
    if unread is None:
        return NotFound("The bundle does not say why it lacks this.")
    kinds = {kind.reason: kind for kind in SourceError.__subclasses__()}
    return kinds.get(unread.reason, NotFound)(unread.message)


def _with_gaps(snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
    known = {place(read.path, read.origin) for read in snapshot.documents} | {
        item.path for item in snapshot.unread
    }
    missing = dict.fromkeys(place(wish.path, wish.origin) for wish in wanted)
    gaps = tuple(
        Unread(path=path, reason=NotFound.reason, message=f"{path} is not in the bundle: make it again.")
        for path in missing
        if path not in known
    )
    return replace(snapshot, unread=(*snapshot.unread, *gaps)) if gaps else snapshot
