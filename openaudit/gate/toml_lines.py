"""On which line of a TOML text a key stands: the standard library's reader does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def toml_line_of(text: str, keys: Sequence[str | int]) -> int | None:
    """The line (from 1) of the deepest part of `keys` that has a line of its own; inside an inline list or table, of
    the key that it belongs to, or of the first later line that names the value's key."""
    best: int | None = None
    depth = 0
    for line, path in _places(text):
        shared = _shared(path, keys)
        if shared == len(path) and shared > depth:
            best, depth = line, shared
    if best is None or depth == len(keys):
        return best
    return _within(text, best, [key for key in keys[depth:] if isinstance(key, str)]) or best


def _shared(path: Sequence[str | int], keys: Sequence[str | int]) -> int:
    return next(
        (n for n, (a, b) in enumerate(zip(path, keys, strict=False)) if a != b), min(len(path), len(keys))
    )


def _places(text: str) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    """Each header and each `key =` with its path; numbers count the tables of an array."""
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, row in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(row):
            names = _names(header[2])
            table = _numbered(names[:-1], counts)
            table = (*table, names[-1]) if names else table
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield number, table
        elif pair := _PAIR.match(row):
            yield number, (*table, *_names(pair[1]))


def _numbered(names: Sequence[str], counts: dict[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    path: tuple[str | int, ...] = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _within(text: str, first: int, names: Sequence[str]) -> int | None:
    """The line, from `first` on, of the first word of `names` that is found as a key of an inline table."""
    for name in reversed(names):
        for number, row in enumerate(text.splitlines()[first - 1 : first + 200], start=first):
            if re.search(rf"(?<![\w-]){re.escape(name)}[\"']?\s*=", row):
                return number
    return None
