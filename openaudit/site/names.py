"""File names for pages: made of ids that anybody may choose, safe on every file system, and never the same twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

_SIMPLE = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?){0,2}\Z"
)
_OTHER = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 100
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "index", "all"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)
"""Names that Windows keeps for devices, with any extension, and those of our own pages.

Source: Microsoft, "Naming Files, Paths, and Namespaces"."""


def digest(words: str, length: int = 8) -> str:
    """The first hex digits of the SHA-256 of the words."""
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def is_plain(id_: str) -> bool:
    """Whether `page_name` of the id is the id itself in lower case with `--` for the slash."""
    if len(id_) > _LONGEST or not _SIMPLE.match(id_) or "--" in id_ or ".." in id_:
        return False
    return id_.lower().split(".")[0] not in _RESERVED


def page_name(id_: str) -> str:
    """A file name without extension: lower-case letters, digits, `.`, `_` and `-`; at most 110 characters.

    An id that cannot be told from its name (odd characters, a reserved name, too long) gets a digest of itself.
    """
    if is_plain(id_):
        return id_.lower().replace("/", "--")
    stem = _OTHER.sub("-", id_[: 4 * _LONGEST].lower().replace("/", "--"))[: _LONGEST - 10]
    stem = re.sub(r"\.\.+", ".", stem).strip(".-_") or "x"
    if stem.split(".")[0] in _RESERVED:
        stem = f"x-{stem}"
    return f"{stem}-{digest(id_)}"


def page_names(ids: Iterable[str]) -> Mapping[str, str]:
    """The page name of each id, every one once: of ids that differ in case only, the first keeps the plain name."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for id_ in sorted(set(ids)):
        name = page_name(id_)
        if name in taken:
            name = f"{name[:_LONGEST]}-{digest(id_)}"
        taken.add(name)
        names[id_] = name
    return names


def anchor(*words: str) -> str:
    """The fragment of a finding that stays when others come and go: `f-<rule>-<digest of its words>`."""
    rule = re.sub(r"[^a-z0-9-]+", "-", words[0].lower())[:60].strip("-") or "finding"
    return f"f-{rule}-{digest(chr(0).join(words), 6)}"
