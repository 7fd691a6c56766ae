"""Repositories of the Hub in memory: entries, revisions, access, and the catalogue that finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Literal

from .cards import card_data
from .content import Content, Given, content_of, git_blob_id, lfs_pointer, sha256
from .weights import is_weight_path

Kind = Literal["models", "datasets"]
Gate = Literal[False, "auto", "manual"]

LFS_BYTES = 10 * 1024 * 1024
MAX_CARD_BYTES = 5_000_000
_LFS_SUFFIXES = frozenset(
    [
        ".7z",
        ".arrow",
        ".bz2",
        ".ftz",
        ".gz",
        ".joblib",
        ".model",
        ".npy",
        ".parquet",
        ".pickle",
        ".pkl",
        ".rar",
        ".tar",
        ".tgz",
        ".wasm",
        ".xz",
        ".zip",
        ".zst",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One path of a listing; `content` is None where only the listing is known."""

    path: str
    content: Content | None
    listed_size: int | None = None
    lists_size: bool = True

    @cached_property
    def size_bytes(self) -> int | None:
        """The size that listings show: of the bytes at hand, else what the listing says; None when it says nothing."""
        if not self.lists_size:
            return None
        return self.listed_size if self.content is None else self.content.size_bytes

    @cached_property
    def is_lfs(self) -> bool:
        """Whether the Hub stores it as a large file, as its default .gitattributes and its limit of 10 MB say."""
        size = self.listed_size if self.content is None else self.content.size_bytes
        named_so = is_weight_path(self.path) or PurePosixPath(self.path).suffix.lower() in _LFS_SUFFIXES
        return named_so or (size or 0) > LFS_BYTES

    @cached_property
    def sha256(self) -> str:
        """Digest of the bytes; of the path where there are none."""
        if self.content is None:
            return hashlib.sha256(f"{self.path}\0{self.listed_size}".encode()).hexdigest()
        return sha256(self.content)

    @cached_property
    def pointer(self) -> bytes:
        """What git holds in place of a large file."""
        size = self.content.size_bytes if self.content is not None else self.listed_size or 0
        return lfs_pointer(self.sha256, size)

    @cached_property
    def blob_id(self) -> str:
        """The git blob id."""
        if self.is_lfs:
            return git_blob_id(self.pointer)
        if self.content is None:
            return git_blob_id(self.path.encode())
        return git_blob_id(self.content.read(0, self.content.size_bytes))


@dataclass(frozen=True, kw_only=True)
class Revision:
    """The files of a repository at one commit."""

    name: str
    entries: Mapping[str, Entry]
    known_sha: str | None = None
    is_tag: bool = False

    @cached_property
    def sha(self) -> str:
        """The commit id: the one that a real API payload gave, else made of paths and contents."""
        if self.known_sha is not None:
            return self.known_sha
        lines = (f"{entry.blob_id} {path}\n" for path, entry in sorted(self.entries.items()))
        return hashlib.sha1("".join(lines).encode(), usedforsecurity=False).hexdigest()

    @cached_property
    def card_text(self) -> str:
        """README.md, or nothing; at most the first five million bytes."""
        entry = self.entries.get("README.md")
        if entry is None or entry.content is None:
            return ""
        return entry.content.read(0, min(entry.content.size_bytes, MAX_CARD_BYTES)).decode("utf-8", "replace")

    @cached_property
    def card_data(self) -> dict[str, Any] | None:
        """The card's front matter as the API gives it."""
        return card_data(self.card_text)

    @cached_property
    def folders(self) -> Mapping[str, tuple[str, ...]]:
        """Every folder ("" is the root) with the full paths of its direct children, folders first."""
        children: dict[str, set[str]] = {"": set()}
        for path in self.entries:
            parts = path.split("/")
            for depth in range(len(parts)):
                parent = "/".join(parts[:depth])
                children.setdefault(parent, set()).add("/".join(parts[: depth + 1]))
        return {
            folder: tuple(sorted(names, key=lambda name: (name not in children, name)))
            for folder, names in children.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may have what of a repository.

    `gated` closes the files, not the metadata; `public_files` stay open behind the gate. `redirect_to` names the
    repository that this one was renamed to.
    """

    gated: Gate = False
    private: bool = False
    disabled: bool = False
    public_files: tuple[str, ...] = ()
    redirect_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One model or dataset with its revisions; `api` holds properties that override what is computed."""

    kind: Kind
    id: str
    revisions: Mapping[str, Revision]
    access: Access = Access()
    api: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """How tests and records name it: `org/name` or `datasets/org/name`."""
        return target_of(self.kind, self.id)

    def revision(self, name: str) -> Revision | None:
        """The revision of that branch, tag or commit id; None when there is none."""
        found = self.revisions.get(name.removeprefix("refs/heads/").removeprefix("refs/tags/"))
        if found is None:
            found = next((each for each in self.revisions.values() if each.sha == name), None)
        return found


def target_of(kind: Kind, repo_id: str) -> str:
    """`org/name` for a model, `datasets/org/name` for a dataset."""
    return repo_id if kind == "models" else f"{kind}/{repo_id}"


def entries_of(files: Mapping[str, Given]) -> dict[str, Entry]:
    """Entries for files given by a test. Raises ValueError for a path that no repository can hold."""
    for path in files:
        if not path or path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
            raise ValueError(f"not a path inside a repository: {path!r}")
    return {path: Entry(path=path, content=content_of(given)) for path, given in files.items()}


class Catalog:
    """All repositories of a Hub, by kind and id."""

    def __init__(self) -> None:
        self._repositories: dict[tuple[Kind, str], Repository] = {}
        self._lowercase: dict[tuple[Kind, str], str] = {}

    def add(self, repository: Repository) -> None:
        """Add it, or put it in the place of one with the same id."""
        self._repositories[repository.kind, repository.id] = repository
        self._lowercase[repository.kind, repository.id.lower()] = repository.id

    def find(self, kind: Kind, repo_id: str) -> Repository | None:
        """The repository of exactly this id."""
        return self._repositories.get((kind, repo_id))

    def canonical_id(self, kind: Kind, repo_id: str) -> str | None:
        """The id as its owner spells it, when the one asked for differs in case only."""
        return self._lowercase.get((kind, repo_id.lower()))

    def set_access(self, target: str, access: Access) -> None:
        """Change who may have what. Raises KeyError for an unknown target."""
        kind, repo_id = parse_target(target)
        self.add(replace(self._repositories[kind, repo_id], access=access))

    def all(self, kind: Kind) -> Iterator[Repository]:
        """Every repository of a kind in the order of their ids."""
        for key in sorted(self._repositories):
            if key[0] == kind:
                yield self._repositories[key]


def parse_target(target: str) -> tuple[Kind, str]:
    """The kind and id that a test's `org/name` or `datasets/org/name` means."""
    if target.startswith("datasets/"):
        return "datasets", target.removeprefix("datasets/")
    return "models", target.removeprefix("models/")
