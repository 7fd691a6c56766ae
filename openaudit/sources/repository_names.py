"""Which repository and revision a folder is a copy of, told from its path or its `.git`, without running git."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

_CACHED = re.compile(r"(models|datasets)--([A-Za-z0-9._-]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs/[A-Za-z0-9._/+-]{1,250}")
_LONGEST_GIT_FILE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a folder is a copy of. `partial` is set for copies that may hold a part of the repository only;
    `blobs` is the only folder outside that its links may lead to."""

    id: str
    revision: str | None = None
    url: str | None = None
    subject: Literal["model", "dataset"] | None = None
    partial: bool = False
    blobs: Path | None = None


def identify(root: Path) -> Identity:
    """Tell what `root` is a copy of; a plain folder is known by its name.

    Source: layout of the Hub cache, https://huggingface.co/docs/huggingface_hub/guides/manage-cache
    """
    real = Path(os.path.realpath(root))
    return _cached(real) or _cloned(real) or Identity(id=_spelled(real.name) or "/")


def _cached(real: Path) -> Identity | None:
    if real.parent.name != "snapshots" or not _COMMIT.fullmatch(real.name):
        return None
    repository = real.parent.parent
    match = _CACHED.fullmatch(repository.name)
    if match is None:
        return None
    blobs = Path(os.path.realpath(repository / "blobs"))
    return Identity(
        id=match[2].replace("--", "/", 1),
        revision=real.name,
        subject="dataset" if match[1] == "datasets" else "model",
        partial=True,
        blobs=blobs if blobs.parent == repository else None,
    )


def _cloned(real: Path) -> Identity | None:
    git = real / ".git"
    if git.is_symlink() or not git.is_dir():
        return None
    remote = _remote(git)
    return Identity(
        id=_repository_id(remote) or _spelled(real.name),
        revision=_head(git),
        url=remote,
        subject="dataset" if remote and "/datasets/" in remote and "huggingface" in remote else None,
    )


def _head(git: Path) -> str | None:
    """The commit that is checked out, as far as plain files tell."""
    head = _text(git / "HEAD").strip()
    if _COMMIT.fullmatch(head):
        return head
    ref = head.removeprefix("ref:").strip()
    if not _REF.fullmatch(ref) or ".." in ref:
        return None
    loose = _text(git / ref).strip()
    if _COMMIT.fullmatch(loose):
        return loose
    for line in _text(git / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name.strip() == ref and _COMMIT.fullmatch(commit):
            return commit
    return None


def _remote(git: Path) -> str | None:
    """The address of `origin`, or of the first remote, as http(s) and without a user name or password."""
    found: dict[str, str] = {}
    section = ""
    for line in _text(git / "config").splitlines():
        line = line.strip()
        if line.startswith("["):
            match = re.fullmatch(r'\[remote "([^"]{1,100})"\]', line)
            section = match[1] if match else ""
        elif section and (match := re.fullmatch(r"url\s*=\s*(\S{1,500})", line)):
            found.setdefault(section, match[1])
    return _web_form(found.get("origin") or next(iter(found.values()), ""))


def _web_form(remote: str) -> str | None:
    if match := re.fullmatch(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/]([A-Za-z0-9._/-]+)", remote):
        remote = f"https://{match[1].replace('hf.co', 'huggingface.co')}/{match[2]}"
    try:
        address = urlsplit(remote)
        host, port = address.hostname, address.port
    except ValueError:
        return None
    if address.scheme not in ("http", "https") or not host:
        return None
    place = host if port is None else f"{host}:{port}"
    return f"{address.scheme}://{place}{address.path.removesuffix('/').removesuffix('.git')}"


def _repository_id(remote: str | None) -> str | None:
    if remote is None:
        return None
    parts = [part for part in urlsplit(remote).path.split("/") if part and part not in ("datasets", "models")]
    return "/".join(parts[-2:]) or None


def _spelled(name: str) -> str:
    """A name of the file system as text that can be written; bytes that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _text(path: Path) -> str:
    """A small regular file of `.git`; nothing where there is none, and never through a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(_LONGEST_GIT_FILE).decode("utf-8", "replace")
    except OSError:
        return ""
