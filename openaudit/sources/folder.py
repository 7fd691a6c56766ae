"""A folder on disk as a target: a plain one, a cloned repository, or a snapshot of the Hub's cache."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from openaudit.artifacts.reader import ByteReader, FileByteReader
from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError, TimedOut, Unreachable
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.limits import Limits
from openaudit.sources.repository_names import Identity, identify
from openaudit.sources.texts import cut_off, document
from openaudit.vocabulary import Document, FileEntry, Snapshot, Target, Unread, Wanted

Subject = Literal["model", "dataset"]

_SKIPPED_FOLDERS = frozenset({".git", ".cache", "__pycache__"})
_LONGEST_UNREAD = 20
_POINTER_BYTES = 1_024
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:[a-z0-9.-]+ [^\n]*\n)*?"
    rb"oid sha256:([0-9a-f]{64})\nsize (\d{1,18})\n"
)
_WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".keras")
_DATA = (".parquet", ".arrow", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".tsv", ".json.gz", ".csv.gz")
_DATASET_KEYS = re.compile(
    r"^(task_categories|task_ids|size_categories|annotations_creators|language_creators|source_datasets"
    r"|multilinguality|dataset_info|configs|pretty_name)\s*:",
    re.MULTILINE,
)
_MODEL_KEYS = re.compile(
    r"^(pipeline_tag|library_name|base_model|model-index|inference|widget)\s*:", re.MULTILINE
)
_CARD_HEAD_BYTES = 64 * 1024


class FolderSource:
    """Reads folders. Links out of the folder are not followed, and nothing but regular files is opened."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

    def open(self, target: Target) -> Listing:
        """The files of the folder. Raises: NotFound, AccessDenied."""
        root = Path(target.id)
        _check_folder(root, target)
        identity = identify(root)
        walk = _Walk(root, identity, self._limits)
        files = tuple(sorted(walk.entries(), key=lambda entry: entry.path))
        if not files and not walk.unread:
            raise NotFound(
                f"The folder {target.text or target.id} is empty.", hint="Name a folder with a model."
            )
        return Listing(
            target=target,
            subject=identity.subject or _subject(root, files),
            id=identity.id,
            revision=identity.revision,
            url=identity.url,
            resolved_at=resolved_now(),
            files=files,
            listing_complete=walk.complete and not identity.partial,
            unread=tuple(walk.unread[:_LONGEST_UNREAD]),
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The listing with the wanted texts; texts of other repositories cannot be read from a folder."""
        progress(f"reading {len(wanted)} files")
        documents: list[Document] = []
        unread: list[Unread] = []
        for wish in dict.fromkeys(wanted):
            try:
                read = _read(Path(listing.target.id), wish)
            except SourceError as error:
                unread.append(unread_of(wish, error))
                continue
            documents.append(read)
            if (rest := cut_off(read)) is not None:
                unread.append(rest)
        return listing.snapshot(documents, unread)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts of the folder."""
        known = {read.path for read in snapshot.documents}
        wanted = [wish for wish in wanted if wish.path not in known or wish.origin]
        more = self.read(listing_of(snapshot), wanted, _silent)
        return replace(more, documents=(*snapshot.documents, *more.documents))

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of a file. Raises: SourceError; a git-LFS pointer is NotFound."""
        found = _inside(Path(snapshot.target.id), path)
        try:
            reader = FileByteReader(found)
            head = reader.read_at(0, _POINTER_BYTES) if reader.size_bytes <= _POINTER_BYTES else b""
        except OSError as error:
            raise _translated(error, path) from error
        if _POINTER.match(head):
            raise NotFound(
                f"{path} is a git-LFS pointer: its bytes are not here.", hint="Run `git lfs pull`."
            )
        return reader


def unread_of(wish: Wanted, error: SourceError) -> Unread:
    """Why a wanted text was not read."""
    path = wish.path if wish.origin is None else f"{wish.origin}/{wish.path}"
    return Unread(path=path, reason=error.reason, message=str(error))


def _silent(_: str) -> None:
    """For reads that nobody watches."""


# ---------------------------------------------------------------- walking


class _Walk:
    """One walk over a folder, with what it had to leave out."""

    def __init__(self, root: Path, identity: Identity, limits: Limits) -> None:
        self.root = root
        self.identity = identity
        self.limits = limits
        self.complete = True
        self.unread: list[Unread] = []
        self._real_root = Path(os.path.realpath(root))
        self._deadline = time.monotonic() + limits.request_seconds

    def entries(self) -> Iterator[FileEntry]:
        """Every regular file, in no order; stops at the ceilings."""
        folders = [(self.root, 0)]
        count = 0
        while folders:
            folder, depth = folders.pop()
            for item in self._scan(folder):
                if _is_folder(item):
                    if item.name not in _SKIPPED_FOLDERS:
                        self._descend(folders, Path(item.path), depth)
                elif (entry := self._entry(item)) is not None:
                    count += 1
                    if count > self.limits.files or time.monotonic() > self._deadline:
                        self._leave_out(".", "too-large", f"Only the first {count - 1} files were listed.")
                        return
                    yield entry

    def _descend(self, folders: list[tuple[Path, int]], path: Path, depth: int) -> None:
        if depth < self.limits.depth:
            folders.append((path, depth + 1))
        else:
            self._leave_out(
                self._name(path), "too-large", f"Folders are read {self.limits.depth} levels deep."
            )

    def _scan(self, folder: Path) -> list[os.DirEntry[str]]:
        found: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as items:
                for item in items:
                    found.append(item)
                    if len(found) > self.limits.files:
                        break
        except OSError as error:
            self._leave_out(
                self._name(folder), _translated(error, "").reason, f"Not readable: {error.strerror}."
            )
        return sorted(found, key=lambda item: item.name)

    def _entry(self, item: os.DirEntry[str]) -> FileEntry | None:
        path = Path(item.path)
        name = self._name(path)
        if item.is_symlink():
            return self._linked(path, name)
        try:
            status = item.stat(follow_symlinks=False)
        except OSError as error:
            self._leave_out(name, _translated(error, "").reason, f"{name} is not readable: {error.strerror}.")
            return None
        if not stat.S_ISREG(status.st_mode):
            self._leave_out(name, "access-denied", f"{name} is no regular file (a device, pipe or socket).")
            return None
        return self._measured(path, name, status.st_size)

    def _linked(self, path: Path, name: str) -> FileEntry | None:
        try:
            real = Path(os.path.realpath(path, strict=True))
            status = real.stat()
        except OSError:
            self._leave_out(name, "not-found", f"{name} is a link to nothing that can be read.")
            return None
        if not _allowed(real, self._real_root, self.identity.blobs):
            self._leave_out(name, "access-denied", f"{name} links out of the folder and was not followed.")
            return None
        if stat.S_ISDIR(status.st_mode):
            return None  # its files are listed where they really are
        if not stat.S_ISREG(status.st_mode):
            self._leave_out(name, "access-denied", f"{name} links to no regular file.")
            return None
        if self.identity.blobs is not None and real.parent == self.identity.blobs:
            return FileEntry(path=name, size_bytes=status.st_size, digest=_blob_digest(real.name))
        return self._measured(path, name, status.st_size)

    def _measured(self, path: Path, name: str, size_bytes: int) -> FileEntry:
        if size_bytes <= _POINTER_BYTES and (pointer := _pointer(path)) is not None:
            self._leave_out(
                name,
                "not-found",
                f"{name} is listed, not here: only its git-LFS pointer is. Run `git lfs pull` to have it read.",
                complete=self.complete,
            )
            return FileEntry(path=name, size_bytes=pointer[1], digest=f"sha256:{pointer[0]}")
        return FileEntry(path=name, size_bytes=size_bytes)

    def _leave_out(self, path: str, reason: str, message: str, *, complete: bool = False) -> None:
        self.complete = complete
        if len(self.unread) <= _LONGEST_UNREAD:
            self.unread.append(Unread(path=path, reason=reason, message=message))

    def _name(self, path: Path) -> str:
        """The path below the folder; bytes that are no UTF-8 are spelled out."""
        relative = os.path.relpath(path, self.root)
        return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir(follow_symlinks=False)
    except OSError:
        return False  # what cannot be looked at is told of by `_entry`


def _blob_digest(name: str) -> str | None:
    """The digest that names a file of the Hub cache: sha256 for large files, the git blob id for others."""
    if re.fullmatch(r"[0-9a-f]{64}", name):
        return f"sha256:{name}"
    return f"git:{name}" if re.fullmatch(r"[0-9a-f]{40}", name) else None


def _pointer(path: Path) -> tuple[str, int] | None:
    """Digest and size of a git-LFS pointer file.

    Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    try:
        match = _POINTER.match(FileByteReader(path).read_at(0, _POINTER_BYTES))
    except OSError:
        return None
    return (match[1].decode(), int(match[2])) if match else None


# ---------------------------------------------------------------- reading


def _check_folder(root: Path, target: Target) -> None:
    shown = target.text or target.id
    try:
        mode = root.stat().st_mode
    except FileNotFoundError:
        raise NotFound(
            f"There is no folder {shown}.", hint="Check the path; a Hub repository is written org/name."
        ) from None
    except OSError as error:
        raise _translated(error, shown) from error
    if not stat.S_ISDIR(mode):
        raise NotFound(f"{shown} is not a folder.", hint="Name the folder that holds the model.")
    if not os.access(root, os.R_OK | os.X_OK):
        raise AccessDenied(f"The folder {shown} cannot be read.", hint="Check its permissions.")


def _allowed(real: Path, root: Path, blobs: Path | None) -> bool:
    return real.is_relative_to(root) or (blobs is not None and real.parent == blobs)


def _inside(root: Path, path: str) -> Path:
    """Where a listed path really lies. Raises: NotFound, AccessDenied."""
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise AccessDenied(f"{path} leads out of the folder.")
    try:
        real = Path(os.path.realpath(root / path, strict=True))
    except (OSError, ValueError):
        raise NotFound(f"There is no file {path} in the folder.") from None
    if not _allowed(real, Path(os.path.realpath(root)), identify(root).blobs):
        raise AccessDenied(f"{path} links out of the folder and was not followed.")
    return real


def _read(root: Path, wish: Wanted) -> Document:
    """Raises: SourceError."""
    if wish.origin is not None:
        raise Unreachable(
            f"{wish.path} lies in {wish.origin}, which an audit of a folder does not read.",
            hint=f"Audit {wish.origin} by itself.",
        )
    real = _inside(root, wish.path)
    try:
        data = _bytes_of(real, wish.max_bytes + 1)
    except OSError as error:
        raise _translated(error, wish.path) from error
    if _POINTER.match(data):
        raise NotFound(f"{wish.path} is a git-LFS pointer: its text is not here.", hint="Run `git lfs pull`.")
    return document(wish.path, data, max_bytes=wish.max_bytes)


def _bytes_of(path: Path, length: int) -> bytes:
    """The first bytes of a regular file; never waits for a pipe that took its place. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path.name} is no regular file")
        parts = []
        while length > 0 and (part := file.read(length)):
            parts.append(part)
            length -= len(part)
    return b"".join(parts)


def _translated(error: OSError, path: str) -> SourceError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(f"There is no file {path}.")
    if isinstance(error, TimeoutError):
        return TimedOut(f"{path} did not answer in time.")
    if isinstance(error, PermissionError):
        return AccessDenied(f"{path} cannot be read.", hint="Check its permissions.")
    return Damaged(f"{path} cannot be read: {error.strerror or error}.")


# ---------------------------------------------------------------- model or dataset


def _subject(root: Path, files: Sequence[FileEntry]) -> Subject:
    """A dataset is what its card says is one, or what holds data files and neither weights nor a program."""
    names = [entry.path.lower() for entry in files]
    if any(name.endswith(_WEIGHTS) for name in names) or "config.json" in names:
        return "model"
    front_matter = _front_matter(root)
    if _MODEL_KEYS.search(front_matter):
        return "model"
    if _DATASET_KEYS.search(front_matter):
        return "dataset"
    has_data = any(name.endswith(_DATA) for name in names)
    programs = sum(name.endswith(".py") for name in names)
    return "dataset" if has_data and programs <= 1 else "model"


def _front_matter(root: Path) -> str:
    """The metadata block of the card, as far as it tells a dataset's card from a model's."""
    try:
        data = _bytes_of(_inside(root, "README.md"), _CARD_HEAD_BYTES)
    except (OSError, SourceError):
        return ""
    text = data.decode("utf-8", "replace").lstrip("\ufeff \r\n")
    return text.split("\n---", 1)[0] if text.startswith("---") else ""
